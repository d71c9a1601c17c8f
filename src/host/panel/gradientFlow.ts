/** Whether the gradient vanishes or explodes on its way back through time. */

import { cellOf } from "../../engine/cells";
import type { Model } from "../../engine/model";
import { formatNumber } from "../../protocol/numbers";
import type { Cursor } from "../../protocol/panel";
import type { PassScan } from "./scan";
import { passWord } from "./words";

/** By so much the gradient must change before it is said to vanish or to explode, and by so much before it is said to change at all. */
const much = 1e4;
const little = 2;

export type GradientFlow = NonNullable<Cursor["gradientFlow"]>;

/** How ‖dL/dh_t‖ runs over time, in the first pass where it does not stay within bounds; of layers that have a state. Null of one step. */
export function gradientFlowOf(model: Model, passes: readonly PassScan[]): GradientFlow | null {
  const flows = passes
    .filter(({ layer, norms }) => norms.length > 1 && cellOf(model.layers[layer]!).states.length > 0)
    .map((scan) => {
      const layer = model.layers[scan.layer]!;
      const flow = flowOf(scan, layer.passes[scan.pass]!.direction);
      const where =
        model.layers.length > 1
          ? `layer ${scan.layer + 1}${passWord(layer, scan.pass)}: `
          : passWord(layer, scan.pass).replace(/^, (.*)/, "$1: ");
      return { ...flow, text: where + flow.text };
    });
  return flows.find(({ verdict }) => verdict === "vanishing" || verdict === "exploding") ?? flows[0] ?? null;
}

function flowOf({ norms, largestSource }: PassScan, direction: "forward" | "backward"): GradientFlow {
  const T = norms.length;
  // The gradient flows against the pass: back to t = 1, or on to t = T in a pass that runs backward.
  const sizes = direction === "forward" ? norms.toReversed() : norms;
  const t = (k: number) => (direction === "forward" ? T - k : k + 1);
  const at = (k: number) => `${formatNumber(sizes[k]!, 2)} at t = ${t(k)}`;
  const bad = sizes.findIndex((size) => !Number.isFinite(size));
  if (bad >= 0)
    return { verdict: "exploding", text: `‖∂L/∂h_t‖ is no finite number at t = ${t(bad)}: the gradient explodes` };
  const first = sizes.findIndex((size) => size > 0);
  if (first < 0) return { verdict: "steady", text: "‖∂L/∂h_t‖ is 0 at every step" };
  const last = T - 1;
  if (first === last) return { verdict: "steady", text: `‖∂L/∂h_t‖ is ${at(last)} alone, else 0` };
  let largest = 0;
  for (let k = 1; k < T; k++) if (sizes[k]! > sizes[largest]!) largest = k;
  const [firstSize, lastSize, largestSize] = [sizes[first]!, sizes[last]!, sizes[largest]!];
  if (largestSize > much * lastSize)
    return { verdict: "vanishing", text: `‖∂L/∂h_t‖ falls from ${at(largest)} to ${at(last)}: the gradient vanishes` };
  // Only the recurrence makes it larger than every source of it.
  if (largestSize > much * firstSize && largestSize > much * largestSource)
    return { verdict: "exploding", text: `‖∂L/∂h_t‖ grows from ${at(first)} to ${at(largest)}: the gradient explodes` };
  const verdict = firstSize > little * lastSize ? "shrinking" : lastSize > little * firstSize ? "growing" : "steady";
  return { verdict, text: `‖∂L/∂h_t‖ runs from ${at(first)} to ${at(last)}` };
}
