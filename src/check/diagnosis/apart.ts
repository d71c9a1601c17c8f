/** Two computations beside each other: the first number of a sequence that tells them apart. */
import type { Problem } from "../../engine/model";
import type { ExpectedNumber } from "../../format/read";
import { nameOf } from "../names";
import type { Choices } from "./choices";
import type { Workbench } from "./compute";

type Place = ExpectedNumber["place"];

interface Found {
  readonly of: ExpectedNumber["of"];
  readonly place: Place;
  readonly value: number;
}

/** Somebody who looks for a difference can see it in four digits. */
const leastDifference = 1e-3;
/** What no slip changes. */
const given: ReadonlySet<string> = new Set(["t", "x", "target"]);

/** Every number that a sequence has, in the order of the trace, those after the update last. */
export function everyNumber(bench: Workbench, sequence: number, choices: Choices): Found[] {
  const { trace, updated } = bench.compute(sequence, choices);
  const numbers: Found[] = [];
  const walk = (of: Found["of"], value: unknown, place: Place) => {
    if (typeof value === "number") numbers.push({ of, place, value });
    else if (typeof value === "object" && value !== null) {
      const isArray = Array.isArray(value) || ArrayBuffer.isView(value);
      for (const [key, inner] of Object.entries(value))
        if (!(place.length === 2 && given.has(key))) walk(of, inner, [...place, isArray ? Number(key) : key]);
    }
  };
  walk("trace", trace, []);
  walk("updated", updated(), []);
  return numbers;
}

/** What the first number is called in which two differ clearly, or at all; null where they have the same numbers. */
export function firstDifference(
  { model }: Problem,
  sequence: number,
  some: readonly Found[],
  others: readonly Found[],
): string | null {
  const far = (least: number) =>
    some.findIndex(({ value }, n) => {
      const other = others[n]?.value ?? Number.NaN;
      return !(Math.abs(other - value) <= least * Math.max(least, Math.abs(value)));
    });
  const clearly = far(leastDifference);
  const found = some[clearly < 0 ? far(1e-9) : clearly];
  if (!found) return null;
  return nameOf(model, { sequence, of: found.of, place: found.place, path: [], value: found.value, tolerance: 0 });
}
