import * as fc from "fast-check";
import { cells } from "../../src/engine/cells";
import type { CellKind, Layer, LossType, Pass, Problem, Sequence, State } from "../../src/engine/model";
import type { Tensor } from "../../src/engine/tensor";
import { optimizerDefaults } from "../../src/format/readTraining";

/** Any finite double: −0, subnormal numbers and the largest ones among them. */
export const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e-320, 5e-324, -5e-324, Number.MAX_VALUE, 0.1, 1e21, 1e-7),
);

const numbers = (length: number) =>
  fc.array(anyNumber, { minLength: length, maxLength: length }).map((values) => Float64Array.from(values));

function tensor(rank: 1 | 2, rows: number, cols: number): fc.Arbitrary<Tensor> {
  return numbers(rows * cols).map((data) => ({ rank, rows, cols, data }));
}

const record = <T>(entries: readonly (readonly [string, fc.Arbitrary<T>])[]): fc.Arbitrary<Record<string, T>> =>
  fc
    .tuple(...entries.map(([, arbitrary]) => arbitrary))
    .map((values) => Object.fromEntries(entries.map(([name], k) => [name, values[k]!])));

const statesOf = (cell: CellKind, size: number): fc.Arbitrary<State> =>
  record(cells[cell].states.map((state) => [state, numbers(size)] as const));

function layer(l: number, inputSize: number): fc.Arbitrary<Layer> {
  return fc
    .record({
      cell: fc.constantFrom<CellKind>("rnn", "lstm", "gru"),
      activation: fc.constantFrom("tanh", "relu", "sigmoid", "linear"),
      reset: fc.constantFrom("after", "before"),
      size: fc.integer({ min: 1, max: 3 }),
      direction: fc.constantFrom("forward", "backward", "both"),
    })
    .chain(({ cell, activation, reset, size, direction }) => {
      const options = {
        activation: cell === "rnn" ? activation : "tanh",
        reset: cell === "gru" ? reset : "after",
      } as const;
      const pass = (prefix: string, way: "forward" | "backward"): fc.Arbitrary<Pass> =>
        fc.record({
          direction: fc.constant(way),
          prefix: fc.constant(prefix),
          parameters: record(
            cells[cell]
              .parameters(options)
              .map(({ name, cols }) => [
                name,
                cols === null ? tensor(1, size, 1) : tensor(2, size, cols === "input" ? inputSize : size),
              ]),
          ),
          initial: statesOf(cell, size),
        });
      const first = pass(`layers.${l}`, direction === "backward" ? "backward" : "forward");
      const passes = direction === "both" ? fc.tuple(first, pass(`layers.${l}.reverse`, "backward")) : fc.tuple(first);
      return passes.map((read) => ({ cell, options, size, inputSize, direction, passes: read }));
    });
}

const layersFrom = (inputSize: number): fc.Arbitrary<Layer[]> =>
  layer(0, inputSize).chain((first) =>
    fc.oneof(
      fc.constant<Layer[]>([first]),
      layer(1, first.size * first.passes.length).map((second) => [first, second]),
    ),
  );

function sequence(
  layers: readonly Layer[],
  inputSize: number,
  vocabulary: readonly string[] | null,
  at: "every" | "last",
  outputSize: number,
  lossType: LossType | null,
): fc.Arbitrary<Sequence> {
  return fc.integer({ min: 1, max: 4 }).chain((length) => {
    const tokens =
      vocabulary === null
        ? fc.constant(new Int32Array(length).fill(-1))
        : fc
            .array(fc.integer({ min: -1, max: vocabulary.length - 1 }), { minLength: length, maxLength: length })
            .map((values) => Int32Array.from(values));
    const inputs = fc.tuple(tokens, numbers(length * inputSize)).map(([tokens, vectors]) => {
      // What is a token has no vector.
      tokens.forEach((token, k) => token >= 0 && vectors.fill(0, k * inputSize, (k + 1) * inputSize));
      const some = (is: (token: number) => boolean) => tokens.some((token) => is(token));
      return { tokens: some((t) => t >= 0) ? tokens : null, vectors: some((t) => t < 0) ? vectors : null };
    });
    const present = fc
      .array(fc.boolean(), { minLength: length, maxLength: length })
      .map((flags) => Uint8Array.from(flags, (flag, k) => ((at === "every" ? flag : k === length - 1) ? 1 : 0)));
    const targets =
      lossType === null
        ? fc.constant(null)
        : lossType === "cross-entropy"
          ? fc
              .tuple(present, fc.array(fc.nat(outputSize - 1), { minLength: length, maxLength: length }))
              .map(([present, classes]) => ({
                kind: "classes" as const,
                classes: Int32Array.from(classes, (index, k) => (present[k] === 1 ? index : -1)),
              }))
          : fc.tuple(present, numbers(length * outputSize)).map(([present, vectors]) => {
              present.forEach((flag, k) => flag === 0 && vectors.fill(0, k * outputSize, (k + 1) * outputSize));
              return { kind: "vectors" as const, vectors, present };
            });
    const entries = layers.map((layer) =>
      fc.option(fc.tuple(...layer.passes.map(() => statesOf(layer.cell, layer.size)))),
    );
    const initial = fc
      .option(fc.tuple(...entries))
      .map((entries) => (entries === null || entries.every((entry) => entry === null) ? null : entries));
    return fc.record({
      name: fc.option(fc.string()),
      length: fc.constant(length),
      inputs,
      targets,
      initial,
      carry: fc.constant(false),
    });
  });
}

/** Any problem that a file can hold. */
export const anyProblem: fc.Arbitrary<Problem> = fc
  .record({
    words: fc.option(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 })),
    freeInputSize: fc.integer({ min: 1, max: 3 }),
    outputSize: fc.integer({ min: 1, max: 3 }),
    at: fc.constantFrom<"every" | "last">("every", "last"),
    lossType: fc.constantFrom<LossType | null>("cross-entropy", "binary-cross-entropy", "mse", null),
    reduction: fc.constantFrom<"sum" | "mean">("sum", "mean"),
    activation: fc.constantFrom("softmax", "sigmoid", "linear", "tanh"),
    labelled: fc.boolean(),
  })
  .chain(({ words, freeInputSize, outputSize, at, lossType, reduction, activation, labelled }) => {
    const inputSize = words?.length ?? freeInputSize;
    const implied = words !== null && words.length === outputSize ? words : null;
    const labels = labelled
      ? fc.uniqueArray(fc.string(), { minLength: outputSize, maxLength: outputSize })
      : fc.constant(implied);
    return layersFrom(inputSize).chain((layers) => {
      const top = layers.at(-1)!;
      const forced = { "cross-entropy": "softmax", "binary-cross-entropy": "sigmoid", mse: null } as const;
      const oneWay = layers.every(({ direction }) => direction === "forward");
      return fc.record({
        name: fc.string(),
        model: fc.record({
          inputSize: fc.constant(inputSize),
          vocabulary: fc.constant(words),
          labels,
          layers: fc.constant(layers),
          output: fc.record({
            size: fc.constant(outputSize),
            at: fc.constant(at),
            activation: fc.constant((lossType && forced[lossType]) ?? activation),
            Why: tensor(2, outputSize, top.size * top.passes.length),
            by: tensor(1, outputSize, 1),
          }),
          loss: fc.constant(lossType && { type: lossType, reduction }),
        }),
        sequences: fc.array(sequence(layers, inputSize, words, at, outputSize, lossType), { maxLength: 3 }),
        training: fc.record({
          optimizer: fc
            .tuple(
              fc.constantFrom(...Object.values(optimizerDefaults)),
              fc.double({ min: 0, max: 1, noNaN: true }),
              fc.double({ min: 0, max: 1, noNaN: true }),
            )
            .map(([defaults, learningRate, weightDecay]) => ({ ...defaults, learningRate, weightDecay })),
          epochs: fc.nat(1000),
          batchSize: fc.integer({ min: 1, max: 100 }),
          shuffle: fc.boolean(),
          seed: fc.maxSafeInteger(),
          clip: fc.option(
            fc.record({ type: fc.constantFrom("norm", "value"), at: fc.double({ min: 1e-3, max: 10, noNaN: true }) }),
          ),
          truncate: oneWay ? fc.option(fc.integer({ min: 1, max: 5 })) : fc.constant(null),
          precision: fc.constantFrom("float64", "float32"),
        }),
      });
    });
  });
