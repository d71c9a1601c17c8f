// The benchmark's trainings with brain.js: its matrices, its equations and their way back, a sequence at a time as it trains.
// Its own additions and element-wise products keep only one of the gradients of a value that is used several times, such as a
// bias or a cell state. A product with the number 1 adds them up, and stands where one is used again.

import { peerPackage, serve } from "./protocol.mjs";

const { exports: brain, version } = peerPackage("brain.js");
const { RNNTimeStep } = brain.recurrent;

function start({ workload: w, parameters, inputs, targets }) {
  const { steps: T, batch: B, inputs: X, hidden: H, outputs: O } = w;
  const given = Object.entries(parameters);
  const probe = new RNNTimeStep({ inputSize: X, hiddenLayers: [H], outputSize: O });
  probe.initialize();
  const Matrix = Object.getPrototypeOf(probe.model.outputConnector.constructor);
  const matrix = (rows, columns, values) => {
    const made = new Matrix(rows, columns);
    if (values) made.weights = Float32Array.from(values);
    return made;
  };
  const one = matrix(1, 1, [1]);
  const layer = Object.fromEntries(
    given.map(([name, { shape, values }]) => [name, matrix(shape[0], shape[1] ?? 1, values)]),
  );
  const p = (name) => layer[`layers.0.${name}`];

  /** Of one step: gives its h, and c where there is one. */
  const cells = {
    rnn: (e, x, { h }) => ({ h: e.tanh(preActivation(e, "h", x, h)) }),
    lstm(e, x, { h, c }) {
      const [i, f, o] = ["i", "f", "o"].map((k) => e.sigmoid(preActivation(e, k, x, h)));
      const g = e.tanh(preActivation(e, "g", x, h));
      const next = e.add(e.multiplyElement(f, e.multiply(c, one)), e.multiplyElement(i, g));
      return { h: e.multiplyElement(o, e.tanh(e.multiply(next, one))), c: next };
    },
    gru(e, x, { h }) {
      const [r, z] = ["r", "z"].map((k) => e.sigmoid(preActivation(e, k, x, h)));
      const q = e.add(e.multiply(p("Whn"), h), e.multiply(p("bhn"), one));
      const share = e.add(e.multiply(p("Wxn"), x), e.multiply(p("bn"), one));
      const n = e.tanh(e.add(share, e.multiplyElement(r, q)));
      // (1 − z) ∘ n + z ∘ h, as n + z ∘ (h − n)
      const apart = e.add(e.multiply(h, one), e.multiply(e.multiply(n, one), minusOne));
      return { h: e.add(e.multiply(n, one), e.multiplyElement(z, apart)) };
    },
  };
  const minusOne = matrix(1, 1, [-1]);

  function preActivation(e, k, x, h) {
    const share = e.add(e.multiply(p(`Wx${k}`), x), e.multiply(p(`b${k}`), one));
    return e.add(share, e.multiply(p(`Wh${k}`), h));
  }

  // brain.js gives its Equation to getEquation alone.
  let Equation = null;
  class Network extends RNNTimeStep {
    getEquation(equation, input, previous, hidden) {
      Equation = equation.constructor;
      return super.getEquation(equation, input, previous, hidden);
    }
  }
  const network = new Network({ inputSize: X, hiddenLayers: [H], outputSize: O });
  network.initialize();
  network.bindEquation();

  const equations = [];
  let state = { h: matrix(H, 1), c: matrix(H, 1) };
  for (let t = 0; t < T; t++) {
    const equation = new Equation();
    state = cells[w.cell](equation, equation.input(matrix(X, 1)), state);
    equation.add(equation.multiply(layer["output.Why"], state.h), equation.multiply(layer["output.by"], one));
    equations.push(equation);
  }

  const N = w.batches * B;
  const oneHot = Array.from({ length: X }, (_, k) => Float32Array.from({ length: X }, (_, j) => (j === k ? 1 : 0)));
  const dense = w.input === "tokens" ? null : Float32Array.from(inputs.values);
  const x = Array.from({ length: N * T }, (_, k) =>
    dense ? dense.subarray(k * X, (k + 1) * X) : oneHot[inputs.values[k]],
  );
  const every = w.at === "every";
  const weight = 1 / B / (w.reduction === "mean" && every ? T : 1);
  const trained = Object.entries(layer);
  const sums = trained.map(([, { weights }]) => new Float32Array(weights.length));
  const memories = trained.map(([, { weights }]) => new Float32Array(weights.length));

  /** Writes the loss's gradient into the output's, and gives the loss. */
  function lossOf({ weights: z, deltas }, target) {
    if (w.loss === "mse") {
      deltas[0] = 2 * weight * (z[0] - target);
      return weight * (z[0] - target) ** 2;
    }
    let largest = -Infinity;
    for (const v of z) largest = Math.max(largest, v);
    let sum = 0;
    for (let j = 0; j < O; j++) sum += deltas[j] = Math.exp(z[j] - largest);
    const loss = Math.log(sum) + largest - z[target];
    for (let j = 0; j < O; j++) deltas[j] *= weight / sum;
    deltas[target] -= weight;
    return loss * weight;
  }

  /** Forward and back over a sequence; the gradients are then the matrices' deltas. */
  function sequence(n) {
    let loss = 0;
    for (let t = 0; t < T; t++) {
      const output = equations[t].runInput(x[n * T + t]);
      if (every) loss += lossOf(output, targets.values[n * T + t]);
      else if (t === T - 1) loss += lossOf(output, targets.values[n]);
    }
    for (let t = T - 1; t >= 0; t--) equations[t].backpropagate();
    return loss;
  }

  function optimize() {
    const clip = w.clipValue ?? Infinity;
    for (let m = 0; m < trained.length; m++) {
      const { weights, deltas } = trained[m][1];
      const gradients = B > 1 ? sums[m] : deltas;
      const memory = memories[m];
      for (let k = 0; k < weights.length; k++) {
        let g = Math.max(-clip, Math.min(clip, gradients[k]));
        if (w.optimizer === "adagrad") {
          memory[k] += g * g;
          g /= Math.sqrt(memory[k]) + w.epsilon;
        }
        weights[k] -= w.learningRate * g;
      }
    }
  }

  let next = 0;
  return {
    update() {
      let loss = 0;
      for (const sum of sums) sum.fill(0);
      for (let b = 0; b < B; b++) {
        loss += sequence(next * B + b);
        if (B > 1)
          for (let m = 0; m < trained.length; m++) {
            const { deltas } = trained[m][1];
            for (let k = 0; k < deltas.length; k++) sums[m][k] += deltas[k];
          }
      }
      next = (next + 1) % w.batches;
      optimize();
      return loss;
    },
    parameters: () =>
      Object.fromEntries(
        trained.map(([name, { weights }]) => [name, { shape: parameters[name].shape, values: weights }]),
      ),
  };
}

await serve({ name: "brain.js", version, library: "", counts: true }, start);
