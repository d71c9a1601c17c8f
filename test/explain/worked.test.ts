import assert from "node:assert/strict";
import * as path from "node:path";
import { Derivations } from "../../src/explain/derive";
import { isKnown } from "../../src/explain/known";
import { printLatex, printMarkdown, printText } from "../../src/explain/print";
import type { NumberReference } from "../../src/explain/reference";
import { parseReference } from "../../src/explain/reference";
import { readProblem } from "../../src/format/read";
import { Stepper } from "../../src/stepper/stepper";
import { goldens, readFile } from "../files";

// One hidden unit, four words. The digits are those of the worked document, which prints eight of them.
const { problem } = readFile(path.join(goldens, "documents", "2-numerical-worked.rnn.json"));
const derivations = new Derivations(new Stepper(problem, 0));

function reference(text: string): NumberReference {
  const parsed = parseReference(text);
  assert.ok(parsed, text);
  return parsed;
}

const derive = (text: string) => derivations.derive(reference(text));
const text = (of: string) => printText(derive(of), { digits: 4 });

describe("the worked example's numbers are derived, digit by digit:", () => {
  it("the hidden state h_2", () =>
    assert.equal(
      text("layers.0.h@2[0]"),
      "h_2 = tanh(Wxh[there] + Whh·h_1 + bh) = tanh(−0.3 + 0.2·0.4621 + 0) = tanh(−0.2076) = −0.2046",
    ));

  it("the probability p_3[!]", () =>
    assert.equal(
      text("output@3[3]"),
      "p_3[!] = exp(z_3[!]) / (exp(z_3[hi]) + exp(z_3[there]) + exp(z_3[class]) + exp(z_3[!]))" +
        " = exp(0) / (exp(0.6405) + exp(0.3203) + exp(−0.3203) + exp(0)) = 1 / 5.001 = 0.2000",
    ));

  it("the loss ℓ_3, and the whole L", () => {
    assert.equal(text("loss@3"), "ℓ_3 = −log p_3[!] = −log 0.2000 = 1.610");
    assert.equal(text("loss"), "L = ℓ_1 + ℓ_2 + ℓ_3 + ℓ_4 = 1.304 + 1.239 + 1.610 + 1.421 = 5.574");
  });

  it("∂L/∂z_3, of the target and of another word", () => {
    assert.equal(text("gradients.logits@3[3]"), "∂L/∂z_3[!] = p_3[!] − target_3[!] = 0.2000 − 1 = −0.8000");
    assert.equal(text("gradients.logits@3[0]"), "∂L/∂z_3[hi] = p_3[hi] − target_3[hi] = 0.3794 − 0 = 0.3794");
  });

  it("∂L/∂h_3 from both its sources", () => {
    assert.equal(
      text("gradients.layers.0.h@3[0]"),
      "∂L/∂h_3 = ∂L/∂h_3|above + ∂L/∂h_3|t=4 = 0.4446 + 0.05701 = 0.5016",
    );
    assert.equal(derive("gradients.layers.0.h@3[0]").note, "∂L/∂h_3 has two sources: this step's loss and step 4");
    assert.equal(
      text("above.layers.0.h@3[0]"),
      "∂L/∂h_3|above = Why[hi]·∂L/∂z_3[hi] + Why[there]·∂L/∂z_3[there] + Why[class]·∂L/∂z_3[class] + Why[!]·∂L/∂z_3[!]" +
        " = 1·0.3794 + 0.5·0.2754 − 0.5·0.1452 + 0·(−0.8000) = 0.4446",
    );
    assert.equal(text("next.layers.0.h@3[0]"), "∂L/∂h_3|t=4 = Whh·∂L/∂a_4 = 0.2·0.2851 = 0.05701");
  });

  it("at the last step the one source that there is", () => {
    assert.equal(text("gradients.layers.0.h@4[0]"), "∂L/∂h_4 = ∂L/∂h_4|above = 0.2898");
    assert.equal(derive("next.layers.0.h@4[0]").note, "no step comes after t = 4");
  });

  it("∂L/∂a_3", () =>
    assert.equal(
      text("gradients.layers.0.a@3[0]"),
      "∂L/∂a_3 = ∂L/∂h_3·(1 − h_3²) = 0.5016·(1 − 0.6405²) = 0.5016·0.5897 = 0.2958",
    ));

  it("the share of t = 3 in dWhh, the sum so far, and the whole sum", () => {
    assert.equal(text("shares.layers.0.Whh@3[0][0]"), "dWhh|t=3 = ∂L/∂a_3·h_2 = 0.2958·(−0.2046) = −0.06053");
    assert.equal(text("sums.layers.0.Whh@2[0][0]"), "dWhh|2 steps = dWhh|t=4 + dWhh|t=3 = 0.1826 − 0.06053 = 0.1221");
    assert.equal(
      text("gradients.layers.0.Whh[0][0]"),
      "dWhh = dWhh|t=4 + dWhh|t=3 + dWhh|t=2 + dWhh|t=1 = 0.1826 − 0.06053 + 0.3300 + 0 = 0.4521",
    );
  });

  it("a weight of a word is used at the step that reads it alone", () => {
    assert.equal(text("shares.layers.0.Wxh@3[0][2]"), "dWxh[class]|t=3 = ∂L/∂a_3 = 0.2958");
    assert.equal(text("shares.layers.0.Wxh@3[0][0]"), "dWxh[hi]|t=3 = 0");
    assert.match(derive("shares.layers.0.Wxh@3[0][0]").note ?? "", /step 3 reads another token/);
  });

  it("the updated Whh", () =>
    assert.equal(text("updated.layers.0.Whh[0][0]"), "Whh′ = Whh − η·dWhh = 0.2 − 0.1·0.4521 = 0.1548"));

  it("a parameter and an input end at their places in the file", () => {
    assert.deepEqual(derive("layers.0.Wxh[0][1]").path, ["layers", 0, "Wxh", 0, 1]);
    assert.deepEqual(derive("initial.layers.0.h[0]").path, ["layers", 0, "h0", 0]);
    assert.deepEqual(derive("x@2[1]").path, ["sequences", 0, "inputs", 1]);
    assert.deepEqual(derive("target@3[3]").path, ["sequences", 0, "targets", 2]);
    assert.deepEqual(derive("training.optimizer.learningRate").path, ["training", "optimizer", "learningRate"]);
  });

  it("in LaTeX and in Markdown", () => {
    assert.equal(
      printLatex(derive("layers.0.h@2[0]"), { digits: 4 }),
      String.raw`h_{2} = \tanh\left(W_{xh}[\text{there}] + W_{hh} \cdot h_{1} + b_{h}\right) = ` +
        String.raw`\tanh\left(-0.3 + 0.2 \cdot 0.4621 + 0\right) = \tanh\left(-0.2076\right) = -0.2046`,
    );
    assert.equal(
      printMarkdown(derive("gradients.layers.0.h@3[0]"), { digits: 4 }),
      String.raw`$$
\begin{aligned}
\frac{\partial L}{\partial h_{3}} &= \left.\frac{\partial L}{\partial h_{3}}\right|_{\text{above}} + \left.\frac{\partial L}{\partial h_{3}}\right|_{t=4} \\
&= 0.4446 + 0.05701 \\
&= 0.5016
\end{aligned}
$$

∂L/∂h_3 has two sources: this step's loss and step 4`,
    );
  });
});

describe("a reference", () => {
  it("that no run has is refused by its name", () => {
    assert.throws(() => derive("layers.0.h@5[0]"), /there is no step t = 5/);
    assert.throws(() => derive("layers.0.h@2[1]"), /the run has no number layers\.0\.h@2\[1\]/);
    assert.throws(() => derive("layers.1.h@2[0]"), /the model has no pass layers\.1/);
    assert.throws(() => derive("gradients.layers.0.Whq[0][0]"), /the run has no number gradients\.layers\.0\.Whq/);
    assert.throws(() => derive("m.layers.0.Whh[0][0]"), /sgd computes no m/);
  });

  it("may leave out a bias's column", () =>
    assert.deepEqual(reference("layers.0.bh[0]"), { kind: "parameter", name: "layers.0.bh", i: 0, j: 0 }));

  it("that is none is not read as one", () => {
    for (const none of ["", "h", "layers", "layers.0.h@x[0]", "x@1", "loss@1[0]", "layers.0.h@2[0][1]", "__proto__"])
      assert.equal(parseReference(none), null, none);
  });
});

describe("a derivation with layers, directions and several units", () => {
  const { problem: stacked } = readProblem(
    JSON.stringify({
      version: 1,
      layers: [
        {
          cell: "rnn",
          size: 2,
          direction: "both",
          Wxh: [[1], [2]],
          Whh: [
            [-0.5, 0.25],
            [0, 1],
          ],
          bh: [0, 0.5],
          reverse: {
            Wxh: [[1], [2]],
            Whh: [
              [-0.5, 0.25],
              [0, 1],
            ],
            bh: [0, 0.5],
          },
        },
        { cell: "gru", size: 1 },
      ],
      inputSize: 1,
      output: { size: 1, at: "last" },
      loss: { type: "binary-cross-entropy" },
      sequences: [{ inputs: [0.5, 0.25], target: 1, h0: [{ forward: [1, -1], backward: [0, 0] }, [0]] }],
    }),
    { fileName: "stacked.rnn.json" },
  );
  const written = (of: string) => {
    assert.ok(stacked);
    return printText(new Derivations(new Stepper(stacked, 0)).derive(reference(of)), { digits: 4 });
  };

  it("says which layer, direction and unit, and takes a minus sign into the sum", () =>
    assert.equal(
      written("layers.0.a@1[0]"),
      "a→^{(1)}_1[0] = Wxh→^{(1)}[0]·x_1 + Whh→^{(1)}[0][0]·h→^{(1)}_0[0] + Whh→^{(1)}[0][1]·h→^{(1)}_0[1] + bh→^{(1)}[0]" +
        " = 1·0.5 − 0.5·1 + 0.25·(−1) + 0 = −0.25",
    ));

  it("follows a backward pass to the step after in time", () =>
    assert.match(written("layers.0.reverse.a@1[1]"), /^a←\^\{\(1\)\}_1\[1\] = .*h←\^\{\(1\)\}_2\[0\]/));

  it("reads both directions of the layer below", () =>
    assert.match(
      written("layers.1.r@1[0]"),
      /Wxr\^\{\(2\)\}\[0\]·h→\^\{\(1\)\}_1\[0\] .*Wxr\^\{\(2\)\}\[3\]·h←\^\{\(1\)\}_1\[1\]/,
    ));
});

describe("a loss whose probability has lost its digits", () => {
  it("is derived from the logits", () => {
    const { problem: saturated } = readProblem(
      JSON.stringify({
        version: 1,
        layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[0]], bh: [0] }],
        output: { size: 2, at: "last", Why: [[1], [0]], by: [0, 0] },
        loss: { type: "cross-entropy" },
        sequences: [{ inputs: [800], target: 1 }],
      }),
      { fileName: "saturated.rnn.json" },
    );
    assert.ok(saturated);
    const loss = new Derivations(new Stepper(saturated, 0)).derive({ kind: "loss", t: 1 });
    assert.equal(
      printText(loss, { digits: 4 }),
      "ℓ_1 = log(exp(z_1[0]) + exp(z_1[1])) − z_1[1] = log(exp(800) + exp(0)) − 0 = 800 − 0 = 800",
    );
    assert.match(loss.note ?? "", /of the logits/);
  });
});

describe("a number of the worked example is known", () => {
  const known = (stepper: Stepper, ...names: string[]) => names.filter((name) => isKnown(stepper, reference(name)));
  const names = [
    "layers.0.Whh[0][0]",
    "layers.0.h@3[0]",
    "loss@4",
    "loss",
    "gradients.layers.0.h@3[0]",
    "next.layers.0.h@2[0]",
    "shares.layers.0.Whh@3[0][0]",
    "sums.layers.0.Whh@2[0][0]",
    "gradients.layers.0.Whh[0][0]",
    "updated.layers.0.Whh[0][0]",
  ];

  it("at the start: the file's alone", () =>
    assert.deepEqual(known(new Stepper(problem, 0), ...names), ["layers.0.Whh[0][0]"]));

  it("at t = 3 of the backward pass: all of the forward pass, the gradients of t = 4 and 3", () => {
    const stepper = new Stepper(problem, 0);
    stepper.goToStep(3, "backward");
    assert.deepEqual(known(stepper, ...names), [
      "layers.0.Whh[0][0]",
      "layers.0.h@3[0]",
      "loss@4",
      "loss",
      "gradients.layers.0.h@3[0]",
      "shares.layers.0.Whh@3[0][0]",
      "sums.layers.0.Whh@2[0][0]",
    ]);
  });

  it("at the end: every one", () => {
    const stepper = new Stepper(problem, 0);
    stepper.runToEnd();
    assert.deepEqual(known(stepper, ...names), names);
  });
});
