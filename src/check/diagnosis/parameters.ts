/** The parameters that a computation takes where the file's stand, and where it writes down their gradients. */
import type { Model, Pass } from "../../engine/model";
import { parametersOf, trainableOf } from "../../engine/model";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { zerosLike } from "../../engine/tensor";
import { inOtherOrder } from "./arithmetic";
import type { Choices, Decay } from "./choices";
import { columnsMet } from "./concatenated";

/** Parameters by their short names as they are used: forward, and back. */
export interface Used {
  readonly forward: NamedTensors;
  readonly back: NamedTensors;
}

export function usedParameters(model: Model, own: Pass, choices: Choices): Used {
  const pass = sourceOf(model, own, choices);
  const { concatenated } = choices;
  const all = (way: "forward" | "back") =>
    Object.fromEntries(
      Object.keys(pass.parameters).map((short) => {
        const inFile = fileName(short, choices, pass);
        return [short, taken(`${pass.prefix}.${inFile}`, pass.parameters[inFile]!, choices, way)];
      }),
    );
  const used = (way: "forward" | "back") => {
    const isMet = concatenated && (concatenated.where === "everywhere" || concatenated.where === way);
    return isMet ? columnsMet(all(way), concatenated) : all(way);
  };
  return { forward: used("forward"), back: used("back") };
}

/** The pass whose parameters one takes: its own, mostly. */
export function sourceOf({ layers }: Model, pass: Pass, { takenFrom }: Choices): Pass {
  const prefix = takenFrom[pass.prefix];
  if (prefix === undefined) return pass;
  return layers.flatMap(({ passes }) => passes).find((other) => other.prefix === prefix) ?? pass;
}

/** The read-out's parameters as they are used forward, and Why and Wxy on the way back; null where there is none. */
export function usedReadout({ output }: Model, choices: Choices) {
  const used = (name: "Why" | "Wxy" | "by", way: "forward" | "back") =>
    output[name] && taken(`output.${name}`, output[name], choices, way);
  const hasInput = !choices.forgottenTerms.includes("Wxy");
  return {
    Why: used("Why", "forward"),
    by: used("by", "forward"),
    Wxy: hasInput ? used("Wxy", "forward") : null,
    skip: output.skip && !choices.forgottenTerms.includes("skip"),
    back: { Why: used("Why", "back"), Wxy: hasInput ? used("Wxy", "back") : null },
  };
}

/** The name under which a parameter of a pass that was used as `short` stands in the file: gates may be exchanged. */
export function fileName(short: string, { gates }: Choices, { parameters }: Pick<Pass, "parameters">): string {
  const letter = /^(?:Wx|Wh|bh|b)([a-z])$/.exec(short)?.[1];
  const other = letter && short !== "Wxh" && short !== "Whh" && short !== "bh" ? gates[letter] : undefined;
  const name = other === undefined ? short : short.slice(0, -1) + other;
  // Another layer's cell need not have these gates
  return Object.hasOwn(parameters, name) ? name : short;
}

/** A gradient as it is written down under a full name. */
export function writtenGradient(name: string, gradient: Tensor, { transposed }: Choices): Tensor {
  // Who takes a matrix that is not square in another order holds that one for the parameter.
  const isSquare = gradient.rows === gradient.cols;
  const turned = transposed.some(
    (one) => one.name === name && (one.where === "gradient" || (one.where === "everywhere" && isSquare)),
  );
  return turned ? inOtherOrder(gradient) : gradient;
}

/** Whether a parameter's own size is taken. */
export const isDecayed = ({ rank }: Tensor, { of }: Decay): boolean => of === "all" || rank > 1;

/** What is added to L for the parameters' size. */
export function penaltyOf(model: Model, { penalty }: Choices): number {
  if (!penalty) return 0;
  const decayed = Object.values(trainableOf(model, parametersOf(model))).filter((tensor) => isDecayed(tensor, penalty));
  return penalty.factor * decayed.reduce((sum, { data }) => sum + data.reduce((all, w) => all + w * w, 0), 0);
}

function taken(full: string, tensor: Tensor, choices: Choices, way: "forward" | "back"): Tensor {
  if (choices.forgottenBiases.includes(full)) return zerosLike(tensor);
  if (choices.doubledBiases.includes(full)) return { ...tensor, data: tensor.data.map((b) => 2 * b) };
  const turned = choices.transposed.some(
    ({ name, where }) => name === full && (where === "everywhere" || where === way),
  );
  return turned ? inOtherOrder(tensor) : tensor;
}
