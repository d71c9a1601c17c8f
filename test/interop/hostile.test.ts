import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { zipSync } from "fflate";
import { ImportError, importModel } from "../../src/interop/import";
import { sourceOf } from "../../src/interop/source";
import { hdf5File } from "../../src/interop/targets/hdf5Writer";
import { besideFile } from "../../src/interop/write";
import { processorMs } from "../processorTime";
import { numbers } from "./imported";
import { onnxModel } from "./onnxModel";
import { prepareParts } from "./parts";

const folder = path.join(import.meta.dirname, "files");
const file = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)));

interface Sample {
  readonly bytes: Uint8Array;
  /** Of `weights.bin` beside it. */
  readonly weights?: Uint8Array;
}

/** Imports as far as every number, and says what came of it. */
function outcome({ bytes, weights }: Sample): "taken" | "refused" {
  try {
    const beside = (name: string) => (weights && name === "weights.bin" ? sourceOf(name, weights) : null);
    const { chain } = importModel(sourceOf("file", bytes, beside));
    for (const _ of besideFile(chain));
    return "taken";
  } catch (error) {
    // Anything else is a fault of ours, and ends the test.
    if (!(error instanceof ImportError)) throw error;
    assert.ok(!error.message.includes("\n") && error.message.length < 3000, error.message);
    return "refused";
  }
}

/** Whole numbers below a bound, from a seed. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A file with some bytes changed, cut out, or put in. */
function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const throwDie = dice(seed * 7919 + 1);
  let result = bytes.slice();
  for (let k = 1 + throwDie(6); k > 0; k--) {
    const at = throwDie(result.length);
    switch (throwDie(6)) {
      case 0:
        result[at] = throwDie(256);
        break;
      case 1:
        result[at] = [0, 1, 0x7f, 0x80, 0xff][throwDie(5)]!;
        break;
      case 2:
        result = result.slice(0, Math.max(1, at));
        break;
      case 3:
        result = Uint8Array.from([
          ...result.subarray(0, at),
          ...result.subarray(Math.min(result.length, at + 1 + throwDie(16))),
        ]);
        if (result.length === 0) result = bytes.slice();
        break;
      case 4:
        result.fill(0xff, at, at + 8);
        break;
      default:
        result.set(
          result
            .subarray(throwDie(result.length), throwDie(result.length))
            .subarray(0, Math.max(0, result.length - at)),
          at,
        );
    }
  }
  return result;
}

/** Of two files one is mutated at a time. */
function mutatedSample({ bytes, weights }: Sample, seed: number): Sample {
  if (!weights) return { bytes: mutated(bytes, seed) };
  return seed % 4 === 3 ? { bytes, weights: mutated(weights, seed) } : { bytes: mutated(bytes, seed), weights };
}

/** A few each time; 2,000 where somebody asks for so many. */
const count = Number(process.env["UNROLL_MUTATIONS"] ?? 100);

describe("hostile files", () => {
  before(() => prepareParts());

  const draw = numbers(1);
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const samples: Record<string, () => Uint8Array | Sample> = {
    "zip of PyTorch": () => file("lstm.pt"),
    "legacy file of PyTorch": () => file("legacy.pth"),
    TorchScript: () => file("script.pt"),
    npz: () => file("names.npz"),
    "compressed npz": () => file("fortran.npz"),
    safetensors: () => {
      const header = {
        "r.weight_ih_l0": { dtype: "F32", shape: [4, 1], data_offsets: [0, 16] },
        "r.weight_hh_l0": { dtype: "F32", shape: [4, 1], data_offsets: [16, 32] },
      };
      const text = new TextEncoder().encode(JSON.stringify(header));
      return Uint8Array.from([
        text.length,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        ...text,
        ...new Uint8Array(Float32Array.from(draw(8)).buffer),
      ]);
    },
    ONNX: () =>
      onnxModel({
        initializers: {
          W: { dims: [1, 8, 2], values: draw(16) },
          R: { dims: [1, 8, 2], values: draw(16) },
          B: { dims: [1, 16], values: draw(16) },
        },
        nodes: [
          { op: "LSTM", name: "l", inputs: ["x", "W", "R", "B"], outputs: ["Y"], attributes: { hidden_size: 2 } },
        ],
        inputs: { x: [2, 1, 2] },
        outputs: { Y: [2, 1, 1, 2] },
      }),
    "ONNX with a Loop": () => file("lstms-loop.onnx"),
    "ONNX with cells written out": () => file("grus-wide.onnx"),
    HDF5: () => file("keras2.h5"),
    "brain.js over tokens": () => {
      const matrix = (rows: number, columns: number) => ({ rows, columns, weights: draw(rows * columns) });
      const gate = (name: string, [W, U, b] = ["Matrix", "Hidden", "Bias"]) => ({
        [`${name}${W}`]: matrix(2, 2),
        [`${name}${U}`]: matrix(2, 2),
        [`${name}${b}`]: matrix(2, 1),
      });
      return json({
        type: "LSTM",
        options: { dataFormatter: { indexTable: { a: 0, b: 1 }, characters: ["a", "b"], specialIndexes: [] } },
        input: matrix(3, 2),
        hiddenLayers: [
          { ...gate("input"), ...gate("forget"), ...gate("output"), ...gate("cellActivation") },
          { ...gate("input"), ...gate("forget"), ...gate("output"), ...gate("cellActivation") },
        ],
        outputConnector: matrix(3, 2),
        output: matrix(3, 1),
      });
    },
    "TensorFlow.js": () => {
      const layer = (class_name: string, config: object) => ({ class_name, config });
      const weight = (name: string, ...shape: number[]) => ({ name, shape, dtype: "float32" });
      const weights = [
        weight("b/forward_g/kernel", 2, 6),
        weight("b/forward_g/recurrent_kernel", 2, 6),
        weight("b/forward_g/bias", 6),
        weight("b/backward_g/kernel", 2, 6),
        weight("b/backward_g/recurrent_kernel", 2, 6),
        weight("b/backward_g/bias", 6),
        weight("d/kernel", 4, 1),
        weight("d/bias", 1),
      ];
      const count = weights.flatMap(({ shape }) => shape.reduce((a, b) => a * b, 1)).reduce((a, b) => a + b, 0);
      const gru = layer("GRU", { name: "g", units: 2, return_sequences: true, recurrent_activation: "hard_sigmoid" });
      return {
        bytes: json({
          format: "layers-model",
          generatedBy: "TensorFlow.js tfjs-layers v4.22.0",
          modelTopology: {
            class_name: "Sequential",
            config: [
              layer("Bidirectional", { name: "b", merge_mode: "concat", layer: gru }),
              layer("Dense", { name: "d", units: 1, activation: "linear" }),
            ],
          },
          weightsManifest: [{ paths: ["weights.bin"], weights }],
        }),
        weights: new Uint8Array(Float32Array.from(draw(count)).buffer),
      };
    },
    NAM: () =>
      json({
        version: "0.5.4",
        architecture: "LSTM",
        config: { input_size: 1, hidden_size: 2, num_layers: 1 },
        sample_rate: 20,
        weights: draw(4 * 2 * 3 + 8 + 4 + 3),
      }),
    GuitarML: () =>
      json({
        model_data: {
          model: "SimpleRNN",
          input_size: 1,
          skip: 1,
          output_size: 1,
          unit_type: "LSTM",
          num_layers: 1,
          hidden_size: 2,
          bias_fl: true,
        },
        state_dict: {
          "rec.weight_ih_l0": draw(8).map((value) => [value]),
          "rec.weight_hh_l0": Array.from({ length: 8 }, () => draw(2)),
          "rec.bias_ih_l0": draw(8),
          "rec.bias_hh_l0": draw(8),
          "lin.weight": [draw(2)],
          "lin.bias": draw(1),
        },
      }),
    "AIDA-X": () =>
      json({
        in_shape: [null, null, 1],
        in_skip: 1,
        in_gain: 3,
        layers: [
          { type: "lstm", activation: "", weights: [[draw(4)], [draw(4)], draw(4)] },
          { type: "dense", activation: "", weights: [[draw(1)], draw(1)] },
        ],
        input_batch: [0, 1, 0.5],
        output_batch: [0, 0.5, 0.25],
      }),
    ".keras": () =>
      zipSync({
        "config.json": json({
          class_name: "Sequential",
          config: { layers: [{ class_name: "SimpleRNN", config: { name: "r", units: 2, return_sequences: true } }] },
        }),
        "model.weights.h5": hdf5File({
          layers: {
            simple_rnn: {
              cell: {
                vars: {
                  0: { shape: [1, 2], data: Float32Array.from(draw(2)) },
                  1: { shape: [2, 2], data: Float32Array.from(draw(4)) },
                  2: { shape: [2], data: Float32Array.from(draw(2)) },
                },
              },
            },
          },
        }),
      }),
    RTNeural: () =>
      json({
        in_shape: [null, null, 1],
        layers: [{ type: "lstm", activation: "tanh", weights: [[draw(4)], [draw(4)], draw(4)] }],
      }),
  };

  for (const [kind, make] of Object.entries(samples))
    it(`${kind}: mutated files are each taken or refused in one line, in bounded time and memory`, () => {
      const made = make();
      const sample = made instanceof Uint8Array ? { bytes: made } : made;
      assert.equal(outcome(sample), "taken");
      let refused = 0;
      const before = process.memoryUsage().rss;
      let slowestMs = 0;
      for (let seed = 0; seed < count; seed++) {
        const ms = processorMs(() => {
          if (outcome(mutatedSample(sample, seed)) === "refused") refused++;
        });
        slowestMs = Math.max(slowestMs, ms);
      }
      assert.ok(refused > count / 20, `${refused} refused`);
      assert.ok(slowestMs < 5000, `${slowestMs} ms`);
      const more = process.memoryUsage().rss - before;
      assert.ok(more < 500e6, `${more} bytes`);
    });

  it("a zip that claims to unpack to gigabytes is not unpacked", () => {
    const packed = zipSync({ "a.npy": new Uint8Array(1000) });
    const lying = packed.slice();
    // The unpacked size in the directory, which begins with PK 1 2.
    const at = lying.findIndex(
      (byte, k) => byte === 0x50 && lying[k + 1] === 0x4b && lying[k + 2] === 1 && lying[k + 3] === 2,
    );
    new DataView(lying.buffer).setUint32(at + 24, 0xf0000000, true);
    assert.throws(() => importModel(sourceOf("bomb.npz", lying)), /claims to unpack from \d+ to 4026531840 bytes/);
    // One that holds a little more than it says: it is unpacked up to there, and no further.
    const modest = zipSync({ "a.npy": new Uint8Array(1_000_000) });
    const end = modest.findIndex(
      (byte, k) => byte === 0x50 && modest[k + 1] === 0x4b && modest[k + 2] === 1 && modest[k + 3] === 2,
    );
    new DataView(modest.buffer).setUint32(end + 24, 2000, true);
    assert.throws(
      () => importModel(sourceOf("more.npz", modest)),
      /a\.npy in the zip does not unpack to the 2000 bytes that it claims/,
    );
  });

  it("arrays in arrays a million deep, and modules that hold themselves, end in one line", () => {
    const deep = new TextEncoder().encode(
      `{"hiddenLayers":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)},"outputConnector":1}`,
    );
    assert.throws(() => importModel(sourceOf("deep.json", deep)), ImportError);
    // A pickle of an empty dictionary that is put into itself: } q0 X "a" h0 s .
    const selfish = Uint8Array.from([0x80, 2, 0x7d, 0x71, 0, 0x58, 1, 0, 0, 0, 0x61, 0x68, 0, 0x73, 0x2e]);
    assert.throws(() => importModel(sourceOf("self.pt", selfish)), /nothing recurrent is in it/);
  });
});
