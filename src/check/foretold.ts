/** What somebody foretells of a run, number by number, before he sees it: how near it is, and the slip that explains it. */

import { cellOf } from "../engine/cells";
import type { Model } from "../engine/model";
import type { ExpectedNumber } from "../format/read";
import { halfUnitOf } from "../format/readExpect";
import type { Comparison } from "./check";
import type { Findings } from "./diagnosis/diagnose";
import { saidOfNumber } from "./diagnosis/words";

/** How near a number is. */
export type Nearness = "right" | "close" | "wrong";

export interface Judged {
  readonly nearness: Nearness;
  /** In how many of its first digits it is right; of a wrong one 0. */
  readonly digits: number;
  /** What explains one that is not right, or may: a sentence without its last point; null where nothing comes to mind. */
  readonly says: string | null;
}

/** Somebody who foretells in his head has no more digits than these. */
const leastTolerance = 1e-6;
const mostDigits = 15;

/** The numbers of a text: `0.46, −0.2`; null where something in it is none. */
export function numbersTyped(text: string): { readonly value: number; readonly tolerance: number }[] | null {
  const words = text
    .replaceAll("−", "-")
    .split(/[\s,;[\]()]+/)
    .filter(Boolean);
  const numbers = words.map((word) => ({
    value: Number(word),
    tolerance: Math.max(leastTolerance, halfUnitOf(word)),
  }));
  return numbers.every(({ value }) => Number.isFinite(value)) ? numbers : null;
}

/** @param index of the comparison among those that the findings are of */
export function judgedOf(comparisons: readonly Comparison[], findings: Findings, index: number): Judged {
  const { right, actual, expected } = comparisons[index]!;
  if (right || actual === null) return { nearness: right ? "right" : "wrong", digits: 0, says: null };
  const digits = digitsInCommon(actual, expected.value);
  const says = saidOfNumber(findings, index);
  // Near as it is, what a slip explains is wrong.
  const isSlip = findings.diagnoses.some(({ explained }) => explained.includes(index));
  return digits > 0 && !isSlip ? { nearness: "close", digits, says } : { nearness: "wrong", digits: 0, says };
}

/** With how many significant digits two numbers are still written alike. */
function digitsInCommon(a: number, b: number): number {
  let digits = 0;
  while (digits < mostDigits && Number(a.toPrecision(digits + 1)) === Number(b.toPrecision(digits + 1))) digits++;
  return digits;
}

/** What a stepper's operation makes at a step, as far as the trace has it. */
export type Made =
  | { readonly kind: "value" | "gradient"; readonly layer: number; readonly pass: number; readonly name: string }
  | { readonly kind: "logits" | "output" | "loss" | "dLogits" };

/** Where a trace has what an operation makes at a step; null where it has it nowhere. */
export function placeInTrace(model: Model, made: Made, t: number): ExpectedNumber["place"] | null {
  const step = ["steps", t - 1];
  switch (made.kind) {
    case "logits":
    case "output":
    case "loss":
      return [...step, made.kind];
    case "dLogits":
      return [...step, "gradients", "logits"];
    case "value":
    case "gradient": {
      const layer = model.layers[made.layer]!;
      const quantity = cellOf(layer)
        .quantities(layer.options)
        .find(({ name }) => name === made.name);
      if (!quantity?.traced) return null;
      const way = layer.passes.length > 1 ? [made.pass === 0 ? "forward" : "backward"] : [];
      const back = made.kind === "gradient" ? ["gradients"] : [];
      return [...step, ...back, "layers", made.layer, ...way, made.name];
    }
  }
}
