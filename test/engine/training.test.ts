import assert from "node:assert/strict";
import type { OptimizerSettings, Problem } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { run } from "../../src/engine/run";
import type { EpochResult, TrainingEnd } from "../../src/engine/train";
import { train, updateOnce } from "../../src/engine/train";
import { readText } from "../files";
import { usedBytes } from "../memory";

function finish(problem: Problem, stopAfter = Infinity): { epochs: EpochResult[]; end: TrainingEnd; updates: number } {
  const training = train(problem);
  const epochs: EpochResult[] = [];
  let updates = 0;
  let next = training.next();
  for (; !next.done; next = training.next(updates >= stopAfter)) {
    updates++;
    if (next.value.result) epochs.push(next.value.result);
  }
  return { epochs, end: next.value, updates };
}

/** One unit that reads one number: a_t = w x_t + u h_{t−1} + b, h_t = tanh(a_t), y_t = v h_t + c. */
const scalar = { w: 0.7, u: -0.4, b: 0.1, v: 1.2, c: -0.2 };
const data = [
  { inputs: [0.5, -1, 0.3, 0.8, -0.2], targets: [0.1, null, 0.4, -0.3, 0.2] },
  { inputs: [1, 0.2], targets: [null, null] },
  { inputs: [-0.7, 0.4, 0.9], targets: [null, 0.5, -0.6] },
];

function scalarProblem(training: object, reduction: "sum" | "mean", state = ""): Problem {
  const { w, u, b, v, c } = scalar;
  return readText(
    JSON.stringify({
      version: 1,
      inputSize: 1,
      layers: [{ cell: "rnn", size: 1, Wxh: [[w]], Whh: [[u]], bh: [b] }],
      output: { size: 1, Why: [[v]], by: [c] },
      loss: { type: "mse", reduction },
      sequences: data.map((sequence) => ({ ...sequence, ...(state && { state }) })),
      training,
    }),
  ).problem;
}

/**
 * The same training, written down without backpropagation: each update's gradient is a central difference of the chunks' loss
 * with the state before the chunk held still.
 */
function byDifferences(options: {
  rate: number;
  epochs: number;
  batch: number;
  chunk: number;
  mean: boolean;
  carry: boolean;
}) {
  let p = [scalar.w, scalar.u, scalar.b, scalar.v, scalar.c];
  const losses: number[] = [];
  const over = ([w, u, b, v, c]: number[], k: number, from: number, start: number) => {
    const { inputs, targets } = data[k]!;
    let h = start;
    let loss = 0;
    for (let t = from; t < Math.min(inputs.length, from + options.chunk); t++) {
      h = Math.tanh(w! * inputs[t]! + u! * h + b!);
      const target = targets[t];
      if (target !== null && target !== undefined) loss += (v! * h + c! - target) ** 2;
    }
    const N = targets.filter((target) => target !== null).length;
    return { h, loss: options.mean && N > 0 ? loss / N : loss };
  };
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const total = data.map(() => 0);
    let carried = 0;
    for (let first = 0; first < data.length; first += options.batch) {
      const batch = [...data.keys()].slice(first, first + options.batch);
      const states = batch.map(() => 0);
      const longest = Math.max(...batch.map((k) => data[k]!.inputs.length));
      for (let from = 0; from < longest; from += options.chunk) {
        let before = carried;
        for (const [n, k] of batch.entries()) {
          if (from === 0 && options.carry) states[n] = before;
          const { h, loss } = over(p, k, from, states[n]!);
          total[k]! += loss;
          before = h;
        }
        const hasTarget = batch.some((k) =>
          data[k]!.targets.slice(from, from + options.chunk).some((target) => target !== null),
        );
        const mean = (q: number[]) =>
          batch.reduce((sum, k, n) => sum + over(q, k, from, states[n]!).loss, 0) / batch.length;
        const gradient = p.map((value, j) => {
          const moved = (by: number) => mean(p.with(j, value + by));
          return (moved(1e-5) - moved(-1e-5)) / 2e-5;
        });
        for (const [n, k] of batch.entries())
          if (from < data[k]!.inputs.length) states[n] = over(p, k, from, states[n]!).h;
        if (hasTarget) p = p.map((value, j) => value - options.rate * gradient[j]!);
      }
      carried = states.at(-1)!;
    }
    losses.push((total[0]! + total[2]!) / 2);
  }
  return { parameters: p, losses };
}

describe("training", () => {
  for (const reduction of ["sum", "mean"] as const)
    for (const [truncate, batchSize, carry] of [
      [null, 1, false],
      [null, 2, false],
      [null, 3, false],
      [2, 1, false],
      [2, 2, false],
      [1, 3, false],
      [null, 1, true],
      [null, 2, true],
      [2, 1, true],
    ] as const)
      it(`follows the differences of each update's loss: reduction ${reduction}, truncate ${truncate}, batchSize ${batchSize}, carry ${carry}`, () => {
        const training = {
          optimizer: { type: "sgd", learningRate: 0.1 },
          epochs: 3,
          batchSize,
          ...(truncate !== null && { truncate }),
        };
        const { epochs, end } = finish(scalarProblem(training, reduction, carry ? "carry" : ""));
        const oracle = byDifferences({
          rate: 0.1,
          epochs: 3,
          batch: batchSize,
          chunk: truncate ?? Infinity,
          mean: reduction === "mean",
          carry,
        });
        const names = ["layers.0.Wxh", "layers.0.Whh", "layers.0.bh", "output.Why", "output.by"];
        names.forEach((name, j) => {
          const actual = end.parameters[name]!.data[0]!;
          assert.ok(Math.abs(actual - oracle.parameters[j]!) < 1e-8, `${name}: ${actual} and ${oracle.parameters[j]}`);
        });
        epochs.forEach(({ loss }, k) => assert.ok(Math.abs(loss - oracle.losses[k]!) < 1e-8, `epoch ${k + 1}`));
      });

  /** One parameter's path under PyTorch 2's formulas, worked by hand for gradients 1 and −0.5. */
  const cases: [string, Partial<OptimizerSettings>, (p: number, gradients: (p: number) => number[]) => number][] = [
    [
      "adam's first step is the learning rate, whatever the gradient's size",
      { type: "adam", learningRate: 0.25, epsilon: 1e-100 },
      (p, g) => p - 0.25 * Math.sign(g(p)[0]!),
    ],
    [
      "adamw shrinks the parameter by learning rate times weight decay before its step",
      { type: "adamw", learningRate: 0.25, epsilon: 1e-100, weightDecay: 0.1 },
      (p, g) => p * (1 - 0.025) - 0.25 * Math.sign(g(p)[0]!),
    ],
    [
      "adagrad's first step is the learning rate",
      { type: "adagrad", learningRate: 0.125, epsilon: 1e-100 },
      (p, g) => p - 0.125 * Math.sign(g(p)[0]!),
    ],
    [
      "rmsprop's first step is the learning rate over √(1 − α)",
      { type: "rmsprop", learningRate: 0.01, alpha: 0.75, epsilon: 1e-100 },
      (p, g) => p - (0.01 / 0.5) * Math.sign(g(p)[0]!),
    ],
    [
      "nesterov's first step is (1 + μ) times plain sgd's",
      { type: "sgd", learningRate: 0.1, momentum: 0.5, nesterov: true },
      (p, g) => p - 0.15 * g(p)[0]!,
    ],
    [
      "weight decay adds λp to the gradient",
      { type: "sgd", learningRate: 0.1, weightDecay: 0.5 },
      (p, g) => p - 0.1 * (g(p)[0]! + 0.5 * p),
    ],
  ];
  for (const [title, optimizer, expected] of cases)
    it(title, () => {
      // y = c alone, so that dL/dc = 2 (c − target) is known
      const problem = readText(
        JSON.stringify({
          version: 1,
          inputSize: 1,
          layers: [{ cell: "rnn", size: 1, Wxh: [[0]], Whh: [[0]], bh: [0] }],
          output: { size: 1, Why: [[0]], by: [0.75] },
          loss: { type: "mse" },
          sequences: [{ inputs: [1], targets: [0.5] }],
          training: { optimizer, epochs: 1 },
        }),
      ).problem;
      const { end } = finish(problem);
      const wanted = expected(0.75, (p) => [2 * (p - 0.5)]);
      assert.ok(
        Math.abs(end.parameters["output.by"]!.data[0]! - wanted) < 1e-15,
        `${end.parameters["output.by"]!.data[0]}`,
      );
    });

  const task = (training: object) =>
    readText(
      JSON.stringify({
        version: 1,
        layers: [{ cell: "lstm", size: 4 }],
        output: { size: 1, at: "last" },
        loss: { type: "binary-cross-entropy" },
        sequences: { task: "sum-sign", count: 20, length: 6, seed: 3 },
        training,
      }),
    ).problem;

  it("gives the same bits from the same seeds, and others from another seed", () => {
    const once = (seed: number) => finish(task({ epochs: 3, shuffle: true, seed })).end.parameters;
    assert.deepEqual(once(5), once(5));
    assert.notDeepEqual(once(5), once(6));
  });

  it("leaves the problem's own parameters as they are", () => {
    const problem = task({ epochs: 1 });
    const before = structuredClone(parametersOf(problem.model));
    finish(problem);
    assert.deepEqual(parametersOf(problem.model), before);
  });

  it("stops after the update at which it is told to, with the parameters that it has", () => {
    const { end, updates, epochs } = finish(task({ epochs: 5 }), 7);
    assert.equal(end.kind, "stopped");
    assert.equal(updates, 7);
    assert.equal(epochs.length, 0);
    assert.notDeepEqual(end.parameters, parametersOf(task({ epochs: 5 }).model));
  });

  it("keeps the last good parameters of a run whose loss overflows, and names the place", () => {
    const exploding = scalarProblem({ optimizer: { type: "sgd", learningRate: 1e160 }, epochs: 9 }, "sum");
    const { end } = finish(exploding);
    assert.equal(end.kind, "diverged");
    for (const { data } of Object.values(end.parameters)) assert.ok(data.every(Number.isFinite));
    assert.deepEqual([end.epoch, end.sequence, end.t, end.tensor], [1, 2, 2, "loss"]);
  });

  it("tries out the last update, too: what it breaks leaves the parameters before it, and names the place", () => {
    const settings: [string, object][] = [
      ["a rate of 1e200", { type: "sgd", learningRate: 1e200 }],
      ["a rate of 1e308", { type: "sgd", learningRate: 1e308 }],
    ];
    for (const [name, optimizer] of settings) {
      // One update alone: the batch is all sequences.
      const once = scalarProblem({ epochs: 1, batchSize: data.length, optimizer }, "sum");
      const { end } = finish(once);
      assert.equal(end.kind, "diverged", name);
      assert.deepEqual(end.parameters, parametersOf(once.model), name);
      assert.equal(end.epoch, 1);
      assert.deepEqual([end.sequence, end.t > 0], [0, true], name);
    }
    // A gradient of 0 over a square root of 0.
    const optimizer = { type: "adagrad", learningRate: 0.1, epsilon: 0 };
    const problem = scalarProblem({ epochs: 1, batchSize: data.length, optimizer }, "sum");
    const zeros = withParameters(
      problem.model,
      Object.fromEntries(
        Object.entries(parametersOf(problem.model)).map(([name, tensor]) => [
          name,
          { ...tensor, data: Float64Array.of(name === "output.by" ? 1 : 0) },
        ]),
      ),
    );
    const { end } = finish({ ...problem, model: zeros });
    assert.equal(end.kind, "diverged");
    assert.deepEqual(end.parameters, parametersOf(zeros));
    assert.equal(end.tensor, "layers.0.Wxh");
  });

  it("stopped after an update that breaks, ends with the parameters before it", () => {
    const problem = scalarProblem({ epochs: 9, optimizer: { type: "sgd", learningRate: 1e200 } }, "sum");
    const { end } = finish(problem, 1);
    assert.equal(end.kind, "diverged");
    assert.deepEqual(end.parameters, parametersOf(problem.model));
  });
});

describe("Training on a sequence that is too long to be recorded", () => {
  const units = 16;
  const long = (length: number, layer: object, training: object = {}): Problem =>
    readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        layers: [{ cell: "rnn", size: units, ...layer }],
        output: { size: 1 },
        loss: { type: "mse", reduction: "mean" },
        sequences: [
          {
            inputs: Array.from({ length }, (_, k) => Math.sin(k)),
            targets: Array.from({ length }, (_, k) => (k % 3 === 0 ? Math.sin(k + 1) : null)),
          },
        ],
        initial: { scheme: "xavier", seed: 2 },
        training: { epochs: 1, ...training },
      }),
    ).problem;

  it("takes the gradient of all of its steps, in little memory", () => {
    const problem = long(100_000, {});
    const { model, sequences, training } = problem;
    const before = usedBytes();
    let most = 0;
    const steps = train(problem);
    let next = steps.next();
    let done = 0;
    for (; !next.done; next = steps.next()) {
      assert.ok(next.value.done >= done, `${next.value.done} after ${done}`);
      if (Math.floor(10 * next.value.done) > Math.floor(10 * done)) most = Math.max(most, usedBytes() - before);
      done = next.value.done;
    }
    // Its recording would take over 250 MB.
    assert.ok(most < 150e6, `${most / 1e6} MB`);
    const whole = run(model, sequences, 0);
    const expected = updateOnce(model, sequences[0]!, whole.gradients, training);
    assert.deepEqual(next.value.parameters, expected);
  });

  it("stops on the way to its only update where it is told to, with the parameters as they were", () => {
    const problem = long(60_000, {});
    const { end, updates } = finish(problem, 1);
    assert.deepEqual([end.kind, updates], ["stopped", 1]);
    assert.deepEqual(end.parameters, parametersOf(problem.model));
  });

  it("names the step and the tensor where a value is first not finite, as in a short one", () => {
    const endOf = (length: number, layer: object) => finish(long(length, layer, {})).end;
    const Whh = Array.from({ length: units }, (_, i) => Array.from({ length: units }, (_, j) => (i === j ? 2 : 0)));
    const layer = { activation: "linear", Whh };
    const { parameters, ...short } = endOf(2000, layer) as Extract<TrainingEnd, { kind: "diverged" }>;
    // A square overflows where its root reaches 2^512.
    assert.deepEqual([short.kind, short.tensor, short.t > 490, short.t < 530], ["diverged", "loss", true, true]);
    const { parameters: same, ...inLong } = endOf(60_000, layer);
    assert.deepEqual(inLong, short);
    assert.deepEqual(same, parameters);
  });
});
