import type { Layer, Model, Pass } from "../../engine/model";
import { outputSize } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import { ExportError } from "../../format/exported";
import { snake } from "../kerasNames";
import { layouts, transposed } from "../layouts";
import { packed, refuse } from "./parts";

/** A layer of a Sequential model of Keras: what its configuration says, and its weights in Keras' order. */
export interface StackedLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a Bidirectional layer, the one that it runs both ways. */
  readonly inner?: { readonly className: string; readonly config: Readonly<Record<string, unknown>> };
  /** Arrays by their names, a list a pass. */
  readonly weights: readonly (readonly (readonly [name: string, shape: readonly number[], data: Float64Array])[])[];
  /** The shape of what it reads and gives, without the batch. */
  readonly reads: readonly (number | null)[];
  readonly gives: readonly (number | null)[];
}

const classNames: Readonly<Record<string, string>> = { rnn: "SimpleRNN", lstm: "LSTM", gru: "GRU" };

/**
 * A model as Keras' Sequential has it: each layer reads the one before it. A layer that runs backward alone gives its states
 * in reversed order there, so that nothing but its end can be read.
 * @throws ExportError where Keras has no such model
 */
export function kerasStack(model: Model, target: string): StackedLayer[] {
  refuse(model, target, [
    "cell of a file's own",
    "initial state",
    "read-out that reads the input",
    "read-out that adds the input",
  ]);
  const { layers, output, embedding } = model;
  const top = layers.findLastIndex(({ cell }) => cell !== "dense");
  const whole = output.at === "every";
  if (!whole && top < 0) throw new ExportError(`${target} cannot say this model: no layer ends before its read-out`);
  if (!whole && top !== layers.length - 1 && layers[top]!.direction !== "forward")
    throw new ExportError(
      `${target} cannot say this model: dense layers read the last step of passes that go backward`,
    );
  const stack: StackedLayer[] = [];
  if (embedding) {
    const { rows, cols, data } = embedding.E;
    stack.push({
      className: "Embedding",
      config: { input_dim: rows, output_dim: cols, mask_zero: false },
      weights: [[["embeddings", [rows, cols], data]]],
      reads: [null],
      gives: [null, cols],
    });
  }
  let steps: (number | null)[] = [null];
  for (const [l, layer] of layers.entries()) {
    const isLast = l === top && !whole;
    if (layer.direction === "backward" && !(isLast && output.at === "ends"))
      throw new ExportError(
        `${target} cannot say this model: a layer that goes backward gives its states in reversed order there (layers.${l})`,
      );
    if (isLast && layer.direction === "both" && output.at === "last")
      throw new ExportError(
        `${target} cannot say this model: of both directions it reads where each ends, not the last step (output.at: "ends" here)`,
      );
    const reads = [...steps, layer.inputSize];
    if (isLast) steps = [];
    const gives = [...steps, outputSize(layer)];
    stack.push({ ...(layer.cell === "dense" ? denseLayer(layer) : recurrentLayer(layer, !isLast)), reads, gives });
  }
  const { size, activation, Why, by } = output;
  if (Why)
    stack.push({
      className: "Dense",
      config: { units: size, activation, use_bias: by !== null },
      weights: [denseWeights(Why, by)],
      reads: [...steps, Why.cols],
      gives: [...steps, size],
    });
  else if (activation !== "linear")
    stack.push({
      className: "Activation",
      config: { activation },
      weights: [],
      reads: [...steps, size],
      gives: [...steps, size],
    });
  return stack;
}

function denseWeights(W: Tensor, b: Tensor | null | undefined): StackedLayer["weights"][number] {
  const kernel = transposed(W);
  return [["kernel", [kernel.rows, kernel.cols], kernel.data], ...(b ? [["bias", [b.rows], b.data] as const] : [])];
}

function denseLayer({ size, options, passes }: Layer) {
  const { W, b } = passes[0]!.parameters;
  return {
    className: "Dense",
    config: { units: size, activation: options["activation"], use_bias: b !== undefined },
    weights: [denseWeights(W!, b)],
  };
}

function recurrentLayer(layer: Layer, isSequence: boolean) {
  const { cell, size, options, direction, passes } = layer;
  const weights = passes.map((pass) => recurrentWeights(layer, pass));
  const className = classNames[cell]!;
  const config = {
    units: size,
    activation: cell === "rnn" ? options["activation"] : "tanh",
    ...(cell !== "rnn" && { recurrent_activation: "sigmoid" }),
    use_bias: weights[0]!.length > 2,
    ...(cell === "lstm" && { unit_forget_bias: false }),
    ...(cell === "gru" && { reset_after: options["reset"] === "after" }),
    return_sequences: isSequence,
    go_backwards: direction === "backward",
  };
  if (direction !== "both") return { className, config, weights };
  return { className: "Bidirectional", config: { merge_mode: "concat" }, inner: { className, config }, weights };
}

function recurrentWeights(layer: Layer, pass: Pass): StackedLayer["weights"][number] {
  const { input, recurrent, inputBias, recurrentBias } = packed(layer, pass, layouts.keras);
  const both = recurrentBias && inputBias ? Float64Array.from([...inputBias.data, ...recurrentBias.data]) : null;
  return [
    ["kernel", [input.rows, input.cols], input.data],
    ["recurrent_kernel", [recurrent.rows, recurrent.cols], recurrent.data],
    ...(inputBias ? [["bias", both ? [2, inputBias.rows] : [inputBias.rows], both ?? inputBias.data] as const] : []),
  ];
}

/** Names of layers, as Keras gives them: the class, and from the second one on a number. */
export function layerNames(stack: readonly StackedLayer[]): string[] {
  const counts = new Map<string, number>();
  return stack.map(({ className }) => {
    const key = snake(className);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count === 0 ? key : `${key}_${count}`;
  });
}
