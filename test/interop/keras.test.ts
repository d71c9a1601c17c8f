import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { zipSync } from "fflate";
import { FileSource } from "../../src/interop/fileSource";
import { importModel } from "../../src/interop/import";
import { sourceOf } from "../../src/interop/source";
import { difference, type ImportedText, importBytes, numbers, outputsOf, readImported } from "./imported";
import { esPart, part, prepareParts } from "./parts";
import { registerChainedOps } from "./tensorflow";

const [T, X] = [6, 3];
const inputs = Array.from({ length: T }, (_, t) =>
  Array.from({ length: X }, (_, j) => Math.fround(Math.sin(t * X + j + 1))),
);

// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

interface Case {
  readonly title: string;
  readonly layers: (tf: Any) => Any[];
}

const cases: Case[] = [
  {
    title: "an lstm and a dense layer with softmax",
    layers: (l) => [
      l.lstm({ units: 4, returnSequences: true, recurrentActivation: "sigmoid", inputShape: [T, X] }),
      l.dense({ units: 3, activation: "softmax" }),
    ],
  },
  {
    title: "an lstm with hard sigmoids, which are TensorFlow.js' default",
    layers: (l) => [l.lstm({ units: 4, returnSequences: true, inputShape: [T, X] })],
  },
  {
    title: "a gru, read at the last step",
    layers: (l) => [l.gru({ units: 4, recurrentActivation: "sigmoid", inputShape: [T, X] }), l.dense({ units: 2 })],
  },
  {
    title: "simple recurrent layers, of which one has relu",
    layers: (l) => [
      l.simpleRNN({ units: 4, activation: "relu", returnSequences: true, inputShape: [T, X] }),
      l.simpleRNN({ units: 3, returnSequences: true }),
    ],
  },
  {
    title: "a bidirectional lstm, read where each pass ends",
    layers: (l) => [
      l.bidirectional({
        layer: l.lstm({ units: 4, recurrentActivation: "sigmoid" }),
        mergeMode: "concat",
        inputShape: [T, X],
      }),
      l.dense({ units: 2, activation: "sigmoid" }),
    ],
  },
  {
    title: "a bidirectional gru whose passes are averaged",
    layers: (l) => [
      l.bidirectional({
        layer: l.gru({ units: 4, returnSequences: true, recurrentActivation: "sigmoid" }),
        mergeMode: "ave",
        inputShape: [T, X],
      }),
      l.dense({ units: 2 }),
    ],
  },
  {
    title: "a bidirectional lstm whose ends are averaged in front of a dense layer",
    layers: (l) => [
      l.bidirectional({
        layer: l.lstm({ units: 4, recurrentActivation: "sigmoid" }),
        mergeMode: "ave",
        inputShape: [T, X],
      }),
      l.dense({ units: 2 }),
    ],
  },
  {
    title: "an rnn of an lstm's cell, and one of a gru's that is read at its end",
    layers: (l) => [
      l.rnn({
        cell: l.lstmCell({ units: 4, recurrentActivation: "sigmoid" }),
        returnSequences: true,
        inputShape: [T, X],
      }),
      l.rnn({ cell: l.gruCell({ units: 3, recurrentActivation: "sigmoid" }) }),
      l.dense({ units: 2 }),
    ],
  },
];

/** What Keras gives from the last step to the first. */
const turned: Case[] = [
  {
    title: "an lstm that goes backwards",
    layers: (l) => [
      l.lstm({ units: 4, goBackwards: true, returnSequences: true, inputShape: [T, X] }),
      l.dense({ units: 2 }),
    ],
  },
  {
    title: "a gru that reads what an lstm gives backwards",
    layers: (l) => [
      l.lstm({ units: 4, goBackwards: true, returnSequences: true, inputShape: [T, X] }),
      l.gru({ units: 3, returnSequences: true }),
    ],
  },
];

/** What is turned twice, or read at its end. */
const turnedBack: Case[] = [
  {
    title: "two layers that go backwards, of which the second reads forward what the first gives",
    layers: (l) => [
      l.lstm({ units: 4, goBackwards: true, returnSequences: true, inputShape: [T, X] }),
      l.gru({ units: 3, goBackwards: true, returnSequences: true }),
      l.dense({ units: 2 }),
    ],
  },
  {
    title: "a gru at the end of what an lstm gives backwards",
    layers: (l) => [
      l.lstm({ units: 4, goBackwards: true, returnSequences: true, inputShape: [T, X] }),
      l.gru({ units: 3 }),
      l.dense({ units: 2 }),
    ],
  },
  {
    title: "an lstm that goes backwards, read at its end",
    layers: (l) => [l.lstm({ units: 4, goBackwards: true, inputShape: [T, X] }), l.dense({ units: 2 })],
  },
];

describe("the import of Keras and TensorFlow.js", () => {
  let tf: Any;
  let layers: Any;
  let h5: Any;
  let folder: string;
  before(async () => {
    await prepareParts();
    tf = part("@tensorflow/tfjs-core");
    part("@tensorflow/tfjs-backend-cpu");
    registerChainedOps(tf);
    layers = part("@tensorflow/tfjs-layers");
    await tf.setBackend("cpu");
    h5 = await esPart("h5wasm", "dist/node/hdf5_hl.js");
    await h5.ready;
    folder = mkdtempSync(path.join(tmpdir(), "unroll-keras-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What TensorFlow.js makes of the inputs: the outputs of every step, or of the last one. */
  const predicted = (model: Any): number[] =>
    Array.from((model.predict(tf.tensor3d([inputs])) as { dataSync: () => Float32Array }).dataSync());

  async function made({ layers: make }: Case) {
    const model = layers.sequential({ layers: make(layers.layers) });
    // Biases that are drawn as zeros would hide a mistake.
    model.setWeights(
      model
        .getWeights()
        .map((weight: Any, k: number) => tf.add(weight, tf.randomUniform(weight.shape, -0.3, 0.3, "float32", k + 1))),
    );
    let artifacts: Any;
    await model.save({
      save: async (saved: Any) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      },
    });
    return { model, artifacts };
  }

  const read = (file: string): ImportedText => {
    const source = new FileSource(file);
    try {
      return readImported(path.basename(file), importModel(source));
    } finally {
      source.close();
    }
  };

  const agree = (imported: ImportedText, model: Any, isTurned = false) => {
    const expected = predicted(model);
    const steps = outputsOf(imported.model, inputs);
    assert.equal(
      imported.report.warnings.some((warning) => /from the last step to the first/.test(warning)),
      isTurned,
    );
    const outputs = (isTurned ? steps.toReversed() : steps).flat();
    const far = difference(outputs, expected);
    assert.ok(far < 1e-6, `${far}`);
  };

  for (const one of [...cases, ...turned, ...turnedBack])
    it(`TensorFlow.js: ${one.title}`, async () => {
      const { model, artifacts } = await made(one);
      const file = path.join(folder, "model.json");
      writeFileSync(path.join(folder, "a.bin"), Buffer.from(artifacts.weightData.slice(0, 100)));
      writeFileSync(path.join(folder, "b.bin"), Buffer.from(artifacts.weightData.slice(100)));
      writeFileSync(
        file,
        JSON.stringify({
          format: "layers-model",
          generatedBy: "TensorFlow.js tfjs-layers v4.22.0",
          modelTopology: artifacts.modelTopology,
          weightsManifest: [{ paths: ["a.bin", "b.bin"], weights: artifacts.weightSpecs }],
        }),
      );
      agree(read(file), model, turned.includes(one));
    });

  it("two dense layers behind the end of a layer that goes backwards stay behind, and are named", async () => {
    const { artifacts } = await made({
      title: "",
      layers: (l) => [
        l.lstm({ units: 4, goBackwards: true, inputShape: [T, X] }),
        l.dense({ units: 3, activation: "relu", name: "between" }),
        l.dense({ units: 2 }),
      ],
    });
    const weights = new Uint8Array(artifacts.weightData);
    const { report } = importModel(
      sourceOf(
        "model.json",
        new TextEncoder().encode(
          JSON.stringify({
            modelTopology: artifacts.modelTopology,
            weightsManifest: [{ paths: ["w.bin"], weights: artifacts.weightSpecs }],
          }),
        ),
        (name) => sourceOf(name, weights),
      ),
    );
    assert.deepEqual(report.left[0], {
      name: "between",
      why: "it reads where a pass backward ends, which a read-out alone can",
    });
  });

  it("a layer that the source runs twice, a model in the model and a relu that is cut are named, the recurrent ones as such", () => {
    const rnn = (name: string) => ({
      class_name: "SimpleRNN",
      config: { name, units: X, return_sequences: true },
    });
    const importOf = (layers: object[]) => {
      const weights = ["kernel", "recurrent_kernel"].map((name) => ({ name: `rnn/${name}`, shape: [X, X] }));
      const specs = [...weights, { name: "rnn/bias", shape: [X] }];
      const bytes = new Uint8Array(Float32Array.from({ length: 2 * X * X + X }, (_, k) => Math.sin(k)).buffer);
      const json = {
        modelTopology: { model_config: { class_name: "Functional", config: { layers } } },
        weightsManifest: [
          { paths: ["w.bin"], weights: specs.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) },
        ],
      };
      const source = sourceOf("model.json", new TextEncoder().encode(JSON.stringify(json)), (name) =>
        sourceOf(name, bytes),
      );
      const { report, isPartial } = importModel(source);
      return { left: report.left.map(({ name, why }) => `${name}: ${why}`), isPartial };
    };
    const twice = [[["x", 0, 0, {}]], [["rnn", 0, 0, {}]]];
    assert.deepEqual(importOf([{ ...rnn("rnn"), inbound_nodes: twice }]), {
      left: ["rnn: the source runs it 2 times: it is taken once"],
      isPartial: true,
    });
    assert.deepEqual(
      importOf([rnn("rnn"), { class_name: "Sequential", config: { name: "inner", layers: [rnn("deep")] } }]),
      { left: ["inner: it is a model in the model, and has recurrent layers of its own"], isPartial: true },
    );
    assert.deepEqual(importOf([rnn("rnn"), { class_name: "ReLU", config: { name: "cut", max_value: 6 } }]), {
      left: ["cut: its max_value of 6 cannot be written in this format"],
      isPartial: false,
    });
  });

  it("a graph model of TensorFlow.js with its old cell, tf.basicLSTMCell: gates i g f o, and a forget bias of its own", () => {
    const H = 2;
    const kernel = tf.randomUniform([X + H, 4 * H], -1, 1, "float32", 3);
    const bias = tf.randomUniform([4 * H], -0.5, 0.5, "float32", 4);
    const dense = tf.randomUniform([H, 3], -1, 1, "float32", 5);
    let [c, h] = [tf.zeros([1, H]), tf.zeros([1, H])];
    const expected = inputs.flatMap((x) => {
      [c, h] = tf.basicLSTMCell(tf.scalar(1), kernel, bias, tf.tensor2d([x]), c, h);
      return [...tf.matMul(h, dense).dataSync()];
    });
    const weights: Record<string, Any> = {
      "rnn/basic_lstm_cell/kernel/read": kernel,
      "rnn/basic_lstm_cell/bias/read": bias,
      "dense/kernel/read": dense,
    };
    const file = path.join(folder, "graph.json");
    writeFileSync(
      path.join(folder, "graph.bin"),
      Buffer.concat(Object.values(weights).map((w) => Buffer.from(w.dataSync().buffer))),
    );
    const manifest = Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: "float32" }));
    writeFileSync(
      file,
      JSON.stringify({
        format: "graph-model",
        modelTopology: { node: [] },
        weightsManifest: [{ paths: ["graph.bin"], weights: manifest }],
      }),
    );
    const imported = read(file);
    assert.equal(imported.report.format, "tfjs-graph");
    assert.ok(imported.report.warnings.some((warning) => warning.includes("forget_bias")));
    assert.ok(difference(outputsOf(imported.model, inputs).flat(), expected) < 1e-6);
  });

  /** A layer's weights by their names, as TensorFlow.js has them. */
  const arraysOf = (model: Any) =>
    model.layers.map((layer: Any) => ({
      name: layer.name as string,
      weights: layer.getWeights().map((weight: Any, k: number) => ({
        name: (layer.weights[k].originalName ?? layer.weights[k].name) as string,
        shape: weight.shape as number[],
        values: Float32Array.from(weight.dataSync()),
      })),
    }));

  const topologyOf = (artifacts: Any): Any =>
    artifacts.modelTopology.model_config ?? {
      class_name: artifacts.modelTopology.class_name,
      config: artifacts.modelTopology.config,
    };

  for (const one of [cases[0]!, cases[3]!, cases[4]!])
    it(`an .h5 of Keras 2: ${one.title}`, async () => {
      const { model, artifacts } = await made(one);
      const name = path.join(folder, "keras2.h5");
      const file = new h5.File(name, "w");
      file.create_attribute("keras_version", "2.15.0");
      file.create_attribute("model_config", JSON.stringify(snakeKeys(topologyOf(artifacts))));
      const weights = file.create_group("model_weights");
      for (const layer of arraysOf(model)) {
        const group = weights.create_group(layer.name);
        group.create_attribute(
          "weight_names",
          layer.weights.map((weight: Any) => `${weight.name}:0`),
        );
        for (const weight of layer.weights) {
          const parts = weight.name.split("/");
          let inner = group;
          for (const part of parts.slice(0, -1)) inner = inner.get(part) ?? inner.create_group(part);
          inner.create_dataset({ name: `${parts.at(-1)}:0`, data: weight.values, shape: weight.shape, dtype: "<f" });
        }
      }
      file.close();
      const imported = importBytes("keras2.h5", new Uint8Array(readFileSync(name)));
      assert.equal(imported.report.producer, "Keras 2.15.0");
      agree(imported, model);
    });

  for (const kind of ["lstm", "gru"] as const)
    it(`an .h5 of Keras 2 with cuDNN's ${kind}, of each gate a matrix [H × X] and two biases`, () => {
      const H = 4;
      const gates = kind === "lstm" ? 4 : 3;
      const random = numbers(7);
      const [kernel, recurrent, bias] = [X * gates * H, H * gates * H, 2 * gates * H].map((count) =>
        Float32Array.from(random(count)),
      ) as [Float32Array, Float32Array, Float32Array];
      const name = path.join(folder, "cudnn.h5");
      const file = new h5.File(name, "w");
      file.create_attribute("keras_version", "2.2.4");
      const className = kind === "lstm" ? "CuDNNLSTM" : "CuDNNGRU";
      const config = { name: "first", units: H, return_sequences: true, batch_input_shape: [null, T, X] };
      const layers = [{ class_name: className, config }];
      file.create_attribute("model_config", JSON.stringify({ class_name: "Sequential", config: { layers } }));
      const group = file.create_group("model_weights").create_group("first");
      group.create_attribute("weight_names", ["first/kernel:0", "first/recurrent_kernel:0", "first/bias:0"]);
      const inner = group.create_group("first");
      const shapes = [[X, gates * H], [H, gates * H], [2 * gates * H]];
      for (const [k, data] of [kernel, recurrent, bias].entries())
        inner.create_dataset({
          name: `${["kernel", "recurrent_kernel", "bias"][k]}:0`,
          data,
          shape: shapes[k],
          dtype: "<f",
        });
      file.close();
      const { model } = importBytes("cudnn.h5", new Uint8Array(readFileSync(name)));
      const far = difference(outputsOf(model, inputs), cudnn(kind, H, kernel, recurrent, bias));
      assert.ok(far < 1e-12, `${far}`);
    });

  for (const name of ["keras3-lstm", "keras3-both", "keras3-hard"])
    for (const ending of ["keras", "h5"])
      it(`${name}.${ending}, written by Keras 3.15.1 itself, gives what Keras gives`, () => {
        const files = path.join(import.meta.dirname, "files");
        const expected = JSON.parse(readFileSync(path.join(files, "keras.json"), "utf8"));
        const { model, report } = importBytes(
          `${name}.${ending}`,
          new Uint8Array(readFileSync(path.join(files, `${name}.${ending}`))),
        );
        assert.equal(report.producer, "Keras 3.15.1");
        assert.deepEqual(report.left, []);
        const far = difference(outputsOf(model, expected.inputs).flat(), expected[name].flat());
        assert.ok(far < 1e-6, `${far}`);
      });

  it("a .keras of Keras 3, where weights lie under the class's name and a count, and of numbers in chunks", async () => {
    const { model, artifacts } = await made(cases[3]!);
    const name = path.join(folder, "model.weights.h5");
    const file = new h5.File(name, "w");
    const root = file.create_group("layers");
    for (const [k, { weights }] of arraysOf(model).entries()) {
      const cell = root
        .create_group(k === 0 ? "simple_rnn" : `simple_rnn_${k}`)
        .create_group("cell")
        .create_group("vars");
      for (const [j, weight] of weights.entries())
        cell.create_dataset({
          name: String(j),
          data: weight.values,
          shape: weight.shape,
          dtype: "<f",
          ...(j < 2 && { chunks: [2, 2], compression: "gzip", compression_opts: 4 }),
        });
    }
    file.close();
    const config = topologyOf(artifacts);
    // The layers' own names are others than those of their places.
    config.config.layers.forEach((layer: Any, k: number) => (layer.config.name = `mine_${k}`));
    const bytes = zipSync({
      "config.json": new TextEncoder().encode(JSON.stringify(snakeKeys(config))),
      "metadata.json": new TextEncoder().encode('{"keras_version":"3.9.0"}'),
      "model.weights.h5": new Uint8Array(readFileSync(name)),
    });
    const imported = importBytes("model.keras", bytes);
    assert.deepEqual(
      imported.report.layers.map(({ name }) => name),
      ["mine_0", "mine_1"],
    );
    assert.equal(imported.report.producer, "Keras 3.9.0");
    agree(imported, model);
  });
});

/** What cuDNN computes (its manual's equations), given the gates' blocks of Keras' arrays, each flattened: W and R [H × …] row after row. */
function cudnn(kind: "lstm" | "gru", H: number, kernel: Float32Array, recurrent: Float32Array, bias: Float32Array) {
  const gates = kind === "lstm" ? 4 : 3;
  const columns = gates * H;
  const sigma = (a: number) => 1 / (1 + Math.exp(-a));
  const block = (all: Float32Array, g: number) =>
    Array.from({ length: all.length / columns }, (_, row) => [
      ...all.subarray(row * columns + g * H, row * columns + (g + 1) * H),
    ]).flat();
  const product = (flat: number[], v: number[], i: number) =>
    v.reduce((sum, v_j, j) => sum + flat[i * v.length + j]! * v_j, 0);
  let h = Array.from({ length: H }, () => 0);
  let c = [...h];
  return inputs.map((x) => {
    const before = h;
    const W = (g: number, i: number) => product(block(kernel, g), x, i) + bias[g * H + i]!;
    const R = (g: number, i: number) => product(block(recurrent, g), before, i) + bias[columns + g * H + i]!;
    const a = (g: number, i: number) => W(g, i) + R(g, i);
    if (kind === "lstm") {
      c = c.map((c_i, i) => sigma(a(1, i)) * c_i + sigma(a(0, i)) * Math.tanh(a(2, i)));
      h = c.map((c_i, i) => sigma(a(3, i)) * Math.tanh(c_i));
    } else
      h = before.map((h_i, i) => {
        const z = sigma(a(0, i));
        return (1 - z) * Math.tanh(W(2, i) + sigma(a(1, i)) * R(2, i)) + z * h_i;
      });
    return h;
  });
}

/** TensorFlow.js' names in the way of Python: `returnSequences` is `return_sequences`. */
function snakeKeys(value: Any): Any {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase(),
      snakeKeys(inner),
    ]),
  );
}
