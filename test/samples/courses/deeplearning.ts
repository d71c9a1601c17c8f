/** DeepLearning.AI, "Sequence Models", week 1. A column of its arrays is a sequence; inputs are drawn with np.random.seed. */
import { type Exercise, only, type Published, published } from "./exercise";
import { layerWithCellState, lstmWithCellState } from "./lstmWithCellState";
import type { NumpyArray } from "./numpyArray";
import { NumpyRandom } from "./numpyRandom";

const source =
  'Source: DeepLearning.AI, "Sequence Models", week 1, "Building your Recurrent Neural Network, Step by Step".';
const columns =
  "A column of the course's arrays is a sequence here: x[:, n, t] is what sequence n reads at step t + 1.";
const joint =
  "The course has one matrix a gate on [a_prev; x]: the first columns are Whf, the others Wxf; its update gate is i, its candidate c is g.";

type Parameters = Readonly<Record<string, NumpyArray>>;

interface Sizes {
  readonly m: number;
  readonly x: number;
  readonly a: number;
  readonly y: number;
}

const usual: Sizes = { m: 10, x: 3, a: 5, y: 2 };

/** Draws parameters in the order of their names. */
function draw(random: NumpyRandom, names: string, { x, a, y }: Sizes): Parameters {
  const shapes: Readonly<Record<string, readonly [number, number]>> = {
    Wax: [a, x],
    Waa: [a, a],
    Wya: [y, a],
    ba: [a, 1],
    by: [y, 1],
    Wy: [y, a],
  };
  return Object.fromEntries(
    names.split(" ").map((name) => {
      const shape = shapes[name] ?? (name.startsWith("W") ? [a, a + x] : [a, 1]);
      return [name, random.randn(...shape)];
    }),
  );
}

const rnnLayer = (p: Parameters) => ({
  cell: "rnn",
  size: p["Waa"]!.shape[0],
  Wxh: p["Wax"]!.rows(),
  Whh: p["Waa"]!.rows(),
  bh: p["ba"]!.data,
});

/** The course's letter of each gate. */
const letters = { i: "i", f: "f", g: "c", o: "o" } as const;

function lstmLayer(p: Parameters) {
  const H = p["bf"]!.shape[0]!;
  const gates = Object.entries(letters).map(([gate, letter]) => {
    const rows = p[`W${letter}`]!.rows();
    return {
      [`Wx${gate}`]: rows.map((row) => row.slice(H)),
      [`Wh${gate}`]: rows.map((row) => row.slice(0, H)),
      [`b${gate}`]: p[`b${letter}`]!.data,
    };
  });
  return { cell: "lstm", size: H, ...Object.assign({}, ...gates) };
}

const softmaxOutput = (W: NumpyArray, by: NumpyArray) => ({
  size: by.shape[0],
  activation: "softmax",
  Why: W.rows(),
  by: by.data,
});

const each = (count: number, value: (k: number) => unknown) => Array.from({ length: count }, (_, k) => value(k));

/** x [n_x, m] or [n_x, m, T]: what a sequence reads, of the first `T` steps. */
const inputsOf = (x: NumpyArray, n: number, T = x.shape[2] ?? 1) =>
  each(T, (t) => (x.shape.length === 2 ? x.along(null, n) : x.along(null, n, t)));

const items = (value: Published) => value as readonly Published[];

function rnnCellForward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a] = [random.randn(3, 10), random.randn(5, 10)];
  const p = draw(random, "Waa Wax Wya ba by", usual);
  const a4 = items(
    published(`[ 0.59584544  0.18141802  0.61311866  0.99808218  0.85016201  0.99980978
 -0.18887155  0.99815551  0.6531151   0.82872037]`),
  );
  const y1 = items(
    published(`[ 0.9888161   0.01682021  0.21140899  0.36817467  0.98988387  0.88945212
  0.36920224  0.9966312   0.9982559   0.17746526]`),
  );
  return {
    file: "deeplearning-rnn-cell-forward",
    comment: `DeepLearning.AI: rnn_cell_forward: one step of an RNN with a softmax, 10 sequences at once. The course prints a_next[4] and yt_pred[1].
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: rnn_cell_forward",
      layers: [rnnLayer(p)],
      output: softmaxOutput(p["Wya"]!, p["by"]!),
      sequences: each(10, (n) => ({ inputs: inputsOf(x, n), h0: a.along(null, n) })),
      expect: {
        sequences: each(10, (n) => ({ steps: [{ h: only(5, { 4: a4[n]! }), output: only(2, { 1: y1[n]! }) }] })),
      },
    },
  };
}

function rnnForward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a0] = [random.randn(3, 10, 4), random.randn(5, 10)];
  const p = draw(random, "Waa Wax Wya ba by", usual);
  const a41 = items(published("[-0.99999375  0.77911235 -0.99861469 -0.99833267]"));
  const y13 = items(published("[ 0.79560373  0.86224861  0.11118257  0.81515947]"));
  const x13 = items(published("[-1.1425182  -0.34934272 -0.20889423  0.58662319]"));
  const expected: Readonly<Record<number, (t: number) => object>> = {
    1: (t) => ({ h: only(5, { 4: a41[t]! }) }),
    3: (t) => ({ x: only(3, { 1: x13[t]! }), output: only(2, { 1: y13[t]! }) }),
  };
  return {
    file: "deeplearning-rnn-forward",
    comment: `DeepLearning.AI: rnn_forward: four steps of an RNN with a softmax. The course prints a[4][1], y_pred[1][3] and x[1][3].
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: rnn_forward",
      layers: [rnnLayer(p)],
      output: softmaxOutput(p["Wya"]!, p["by"]!),
      sequences: each(10, (n) => ({ inputs: inputsOf(x, n), h0: a0.along(null, n) })),
      expect: { sequences: each(4, (n) => (expected[n] ? { steps: each(4, expected[n]) } : null)) },
    },
  };
}

const lstmNames = "Wf bf Wi bi Wo bo Wc bc Wy by";

function lstmCellForward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a, c] = [random.randn(3, 10), random.randn(5, 10), random.randn(5, 10)];
  const p = draw(random, lstmNames, usual);
  const a4 = items(
    published(`[-0.66408471  0.0036921   0.02088357  0.22834167 -0.85575339  0.00138482
  0.76566531  0.34631421 -0.00215674  0.43827275]`),
  );
  const c2 = items(
    published(`[ 0.63267805  1.00570849  0.35504474  0.20690913 -1.64566718  0.11832942
  0.76449811 -0.0981561  -0.74348425 -0.26810932]`),
  );
  const y1 = items(
    published(`[ 0.79913913  0.15986619  0.22412122  0.15606108  0.97057211  0.31146381
  0.00943007  0.12666353  0.39380172  0.07828381]`),
  );
  return {
    file: "deeplearning-lstm-cell-forward",
    comment: `DeepLearning.AI: lstm_cell_forward: one step of an LSTM with a softmax, 10 sequences at once.
The course prints a_next[4], c_next[2] and yt[1].
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: lstm_cell_forward",
      layers: [lstmLayer(p)],
      output: softmaxOutput(p["Wy"]!, p["by"]!),
      sequences: each(10, (n) => ({ inputs: inputsOf(x, n), h0: a.along(null, n), c0: c.along(null, n) })),
      expect: {
        sequences: each(10, (n) => ({
          steps: [{ c: only(5, { 2: c2[n]! }), h: only(5, { 4: a4[n]! }), output: only(2, { 1: y1[n]! }) }],
        })),
      },
    },
  };
}

function lstmForward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a0] = [random.randn(3, 10, 7), random.randn(5, 10)];
  const p = draw(random, lstmNames, usual);
  const one = (t: number, step: object) => ({ steps: [...each(t, () => null), step] });
  return {
    file: "deeplearning-lstm-forward",
    comment: `DeepLearning.AI: lstm_forward: seven steps of an LSTM with a softmax. The course prints a[4][3][6], y[1][4][3] and c[1][2][1].
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: lstm_forward",
      layers: [lstmLayer(p)],
      output: softmaxOutput(p["Wy"]!, p["by"]!),
      sequences: each(10, (n) => ({ inputs: inputsOf(x, n), h0: a0.along(null, n) })),
      expect: {
        sequences: [
          null,
          null,
          one(1, { c: only(5, { 1: published("-0.85554491672") }) }),
          one(6, { h: only(5, { 4: published("0.17211776753") }) }),
          one(3, { output: only(2, { 1: published("0.95087346185") }) }),
        ],
      },
    },
  };
}

const backward = `The loss is L = Σ da ∘ a, whose gradient by each a_t is the da that the course hands in; gradients of parameters are
sums over the 10 sequences.`;

function rnnCellBackward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a] = [random.randn(3, 10), random.randn(5, 10)];
  const p = draw(random, "Wax Waa Wya ba by", usual);
  const da = random.randn(5, 10);
  return {
    file: "deeplearning-rnn-cell-backward",
    comment: `DeepLearning.AI: rnn_cell_backward, back through one step: dxt[1][2], da_prev[2][3], dWax[3][1], dWaa[1][2], dba[4].
The numbers below are right: they agree with differences of the loss. Older notebooks printed others, as their cell drew "b" while
the function read "ba", the bias of a cell further up; it is only with that stale bias that they come out:
    dxt[1][2]      -0.460564103059    right: -1.3872130506
    da_prev[2][3]   0.0842968653807   right: -0.152399493774
    dWax[3][1]      0.393081873922    right:  0.410772824935
    dWaa[1][2]     -0.28483955787     right:  1.15034506685
    dba[4]          0.80517166        right:  0.20023491
${backward}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: rnn_cell_backward",
      layers: [rnnLayer(p)],
      output: { Why: "identity" },
      loss: { type: "linear" },
      sequences: each(10, (n) => ({ inputs: inputsOf(x, n), targets: [da.along(null, n)], h0: a.along(null, n) })),
      training: { batchReduction: "sum" },
      expect: {
        sequences: [
          null,
          null,
          { steps: [{ gradients: { x: only(3, { 1: published("-1.3872130506") }) } }] },
          { gradients: { "layers.0.h0[2]": published("-0.152399493774") } },
        ],
        batch: {
          gradients: {
            "layers.0.Wxh[3][1]": published("0.410772824935"),
            "layers.0.Whh[1][2]": published("1.15034506685"),
            "layers.0.bh[4]": published("0.20023491"),
          },
        },
      },
    },
  };
}

function lstmCellBackward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a, c] = [random.randn(3, 10), random.randn(5, 10), random.randn(5, 10)];
  const p = draw(random, lstmNames, usual);
  const [da, dc] = [random.randn(5, 10), random.randn(5, 10)];
  const gates = Object.fromEntries(
    Object.entries(letters).map(([gate, letter]) => {
      const rows = p[`W${letter}`]!.rows();
      return [
        gate,
        { Wx: rows.map((row) => row.slice(5)), Wh: rows.map((row) => row.slice(0, 5)), b: p[`b${letter}`]!.data },
      ];
    }),
  );
  return {
    file: "deeplearning-lstm-cell-backward",
    comment: `DeepLearning.AI: lstm_cell_backward, back through one step of an LSTM: dxt[1][2], da_prev[2][3], dc_prev[2][3], dWf[3][1], dWi[1][2],
dWc[3][1], dWo[1][2], and the biases' [4].
The course hands in a gradient of c_next beside that of a_next. Here both are outputs: a cell of its own with twice the units,
whose state is [a; c]; the first five rows of its matrices are the course's.
The loss is L = Σ da ∘ a + Σ dc ∘ c; gradients of parameters are sums over the 10 sequences.
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: lstm_cell_backward",
      cells: lstmWithCellState,
      layers: [layerWithCellState(gates)],
      output: { Why: "identity" },
      loss: { type: "linear" },
      sequences: each(10, (n) => ({
        inputs: inputsOf(x, n),
        targets: [[...da.along(null, n), ...dc.along(null, n)]],
        h0: [...a.along(null, n), ...c.along(null, n)],
      })),
      training: { batchReduction: "sum" },
      expect: {
        sequences: [
          null,
          null,
          { steps: [{ gradients: { x: only(3, { 1: published("3.23055911511") }) } }] },
          {
            gradients: {
              "layers.0.h0[2]": published("-0.0639621419711"),
              "layers.0.h0[7]": published("0.797522038797"),
            },
          },
        ],
        batch: {
          gradients: {
            "layers.0.Whf[3][1]": published("-0.147954838164"),
            "layers.0.Whi[1][2]": published("1.05749805523"),
            "layers.0.Whg[3][1]": published("2.30456216369"),
            "layers.0.Who[1][2]": published("0.331311595289"),
            "layers.0.bf[4]": published("0.18864637"),
            "layers.0.bi[4]": published("-0.40142491"),
            "layers.0.bg[4]": published("0.25587763"),
            "layers.0.bo[4]": published("0.13893342"),
          },
        },
      },
    },
  };
}

function rnnBackward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a0] = [random.randn(3, 10, 4), random.randn(5, 10)];
  const p = draw(random, "Wax Waa Wya ba by", usual);
  const da = random.randn(5, 10, 4);
  const dx12 = items(published("[-2.07101689 -0.59255627  0.02466855  0.01483317]"));
  return {
    file: "deeplearning-rnn-backward",
    comment: `DeepLearning.AI: rnn_backward, back through four steps: dx[1][2], da0[2][3], dWax[3][1], dWaa[1][2], dba[4].
${backward}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: rnn_backward",
      layers: [rnnLayer(p)],
      output: { Why: "identity" },
      loss: { type: "linear" },
      sequences: each(10, (n) => ({
        inputs: inputsOf(x, n),
        targets: each(4, (t) => da.along(null, n, t)),
        h0: a0.along(null, n),
      })),
      training: { batchReduction: "sum" },
      expect: {
        sequences: [
          null,
          null,
          { steps: each(4, (t) => ({ gradients: { x: only(3, { 1: dx12[t]! }) } })) },
          { gradients: { "layers.0.h0[2]": published("-0.314942375127") } },
        ],
        batch: {
          gradients: {
            "layers.0.Wxh[3][1]": published("11.2641044965"),
            "layers.0.Whh[1][2]": published("2.30333312658"),
            "layers.0.bh[4]": published("-0.74747722"),
          },
        },
      },
    },
  };
}

function lstmBackward(): Exercise {
  const random = new NumpyRandom(1);
  const [x, a0] = [random.randn(3, 10, 7), random.randn(5, 10)];
  const p = draw(random, "Wf bf Wi bi Wo bo Wc bc", usual);
  const da = random.randn(5, 10, 4);
  const dx12 = items(published("[0.00218254 0.28205375 -0.48292508 -0.43281115]"));
  return {
    file: "deeplearning-lstm-backward",
    comment: `DeepLearning.AI: lstm_backward, back through the first four of the sequence's steps.
The numbers below are right: they agree with differences of the loss. For years the notebook printed others. Its loop hands da[:, :, t]
alone to each step, and leaves out da_prevt, what flows back from the step after: the link through time. Only the last step's
gradient, dx[1][2][3], is then right, for no step comes after it:
    dx[1][2]    -0.00173313  0.08287442 -0.30545663 -0.43281115    right:  0.00218254  0.28205375 -0.48292508 -0.43281115
    da0[2][3]   -0.0959115      right:  0.312770310257
    dWf[3][1]   -0.06981986     right: -0.0809802310938
    dWi[1][2]    0.10237182     right:  0.40512433093
    dWc[3][1]   -0.06249838     right: -0.0793746735512
    dWo[1][2]    0.04843891     right:  0.038948775763
    dbf[4]      -0.0565788      right: -0.15745657
    dbi[4]      -0.06997391     right: -0.50848333
    dbc[4]      -0.27441821     right: -0.42510818
    dbo[4]       0.16532821     right: -0.17958196
The last three old ones come out of no slip that we know; with the link left out they would be -0.15399065, -0.29691142, -0.29798344.
Each dh_t has two sources: the loss at t, and the step t + 1.
${backward}
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: lstm_backward",
      layers: [lstmLayer(p)],
      output: { Why: "identity" },
      loss: { type: "linear" },
      sequences: each(10, (n) => ({
        inputs: inputsOf(x, n, 4),
        targets: each(4, (t) => da.along(null, n, t)),
        h0: a0.along(null, n),
      })),
      training: { batchReduction: "sum" },
      expect: {
        sequences: [
          null,
          null,
          { steps: each(4, (t) => ({ gradients: { x: only(3, { 1: dx12[t]! }) } })) },
          { gradients: { "layers.0.h0[2]": published("0.312770310257") } },
        ],
        batch: {
          gradients: {
            "layers.0.Whf[3][1]": published("-0.0809802310938"),
            "layers.0.Whi[1][2]": published("0.40512433093"),
            "layers.0.Whg[3][1]": published("-0.0793746735512"),
            "layers.0.Who[1][2]": published("0.038948775763"),
            "layers.0.bf[4]": published("-0.15745657"),
            "layers.0.bi[4]": published("-0.50848333"),
            "layers.0.bg[4]": published("-0.42510818"),
            "layers.0.bo[4]": published("-0.17958196"),
          },
        },
      },
    },
  };
}

const graded = "The numbers are those of the graded notebook's tests (public_tests.py).";

function testedRnnForward(): Exercise {
  const random = new NumpyRandom(17);
  const sizes = { m: 8, x: 4, a: 7, y: 3 };
  const [x, a0] = [random.randn(4, 8, 13), random.randn(7, 8)];
  const p = draw(random, "Waa Wax Wya ba by", sizes);
  const a52 = items(published("[0.99999291, 0.99332189, 0.9921928, 0.99503445]"));
  const y21 = items(published("[0.19428, 0.14292, 0.24993, 0.00119]"));
  return {
    file: "deeplearning-tests-rnn-forward",
    comment: `DeepLearning.AI: the test of rnn_forward, thirteen steps, seed 17: a[5, 2, 2:6] and y_pred[2, 1, 1:5].
${graded} The four of y_pred are cut off after five digits, not rounded.
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: test of rnn_forward",
      layers: [rnnLayer(p)],
      output: softmaxOutput(p["Wya"]!, p["by"]!),
      sequences: each(8, (n) => ({ inputs: inputsOf(x, n), h0: a0.along(null, n) })),
      expect: {
        tolerance: 1e-5,
        sequences: [
          null,
          { steps: [null, ...each(4, (k) => ({ output: only(3, { 2: y21[k]! }) }))] },
          { steps: [null, null, ...each(4, (k) => ({ h: only(7, { 5: a52[k]! }) }))] },
        ],
      },
    },
  };
}

function testedLstmCell(): Exercise {
  const random = new NumpyRandom(212);
  const sizes = { m: 8, x: 4, a: 7, y: 3 };
  const [x, a, c] = [random.randn(4, 8), random.randn(7, 8), random.randn(7, 8)];
  const p = draw(random, lstmNames, sizes);
  const printed: Readonly<Record<string, readonly Published[]>> = {
    f: items(published("[0.32969833, 0.0574555]")),
    i: items(published("[0.0036446, 0.9806943]")),
    g: items(published("[0.99903873, 0.57509956]")),
    o: items(published("[0.7477249, 0.71588751]")),
    c: items(published("[0.1352798, 0.39884899]")),
    h: items(published("[0.10053951, 0.27129536]")),
  };
  // Each by itself: one of them is given with fewer digits.
  const y1 = ["0.417098", "0.449528", "0.223159", "0.278376", "0.68453", "0.419221", "0.564025", "0.538475"].map(
    published,
  );
  return {
    file: "deeplearning-tests-lstm-cell",
    comment: `DeepLearning.AI: the test of lstm_cell_forward, seed 212: of two sequences the gates and states of unit 0, and yt_pred[1] of all eight.
${graded}
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: test of lstm_cell_forward",
      layers: [lstmLayer(p)],
      output: softmaxOutput(p["Wy"]!, p["by"]!),
      sequences: each(8, (n) => ({ inputs: inputsOf(x, n), h0: a.along(null, n), c0: c.along(null, n) })),
      expect: {
        sequences: each(8, (n) => ({
          steps: [
            {
              ...(n < 2 &&
                Object.fromEntries(Object.entries(printed).map(([key, two]) => [key, only(7, { 0: two[n]! })]))),
              output: only(3, { 1: y1[n]! }),
            },
          ],
        })),
      },
    },
  };
}

function testedLstmForward(): Exercise {
  const random = new NumpyRandom(45);
  const sizes = { m: 13, x: 4, a: 3, y: 2 };
  const [x, a0] = [random.randn(4, 13, 16), random.randn(3, 13)];
  const p = draw(random, lstmNames, sizes);
  const a21 = items(published("[-0.01606022, 0.0243569]"));
  const c21 = items(published("[-0.02753855, 0.05668358]"));
  const y11 = items(published("[0.70444592, 0.70648935]"));
  return {
    file: "deeplearning-tests-lstm-forward",
    comment: `DeepLearning.AI: the test of lstm_forward, sixteen steps, seed 45: a[2, 1, 4:6], c[2, 1, 4:6] and y[1, 1, 4:6].
${graded}
${joint}
${columns}
${source}`,
    model: {
      name: "DeepLearning.AI: test of lstm_forward",
      layers: [lstmLayer(p)],
      output: softmaxOutput(p["Wy"]!, p["by"]!),
      sequences: each(13, (n) => ({ inputs: inputsOf(x, n), h0: a0.along(null, n) })),
      expect: {
        sequences: [
          null,
          {
            steps: [
              ...each(4, () => null),
              ...each(2, (k) => ({
                c: only(3, { 2: c21[k]! }),
                h: only(3, { 2: a21[k]! }),
                output: only(2, { 1: y11[k]! }),
              })),
            ],
          },
        ],
      },
    },
  };
}

function dinosaurs(): Exercise {
  const random = new NumpyRandom(1);
  const [letters, units] = [27, 100];
  const a0 = random.randn(units, 1);
  const [Wax, Waa, Wya] = [random.randn(units, letters), random.randn(units, units), random.randn(letters, units)];
  const [b, by] = [random.randn(units, 1), random.randn(letters, 1)];
  return {
    file: "deeplearning-dinosaur-island",
    comment: `DeepLearning.AI, "Dinosaur Island": the test of optimize: the loss of one name, its gradients, and the last hidden unit.
The letters are 0 for the end of a name and 1 to 26 for a to z. Gradients are cut to [-5, 5] before the update; those that the
course prints lie inside.
Source: DeepLearning.AI, "Sequence Models", week 1, "Character level language model, Dinosaurus land".`,
    model: {
      name: "DeepLearning.AI: Dinosaur Island",
      vocabulary: ["\n", ...Array.from("abcdefghijklmnopqrstuvwxyz")],
      layers: [{ cell: "rnn", size: units, Wxh: Wax.rows(), Whh: Waa.rows(), bh: b.data, h0: a0.data }],
      output: { size: letters, Why: Wya.rows(), by: by.data },
      loss: { type: "cross-entropy" },
      sequences: [{ inputs: [12, 3, 5, 11, 22, 3], targets: [4, 14, 11, 22, 25, 26] }],
      training: { optimizer: { type: "sgd", learningRate: 0.01 }, clip: { type: "value", at: 5 } },
      expect: {
        sequences: [
          {
            loss: published("126.503975722"),
            steps: [...each(5, () => null), { h: only(units, { 4: published("-1.0") }) }],
            gradients: {
              "layers.0.Whh[1][2]": published("0.194709315347"),
              "output.Why[1][2]": published("-0.007773876032"),
              "layers.0.bh[4]": published("-0.06809825"),
              "output.by[1]": published("0.01538192"),
            },
          },
        ],
      },
    },
  };
}

export const deeplearning = (): Exercise[] => [
  rnnCellForward(),
  rnnForward(),
  lstmCellForward(),
  lstmForward(),
  rnnCellBackward(),
  lstmCellBackward(),
  rnnBackward(),
  lstmBackward(),
  testedRnnForward(),
  testedLstmCell(),
  testedLstmForward(),
  dinosaurs(),
];
