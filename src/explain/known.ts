import type { Stepper } from "../stepper/stepper";
import type { NumberReference } from "./reference";

/** Whether a number has been computed where the user stands; what has not is shown as "not yet". */
export function isKnown(stepper: Stepper, reference: NumberReference): boolean {
  switch (reference.kind) {
    case "input":
    case "target":
    case "targetCount":
    case "classWeight":
    case "stepWeight":
    case "givenWeight":
    case "sequenceWeight":
    case "divisor":
    case "initial":
    case "parameter":
    case "setting":
    case "constant":
      return true;
    case "value":
      return stepper.isKnown(reference.name, reference.t);
    case "logit":
      return stepper.isKnown("logits", reference.t);
    case "output":
      return stepper.isKnown("output", reference.t);
    case "loss":
      return stepper.isKnown("loss", reference.t);
    case "totalLoss":
      return isComplete(stepper, "loss");
    case "dLogit":
      return stepper.isKnown("gradients.logits", reference.t);
    case "gradient":
    case "above":
    case "next":
      return stepper.isKnown(`gradients.${reference.name}`, reference.t);
    case "inputGradient":
      return stepper.run.model.layers[0]!.passes.every(({ prefix }) =>
        stepper.isKnown(`shares.${prefix}`, reference.t),
      );
    case "initialGradient":
      return isComplete(stepper, `shares.${ownerOf(reference.name)}`);
    case "share":
      return stepper.isKnown(`shares.${ownerOf(reference.name)}`, reference.t);
    case "sumSoFar":
      return (stepper.sharesKnown(reference.name) ?? 0) >= reference.steps;
    case "parameterGradient":
      return isComplete(stepper, `shares.${ownerOf(reference.name)}`);
    case "gradientNorm":
      return stepper.phase === "update";
    case "update":
      return stepper.known(`updated.${reference.name}`) !== null;
  }
}

/** Whether an operation has been done at all of its steps. */
function isComplete(stepper: Stepper, key: string): boolean {
  const sweep = stepper.program.sweeps.find(({ operations }) => operations.some((one) => one.key === key));
  const known = stepper.known(key);
  return sweep !== undefined && known !== null && known.from <= sweep.low && known.to >= sweep.high;
}

const ownerOf = (name: string): string => name.slice(0, name.lastIndexOf("."));
