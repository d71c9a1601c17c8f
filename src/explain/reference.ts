/** The name of a single number of a run, and that name as a short text. */

import type { UpdateQuantity } from "../engine/expression";

/**
 * `name` is a full name: `layers.0.h` of a quantity, `layers.0.Whh` of a parameter. t = 1…T; i and j count from 0; a bias has
 * j = 0. i of h of a pass counts that pass's own units.
 */
export type NumberReference =
  /** x_t[i]: of a token its one-hot vector. */
  | { readonly kind: "input"; readonly t: number; readonly i: number }
  | { readonly kind: "target"; readonly t: number; readonly i: number }
  /** A quantity of a pass. */
  | { readonly kind: "value"; readonly name: string; readonly t: number; readonly i: number }
  /** The state from which a pass starts. */
  | { readonly kind: "initial"; readonly name: string; readonly i: number }
  | { readonly kind: "logit"; readonly t: number; readonly i: number }
  | { readonly kind: "output"; readonly t: number; readonly i: number }
  /** ℓ_t, before any division by N. */
  | { readonly kind: "loss"; readonly t: number }
  /** L */
  | { readonly kind: "totalLoss" }
  /** N: how many steps have a target. */
  | { readonly kind: "targetCount" }
  /** w[i]: what a class counts. */
  | { readonly kind: "classWeight"; readonly i: number }
  /** ω_t: what ℓ_t is multiplied by in L. */
  | { readonly kind: "stepWeight"; readonly t: number }
  /** What the sequence's `weights` say of step t, what its `weight` says, and what a mean divides by. */
  | { readonly kind: "givenWeight"; readonly t: number }
  | { readonly kind: "sequenceWeight" | "divisor" }
  | { readonly kind: "dLogit"; readonly t: number; readonly i: number }
  /** The gradient of a quantity of a pass; of a gate: of its pre-activation. */
  | { readonly kind: "gradient"; readonly name: string; readonly t: number; readonly i: number }
  /** The two sources of dL/dh_t: what is above, and the step after. `name` is that of h. */
  | { readonly kind: "above" | "next"; readonly name: string; readonly t: number; readonly i: number }
  /** dL/dx_t */
  | { readonly kind: "inputGradient"; readonly t: number; readonly i: number }
  | { readonly kind: "initialGradient"; readonly name: string; readonly i: number }
  | { readonly kind: "parameter"; readonly name: string; readonly i: number; readonly j: number }
  | { readonly kind: "parameterGradient"; readonly name: string; readonly i: number; readonly j: number }
  /** Step t's own share of a parameter's gradient. */
  | { readonly kind: "share"; readonly name: string; readonly t: number; readonly i: number; readonly j: number }
  /** The sum of the first so many shares, in the order of the backward computation. */
  | { readonly kind: "sumSoFar"; readonly name: string; readonly steps: number; readonly i: number; readonly j: number }
  /** ‖dW‖, or without a name the norm of all gradients together. */
  | { readonly kind: "gradientNorm"; readonly name: string | null }
  /** What an update with a fresh optimizer computes; `updated` is the new parameter. */
  | {
      readonly kind: "update";
      readonly quantity: UpdateQuantity;
      readonly name: string;
      readonly i: number;
      readonly j: number;
    }
  /** A number of `training`: `optimizer.learningRate` */
  | { readonly kind: "setting"; readonly key: string }
  /** A constant of a layer's cell: `α`. */
  | { readonly kind: "constant"; readonly layer: number; readonly name: string };

const updateQuantities: readonly string[] = [
  "clipped",
  "decayed",
  "b",
  "s",
  "m",
  "v",
  "mHat",
  "vHat",
  "updated",
] satisfies UpdateQuantity[];

const isUpdateQuantity = (word: string): word is UpdateQuantity => updateQuantities.includes(word);

/** `layers.0.h@2[0]`, `gradients.logits@3[3]`, `shares.layers.0.Whh@3[0][0]`, `updated.output.by[1][0]` */
export function referenceText(reference: NumberReference): string {
  switch (reference.kind) {
    case "input":
      return `x@${reference.t}[${reference.i}]`;
    case "target":
      return `target@${reference.t}[${reference.i}]`;
    case "value":
      return `${reference.name}@${reference.t}[${reference.i}]`;
    case "initial":
      return `initial.${reference.name}[${reference.i}]`;
    case "logit":
      return `logits@${reference.t}[${reference.i}]`;
    case "output":
      return `output@${reference.t}[${reference.i}]`;
    case "loss":
      return `loss@${reference.t}`;
    case "totalLoss":
      return "loss";
    case "targetCount":
      return "targets";
    case "classWeight":
      return `classWeights[${reference.i}]`;
    case "stepWeight":
      return `weight@${reference.t}`;
    case "givenWeight":
      return `weights@${reference.t}`;
    case "sequenceWeight":
      return "weight";
    case "divisor":
      return "divisor";
    case "dLogit":
      return `gradients.logits@${reference.t}[${reference.i}]`;
    case "gradient":
      return `gradients.${reference.name}@${reference.t}[${reference.i}]`;
    case "above":
    case "next":
      return `${reference.kind}.${reference.name}@${reference.t}[${reference.i}]`;
    case "inputGradient":
      return `gradients.x@${reference.t}[${reference.i}]`;
    case "initialGradient":
      return `gradients.initial.${reference.name}[${reference.i}]`;
    case "parameter":
      return `${reference.name}[${reference.i}][${reference.j}]`;
    case "parameterGradient":
      return `gradients.${reference.name}[${reference.i}][${reference.j}]`;
    case "share":
      return `shares.${reference.name}@${reference.t}[${reference.i}][${reference.j}]`;
    case "sumSoFar":
      return `sums.${reference.name}@${reference.steps}[${reference.i}][${reference.j}]`;
    case "gradientNorm":
      return reference.name === null ? "norm" : `norm.${reference.name}`;
    case "update":
      return `${reference.quantity}.${reference.name}[${reference.i}][${reference.j}]`;
    case "setting":
      return `training.${reference.key}`;
    case "constant":
      return `constants.layers.${reference.layer}.${reference.name}`;
  }
}

/**
 * The reference that `referenceText` wrote; a parameter's `[i]` alone stands for `[i][0]`. Whether a run has such a number,
 * `derive` says.
 * @returns null where the text is none
 */
export function parseReference(text: string): NumberReference | null {
  const match = /^([\p{L}\p{M}\w]+(?:\.[\p{L}\p{M}\w]+)*)(?:@(\d+))?(?:\[(\d+)\])?(?:\[(\d+)\])?$/u.exec(text);
  if (!match) return null;
  const [, path = "", at, first, second] = match;
  const t = at === undefined ? null : Number(at);
  const i = first === undefined ? null : Number(first);
  const j = second === undefined ? null : Number(second);
  const dot = path.indexOf(".");
  const head = dot < 0 ? path : path.slice(0, dot);
  const rest = dot < 0 ? "" : path.slice(dot + 1);
  if (i === null) return parseWhole(path, head, rest, t);
  if (t === null) return parseUntimed(path, head, rest, i, j);
  if (head === "shares" && rest) return { kind: "share", name: rest, t, i, j: j ?? 0 };
  if (head === "sums" && rest) return { kind: "sumSoFar", name: rest, steps: t, i, j: j ?? 0 };
  return j === null ? parseTimed(path, head, rest, t, i) : null;
}

function parseWhole(path: string, head: string, rest: string, t: number | null): NumberReference | null {
  if (t !== null) {
    if (path === "weight") return { kind: "stepWeight", t };
    if (path === "weights") return { kind: "givenWeight", t };
    return path === "loss" ? { kind: "loss", t } : null;
  }
  if (path === "loss") return { kind: "totalLoss" };
  if (path === "targets") return { kind: "targetCount" };
  if (path === "weight") return { kind: "sequenceWeight" };
  if (path === "divisor") return { kind: "divisor" };
  if (path === "norm") return { kind: "gradientNorm", name: null };
  if (head === "norm") return { kind: "gradientNorm", name: rest };
  const constant = head === "constants" ? /^layers\.(\d+)\.([^.]+)$/.exec(rest) : null;
  if (constant) return { kind: "constant", layer: Number(constant[1]), name: constant[2]! };
  return head === "training" && rest ? { kind: "setting", key: rest } : null;
}

function parseUntimed(path: string, head: string, rest: string, i: number, j: number | null): NumberReference | null {
  if (path === "classWeights" && j === null) return { kind: "classWeight", i };
  if (head === "initial" && rest && j === null) return { kind: "initial", name: rest, i };
  if (head === "gradients" && rest.startsWith("initial.") && j === null)
    return { kind: "initialGradient", name: rest.slice("initial.".length), i };
  if (head === "gradients" && rest) return { kind: "parameterGradient", name: rest, i, j: j ?? 0 };
  if (isUpdateQuantity(head) && rest) return { kind: "update", quantity: head, name: rest, i, j: j ?? 0 };
  return (head === "layers" || head === "output" || head === "embedding") && rest
    ? { kind: "parameter", name: path, i, j: j ?? 0 }
    : null;
}

function parseTimed(path: string, head: string, rest: string, t: number, i: number): NumberReference | null {
  if (path === "x") return { kind: "input", t, i };
  if (path === "target") return { kind: "target", t, i };
  if (path === "logits") return { kind: "logit", t, i };
  if (path === "output") return { kind: "output", t, i };
  if (path === "gradients.logits") return { kind: "dLogit", t, i };
  if (path === "gradients.x") return { kind: "inputGradient", t, i };
  if (head === "layers" && rest) return { kind: "value", name: path, t, i };
  if (head === "gradients" && rest) return { kind: "gradient", name: rest, t, i };
  return (head === "above" || head === "next") && rest ? { kind: head, name: rest, t, i } : null;
}
