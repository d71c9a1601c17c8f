import assert from "node:assert/strict";
import { run } from "../../src/engine/run";
import { readOther } from "../../src/interop/otherNumbers";
import { sourceOf } from "../../src/interop/source";
import { readText } from "../files";
import { difference, importBytes, numbers, outputsOf } from "./imported";
import { esPart, part, partFile, prepareParts } from "./parts";
import { gruStep, lstmStep } from "./textbook";

const signal = Array.from({ length: 40 }, (_, t) => 0.5 * Math.sin(t + 1));

describe("the import of audio models", () => {
  describe("Neural Amp Modeler", () => {
    const [H, X] = [5, 1];
    const weights = numbers(3)(4 * H * (X + H) + 4 * H + 2 * H + H + 1);
    const nam = {
      version: "0.5.4",
      architecture: "LSTM",
      config: { input_size: 1, hidden_size: H, num_layers: 1 },
      sample_rate: 48000,
      weights,
    };

    it("takes gates i f g o from one matrix, and starts after half a second of silence", () => {
      const [inBias, inState] = [4 * H * (X + H), 4 * H * (X + H) + 4 * H];
      const cell = {
        H,
        X,
        Wx: (row: number, j: number) => weights[row * (X + H) + j]!,
        Wh: (row: number, j: number) => weights[row * (X + H) + X + j]!,
        bx: (row: number) => weights[inBias + row]!,
        bh: () => 0,
      };
      let state = { h: weights.slice(inState, inState + H), c: weights.slice(inState + H, inState + 2 * H) };
      for (let t = 0; t < 24_000; t++) state = lstmStep(cell, "ifgo", [0], state);
      const head = weights.slice(inState + 2 * H);
      const expected = signal.map((x) => {
        state = lstmStep(cell, "ifgo", [x], state);
        return [state.h.reduce((sum, h, k) => sum + h * head[k]!, head[H]!)];
      });
      const { model, report } = importBytes("amp.nam", nam);
      assert.equal(report.producer, "NAM 0.5.4");
      assert.ok(difference(outputsOf(model, signal), expected) < 1e-12);
    });

    it("agrees with NAM's own runtime, which approximates tanh", async () => {
      await prepareParts();
      const { NamWasmModule, createNamModule } = await esPart("@opendaw/nam-wasm", "dist/index.js");
      const { readFileSync } = await import("node:fs");
      const module = await createNamModule({ wasmBinary: readFileSync(partFile("@opendaw/nam-wasm/dist/nam.wasm")) });
      const runtime = NamWasmModule.fromModule(module);
      runtime.setSampleRate(48000);
      const id = runtime.createInstance();
      assert.ok(runtime.loadModel(id, JSON.stringify(nam)));
      const out = new Float32Array(signal.length);
      runtime.process(id, Float32Array.from(signal), out);
      const { model } = importBytes("amp.nam", nam);
      const far = difference(outputsOf(model, signal), [...out]);
      assert.ok(far < 0.01, `${far}`);
    });

    it("refuses a WaveNet and a wrong number of weights by name", () => {
      assert.throws(
        () => importBytes("a.nam", { ...nam, architecture: "WaveNet" }),
        /NAM WaveNet, which is no recurrent network/,
      );
      assert.throws(
        () => importBytes("a.nam", { ...nam, weights: weights.slice(1) }),
        /for the head: expected a multiple of 6/,
      );
      assert.throws(() => importBytes("a.nam", { ...nam, weights: weights.slice(0, 20) }), /weights has 20 numbers/);
    });
  });

  const rows = (list: number[], width: number) =>
    Array.from({ length: list.length / width }, (_, i) => list.slice(i * width, (i + 1) * width));

  it("Keras' layouts of RTNeural: a gru with both biases in z r h, dense layers with activations", () => {
    const [H, X] = [3, 2];
    const draw = numbers(5);
    const [Wx, Wh, b] = [rows(draw(X * 3 * H), 3 * H), rows(draw(H * 3 * H), 3 * H), rows(draw(2 * 3 * H), 3 * H)];
    const [W, bias] = [rows(draw(H), 1), draw(1)];
    const json = {
      in_shape: [null, null, X],
      layers: [
        { type: "gru", activation: "tanh", shape: [null, null, 77], weights: [Wx, Wh, b] },
        { type: "dense", activation: "tanh", shape: [null, null, 1], weights: [W, bias] },
      ],
    };
    const cell = {
      H,
      X,
      Wx: (r: number, j: number) => Wx[j]![r]!,
      Wh: (r: number, j: number) => Wh[j]![r]!,
      bx: (r: number) => b[0]![r]!,
      bh: (r: number) => b[1]![r]!,
    };
    const inputs = signal.map((x) => [x, x * x]);
    let h = [0, 0, 0];
    const expected = inputs.map((x) => {
      h = gruStep(cell, "zrn", x, h);
      return [Math.tanh(h.reduce((sum, value, k) => sum + value * W[k]![0]!, bias[0]!))];
    });
    const { model, report } = importBytes("m.json", json);
    assert.deepEqual(report.taken, ["gru_0", "dense_1"]);
    // As what a model is held against it is a model too, and no arrays.
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    const other = readOther(sourceOf("m.json", bytes));
    assert.equal(other.kind, "model");
    assert.ok(difference(outputsOf(model, inputs), expected) < 1e-12);
  });

  describe("AIDA-X", () => {
    const draw = numbers(21);
    const [H, X] = [3, 1];
    const [Wx, Wh, b] = [rows(draw(X * 4 * H), 4 * H), rows(draw(H * 4 * H), 4 * H), draw(4 * H)];
    const [W, bias] = [rows(draw(H), 1), draw(1)];
    const aida = {
      in_shape: [null, null, X],
      in_skip: 1,
      in_gain: 6,
      out_gain: -3,
      layers: [
        { type: "lstm", activation: "", shape: [null, null, 99], weights: [Wx, Wh, b] },
        { type: "dense", activation: "", shape: [null, null, 1], weights: [W, bias] },
      ],
    };
    const cell = {
      H,
      X,
      Wx: (r: number, j: number) => Wx[j]![r]!,
      Wh: (r: number, j: number) => Wh[j]![r]!,
      bx: (r: number) => b[r]!,
      bh: () => 0,
    };
    /** y = out · (network(in · x) + in · x), gains in decibels. */
    const played = (signal: readonly number[]) => {
      const [before, after] = [10 ** (6 / 20), 10 ** (-3 / 20)];
      let state = { h: [0, 0, 0], c: [0, 0, 0] };
      return signal.map((x) => {
        state = lstmStep(cell, "ifgo", [before * x], state);
        return [after * (state.h.reduce((sum, h, k) => sum + h * W[k]![0]!, bias[0]!) + before * x)];
      });
    };

    it("gains in decibels stand before and behind, the input is added, and its own test vectors come over", () => {
      const outputs = played(signal);
      const batch = { ...aida, input_batch: signal, output_batch: outputs.flat() };
      const { model, report, text } = importBytes("amp.aidax.json", batch);
      assert.equal(report.format, "aida-x");
      assert.ok(difference(outputsOf(model, signal), outputs) < 1e-12);
      const [sequence] = readText(text).problem.sequences;
      assert.equal(sequence!.name, "input_batch");
      assert.equal(sequence!.length, signal.length);
      assert.ok(run(model, [sequence!], 0).loss! < 1e-20);
    });

    it("without gains adds the input as the read-out's skip", () => {
      const { in_gain: _, out_gain: __, ...plain } = aida;
      assert.match(importBytes("amp.json", plain).text, /"skip": true/);
    });
  });

  it("names what stands between recurrent layers and is none, and takes one of two chains", () => {
    const draw = numbers(8);
    const lstm = (X: number) => ({
      type: "lstm",
      activation: "tanh",
      weights: [rows(draw(X * 8), 8), rows(draw(16), 8), draw(8)],
    });
    const json = { in_shape: [null, null, 1], layers: [lstm(1), { type: "conv1d", weights: [] }, lstm(2)] };
    const { report, isPartial } = importBytes("m.json", json);
    assert.deepEqual(report.layers, [{ name: "lstm_0", cell: "lstm", inputs: 1, size: 2 }]);
    assert.deepEqual(
      report.left.map(({ name }) => name),
      ["conv1d_1", "lstm_2"],
    );
    assert.equal(isPartial, true);
    assert.equal(importBytes("m.json", json, "lstm_2").report.layers[0]!.name, "lstm_2");
    assert.throws(
      () => importBytes("m.json", json, "gru"),
      /there is no recurrent layer gru: the file has lstm_0, lstm_2/,
    );
  });

  describe("brain.js", () => {
    before(() => prepareParts());

    it("an LSTM and a GRU over time steps give what brain.js gives", () => {
      const brain = part("brain.js");
      for (const kind of ["RNNTimeStep", "LSTMTimeStep", "GRUTimeStep"]) {
        const net = new brain.recurrent[kind]({ inputSize: 2, hiddenLayers: [4, 3], outputSize: 2 });
        const series = signal.slice(0, 8).map((x, t) => [x, Math.cos(t)]);
        net.train([series], { iterations: 20 });
        const { model } = importBytes("net.json", JSON.stringify(net.toJSON()));
        const expected = [...net.run(series)];
        const outputs = outputsOf(model, series);
        assert.ok(difference(outputs.at(-1), expected) < 1e-6, kind);
      }
    });
  });
});
