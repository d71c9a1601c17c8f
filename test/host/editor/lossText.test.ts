import { strict as assert } from "node:assert";
import { lossLines } from "../../../src/host/editor/lossText";
import { readText } from "../../files";

/** The lines of a loss over so many outputs, with a target that is a vector but for classes. */
function linesOf(loss: string, size = 2, target = "[0, 1]") {
  const { problem } = readText(
    `{ "version": 1, "inputSize": 1, "layers": [{ "cell": "rnn", "size": 2 }], "output": { "size": ${size} },
       "loss": { ${loss} }, "sequences": [{ "inputs": [1], "targets": [${target}] }] }`,
  );
  return lossLines(problem.model, problem.sequences[0]!);
}

describe("What a loss is called elsewhere", () => {
  it("is a sum or a mean over the steps", () => {
    assert.deepEqual(linesOf('"type": "cross-entropy"', 2, "1"), {
      torch: 'F.cross_entropy(z, t, reduction="sum")',
      keras: 'keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")(t, z)',
    });
    assert.deepEqual(linesOf('"type": "cross-entropy", "reduction": "mean", "labelSmoothing": 0.1'), {
      torch: "F.cross_entropy(z, t, label_smoothing=0.1)",
      keras: "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(t, z)",
    });
  });

  it("takes the sum over the outputs, where others have their mean", () => {
    assert.deepEqual(linesOf('"type": "mse", "reduction": "mean"'), {
      torch: 'F.mse_loss(y, t, reduction="sum") / len(t)',
      keras: "2 * keras.losses.MeanSquaredError()(t, y)",
    });
    assert.deepEqual(linesOf('"type": "mse", "reduction": "mean", "outputs": "mean"'), {
      torch: "F.mse_loss(y, t)",
      keras: "keras.losses.MeanSquaredError()(t, y)",
    });
    assert.deepEqual(linesOf('"type": "mae", "outputs": "mean"'), {
      torch: 'F.l1_loss(y, t, reduction="sum") / 2',
      keras: 'keras.losses.MeanAbsoluteError(reduction="sum")(t, y)',
    });
  });

  it("has factors, a border and weights", () => {
    assert.equal(linesOf('"type": "mse", "factor": 0.5', 1, "1")?.torch, '0.5 * F.mse_loss(y, t, reduction="sum")');
    assert.equal(
      linesOf('"type": "huber", "delta": 2, "reduction": "mean"', 1, "1")?.torch,
      "F.huber_loss(y, t, delta=2)",
    );
    const weighted = linesOf('"type": "cross-entropy", "classWeights": [1, 2]', 2, "1");
    assert.deepEqual(weighted, { torch: 'F.cross_entropy(z, t, weight=w, reduction="sum")', keras: null });
    assert.deepEqual(linesOf('"type": "linear"'), { torch: "(y * t).sum()", keras: null });
  });
});
