/** CS231n, Stanford: "RNN captioning" and "LSTM captioning" of assignment 3. Arrays are linspace(a, b), or drawn with seed 231. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Exercise, type Published, published } from "./exercise";
import { layerWithCellState, lstmWithCellState, topLeft, topRows } from "./lstmWithCellState";
import { NumpyArray } from "./numpyArray";
import { NumpyRandom } from "./numpyRandom";

const linspace = (from: number, to: number, ...shape: number[]) => NumpyArray.linspace(from, to, ...shape);
const source =
  "Source: CS231n, Stanford, assignment 3, notebooks RNN_Captioning and LSTM_Captioning (cs231n.github.io).";
const packing =
  "The course packs its gates as i f o g in the columns of Wx [D × 4H]; here each gate has matrices of its own, Wxi [H × D].";

const rnnLayer = (Wx: NumpyArray, Wh: NumpyArray, b: NumpyArray) => ({
  cell: "rnn",
  size: b.shape[0],
  Wxh: Wx.columns(0, b.shape[0]!),
  Whh: Wh.columns(0, b.shape[0]!),
  bh: b.data,
});

function lstmLayer(Wx: NumpyArray, Wh: NumpyArray, b: NumpyArray) {
  const H = b.shape[0]! / 4;
  const gates = ["i", "f", "o", "g"].map((gate, k) => ({
    [`Wx${gate}`]: Wx.columns(k * H, (k + 1) * H),
    [`Wh${gate}`]: Wh.columns(k * H, (k + 1) * H),
    [`b${gate}`]: b.data.slice(k * H, (k + 1) * H),
  }));
  return { cell: "lstm", size: H, ...Object.assign({}, ...gates) };
}

const identity = { Why: "identity" };
/** The gradients of a batch are sums in the course. */
const summed = { batchReduction: "sum" };

/** x [N, T, D] or [N, D] as the inputs of N sequences. */
function inputsOf(x: NumpyArray): number[][][] {
  const [N, T] = x.shape;
  return Array.from({ length: N! }, (_, n) =>
    x.shape.length === 2 ? [x.along(n, null)] : Array.from({ length: T! }, (_, t) => x.along(n, t, null)),
  );
}

const rows = (value: Published) => value as readonly Published[];

const stepExpected = (h: string, c?: string) => ({
  tolerance: 1e-8,
  sequences: rows(published(h)).map((row, n) => ({
    steps: [{ h: row, ...(c !== undefined && { c: rows(published(c))[n] }) }],
  })),
});

const sequenceExpected = (h: string) => ({
  tolerance: 1e-8,
  sequences: rows(published(h)).map((steps) => ({ steps: rows(steps).map((row) => ({ h: row })) })),
});

function rnnStepForward(): Exercise {
  const [N, D, H] = [3, 10, 4];
  const x = linspace(-0.4, 0.7, N, D);
  const h0 = linspace(-0.2, 0.5, N, H);
  return {
    file: "cs231n-rnn-step-forward",
    comment: `CS231n: one step of a plain RNN, h = tanh(x Wx + h_prev Wh + b), of a batch of 3.
Write rnn_step_forward and compare your next_h with the three rows under "expect".
${source}`,
    model: {
      name: "CS231n: rnn_step_forward",
      layers: [rnnLayer(linspace(-0.1, 0.9, D, H), linspace(-0.3, 0.7, H, H), linspace(-0.2, 0.4, H))],
      output: identity,
      sequences: inputsOf(x).map((inputs, n) => ({ inputs, h0: h0.along(n, null) })),
      expect: stepExpected(`[[-0.58172089, -0.50182032, -0.41232771, -0.31410098],
        [ 0.66854692,  0.79562378,  0.87755553,  0.92795967],
        [ 0.97934501,  0.99144213,  0.99646691,  0.99854353]]`),
    },
  };
}

function rnnForward(): Exercise {
  const [N, T, D, H] = [2, 3, 4, 5];
  const h0 = linspace(-0.3, 0.1, N, H);
  return {
    file: "cs231n-rnn-forward",
    comment: `CS231n: a plain RNN over a sequence of three steps, a batch of 2. Each h_t is the h_prev of the next step.
${source}`,
    model: {
      name: "CS231n: rnn_forward",
      layers: [rnnLayer(linspace(-0.2, 0.4, D, H), linspace(-0.4, 0.1, H, H), linspace(-0.7, 0.1, H))],
      output: identity,
      sequences: inputsOf(linspace(-0.1, 0.3, N, T, D)).map((inputs, n) => ({ inputs, h0: h0.along(n, null) })),
      expect: sequenceExpected(`[[[-0.42070749, -0.27279261, -0.11074945,  0.05740409,  0.22236251],
        [-0.39525808, -0.22554661, -0.0409454 ,  0.14649412,  0.32397316],
        [-0.42305111, -0.24223728, -0.04287027,  0.15997045,  0.35014525]],
       [[-0.55857474, -0.39065825, -0.19198182,  0.02378408,  0.23735671],
        [-0.27150199, -0.07088804,  0.13562939,  0.33099728,  0.50158768],
        [-0.51014825, -0.30524429, -0.06755202,  0.17806392,  0.40333043]]]`),
    },
  };
}

function lstmStepForward(): Exercise {
  const [N, D, H] = [3, 4, 5];
  const h0 = linspace(-0.3, 0.7, N, H);
  const c0 = linspace(-0.4, 0.9, N, H);
  return {
    file: "cs231n-lstm-step-forward",
    comment: `CS231n: one step of an LSTM, a batch of 3: next_h and next_c.
${packing}
${source}`,
    model: {
      name: "CS231n: lstm_step_forward",
      layers: [lstmLayer(linspace(-2.1, 1.3, D, 4 * H), linspace(-0.7, 2.2, H, 4 * H), linspace(0.3, 0.7, 4 * H))],
      output: identity,
      sequences: inputsOf(linspace(-0.4, 1.2, N, D)).map((inputs, n) => ({
        inputs,
        h0: h0.along(n, null),
        c0: c0.along(n, null),
      })),
      expect: stepExpected(
        `[[ 0.24635157,  0.28610883,  0.32240467,  0.35525807,  0.38474904],
          [ 0.49223563,  0.55611431,  0.61507696,  0.66844003,  0.7159181 ],
          [ 0.56735664,  0.66310127,  0.74419266,  0.80889665,  0.858299  ]]`,
        `[[ 0.32986176,  0.39145139,  0.451556  ,  0.51014116,  0.56717407],
          [ 0.66382255,  0.76674007,  0.87195994,  0.97902709,  1.08751345],
          [ 0.74192008,  0.90592151,  1.07717006,  1.25120233,  1.42395676]]`,
      ),
    },
  };
}

function lstmForward(): Exercise {
  const [N, D, H, T] = [2, 5, 4, 3];
  const h0 = linspace(-0.4, 0.8, N, H);
  return {
    file: "cs231n-lstm-forward",
    comment: `CS231n: an LSTM over a sequence of three steps, a batch of 2; c_0 is zero.
${packing}
${source}`,
    model: {
      name: "CS231n: lstm_forward",
      layers: [lstmLayer(linspace(-0.2, 0.9, D, 4 * H), linspace(-0.3, 0.6, H, 4 * H), linspace(0.2, 0.7, 4 * H))],
      output: identity,
      sequences: inputsOf(linspace(-0.4, 0.6, N, T, D)).map((inputs, n) => ({ inputs, h0: h0.along(n, null) })),
      expect: sequenceExpected(`[[[ 0.01764008,  0.01823233,  0.01882671,  0.0194232 ],
        [ 0.11287491,  0.12146228,  0.13018446,  0.13902939],
        [ 0.31358768,  0.33338627,  0.35304453,  0.37250975]],
       [[ 0.45767879,  0.4761092 ,  0.4936887 ,  0.51041945],
        [ 0.6704845 ,  0.69350089,  0.71486014,  0.7346449 ],
        [ 0.81733511,  0.83677871,  0.85403753,  0.86935314]]]`),
    },
  };
}

const backwardComment = `The loss is L = Σ dout ∘ h, whose gradient by each h_t is the dout that the course hands in; the gradients of
the parameters are summed over the batch. The course compares with differences and prints thresholds alone;
the numbers here were computed with NumPy from the course's formulas.`;

type Gradients = Readonly<Record<string, unknown>>;

/** Gradients that were computed with NumPy, by exercise and name. */
function computed(name: string): Gradients {
  const file = path.join(import.meta.dirname, "cs231n-backward.json");
  return (JSON.parse(readFileSync(file, "utf8")) as Record<string, Gradients>)[name]!;
}

const turned = (matrix: number[][], from = 0, to = matrix[0]!.length) =>
  Array.from({ length: to - from }, (_, j) => matrix.map((row) => row[from + j]!));

function rnnStepBackward(): Exercise {
  const [N, D, H] = [4, 5, 6];
  const random = new NumpyRandom(231);
  const [x, h, Wx, Wh, b] = [
    random.randn(N, D),
    random.randn(N, H),
    random.randn(D, H),
    random.randn(H, H),
    random.randn(H),
  ];
  const dnext = random.randn(N, H);
  return {
    file: "cs231n-rnn-step-backward",
    comment: `CS231n: back through one step of a plain RNN, inputs drawn with np.random.seed(231), a batch of 4.
${backwardComment}
${source}`,
    model: {
      name: "CS231n: rnn_step_backward",
      layers: [rnnLayer(Wx, Wh, b)],
      output: identity,
      loss: { type: "linear" },
      sequences: inputsOf(x).map((inputs, n) => ({ inputs, targets: [dnext.along(n, null)], h0: h.along(n, null) })),
      training: summed,
      expect: {
        sequences: [{ steps: [{ gradients: { x: [...rows(published("[-0.42468074]")), null, null, null, null] } }] }],
      },
    },
  };
}

function rnnBackward(): Exercise {
  const [N, D, T, H] = [2, 3, 10, 5];
  const random = new NumpyRandom(231);
  const [x, h0, Wx, Wh, b] = [
    random.randn(N, T, D),
    random.randn(N, H),
    random.randn(D, H),
    random.randn(H, H),
    random.randn(H),
  ];
  const dout = random.randn(N, T, H);
  const right = computed("cs231n rnn_backward seed231");
  const dx = right["dx"] as number[][][];
  const dh0 = right["dh0"] as number[][];
  return {
    file: "cs231n-rnn-backward",
    comment: `CS231n: back through ten steps of a plain RNN, inputs drawn with np.random.seed(231), a batch of 2: dx, dh0, dWx, dWh, db.
Each dh_t has two sources: dout at t, and the step after it.
${backwardComment}
${source}`,
    model: {
      name: "CS231n: rnn_backward",
      layers: [rnnLayer(Wx, Wh, b)],
      output: identity,
      loss: { type: "linear" },
      sequences: inputsOf(x).map((inputs, n) => ({
        inputs,
        targets: Array.from({ length: T }, (_, t) => dout.along(n, t, null)),
        h0: h0.along(n, null),
      })),
      training: summed,
      expect: {
        tolerance: 1e-9,
        sequences: dx.map((steps, n) => ({
          steps: steps.map((row) => ({ gradients: { x: row } })),
          gradients: { "layers.0.h0": dh0[n] },
        })),
        batch: {
          gradients: {
            "layers.0.Wxh": turned(right["dWx"] as number[][]),
            "layers.0.Whh": turned(right["dWh"] as number[][]),
            "layers.0.bh": right["db"],
          },
        },
      },
    },
  };
}

function lstmStepBackward(): Exercise {
  const [N, D, H] = [4, 5, 6];
  const random = new NumpyRandom(231);
  const [x, h, c] = [random.randn(N, D), random.randn(N, H), random.randn(N, H)];
  const [Wx, Wh, b] = [random.randn(D, 4 * H), random.randn(H, 4 * H), random.randn(4 * H)];
  const [dh, dc] = [random.randn(N, H), random.randn(N, H)];
  const right = computed("cs231n lstm_step_backward seed231");
  const [dx, dprevH, dprevC, dWx, dWh] = ["dx", "dprev_h", "dprev_c", "dWx", "dWh"].map(
    (name) => right[name] as number[][],
  );
  const db = right["db"] as number[];
  const gates = Object.fromEntries(
    ["i", "f", "o", "g"].map((gate, k) => {
      const own = (W: NumpyArray) => W.columns(k * H, (k + 1) * H);
      return [gate, { Wx: own(Wx), Wh: own(Wh), b: b.data.slice(k * H, (k + 1) * H) }];
    }),
  );
  const gradients = ["i", "f", "o", "g"].map((gate, k) => ({
    [`layers.0.Wx${gate}`]: topRows(turned(dWx!, k * H, (k + 1) * H)),
    [`layers.0.Wh${gate}`]: topLeft(turned(dWh!, k * H, (k + 1) * H)),
    [`layers.0.b${gate}`]: [...db.slice(k * H, (k + 1) * H), ...Array.from({ length: H }, () => null)],
  }));
  return {
    file: "cs231n-lstm-step-backward",
    comment: `CS231n: back through one step of an LSTM, inputs drawn with np.random.seed(231), a batch of 4: dx, dprev_h, dprev_c, dWx, dWh, db.
The course hands in a gradient of next_c beside that of next_h. Here both are outputs: a cell of its own with twice the units,
whose state is [h; c]; the first six rows of its matrices are the course's.
${packing}
${backwardComment}
${source}`,
    model: {
      name: "CS231n: lstm_step_backward",
      cells: lstmWithCellState,
      layers: [layerWithCellState(gates)],
      output: identity,
      loss: { type: "linear" },
      sequences: inputsOf(x).map((inputs, n) => ({
        inputs,
        targets: [[...dh.along(n, null), ...dc.along(n, null)]],
        h0: [...h.along(n, null), ...c.along(n, null)],
      })),
      training: summed,
      expect: {
        tolerance: 1e-9,
        sequences: dx!.map((row, n) => ({
          steps: [{ gradients: { x: row } }],
          gradients: { "layers.0.h0": [...dprevH![n]!, ...dprevC![n]!] },
        })),
        batch: { gradients: Object.assign({}, ...gradients) },
      },
    },
  };
}

function lstmBackward(): Exercise {
  const [N, D, T, H] = [2, 3, 10, 6];
  const random = new NumpyRandom(231);
  const [x, h0] = [random.randn(N, T, D), random.randn(N, H)];
  const [Wx, Wh, b] = [random.randn(D, 4 * H), random.randn(H, 4 * H), random.randn(4 * H)];
  const dout = random.randn(N, T, H);
  return {
    file: "cs231n-lstm-backward",
    comment: `CS231n: back through ten steps of an LSTM, inputs drawn with np.random.seed(231), a batch of 2.
${packing}
${backwardComment}
${source}`,
    model: {
      name: "CS231n: lstm_backward",
      layers: [lstmLayer(Wx, Wh, b)],
      output: identity,
      loss: { type: "linear" },
      sequences: inputsOf(x).map((inputs, n) => ({
        inputs,
        targets: Array.from({ length: T }, (_, t) => dout.along(n, t, null)),
        h0: h0.along(n, null),
      })),
      training: summed,
      expect: { sequences: [{ steps: [{ gradients: { x: [...rows(published("[0.64045384]")), null, null] } }] }] },
    },
  };
}

function wordEmbedding(): Exercise {
  const x = [
    [0, 3, 1, 2],
    [2, 1, 0, 3],
  ];
  const E = linspace(0, 1, 5, 3);
  const printed = `[[[0, 0.07142857, 0.14285714], [0.64285714, 0.71428571, 0.78571429], [0.21428571, 0.28571429, 0.35714286], [0.42857143, 0.5, 0.57142857]],
    [[0.42857143, 0.5, 0.57142857], [0.21428571, 0.28571429, 0.35714286], [0, 0.07142857, 0.14285714], [0.64285714, 0.71428571, 0.78571429]]]`;
  return {
    file: "cs231n-word-embedding",
    comment: `CS231n: word_embedding_forward: each word is a row of W [V × D].
${source}`,
    model: {
      name: "CS231n: word_embedding_forward",
      embedding: { size: 3, E: E.rows() },
      layers: [
        {
          cell: "dense",
          size: 3,
          W: [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          b: [0, 0, 0],
        },
      ],
      output: identity,
      sequences: x.map((inputs) => ({ inputs })),
      expect: {
        sequences: rows(published(printed)).map((steps) => ({
          steps: rows(steps).map((row) => ({ x: row, output: row })),
        })),
      },
    },
  };
}

function temporalSoftmax(): Exercise {
  const [N, T, V] = [10, 10, 10];
  const x = new NumpyRandom(231).randn(N, T, V);
  return {
    file: "cs231n-temporal-softmax",
    comment: `CS231n: temporal_softmax_loss of scores that are nearly 0, 0.001 · randn: every word has a probability of about 1/10, so that
the loss is about T · log 10 = 23: summed over the steps, the mean over the batch. (The course draws 100 such sequences.)
${source}`,
    model: {
      name: "CS231n: temporal_softmax_loss",
      layers: [
        {
          cell: "dense",
          size: V,
          W: NumpyArray.of([V, V], (k) => (k % (V + 1) === 0 ? 0.001 : 0)).rows(),
          bias: false,
        },
      ],
      output: identity,
      loss: { type: "cross-entropy" },
      sequences: inputsOf(x).map((inputs, n) => ({ inputs, targets: inputs.map((_, t) => (n + 3 * t) % V) })),
      expect: { batch: { loss: published("23.0") } },
    },
  };
}

function captioning(cell: "rnn" | "lstm"): Exercise {
  const [N, D, W, H, V, T] = [10, 20, 30, 40, 3, 13];
  const gates = cell === "lstm" ? 4 : 1;
  const of = (...shape: number[]) => linspace(-1.4, 1.3, ...shape);
  const features = cell === "lstm" ? linspace(-0.5, 1.7, N, D) : linspace(-1.5, 0.3, N, D);
  const [Wproj, bproj] = [of(D, H), of(H)];
  const layer = (cell === "lstm" ? lstmLayer : rnnLayer)(of(W, gates * H), of(H, gates * H), of(gates * H));
  const h0 = Array.from({ length: N }, (_, n) =>
    Array.from({ length: H }, (_, i) =>
      Array.from({ length: D }, (_, d) => features.at(n, d) * Wproj.at(d, i)).reduce((a, b) => a + b, bproj.at(i)),
    ),
  );
  const captions = Array.from({ length: N }, (_, n) => Array.from({ length: T }, (_, t) => (n * T + t) % V));
  return {
    file: `cs231n-captioning-${cell}`,
    comment: `CS231n: the loss of CaptioningRNN with ${cell === "lstm" ? "an LSTM" : "a plain RNN"}. Every parameter is linspace(-1.4, 1.3); the words are <NULL>, cat, dog.
h0 is features · W_proj + b_proj, computed beforehand. A step whose next word is <NULL> has no target: it is masked out.
The loss is summed over the steps, and the mean over the batch of 10.
${cell === "lstm" ? `${packing}\n` : ""}${source}`,
    model: {
      name: `CS231n: CaptioningRNN.loss, ${cell}`,
      vocabulary: ["<NULL>", "cat", "dog"],
      embedding: { size: W, E: of(V, W).rows() },
      layers: [layer],
      output: { size: V, Why: of(H, V).columns(0, V), by: of(V).data },
      loss: { type: "cross-entropy" },
      sequences: captions.map((words, n) => ({
        inputs: words.slice(0, -1),
        targets: words.slice(1).map((word) => (word === 0 ? null : word)),
        h0: h0[n],
      })),
      expect: { tolerance: 1e-10, batch: { loss: published(cell === "lstm" ? "9.82445935443" : "9.83235591003") } },
    },
  };
}

export const cs231n = (): Exercise[] => [
  rnnStepForward(),
  rnnForward(),
  rnnStepBackward(),
  rnnBackward(),
  lstmStepForward(),
  lstmForward(),
  lstmStepBackward(),
  lstmBackward(),
  wordEmbedding(),
  temporalSoftmax(),
  captioning("rnn"),
  captioning("lstm"),
];
