/** The operations of the step in which the user stands. */

import type { StepView } from "../../engine/run";
import type { OperationInfo, Symbol } from "../../protocol/panel";
import type { Operation, Product } from "../../stepper/program";
import { equationAt } from "../../stepper/program";
import type { Stepper } from "../../stepper/stepper";
import { gradientBase, passBase } from "./tracks";

/** The operation that was done last; null at the start. */
export function currentOperation(stepper: Stepper): Operation | null {
  const { place, program } = stepper;
  return place && program.sweeps[place.sweep]!.operations[place.operation]!;
}

export function operationsOf(stepper: Stepper, step: StepView | null): OperationInfo[] {
  const { place, program } = stepper;
  if (!place) return [];
  const sweep = program.sweeps[place.sweep]!;
  const firstPosition = sweep.from + place.step * sweep.operations.length + 1;
  return sweep.operations.flatMap((operation, k) => {
    if (!program.acts(firstPosition + k)) return [];
    const isCurrent = k === place.operation;
    return [
      {
        symbol: symbolOf(stepper, operation.product, place.t),
        title: operation.title,
        equation: equationAt(operation.equation, place.t, directionOf(stepper, operation.product), stepper.run.length),
        state: isCurrent ? ("current" as const) : k < place.operation ? ("done" as const) : ("ahead" as const),
        result: isCurrent && step ? resultOf(stepper, operation.product, step) : null,
        reference: isCurrent && step ? referenceOf(stepper, operation.product, step.t) : null,
      },
    ];
  });
}

/** The operation's equation at the step at which the stepper stands. */
export function equationOf(stepper: Stepper, { equation, product }: Operation): string {
  return equationAt(equation, stepper.t, directionOf(stepper, product), stepper.run.length);
}

function directionOf({ run }: Stepper, product: Product): "forward" | "backward" {
  return "pass" in product ? run.model.layers[product.layer]!.passes[product.pass]!.direction : "forward";
}

export function symbolOf({ run: { model } }: Stepper, product: Product, t: number): Symbol {
  const sub = t > 0 ? String(t) : "";
  switch (product.kind) {
    case "input":
      return { base: "x", sub, gradient: false };
    case "value":
      return { base: passBase(model, product.layer, product.pass, product.name), sub, gradient: false };
    case "logits":
      return { base: "z", sub, gradient: false };
    case "output":
      return { base: model.output.activation === "softmax" ? "p" : "y", sub, gradient: false };
    case "loss":
      return { base: "ℓ", sub, gradient: false };
    case "dLogits":
      return { base: "z", sub, gradient: true };
    case "gradient":
      return { base: gradientBase(model, product.layer, product.pass, product.name), sub, gradient: true };
    case "share":
      return { base: passBase(model, product.layer, product.pass, "W"), sub: "", gradient: true };
    case "readoutShare":
      return { base: model.output.Why ? "Why" : "Wxy", sub: "", gradient: true };
    case "embeddingShare":
      return { base: "E", sub: "", gradient: true };
    case "update":
      return { base: product.parameter.slice(product.parameter.lastIndexOf(".") + 1), sub: "", gradient: false };
  }
}

export function resultOf({ run }: Stepper, product: Product, step: StepView): Float64Array | null {
  switch (product.kind) {
    case "input":
      return run.input(step.t);
    case "value":
      return step.passes[product.layer]![product.pass]!.values[product.name]!;
    case "gradient":
      return step.passes[product.layer]![product.pass]!.gradients[product.name]!;
    case "logits":
      return step.logits;
    case "output":
      return step.output;
    case "dLogits":
      return step.dLogits;
    case "loss":
      return step.loss === null ? null : Float64Array.of(step.loss);
    case "share":
    case "readoutShare":
    case "embeddingShare":
    case "update":
      return null;
  }
}

/** By which name the entries of a result are explained. */
function referenceOf({ run: { model } }: Stepper, product: Product, t: number): string | null {
  switch (product.kind) {
    case "input":
      return `x@${t}`;
    case "value":
      return `${model.layers[product.layer]!.passes[product.pass]!.prefix}.${product.name}@${t}`;
    case "gradient":
      return `gradients.${model.layers[product.layer]!.passes[product.pass]!.prefix}.${product.name}@${t}`;
    case "logits":
      return `logits@${t}`;
    case "output":
      return `output@${t}`;
    case "dLogits":
      return `gradients.logits@${t}`;
    case "loss":
      return `loss@${t}`;
    case "share":
    case "readoutShare":
    case "embeddingShare":
    case "update":
      return null;
  }
}
