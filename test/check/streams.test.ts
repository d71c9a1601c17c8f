import assert from "node:assert/strict";
import { StreamError, type Streams, streams } from "../../src/check/streams";
import type { Problem } from "../../src/engine/model";
import { predict } from "../../src/engine/predict";
import { readText } from "../files";

const draw = (count: number) => Array.from({ length: count }, (_, t) => Math.sin(3 * t + 1));

function found(problem: Problem, chunk: number): Streams {
  const going = streams(problem, 0, chunk);
  for (let next = going.next(); ; next = going.next()) if (next.done) return next.value;
}

/** h_t = decay h_{t−1} + x_t */
const leaky = (decay: number, T: number): Problem =>
  readText(
    JSON.stringify({
      version: 1,
      layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[decay]], bh: [0], h0: [0.25] }],
      output: { Why: "identity" },
      sequences: [{ inputs: draw(T) }],
    }),
  ).problem;

describe("a sequence in pieces", () => {
  it("gives in chunks what it gives whole, to the last bit, and with the state reset what each chunk gives by itself", () => {
    const text = JSON.stringify({
      version: 1,
      inputSize: 1,
      layers: [
        { cell: "gru", size: 4 },
        { cell: "lstm", size: 3 },
      ],
      output: { size: 2, at: "last" },
      initial: { seed: 4 },
      sequences: [{ inputs: draw(600) }],
    });
    const { problem } = readText(text);
    const { outputs, chunks, reset } = found(problem, 70);
    assert.deepEqual(outputs.chunks, outputs.whole);
    assert.equal(chunks.value, 0);
    const every = { ...problem.model, output: { ...problem.model.output, at: "every" as const } };
    for (const from of [0, 70, 560]) {
      const inputs = draw(600).slice(from, from + 70);
      const [sequence] = readText(text.replace(/"inputs":\[.*?\]/, `"inputs":${JSON.stringify(inputs)}`)).problem
        .sequences;
      const alone = predict(every, sequence!).outputs.flat();
      assert.deepEqual([...outputs.reset.subarray(2 * from, 2 * (from + inputs.length))], alone);
    }
    const apart = outputs.whole.map((value, k) => Math.abs(value - outputs.reset[k]!));
    assert.equal(reset.value, Math.max(...apart));
    assert.equal(reset.t, Math.floor(apart.indexOf(reset.value) / 2) + 1);
  });

  it("has warmed up once decay^t is below the tolerance", () => {
    // Two starts that are 1 apart are ½^t apart after t steps; outputs reach at most 2, by which the tolerance grows.
    const { warmUp, tolerance } = found(leaky(0.5, 60), 10);
    const whole = found(leaky(0.5, 60), 10).outputs.whole;
    const apart = Array.from(
      { length: 60 },
      (_, k) => 0.5 ** (k + 1) / Math.max(1, Math.abs(whole[k]!), Math.abs(whole[k]! + 0.5 ** (k + 1))),
    );
    assert.equal(warmUp, apart.findLastIndex((far) => far > tolerance) + 1);
    assert.ok(warmUp !== null && warmUp >= 18 && warmUp <= 20);
  });

  it("never warms up where nothing is forgotten, and says so", () => {
    assert.equal(found(leaky(1, 40), 10).warmUp, null);
  });

  it("refuses a model that reads what comes later", () => {
    const { problem } = readText(
      JSON.stringify({
        version: 1,
        layers: [{ cell: "rnn", size: 2, direction: "both" }],
        output: { size: 1 },
        sequences: [{ inputs: draw(4) }],
      }),
    );
    assert.throws(() => found(problem, 2), StreamError);
  });
});
