import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { unzipSync } from "fflate";
import type { Model, Problem, Sequence } from "../../src/engine/model";
import { parametersOf, withParameters } from "../../src/engine/model";
import { predict } from "../../src/engine/predict";
import { run } from "../../src/engine/run";
import { ExportError, type Exported } from "../../src/format/exported";
import { importModel } from "../../src/interop/import";
import { sourceOf } from "../../src/interop/source";
import { allOf } from "../../src/interop/stored";
import { type FileTarget, fileTargets } from "../../src/interop/targets";
import { storedParameters } from "../../src/interop/write";
import { goldenFiles, goldens, readFile, readText } from "../files";
import { difference, importBytes, outputsOf, readImported } from "./imported";
import { runOnnx } from "./onnxModel";
import { esPart, part, partFile, prepareParts } from "./parts";
import { registerChainedOps } from "./tensorflow";

// oxlint-disable-next-line typescript/no-explicit-any
type Any = any;

interface Case {
  readonly name: string;
  readonly problem: Problem;
}

const all: Case[] = ["", "cells"].flatMap((sub) =>
  goldenFiles(/\.rnn\.json$/, path.join(goldens, sub)).map(([name, file]) => ({
    name,
    problem: readFile(file).problem,
  })),
);

/** The same without initial states, which few targets have. */
function fromZeros({ name, problem }: Case): Case {
  const layers = problem.model.layers.map((layer) => ({
    ...layer,
    passes: layer.passes.map((pass) => ({
      ...pass,
      initial: Object.fromEntries(Object.entries(pass.initial).map(([key, v]) => [key, new Float64Array(v.length)])),
    })),
  }));
  const sequences = problem.sequences.map((sequence) => ({ ...sequence, initial: null }));
  return { name, problem: { ...problem, model: { ...problem.model, layers }, sequences } };
}

/** With parameters in single precision, as most targets hold them. */
function rounded(model: Model): Model {
  const single = Object.entries(parametersOf(model)).map(([name, tensor]) => [
    name,
    { ...tensor, data: Float64Array.from(Float32Array.from(tensor.data)) },
  ]);
  return withParameters(model, Object.fromEntries(single));
}

/** Each case that the target can say, with what it writes. */
function exported(target: FileTarget, cases: readonly Case[]): (Case & Exported)[] {
  return cases.flatMap((one) => {
    try {
      return [{ ...one, ...fileTargets[target](one.problem, `model.${target === "tfjs" ? "json" : target}`) }];
    } catch (error) {
      if (error instanceof ExportError) return [];
      throw error;
    }
  });
}

const bytesOf = ({ files }: Exported, k = 0) => {
  const { content } = files[k]!;
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
};

/** The first sequence's inputs: ids where there is an embedding, else vectors, one after the other. */
function inputsOf(model: Model, sequences: readonly Sequence[]): { ids: number[] | null; vectors: number[][] } {
  const sequence = sequences[0]!;
  if (model.embedding) return { ids: [...sequence.inputs.tokens!], vectors: [] };
  const one = run(model, sequences, 0);
  return { ids: null, vectors: Array.from({ length: sequence.length }, (_, t) => [...one.input(t + 1)]) };
}

const startingAtModel = (sequence: Sequence): Sequence => ({ ...sequence, initial: null, carry: false });

/** What the engine gives for the first sequence, from the model's own initial state, with parameters in single precision. */
const expectedOf = ({ model, sequences }: Problem) => predict(rounded(model), startingAtModel(sequences[0]!)).outputs;

describe("an export", function () {
  this.timeout(300_000);
  before(() => prepareParts());

  it("to ONNX gives in onnxruntime what the engine gives", async () => {
    const cases = exported("onnx", all);
    assert.ok(cases.length > 30, `${cases.length}`);
    for (const one of cases) {
      const { model, sequences } = one.problem;
      const { ids, vectors } = inputsOf(model, sequences);
      const T = sequences[0]!.length;
      const x = ids
        ? { dims: [T, 1], values: ids, isWhole: true }
        : { dims: [T, 1, model.inputSize], values: vectors.flat() };
      const { y } = await runOnnx(bytesOf(one), { x });
      const expected = expectedOf(one.problem);
      const far = difference(y, expected.flat());
      assert.ok(far < 1e-6 * Math.max(1, ...expected.flat().map(Math.abs)), `${one.name}: ${far}`);
    }
  });

  const roundTrips: readonly FileTarget[] = ["onnx", "keras", "tfjs", "rtneural", "nam"];
  for (const target of roundTrips)
    it(`to ${target} is imported with the same outputs`, () => {
      const cases = exported(target, [
        ...all.filter(({ problem }) => !problem.model.embedding && problem.model.output.at !== "ends").map(fromZeros),
        { name: "amplifier", problem: amplifier },
      ]).filter(({ problem: { model } }) => (target === "onnx" || !model.output.skip) && !model.output.Wxy);
      assert.ok(cases.length > 0);
      for (const one of cases) {
        const beside = one.files[1] ? sourceOf(one.files[1].name, bytesOf(one, 1)) : null;
        const source = sourceOf(`model.${target}`, bytesOf(one), () => beside);
        const { model } = readImported(source.name, importModel(source));
        const { vectors } = inputsOf(one.problem.model, one.problem.sequences);
        const isExact = target === "rtneural" || target === "nam";
        const expected = isExact
          ? predict(one.problem.model, startingAtModel(one.problem.sequences[0]!)).outputs
          : expectedOf(one.problem);
        const outputs = outputsOf(target === "nam" ? withoutStart(model) : model, vectors);
        const far = difference(outputs, expected);
        assert.ok(far < 1e-12, `${one.name}: ${far}`);
      }
    });

  it("to npz and safetensors holds every parameter to the last bit", () => {
    for (const target of ["npz", "safetensors"] as const)
      for (const one of exported(target, all)) {
        if (one.problem.model.layers.some(({ own }) => own)) continue;
        const { chain } = importModel(sourceOf(`model.${target}`, bytesOf(one)));
        const stored = storedParameters(chain);
        for (const [name, { data }] of Object.entries(parametersOf(one.problem.model)))
          assert.deepEqual(allOf(stored[name]!), data, `${one.name}: ${name}`);
      }
  });

  it("to TensorFlow.js gives there what the engine gives", async () => {
    const tf = part("@tensorflow/tfjs-core");
    part("@tensorflow/tfjs-backend-cpu");
    registerChainedOps(tf);
    const layers = part("@tensorflow/tfjs-layers");
    await tf.setBackend("cpu");
    const cases = exported("tfjs", all.map(fromZeros));
    assert.ok(cases.length >= 8, `${cases.length}`);
    for (const one of cases) {
      const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(bytesOf(one)));
      const weightData = bytesOf(one, 1).slice().buffer;
      const model = await layers.loadLayersModel({
        load: async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
      });
      const { ids, vectors } = inputsOf(one.problem.model, one.problem.sequences);
      const y = model.predict(ids ? tf.tensor2d([ids], undefined, "int32") : tf.tensor3d([vectors]));
      const expected = expectedOf(one.problem);
      const far = difference([...y.dataSync()], expected.flat());
      assert.ok(far < 1e-6 * Math.max(1, ...expected.flat().map(Math.abs)), `${one.name}: ${far}`);
    }
  });

  it("to Keras holds weights that the HDF5 library reads, under Keras' paths", async () => {
    const h5 = await esPart("h5wasm", "dist/node/hdf5_hl.js");
    await h5.ready;
    const one = exported("keras", all.map(fromZeros)).find(({ name }) => name.startsWith("gru-both-lstm"))!;
    const { "model.weights.h5": weights, "config.json": config } = unzipSync(bytesOf(one));
    const folder = mkdtempSync(path.join(tmpdir(), "unroll-keras-"));
    const name = path.join(folder, "weights.h5");
    writeFileSync(name, weights!);
    const file = new h5.File(name, "r");
    const layer = one.problem.model.layers[0]!;
    for (const [p, pass] of ["forward_layer", "backward_layer"].entries()) {
      const kernel = file.get(`layers/bidirectional/${pass}/cell/vars/0`);
      assert.deepEqual([...kernel.shape], [layer.inputSize, 3 * layer.size]);
      const { Wxz } = layer.passes[p]!.parameters;
      const first = Array.from({ length: layer.size }, (_, i) => Math.fround(Wxz!.data[i * Wxz!.cols]!));
      assert.deepEqual([...kernel.value].slice(0, layer.size), first);
    }
    file.close();
    rmSync(folder, { recursive: true });
    const names = JSON.parse(new TextDecoder().decode(config)).config.layers.map((l: Any) => l.class_name);
    assert.deepEqual(names, ["InputLayer", "Bidirectional", "LSTM", "Dense"]);
  });

  it("to NAM plays in NAM's own runtime", async () => {
    const { NamWasmModule, createNamModule } = await esPart("@opendaw/nam-wasm", "dist/index.js");
    const { readFileSync } = await import("node:fs");
    const module = await createNamModule({ wasmBinary: readFileSync(partFile("@opendaw/nam-wasm/dist/nam.wasm")) });
    const runtime = NamWasmModule.fromModule(module);
    runtime.setSampleRate(48000);
    const id = runtime.createInstance();
    const { files } = fileTargets.nam(amplifier, "amp.nam");
    const text = files[0]!.content as string;
    assert.ok(runtime.loadModel(id, text));
    const signal = Array.from({ length: 40 }, (_, t) => 0.5 * Math.sin(t + 1));
    const out = new Float32Array(signal.length);
    runtime.process(id, Float32Array.from(signal), out);
    // What the import starts from is where the runtime is when it plays.
    assert.ok(difference(outputsOf(importBytes("amp.nam", text).model, signal), [...out]) < 0.01);
  });

  it("refuses by name what a target has no word for", () => {
    const lstm = all.find(({ name }) => name === "lstm-every.rnn.json")!.problem;
    assert.throws(() => fileTargets.keras(lstm, "a.keras"), /Keras has no initial state \(layers\.0 \(lstm\)\)/);
    assert.throws(
      () => fileTargets.nam(lstm, "a.nam"),
      /NAM cannot say this model: it has one output \(output has 4\)/,
    );
    const gru = all.find(({ name }) => name === "gru-after.rnn.json")!.problem;
    assert.throws(() => fileTargets.nam(gru, "a.nam"), /NAM has no gru \(layers\.0 \(gru\)\)/);
    const own = all.find(({ name }) => name === "leaky.rnn.json")!.problem;
    assert.throws(() => fileTargets.onnx(own, "a.onnx"), /ONNX has no cell of a file's own \(layers\.0 \(leaky\)\)/);
  });

  if (spawnSync("cc", ["--version"]).status === 0)
    it("to C compiles without a warning and finds its own test vectors right, also of cells of the file's own", () => {
      const folder = mkdtempSync(path.join(tmpdir(), "unroll-c-"));
      try {
        const wanted =
          /^(lstm-every|gru-before|embedding|skip|dense-between|hi|peephole-lstm|layer-norm-rnn|leaky-layer|text-next)/;
        const cases = exported(
          "c",
          all.filter(({ name }) => wanted.test(name)),
        );
        assert.ok(cases.length >= 8, `${cases.length}`);
        for (const [k, one] of cases.entries()) {
          const source = path.join(folder, `${k}.c`);
          writeFileSync(source, bytesOf(one));
          const flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-DUNROLL_TEST"];
          const compiled = spawnSync("cc", [...flags, source, "-o", path.join(folder, "a.out"), "-lm"], {
            encoding: "utf8",
          });
          assert.equal(compiled.status, 0, `${one.name}: ${compiled.stderr}`);
          const { status, stdout } = spawnSync(path.join(folder, "a.out"), { encoding: "utf8" });
          assert.equal(status, 0, `${one.name}: ${stdout}`);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
});

/** NAM starts after half a second of silence: here from zeros. */
function withoutStart(model: Model): Model {
  return fromZeros({ name: "", problem: { ...amplifier, model } }).problem.model;
}

const amplifier = readText(
  JSON.stringify({
    version: 1,
    inputSize: 1,
    layers: [
      { cell: "lstm", size: 3 },
      { cell: "lstm", size: 3 },
    ],
    output: { size: 1, at: "every" },
    initial: { seed: 5 },
    sequences: [{ inputs: Array.from({ length: 12 }, (_, t) => Math.sin(t)) }],
  }),
).problem;
