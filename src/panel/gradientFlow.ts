/** Whether the gradient vanishes or explodes on its way back through time. */

import type { Run } from "../engine/run";
import type { Cursor } from "../protocol/panel";
import { formatNumber } from "../protocol/numbers";
import { norm } from "./tracks";
import { passWord } from "./words";

/** By so much the gradient must change before it is said to vanish or to explode. */
const much = 1e4;

export type GradientFlow = NonNullable<Cursor["gradientFlow"]>;

/** How ‖dL/dh_t‖ runs over time, in the pass where most happens. */
export function gradientFlowOf(run: Run): GradientFlow | null {
  if (run.targetCount === 0) return null;
  const flows = run.model.layers.flatMap((layer, l) =>
    layer.passes.map((_, p) => {
      const flow = passFlow(run, l, p);
      const layerWord = run.model.layers.length > 1 ? `Layer ${l + 1}${passWord(layer, p)}: ` : "";
      const place = layerWord || (layer.passes.length > 1 ? `${capital(layer.passes[p]!.direction)} pass: ` : "");
      return { ...flow, text: place + flow.text };
    }),
  );
  return flows.find(({ verdict }) => verdict !== "steady") ?? flows[0] ?? null;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function passFlow(run: Run, l: number, p: number): GradientFlow {
  const T = run.length;
  // The gradient flows against the pass: back to t = 1, or on to t = T in a pass that runs backward.
  const along = run.model.layers[l]!.passes[p]!.direction === "forward" ? (n: number) => T + 1 - n : (n: number) => n;
  let first: Point | null = null;
  let largest: Point = { t: along(1), size: 0 };
  let largestSource = 0;
  let last: Point = largest;
  for (let n = 1; n <= T; n++) {
    const t = along(n);
    const { gradients, above } = run.at(t).passes[l]![p]!;
    const size = norm(gradients["h"]!);
    if (!Number.isFinite(size))
      return { verdict: "exploding", text: `‖dL/dh_t‖ is no finite number from t = ${t} on: the gradient explodes` };
    last = { t, size };
    if (size > 0) first ??= last;
    if (size > largest.size) largest = last;
    largestSource = Math.max(largestSource, norm(above));
  }
  if (first === null) return { verdict: "steady", text: "‖dL/dh_t‖ is 0 at every step" };
  if (largest.size > much * last.size)
    return { verdict: "vanishing", text: `‖dL/dh_t‖ falls from ${at(largest)} to ${at(last)}: the gradient vanishes` };
  // Where it is larger than every source, the recurrence has made it so.
  if (largest.size > much * first.size && largest.size > much * largestSource)
    return { verdict: "exploding", text: `‖dL/dh_t‖ grows from ${at(first)} to ${at(largest)}: the gradient explodes` };
  return { verdict: "steady", text: `‖dL/dh_t‖ runs from ${at(first)} to ${at(last)}` };
}

interface Point {
  readonly t: number;
  readonly size: number;
}

function at({ t, size }: Point): string {
  return `${formatNumber(size, 2)} at t = ${t}`;
}
