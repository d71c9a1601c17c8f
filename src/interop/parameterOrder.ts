import type { Stored } from "./stored";

/** Parameters in the order in which the format lists them, which other programs' gates are not in. */
const order = ["i", "f", "g", "o", "r", "z", "n", "h"].flatMap((gate) => [
  `Wx${gate}`,
  `Wh${gate}`,
  `b${gate}`,
  `bh${gate}`,
]);

export function parameterOrder(parameters: Readonly<Record<string, Stored>>): [string, Stored][] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.entries(parameters).sort(([a], [b]) => place(a) - place(b));
}
