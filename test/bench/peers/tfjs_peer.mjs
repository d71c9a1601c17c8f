// The benchmark's trainings in TensorFlow.js with its WebAssembly backend: its operations, its gradients, its memory kept tidy.

import * as path from "node:path";
import { peerPackage, serve } from "./protocol.mjs";

const { exports: tf, version } = peerPackage("@tensorflow/tfjs");
const { exports: backend } = peerPackage("@tensorflow/tfjs-backend-wasm");

/** The gates of each cell, side by side in this order. */
const gates = { rnn: ["h"], lstm: ["i", "f", "o", "g"], gru: ["r", "z", "n"] };

const wasmFolder = path.join(process.env.UNROLL_PEERS, "node_modules/@tensorflow/tfjs-backend-wasm/dist/");
backend.setWasmPaths(wasmFolder);
// Standard output is for the answers alone.
console.log = console.error;
await tf.setBackend("wasm");
await tf.ready();

/** h_1 … h_T of the pre-activations' shares of the inputs. */
const cells = {
  rnn({ Wh }, shares, h) {
    return shares.map((a) => (h = tf.tanh(tf.add(a, tf.matMul(h, Wh)))));
  },
  lstm({ Wh }, shares, h) {
    const H = h.shape[1];
    let c = h;
    return shares.map((share) => {
      const a = tf.add(share, tf.matMul(h, Wh));
      const [i, f, o] = tf.split(tf.sigmoid(tf.slice(a, [0, 0], [-1, 3 * H])), 3, 1);
      const g = tf.tanh(tf.slice(a, [0, 3 * H], [-1, H]));
      c = tf.add(tf.mul(f, c), tf.mul(i, g));
      return (h = tf.mul(o, tf.tanh(c)));
    });
  },
  gru({ Wh, bhn }, shares, h) {
    const H = h.shape[1];
    return shares.map((share) => {
      const u = tf.matMul(h, Wh);
      const rz = tf.sigmoid(tf.add(tf.slice(share, [0, 0], [-1, 2 * H]), tf.slice(u, [0, 0], [-1, 2 * H])));
      const [r, z] = tf.split(rz, 2, 1);
      const q = tf.add(tf.slice(u, [0, 2 * H], [-1, H]), bhn);
      const n = tf.tanh(tf.add(tf.slice(share, [0, 2 * H], [-1, H]), tf.mul(r, q)));
      return (h = tf.add(n, tf.mul(z, tf.sub(h, n))));
    });
  },
};

function start({ workload: w, parameters, inputs, targets }) {
  const { steps: T, batch: B, inputs: X, hidden: H, outputs: O } = w;
  const every = w.at === "every";
  const given = ({ shape, values }) => tf.tensor(Float32Array.from(values), shape);
  const own = gates[w.cell];
  const sideBySide = (kind) =>
    tf.concat(
      own.map((k) => tf.transpose(given(parameters[`layers.0.${kind}${k}`]))),
      1,
    );
  const variable = (make) => tf.variable(tf.tidy(make));
  const p = {
    Wx: variable(() => sideBySide("Wx")),
    Wh: variable(() => sideBySide("Wh")),
    b: variable(() => tf.concat(own.map((k) => given(parameters[`layers.0.b${k}`])))),
    ...(w.cell === "gru" && { bhn: variable(() => given(parameters["layers.0.bhn"])) }),
    Why: variable(() => tf.transpose(given(parameters["output.Why"]))),
    by: variable(() => given(parameters["output.by"])),
  };
  const variables = Object.values(p);
  const memories = variables.map((v) => variable(() => tf.zerosLike(v)));

  // Each batch with time first.
  const split = (values, ...shape) => tf.unstack(tf.reshape(values, [w.batches, B, ...shape]));
  const timeFirst = (batch) => tf.transpose(batch, [1, 0, 2]);
  const oneHot = (indices, length) => {
    const values = new Float32Array(indices.length * length);
    for (const [k, index] of indices.entries()) values[k * length + index] = 1;
    return tf.tensor1d(values);
  };
  const xs = tf.tidy(() => {
    const values = w.input === "tokens" ? oneHot(inputs.values, X) : tf.tensor1d(Float32Array.from(inputs.values));
    return split(values, T, X).map((batch) => tf.reshape(timeFirst(batch), [T * B, X]));
  });
  const ys = tf.tidy(() => {
    if (w.loss === "mse") return split(tf.tensor1d(Float32Array.from(targets.values)), O);
    const classes = oneHot(targets.values, O);
    if (!every) return split(classes, O);
    return split(classes, T, O).map((batch) => tf.reshape(timeFirst(batch), [T * B, O]));
  });
  const weight = 1 / B / (w.reduction === "mean" && every ? T : 1);
  const h_0 = tf.zeros([B, H]);

  function lossOf(x, y) {
    const shares = tf.unstack(tf.reshape(tf.add(tf.matMul(x, p.Wx), p.b), [T, B, -1]));
    const hs = cells[w.cell](p, shares, h_0);
    const z = tf.add(tf.matMul(every ? tf.concat(hs) : hs.at(-1), p.Why), p.by);
    const sum = w.loss === "mse" ? tf.sum(tf.squaredDifference(z, y)) : tf.neg(tf.sum(tf.mul(tf.logSoftmax(z), y)));
    return tf.mul(sum, weight);
  }

  let next = 0;
  return {
    update() {
      return tf.tidy(() => {
        const [x, y] = [xs[next], ys[next]];
        next = (next + 1) % xs.length;
        const { value, grads } = tf.variableGrads(() => lossOf(x, y), variables);
        for (const [k, v] of variables.entries()) {
          let g = grads[v.name];
          if (w.clipValue !== null) g = tf.clipByValue(g, -w.clipValue, w.clipValue);
          if (w.optimizer === "adagrad") {
            memories[k].assign(tf.add(memories[k], tf.square(g)));
            g = tf.div(g, tf.add(tf.sqrt(memories[k]), w.epsilon));
          }
          v.assign(tf.sub(v, tf.mul(g, w.learningRate)));
        }
        return value.dataSync()[0];
      });
    },
    parameters() {
      const out = (tensor) => ({ shape: tensor.shape, values: tensor.dataSync() });
      const part = (v, k) => out(tf.transpose(tf.slice(v, [0, k * H], [-1, H])));
      const found = { "output.Why": out(tf.transpose(p.Why)), "output.by": out(p.by) };
      for (const [k, gate] of own.entries()) {
        found[`layers.0.Wx${gate}`] = part(p.Wx, k);
        found[`layers.0.Wh${gate}`] = part(p.Wh, k);
        found[`layers.0.b${gate}`] = out(tf.slice(p.b, [k * H], [H]));
      }
      if (p.bhn) found["layers.0.bhn"] = out(p.bhn);
      return found;
    },
  };
}

await serve({ name: "TensorFlow.js", version, library: `backend ${tf.getBackend()}`, counts: true }, start);
