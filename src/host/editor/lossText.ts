/** What a file's loss is called elsewhere: the lines of PyTorch and Keras that it equals. */
import type { Loss, Model, Sequence } from "../../engine/model";
import { targetKindOf } from "../../engine/readout";

/** The lines for one sequence: its logits `z`, outputs `y` and targets `t`, those of the steps with a target alone. */
export interface LossLines {
  readonly torch: string;
  /** Null where Keras has none of the kind. */
  readonly keras: string | null;
}

export function lossLines({ loss, output }: Model, sequence: Sequence | null): LossLines | null {
  if (!loss) return null;
  const isClass = loss.type === "cross-entropy" && (!sequence || targetKindOf(sequence) === "class");
  const factor = loss.factor === 1 ? "" : `${loss.factor} * `;
  const keras = kerasLine(loss, output.size, isClass);
  return { torch: factor + torchLine(loss, output.size), keras: keras && factor + keras };
}

/** A call of PyTorch's that sums or takes the mean over everything, and what makes ours of it. */
function torchLine(loss: Loss, O: number): string {
  const { type, reduction, outputs, delta, classWeights, labelSmoothing } = loss;
  if (type === "cross-entropy") {
    const options = [
      ...(classWeights ? ["weight=w"] : []),
      ...(labelSmoothing > 0 ? [`label_smoothing=${labelSmoothing}`] : []),
      ...(reduction === "sum" ? ['reduction="sum"'] : []),
    ];
    return `F.cross_entropy(${["z", "t", ...options].join(", ")})`;
  }
  const isMean = reduction === "mean" && (outputs === "mean" || O === 1);
  const divisor = isMean ? "" : reduction === "mean" ? " / len(t)" : outputs === "mean" && O > 1 ? ` / ${O}` : "";
  const options = [
    ...(type === "huber" && delta !== 1 ? [`delta=${delta}`] : []),
    ...(isMean ? [] : ['reduction="sum"']),
  ];
  const call = (name: string, of: string) => `F.${name}(${[of, "t", ...options].join(", ")})${divisor}`;
  switch (type) {
    case "binary-cross-entropy":
      return call("binary_cross_entropy_with_logits", "z");
    case "mse":
      return call("mse_loss", "y");
    case "mae":
      return call("l1_loss", "y");
    case "huber":
      return call("huber_loss", "y");
    case "linear":
      return `(y * t).${isMean ? "mean()" : `sum()${divisor}`}`;
  }
}

/** Keras takes the mean over the outputs in any case. */
function kerasLine(
  { type, reduction, outputs, delta, classWeights, labelSmoothing }: Loss,
  O: number,
  isClass: boolean,
) {
  const toSum = outputs === "sum" && O > 1 && type !== "cross-entropy" ? `${O} * ` : "";
  const options = [
    ...(type === "cross-entropy" || type === "binary-cross-entropy" ? ["from_logits=True"] : []),
    ...(type === "huber" && delta !== 1 ? [`delta=${delta}`] : []),
    ...(labelSmoothing > 0 ? [`label_smoothing=${labelSmoothing}`] : []),
    ...(reduction === "sum" ? ['reduction="sum"'] : []),
  ];
  const call = (name: string, of: string) => `${toSum}keras.losses.${name}(${options.join(", ")})(t, ${of})`;
  switch (type) {
    case "cross-entropy":
      // Its class weights are given to fit(), and it smooths vectors alone.
      if (classWeights || (isClass && labelSmoothing > 0)) return null;
      return call(isClass ? "SparseCategoricalCrossentropy" : "CategoricalCrossentropy", "z");
    case "binary-cross-entropy":
      return call("BinaryCrossentropy", "z");
    case "mse":
      return call("MeanSquaredError", "y");
    case "mae":
      return call("MeanAbsoluteError", "y");
    case "huber":
      return call("Huber", "y");
    case "linear":
      return null;
  }
}
