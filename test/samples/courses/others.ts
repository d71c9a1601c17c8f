/** Exercises of Michigan's EECS 498, Holberton School, Arraymancer's tests, and Karpathy's min-char-rnn. */
import { type Exercise, type Published, published } from "./exercise";
import { NumpyArray } from "./numpyArray";
import { NumpyRandom } from "./numpyRandom";

const linspace = (from: number, to: number, ...shape: number[]) => NumpyArray.linspace(from, to, ...shape);

const each = (count: number, value: (k: number) => unknown) => Array.from({ length: count }, (_, k) => value(k));
const items = (value: Published) => value as readonly Published[];

// ---------------------------------------------------------------------------------------------- EECS 498

function attentionStep(): Exercise {
  const [N, D, H] = [3, 4, 5];
  const [x, h0, c0, attention] = [
    linspace(-0.4, 1.2, N, D),
    linspace(-0.3, 0.7, N, H),
    linspace(-0.4, 0.9, N, H),
    linspace(0.6, 1.8, N, H),
  ];
  const [Wx, Wh, Wattn] = [linspace(-2.1, 1.3, D, 4 * H), linspace(-0.7, 2.2, H, 4 * H), linspace(1.3, 4.2, H, 4 * H)];
  const b = linspace(0.3, 0.7, 4 * H);
  const gates = ["i", "f", "o", "g"].map((gate, k) => {
    const own = (W: NumpyArray) => W.columns(k * H, (k + 1) * H);
    const attended = own(Wattn);
    return {
      [`Wx${gate}`]: own(Wx).map((row, i) => [...row, ...attended[i]!]),
      [`Wh${gate}`]: own(Wh),
      [`b${gate}`]: b.data.slice(k * H, (k + 1) * H),
    };
  });
  const h = items(
    published(`[[0.53704256, 0.59980774, 0.65596820, 0.70569729, 0.74932626],
    [0.78729857, 0.82010653, 0.84828362, 0.87235677, 0.89283167],
    [0.91017981, 0.92483119, 0.93717126, 0.94754073, 0.95623746]]`),
  );
  const c = items(
    published(`[[0.59999328, 0.69285041, 0.78570758, 0.87856479, 0.97142202],
    [1.06428558, nan, nan, nan, 1.43571424], [1.52857143, nan, nan, nan, 1.90000000]]`),
  );
  return {
    file: "eecs498-attention-lstm-step",
    comment: `EECS 498, Michigan: one step of an LSTM that also reads what its attention has found, attn [N × H], through Wattn [H × 4H].
To the cell that is more input: here it reads [x; attn], and Wxi is [Wx | Wattn] of gate i. How attn comes about is no part of it.
The course's plain steps, rnn_step_forward to lstm_forward, have the inputs and numbers of CS231n's.
Source: EECS 498-007 / 598-005, University of Michigan, assignment on captioning with RNN, LSTM and attention.`,
    model: {
      name: "EECS 498: attention LSTM step",
      layers: [{ cell: "lstm", size: H, ...Object.assign({}, ...gates) }],
      output: { Why: "identity" },
      sequences: each(N, (n) => ({
        inputs: [[...x.along(n, null), ...attention.along(n, null)]],
        h0: h0.along(n, null),
        c0: c0.along(n, null),
      })),
      expect: { tolerance: 1e-8, sequences: each(N, (n) => ({ steps: [{ h: h[n], c: c[n] }] })) },
    },
  };
}

// ---------------------------------------------------------------------------------------------- Arraymancer

const arraymancer =
  "Source: Arraymancer, tests of its GRU (tests/nn_primitives/test_nnp_gru.nim), whose numbers come from PyTorch.";
const gruNote =
  "Its matrices hold the gates r, z, n below each other; of its two biases those of r and z add, and bhn stays inside of the reset product.";

/** W3 [3H × X], U3 [3H × H] and two biases [3H]. */
function gruLayer(W3: number[][], U3: number[][], bW: number[], bU: number[]) {
  const H = U3[0]!.length;
  const gates = ["r", "z", "n"].map((gate, k) => {
    const rows = <T>(all: T[]) => all.slice(k * H, (k + 1) * H);
    const [input, recurrent] = [rows(bW), rows(bU)];
    const rounded = (value: number) => Number(value.toPrecision(15));
    return {
      [`Wx${gate}`]: rows(W3),
      [`Wh${gate}`]: rows(U3),
      [`b${gate}`]: gate === "n" ? input : input.map((value, i) => rounded(value + recurrent[i]!)),
      ...(gate === "n" && { bhn: recurrent }),
    };
  });
  return { cell: "gru", size: H, ...Object.assign({}, ...gates) };
}

/** 0.9, 0.8, … each row a tenth lower than the one before, and each column too. */
const falling = (rows: number, cols: number, from: number) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (_, j) => (from - i - j) / 10));

const firstU = [
  [-0.3, -0.1],
  [-0.2, 0],
];
const tenths = (...numbers: number[]) => numbers.map((number) => number / 10);

function arraymancerCell(): Exercise {
  const h = items(
    published(`[[-0.5317437280, -0.4752916969], [-0.3930421219, -0.3209550879], [-0.7325259335, -0.6429624731]]`),
  );
  const inputs = [tenths(1, 2, 3, 4), tenths(-1, -2, -3, -4), tenths(5, 6, 7, 8)];
  return {
    file: "arraymancer-gru-cell",
    comment: `Arraymancer: one step of a GRU, a batch of 3.
${gruNote}
${arraymancer}`,
    model: {
      name: "Arraymancer: GRU cell",
      layers: [
        gruLayer(
          falling(6, 4, 9),
          [...firstU, ...firstU, ...firstU],
          tenths(1, 2, 3, 4, 5, 6),
          tenths(-1, -2, -3, -4, -5, -6),
        ),
      ],
      output: { Why: "identity" },
      sequences: inputs.map((x) => ({ inputs: [x], h0: [-1, -1] })),
      // The reference was computed in single precision.
      expect: { tolerance: 1e-6, sequences: h.map((row) => ({ steps: [{ h: row }] })) },
    },
  };
}

function arraymancerStack(): Exercise {
  const up = tenths(1, 2, 3, 4, 5);
  const down = tenths(-1, -2, -3, -4, -5);
  const high = tenths(5, 6, 7, 8, 9);
  const inputs = [
    [up, down, up, down],
    [down, down, down, down],
    [high, high, down, down],
  ];
  // [step][sequence]
  const top = items(
    published(`[[[0.2564464804, 2.4324064858], [0.3212793315, 2.4821776260], [0.1983539289, 2.3849941275]],
    [[0.1323593874, 2.1939630024], [0.1591080583, 2.2447442148], [0.0683269257, 2.1121420346]],
    [[0.1233993158, 1.9977140846], [0.1320258443, 2.0434525564], [0.0904040251, 1.9111566097]],
    [[0.1355803839, 1.8195602154], [0.1369919053, 1.8612790359], [0.1230976350, 1.7381913793]]]`),
  );
  const last = items(
    published("[[0.0155439572, 0.1680427130], [-0.0038861287, 0.1854366532], [-0.0549487103, 0.1189245136]]"),
  );
  const secondU = each(3, () => [tenths(-4, -5), tenths(-4, 5)]).flat() as number[][];
  const second = [5, 4, 3, 2, 1, 0].map((k) => tenths(k, k + 1));
  return {
    file: "arraymancer-gru-stack",
    comment: `Arraymancer: two layers of GRUs over four steps, a batch of 3: every h of the upper layer, the last one of the lower.
${gruNote}
${arraymancer}`,
    model: {
      name: "Arraymancer: two layers of GRUs",
      layers: [
        gruLayer(
          falling(6, 5, 9),
          [...firstU, ...firstU, ...firstU],
          tenths(1, 2, 3, 4, 5, 6),
          tenths(-1, -2, -3, -4, -5, -6),
        ),
        gruLayer(second, secondU, tenths(2, 3, 4, 2, 3, 4), tenths(1, 2, 3, 4, 5, 6)),
      ],
      output: { Why: "identity" },
      sequences: inputs.map((steps) => ({
        inputs: steps,
        h0: [
          [-1, -1],
          [2, 3],
        ],
      })),
      expect: {
        tolerance: 1e-6,
        sequences: each(3, (n) => ({
          steps: each(4, (t) => ({ layers: [t === 3 ? { h: last[n] } : null, { h: items(top[t]!)[n] }] })),
        })),
      },
    },
  };
}

// ---------------------------------------------------------------------------------------------- Holberton

const holberton = `The task's page is not public: the numbers were computed with NumPy from the task's formulas, for the inputs of its main file.
The school's matrices stand right of [h, x]: the first 15 rows are Whh's, the others Wxh's.
Source: Holberton School, machine learning, supervised learning, "RNNs".`;

const [batch, reads, units, classes] = [8, 10, 15, 5];

const bias = (random: NumpyRandom) => random.randn(1, units).data;

const turned = (W: NumpyArray, from: number, to: number, sign = 1) =>
  W.columns(0, W.shape[1]!).map((column) => column.slice(from, to).map((value) => sign * value));

const recurrent = (W: NumpyArray, sign = 1) => turned(W, 0, units, sign);
const input = (W: NumpyArray, sign = 1) => turned(W, units, W.shape[0]!, sign);

const softmax = (Wy: NumpyArray, by: readonly number[]) => ({
  size: classes,
  activation: "softmax",
  Why: Wy.columns(0, classes),
  by,
});

/** Of the first sequence the first hidden units, of it and the last the output, at the last of `T` steps. */
function holbertonExpected(T: number, first: object, outputs: string) {
  const [y0, y7] = items(published(outputs));
  const at = (step: object) => ({ steps: [...each(T - 1, () => null), step] });
  return {
    tolerance: 1e-7,
    sequences: [at({ ...first, output: y0 }), ...each(batch - 2, () => null), at({ output: y7 })],
  };
}

const firstUnits = (text: string): Published => [
  ...items(published(text)),
  ...Array.from({ length: units - 4 }, () => null),
];

function holbertonRnn(): Exercise {
  const random = new NumpyRandom(0);
  const [Wh, Wy, bh, by] = [random.randn(25, 15), random.randn(15, 5), bias(random), random.randn(1, 5).data];
  const [h, x] = [random.randn(batch, units), random.randn(batch, reads)];
  return {
    file: "holberton-rnn-cell",
    comment: `Holberton: RNNCell: one step with a softmax, a batch of 8.
${holberton}`,
    model: {
      name: "Holberton: RNN cell",
      layers: [{ cell: "rnn", size: units, Wxh: input(Wh), Whh: recurrent(Wh), bh }],
      output: softmax(Wy, by),
      sequences: each(batch, (n) => ({ inputs: [x.along(n, null)], h0: h.along(n, null) })),
      expect: holbertonExpected(
        1,
        { h: firstUnits("[-0.99999848  0.99990248 -0.99996607 -0.99964416]") },
        `[[1.50328186e-01 1.29400413e-01 6.14354644e-02 2.35274383e-03 6.56483193e-01]
          [3.37730695e-01 1.84532669e-05 6.57162397e-01 5.08562982e-03 2.82459439e-06]]`,
      ),
    },
  };
}

function holbertonGru(): Exercise {
  const random = new NumpyRandom(2);
  const [Wz, Wr, Wh, Wy] = [random.randn(25, 15), random.randn(25, 15), random.randn(25, 15), random.randn(15, 5)];
  const [bz, br, bh, by] = [bias(random), bias(random), bias(random), random.randn(1, 5).data];
  const [h, x] = [random.randn(batch, units), random.randn(batch, reads)];
  return {
    file: "holberton-gru-cell",
    comment: `Holberton: GRUCell: one step with a softmax, a batch of 8.
The school's update gate is the other way round, h = (1 - z) h_prev + z n: what it calls z is 1 - z here. As 1 - sigmoid(a) is
sigmoid(-a), Wxz, Whz and bz are its own with the other sign. It resets before the product, as Cho et al. 2014.
${holberton}`,
    model: {
      name: "Holberton: GRU cell",
      layers: [
        {
          cell: "gru",
          size: units,
          reset: "before",
          Wxr: input(Wr),
          Whr: recurrent(Wr),
          br,
          Wxz: input(Wz, -1),
          Whz: recurrent(Wz, -1),
          bz: bz.map((value) => -value),
          Wxn: input(Wh),
          Whn: recurrent(Wh),
          bn: bh,
        },
      ],
      output: softmax(Wy, by),
      sequences: each(batch, (n) => ({ inputs: [x.along(n, null)], h0: h.along(n, null) })),
      expect: holbertonExpected(
        1,
        { h: firstUnits("[ 0.23630278  0.98998925  0.70337605 -0.8934883 ]") },
        `[[1.08997431e-03 3.40721642e-06 7.24155658e-03 7.30623299e-02 9.18602732e-01]
          [1.36626219e-04 2.08883657e-01 7.10466415e-03 7.83867071e-01 7.98200522e-06]]`,
      ),
    },
  };
}

function holbertonLstm(): Exercise {
  const random = new NumpyRandom(3);
  const W = { f: random.randn(25, 15), i: random.randn(25, 15), g: random.randn(25, 15), o: random.randn(25, 15) };
  const Wy = random.randn(15, 5);
  const b = { f: bias(random), i: bias(random), g: bias(random), o: bias(random) };
  const by = random.randn(1, 5).data;
  const [h, c, x] = [random.randn(batch, units), random.randn(batch, units), random.randn(batch, reads)];
  const gates = (["i", "f", "g", "o"] as const).map((gate) => ({
    [`Wx${gate}`]: input(W[gate]),
    [`Wh${gate}`]: recurrent(W[gate]),
    [`b${gate}`]: b[gate],
  }));
  return {
    file: "holberton-lstm-cell",
    comment: `Holberton: LSTMCell: one step with a softmax, a batch of 8. Its update gate is i, its intermediate state g.
${holberton}`,
    model: {
      name: "Holberton: LSTM cell",
      layers: [{ cell: "lstm", size: units, ...Object.assign({}, ...gates) }],
      output: softmax(Wy, by),
      sequences: each(batch, (n) => ({ inputs: [x.along(n, null)], h0: h.along(n, null), c0: c.along(n, null) })),
      expect: holbertonExpected(
        1,
        {
          c: firstUnits("[ 0.92171315 -0.85588883 -0.1064178  -0.66604979]"),
          h: firstUnits("[ 0.72484374 -0.69312354 -0.10315524 -0.57879064]"),
        },
        `[[4.72445839e-03 2.75951246e-01 5.86280916e-03 6.00848145e-04 7.12860639e-01]
          [5.04553424e-02 6.82779127e-01 7.73375564e-02 1.53302031e-02 1.74097771e-01]]`,
      ),
    },
  };
}

function holbertonDeep(): Exercise {
  const T = 6;
  const random = new NumpyRandom(1);
  const sizes = [
    [reads, 1],
    [units, 1],
    [units, classes],
  ] as const;
  const cells = sizes.map(([n, o]) => [random.randn(n + units, units), random.randn(units, o)] as const);
  const biases = cells.map(() => bias(random));
  const by = random.randn(1, classes).data;
  const X = random.randn(T, batch, reads);
  const Wy = cells[2]![1];
  return {
    file: "holberton-deep-rnn",
    comment: `Holberton: deep_rnn: three layers of RNNs over six steps, a batch of 8; the last layer has the softmax.
${holberton}`,
    model: {
      name: "Holberton: deep RNN",
      layers: cells.map(([Wh], l) => ({ cell: "rnn", size: units, Wxh: input(Wh), Whh: recurrent(Wh), bh: biases[l] })),
      output: softmax(Wy, by),
      sequences: each(batch, (n) => ({ inputs: each(T, (t) => X.along(t, n, null)) })),
      expect: holbertonExpected(
        T,
        { layers: [null, null, { h: firstUnits("[-0.99999517 -0.06434706 -0.98861765 -0.98752008]") }] },
        `[[1.12431365e-05 1.49294960e-02 6.14190990e-05 9.84813206e-01 1.84636133e-04]
          [1.00292729e-02 9.31818286e-01 2.50132538e-02 5.88649467e-04 3.25505382e-02]]`,
      ),
    },
  };
}

function holbertonBoth(): Exercise {
  const T = 6;
  const random = new NumpyRandom(8);
  const [Wf, Wb, Wy] = [random.randn(25, units), random.randn(25, units), random.randn(2 * units, classes)];
  const X = random.randn(T, batch, reads);
  const zeros = each(units, () => 0);
  const [y0, y7] = items(
    published(`[[1.58259570e-01 2.27591682e-04 8.72764894e-03 8.50232761e-06 8.32776687e-01]
      [3.72522025e-07 5.00037544e-02 5.22532670e-06 1.77863276e-07 9.49990470e-01]]`),
  );
  const forward = firstUnits("[-0.142426   -0.27269979 -0.1261149   0.96975442]");
  const backward = firstUnits("[-0.99105678  0.99968261 -0.71002449 -0.99996667]");
  return {
    file: "holberton-bi-rnn",
    comment: `Holberton: bi_rnn: an RNN in both directions over six steps, a batch of 8: of the first step both states, and the softmax on them.
${holberton}`,
    model: {
      name: "Holberton: RNN in both directions",
      layers: [
        {
          cell: "rnn",
          size: units,
          direction: "both",
          Wxh: input(Wf),
          Whh: recurrent(Wf),
          bh: zeros,
          reverse: { Wxh: input(Wb), Whh: recurrent(Wb), bh: zeros },
        },
      ],
      output: softmax(Wy, each(classes, () => 0) as number[]),
      sequences: each(batch, (n) => ({ inputs: each(T, (t) => X.along(t, n, null)) })),
      expect: {
        tolerance: 1e-7,
        sequences: [
          { steps: [{ forward: { h: forward }, backward: { h: backward }, output: y0 }] },
          ...each(batch - 2, () => null),
          { steps: [{ output: y7 }] },
        ],
      },
    },
  };
}

// ---------------------------------------------------------------------------------------------- min-char-rnn

function minCharRnn(): Exercise {
  const text = "a network that reads signs";
  const vocabulary = [...new Set(text)];
  const T = 25;
  return {
    file: "karpathy-min-char-rnn",
    comment: `Karpathy's min-char-rnn: 25 characters, each to be told from those before it; Adagrad, gradients cut to [-5, 5].
Before anything is learned every character is as likely as any other: the program begins with smooth_loss = -log(1 / V) · 25,
and here it is the loss itself, for all weights are 0; the program draws them as randn · 0.01, which changes it in the third digit.
Two of its habits: the cut stands inside of its loss function, so that its own gradCheck disagrees wherever the cut bites; and
its Adagrad takes the root of (mem + 1e-8), where PyTorch and this file add epsilon after the root.
Source: Andrej Karpathy, min-char-rnn.py (gist d4dee566867f8291f086). The text is our own.`,
    model: {
      name: "min-char-rnn",
      vocabulary,
      initial: { scheme: "zeros" },
      layers: [{ cell: "rnn", size: 100 }],
      output: { size: vocabulary.length },
      loss: { type: "cross-entropy" },
      sequences: [{ inputs: Array.from(text).slice(0, T), targets: Array.from(text).slice(1) }],
      training: {
        optimizer: { type: "adagrad", learningRate: 0.1, epsilon: 1e-8 },
        clip: { type: "value", at: 5 },
        epochs: 100,
      },
      expect: { sequences: [{ loss: T * Math.log(vocabulary.length) }] },
    },
  };
}

export const others = (): Exercise[] => [
  attentionStep(),
  arraymancerCell(),
  arraymancerStack(),
  holbertonRnn(),
  holbertonGru(),
  holbertonLstm(),
  holbertonDeep(),
  holbertonBoth(),
  minCharRnn(),
];
