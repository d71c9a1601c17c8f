import * as fc from "fast-check";
import type { CellKind } from "../../src/engine/cells";
import { cells } from "../../src/engine/cells";
import { softTarget } from "../../src/engine/loss";
import type { Layer, LossType, Pass, Problem, ReadAt, Sequence } from "../../src/engine/model";
import type { State } from "../../src/engine/step";
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
      cell: fc.constantFrom<CellKind>("rnn", "lstm", "gru", "dense"),
      activation: fc.constantFrom("tanh", "relu", "sigmoid", "linear"),
      reset: fc.constantFrom("after", "before"),
      size: fc.integer({ min: 1, max: 3 }),
      way: fc.constantFrom("forward", "backward", "both"),
      bias: fc.boolean(),
    })
    .chain(({ cell, activation, reset, size, way, bias }) => {
      const direction = cell === "dense" ? "forward" : way;
      const options = {
        activation: cell === "rnn" || cell === "dense" ? activation : "tanh",
        reset: cell === "gru" ? reset : "after",
        bias: String(bias),
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
  /** How many tokens an embedding has; null where there is none. */
  rows: number | null,
  at: ReadAt,
  outputSize: number,
  lossType: LossType | null,
): fc.Arbitrary<Sequence> {
  return fc.integer({ min: 1, max: 4 }).chain((length) => {
    const tokens =
      rows !== null
        ? fc.array(fc.nat(rows - 1), { minLength: length, maxLength: length }).map((values) => Int32Array.from(values))
        : vocabulary === null
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
              .tuple(
                present,
                // −1 stands for probabilities here.
                fc.array(fc.integer({ min: -1, max: outputSize - 1 }), { minLength: length, maxLength: length }),
                numbers(length * outputSize),
              )
              .map(([present, classes, probabilities]) => {
                const read = Int32Array.from(classes, (index, k) =>
                  present[k] === 1 ? (index < 0 ? softTarget : index) : -1,
                );
                read.forEach(
                  (index, k) => index !== softTarget && probabilities.fill(0, k * outputSize, (k + 1) * outputSize),
                );
                return {
                  kind: "classes" as const,
                  classes: read,
                  probabilities: read.includes(softTarget) ? probabilities : null,
                };
              })
          : fc.tuple(present, numbers(length * outputSize)).map(([present, vectors]) => {
              present.forEach((flag, k) => flag === 0 && vectors.fill(0, k * outputSize, (k + 1) * outputSize));
              return { kind: "vectors" as const, vectors, present };
            });
    const entries = layers.map((layer) =>
      cells[layer.cell as CellKind].states.length === 0
        ? fc.constant(null)
        : fc.option(fc.tuple(...layer.passes.map(() => statesOf(layer.cell as CellKind, layer.size)))),
    );
    const initial = fc
      .option(fc.tuple(...entries))
      .map((entries) => (entries === null || entries.every((entry) => entry === null) ? null : entries));
    return fc.record({
      name: fc.option(fc.string()),
      length: fc.constant(length),
      inputs,
      targets,
      weights: at === "every" ? fc.option(numbers(length)) : fc.constant(null),
      weight: fc.oneof(fc.constant(1), anyNumber),
      initial,
      carry: fc.constant(false),
    });
  });
}

/** Any problem that a file can hold. */
/** Whether no number of the vectors and matrices in `value` is beyond what single precision holds. */
const isHeldBySingle = (value: unknown): boolean => {
  if (value instanceof Float64Array) return value.every((number) => Number.isFinite(Math.fround(number)));
  return typeof value !== "object" || value === null || Object.values(value).every(isHeldBySingle);
};

const withDoublePrecision = <P extends Problem>(problem: P): P => ({
  ...problem,
  training: { ...problem.training, precision: "float64" },
});

export const anyProblem: fc.Arbitrary<Problem> = fc
  .record({
    words: fc.option(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 })),
    freeInputSize: fc.integer({ min: 1, max: 3 }),
    outputSize: fc.integer({ min: 1, max: 3 }),
    at: fc.constantFrom<ReadAt>("every", "last", "ends"),
    rowSize: fc.option(fc.integer({ min: 1, max: 3 })),
    identity: fc.boolean(),
    lossType: fc.constantFrom<LossType | null>(
      "cross-entropy",
      "binary-cross-entropy",
      "mse",
      "mae",
      "huber",
      "linear",
      null,
    ),
    reduction: fc.constantFrom<"sum" | "mean">("sum", "mean"),
    activation: fc.constantFrom("softmax", "sigmoid", "linear", "tanh"),
    labelled: fc.boolean(),
  })
  .chain(({ words, freeInputSize, outputSize, at, rowSize, identity, lossType, reduction, activation, labelled }) => {
    const rows = rowSize === null ? null : (words?.length ?? freeInputSize);
    const inputSize = rowSize ?? words?.length ?? freeInputSize;
    return layersFrom(inputSize).chain((layers) => {
      const top = layers.at(-1)!;
      const topSize = top.size * top.passes.length;
      const O = identity ? topSize : outputSize;
      const implied = words !== null && words.length === O ? words : null;
      const labels = labelled ? fc.uniqueArray(fc.string(), { minLength: O, maxLength: O }) : fc.constant(implied);
      const forced = lossType === "cross-entropy" ? "softmax" : lossType === "binary-cross-entropy" ? "sigmoid" : null;
      const oneWay = layers.every(({ direction }) => direction === "forward");
      const isClasses = lossType === "cross-entropy";
      const names = [
        ...(rows === null ? [] : ["embedding.E"]),
        ...layers.flatMap(({ passes }) => Object.keys(passes[0]!.parameters).map((name) => [passes, name] as const)),
        ...(identity ? [] : ["output.Why"]),
      ];
      return fc.record({
        name: fc.string(),
        model: fc.record({
          inputSize: fc.constant(inputSize),
          vocabulary: fc.constant(words),
          embedding: rows === null ? fc.constant(null) : fc.record({ E: tensor(2, rows, inputSize) }),
          labels,
          layers: fc.constant(layers),
          output: fc.record({
            size: fc.constant(O),
            at: fc.constant(at),
            activation: fc.constant(forced ?? activation),
            Why: identity ? fc.constant(null) : tensor(2, O, topSize),
            by: identity ? fc.constant(null) : fc.option(tensor(1, O, 1)),
            Wxy: identity ? fc.constant(null) : fc.option(tensor(2, O, inputSize)),
            skip: O === inputSize ? fc.boolean() : fc.constant(false),
          }),
          loss:
            lossType === null
              ? fc.constant(null)
              : fc.record({
                  type: fc.constant(lossType),
                  reduction: fc.constant(reduction),
                  factor: fc.oneof(fc.constant(1), anyNumber),
                  outputs: isClasses ? fc.constant("sum" as const) : fc.constantFrom("sum", "mean"),
                  delta: lossType === "huber" ? fc.double({ min: 1e-3, max: 10, noNaN: true }) : fc.constant(1),
                  classWeights: isClasses ? fc.option(numbers(O)) : fc.constant(null),
                  labelSmoothing: isClasses ? fc.double({ min: 0, max: 1, noNaN: true }) : fc.constant(0),
                }),
          frozen: fc
            .subarray(names)
            .map(
              (chosen) =>
                new Set(
                  chosen.flatMap((name) =>
                    typeof name === "string" ? [name] : name[0].map(({ prefix }) => `${prefix}.${name[1]}`),
                  ),
                ),
            ),
        }),
        sequences: fc.array(sequence(layers, inputSize, words, rows, at, O, lossType), { maxLength: 3 }),
        training: fc.record({
          optimizer: fc
            .tuple(
              fc.constantFrom(...Object.values(optimizerDefaults)),
              fc.double({ min: 0, max: 1, noNaN: true }),
              fc.double({ min: 0, max: 1, noNaN: true }),
            )
            .map(([defaults, learningRate, weightDecay]) => ({ ...defaults, learningRate, weightDecay })),
          schedule: fc.option(
            fc.oneof(
              fc.record({
                type: fc.constant("step" as const),
                every: fc.integer({ min: 1, max: 9 }),
                factor: fc.double({ min: 0, max: 2, noNaN: true }),
              }),
              fc.record({
                type: fc.constant("exponential" as const),
                factor: fc.double({ min: 0, max: 2, noNaN: true }),
              }),
              fc.record({
                type: fc.constant("cosine" as const),
                epochs: fc.integer({ min: 1, max: 9 }),
                floor: fc.double({ min: 0, max: 1, noNaN: true }),
              }),
            ),
          ),
          epochs: fc.nat(1000),
          batchSize: fc.integer({ min: 1, max: 100 }),
          shuffle: fc.boolean(),
          seed: fc.maxSafeInteger(),
          clip: fc.option(
            fc.record({ type: fc.constantFrom("norm", "value"), at: fc.double({ min: 1e-3, max: 10, noNaN: true }) }),
          ),
          batchReduction: fc.constantFrom("sequences", "sum"),
          truncate: oneWay ? fc.option(fc.integer({ min: 1, max: 5 })) : fc.constant(null),
          precision: fc.constantFrom("float64", "float32"),
        }),
      });
    });
  })
  // Training in single precision has to hold every number.
  .map((problem) => (isHeldBySingle(problem) ? problem : withDoublePrecision(problem)));
