import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected, summaryOf } from "../../src/check/check";
import { readProblem } from "../../src/format/read";
import { probes } from "../../src/interop/probes";
import { itWith, printedBy } from "../python";

/** @returns how many of its numbers the engine finds right: all of them */
function passedOf(text: string): number {
  const { problem, expect, diagnostics } = readProblem(text, { fileName: "probe.rnn.json" });
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    [],
  );
  const { passed, failed } = summaryOf(compareExpected(problem!, expect));
  assert.deepEqual(failed, []);
  return passed;
}

describe("A probe for another program", () => {
  it("is 15 to 25 lines long", () => {
    for (const { title, script } of Object.values(probes)) {
      const lines = script.trimEnd().split("\n");
      assert.ok(lines.length >= 15 && lines.length <= 25, `${title} has ${lines.length}`);
    }
  });

  itWith("numpy", "in NumPy prints a file whose states the engine finds right", (python) => {
    const cells = (["numpy-rnn", "numpy-lstm", "numpy-gru"] as const).map((name) => probes[name].script);
    assert.deepEqual(printedBy(python, cells).map(passedOf), [5 * 4, 5 * 4 * 2, 5 * 4]);
  });

  itWith(
    "torch",
    "in PyTorch prints stacks, both directions and models without biases with states, loss and gradients that the engine finds right",
    (python) => {
      const yours = "torch.nn.LSTM(3, 4)";
      const { script } = probes.pytorch;
      assert.ok(script.includes(yours));
      const models = {
        [yours]: 1 + 20 + 16 * 3 + 16 * 4 + 16,
        "torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True)": 1 + 40 + 4 * 16 * 5 + 2 * 16 * 3 + 2 * 16 * 8,
        "torch.nn.GRU(3, 4, bidirectional=True)": 1 + 40 + 2 * (12 * 7 + 12 + 4),
        "torch.nn.GRU(3, 4, bias=False)": 1 + 20 + 12 * 7,
        'torch.nn.RNN(3, 4, 2, nonlinearity="relu", dropout=0.5)': 1 + 20 + 4 * 7 + 4 * 8 + 8,
      };
      const scripts = Object.keys(models).map((model) => script.replace(yours, model));
      assert.deepEqual(printedBy(python, scripts).map(passedOf), Object.values(models));
    },
  );

  itWith("keras", "in Keras prints each of its cells with states that the engine finds right", (python) => {
    const { script } = probes.keras;
    assert.ok(script.includes("LSTM(4)"));
    const models = ["LSTM(4)", "GRU(4)", "GRU(4, reset_after=False)", "SimpleRNN(4)", "LSTM(4, use_bias=False)"];
    const scripts = models.map((model) => script.replace("LSTM(4)", model));
    assert.deepEqual(
      printedBy(python, scripts).map(passedOf),
      models.map(() => 5 * 4),
    );
  });
});
