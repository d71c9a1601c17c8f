/** The examples that the samples come from, with every digit that they print. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkProblem } from "../../src/check/check";
import { oneHot, softmax, softmaxBackward } from "../../src/engine/functions";
import { predict } from "../../src/engine/predict";
import type { Run } from "../../src/engine/run";
import { run } from "../../src/engine/run";
import { updateOnce } from "../../src/engine/train";
import { problemOf, readSample, trained } from "./samples";

/**
 * The number reads as printed, to every digit: rounded, or (one of the printed numbers is) cut off. Of a double printed in
 * full, with 16 digits and more, the last bit may differ: it depends on the order of the operations.
 */
function assertPrinted(actual: ArrayLike<number>, printed: readonly string[]): void {
  assert.equal(actual.length, printed.length);
  printed.forEach((text, k) => {
    const value = actual[k]!;
    const message = `${value} is not ${text}`;
    if (text.replace(/^-?0?\.?0*/, "").replace(".", "").length >= 16) {
      assert.ok(Math.abs(value - Number(text)) <= 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52), message);
      return;
    }
    const digits = text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
    const rounded = Number(value.toFixed(digits));
    const cutOff = Math.trunc(value * 10 ** digits) / 10 ** digits;
    assert.ok(rounded === Number(text) || cutOff === Number(text), message);
  });
}

/** As a document that cuts off instead of rounding prints it: within one unit of the last digit. */
function assertCutOff(actual: ArrayLike<number>, printed: readonly string[]): void {
  assert.equal(actual.length, printed.length);
  printed.forEach((text, k) => {
    const unit = 10 ** -(text.length - text.indexOf(".") - 1);
    assert.ok(Math.abs(actual[k]! - Number(text)) < unit, `${actual[k]} is not ${text}`);
  });
}

function hidden(run: Run, t: number): Float64Array {
  return run.at(t).passes[0]![0]!.values["h"]!;
}

function preActivation(run: Run, t: number): Float64Array {
  return run.at(t).passes[0]![0]!.values["a"]!;
}

describe("Two words through two hidden units", () => {
  const { model, sequences } = problemOf("two-words.rnn.json");
  const done = run(model, sequences, 0);

  it("has h_1 = (0.537, -0.099), its second number cut off", () => {
    assertPrinted(preActivation(done, 1), ["0.6", "-0.1"]);
    assertCutOff(hidden(done, 1), ["0.537", "-0.099"]);
  });

  it("has a_2 = (0.321, 1.232) and h_2 = (0.311, 0.843), of which the second is printed as 0.842", () => {
    assertCutOff(preActivation(done, 2), ["0.321", "1.232"]);
    assertCutOff(hidden(done, 2), ["0.311", "0.843"]);
    assert.ok(Math.abs(hidden(done, 2)[1]! - 0.842) < 2e-3);
    assert.equal(Math.tanh(1.232).toFixed(3), "0.843");
  });

  it("has the logits 0.620, 0.075, 0.492 and -0.271 at the last step, up to what cutting h_2 off does to them", () => {
    const { logits } = done.at(2);
    // The example goes on with h_2 cut off after three digits: each logit is off by |Why| · 0.001 and one unit at most.
    const printed = [0.62, 0.075, 0.492, -0.271];
    const why = [
      [0.1, 0.7],
      [0.3, 0.2],
      [0.5, 0.4],
      [0.6, 0.1],
    ];
    printed.forEach((z, j) => assert.ok(Math.abs(logits![j]! - z) < (why[j]![0]! + why[j]![1]! + 1) * 1e-3));
    // With the numbers as printed the arithmetic gives just what is printed.
    assert.ok(Math.abs(0.1 * 0.311 + 0.7 * 0.842 - 0.62) < 1e-3);
  });

  it("finds hi the most probable next word, before class", () => {
    const { tokens, outputs } = predict(model, sequences[0]!);
    assert.deepEqual(tokens, ["hi"]);
    assert.equal(outputs[0]!.indexOf(outputs[0]!.toSorted((a, b) => b - a)[1]!), 2);
  });

  it("holds every number that its author expects, within the tolerance that the sample gives", () => {
    const { problem, expect } = readSample("two-words.rnn.json");
    const { passed, failed } = checkProblem(problem!, expect).expectations;
    assert.deepEqual(failed, []);
    assert.equal(passed, 12);
  });
});

describe("The worked example, hi there class !", () => {
  const { model, sequences, training } = problemOf("hi-there-class.rnn.json");
  const done = run(model, sequences, 0);

  it("has the printed pre-activations but for a_2, which is -0.2075766 and not -0.2075846", () => {
    assertPrinted(preActivation(done, 1), ["0.5"]);
    assertPrinted(preActivation(done, 3), ["0.75907085664"]);
    assertPrinted(preActivation(done, 4), ["0.12810587"]);
    assertPrinted(preActivation(done, 2), ["-0.2075766"]);
    // Its own numbers say so: -0.3 + 0.2 · 0.462117157.
    assertPrinted([-0.3 + 0.2 * 0.462117157], ["-0.2075766"]);
  });

  it("has the printed hidden states to every digit", () => {
    const printed = ["0.46211715726000974", "-0.20464571679388185", "0.6405293508298561", "0.12740965340755267"];
    printed.forEach((h, k) => assertPrinted(hidden(done, k + 1), [h]));
  });

  it("has the printed logits to every digit", () => {
    const printed = [
      ["0.46211716", "0.23105858", "-0.23105858", "0"],
      ["-0.20464572", "-0.10232286", "0.10232286", "0"],
      ["0.64052935", "0.32026468", "-0.32026468", "0"],
      ["0.12740965", "0.06370483", "-0.06370483", "0"],
    ];
    printed.forEach((z, k) => assertPrinted(done.at(k + 1).logits!, z));
  });

  it("has the printed probabilities to every digit", () => {
    const printed = [
      ["0.34204087", "0.27147543", "0.17101555", "0.21546814"],
      ["0.21303204", "0.23598434", "0.28957408", "0.26140954"],
      ["0.37942612", "0.27544699", "0.14516425", "0.19996264"],
      ["0.27437154", "0.25743785", "0.22664132", "0.24154928"],
    ];
    printed.forEach((p, k) => assertPrinted(done.at(k + 1).output!, p));
  });

  it("has the printed losses to every digit, their sum and their mean", () => {
    const printed = ["1.3038836248184211", "1.2393441229841993", "1.609624739367793", "1.4206817583023288"];
    printed.forEach((loss, k) => assertPrinted([done.at(k + 1).loss!], [loss]));
    assertPrinted([done.loss!], ["5.57353424547"]);
    assertPrinted([done.loss! / 4], ["1.3933835613681855"]);
  });

  it("has the printed gradients to every digit", () => {
    assertPrinted(done.gradients["output.Why"]!.data, ["0.39245801", "-0.17572493", "0.34627310", "-0.56300617"]);
    assertPrinted(done.gradients["layers.0.Whh"]!.data, ["0.45209451101463705"]);
    assertPrinted(done.gradients["layers.0.Wxh"]!.data, [
      "0.027609473508349962",
      "0.7141787364790343",
      "0.2957932315495087",
      "0.2850659086801632",
    ]);
  });

  it("has the printed parameters after one update at a learning rate of 0.1, to every digit", () => {
    const updated = updateOnce(model, done.sequence, done.gradients, training);
    assertPrinted(updated["output.Why"]!.data, ["0.96075420", "0.51757249", "-0.53462731", "0.05630062"]);
    assertPrinted(updated["layers.0.Whh"]!.data, ["0.1547905489"]);
    assertPrinted(updated["layers.0.Wxh"]!.data, ["0.49723905", "-0.37141787", "0.77042068", "-0.02850659"]);
  });

  it("fails the check in the wrong a_2 alone, out of 63 numbers", () => {
    const { problem, expect } = readSample("hi-there-class.rnn.json");
    const { passed, failed } = checkProblem(problem!, expect).expectations;
    assert.deepEqual(
      failed.map(({ path }) => path),
      ["expect.sequences.0.steps.1.a.0"],
    );
    assert.equal(passed, 62);
  });
});

/** tanh'(a_t), from h_t = tanh(a_t). */
const tanhDerivative = (h: number) => 1 - h ** 2;
/** The same as the document has it: tanh is taken of h_t once more. */
const tanhDerivativeOfHAgain = (h: number) => 1 - Math.tanh(h) ** 2;

describe("The sum of two numbers", () => {
  const name = "sum-of-two-numbers.rnn.json";

  for (const seed of [1, 2, 3, 4, 5])
    it(`is learned below 1e-3 within 1000 epochs from seed ${seed}`, () => {
      const { losses } = trained(problemOf(name, [['"seed": 1', `"seed": ${seed}`]]));
      assert.equal(losses.length, 1000);
      assert.ok(losses.at(-1)! < 1e-3, String(losses.at(-1)));
    });

  it("has gradients that agree with central differences, which those of the document's backward pass do not", () => {
    // A network small enough to write down: one hidden unit, two inputs.
    const wx = 0.4;
    const wh = 0.3;
    const why = 0.7;
    const [x1, x2, target] = [1, 2, 3];
    const h1 = Math.tanh(wx * x1);
    const h2 = (w: number) => Math.tanh(wx * x2 + w * h1);
    const loss = (w: number) => (why * h2(w) - target) ** 2;
    const epsilon = 1e-6;
    const difference = (loss(wh + epsilon) - loss(wh - epsilon)) / (2 * epsilon);

    const states = [0, h1, h2(wh)];
    const dWhhOf = (derivative: (h: number) => number, atEveryStep: boolean) => {
      const dy = 2 * (why * states[2]! - target);
      let dWhh = 0;
      let dhNext = 0;
      for (let t = 2; t >= 1; t--) {
        const dh = (atEveryStep || t === 2 ? why * dy : 0) + dhNext;
        const da = derivative(states[t]!) * dh;
        dWhh += da * states[t - 1]!;
        dhNext = wh * da;
      }
      return dWhh;
    };
    assert.ok(Math.abs(dWhhOf(tanhDerivative, false) - difference) < 1e-8);
    assert.ok(Math.abs(dWhhOf(tanhDerivativeOfHAgain, true) - difference) > 0.1);
    assert.ok(Math.abs(dWhhOf(tanhDerivativeOfHAgain, false) - difference) > 0.1);

    // And the engine's is the right one.
    const { model, sequences } = problemOf(name, [
      ['"size": 10', `"size": 1, "Wxh": [[${wx}]], "Whh": [[${wh}]], "bh": [0]`],
      ['"at": "last"', `"at": "last", "Why": [[${why}]], "by": [0]`],
    ]);
    assert.ok(Math.abs(run(model, sequences, 0).gradients["layers.0.Whh"]!.data[0]! - difference) < 1e-8);
  });

  it("gives step 1 no share of dWxh where Whh is 0, for only the last step is read out", () => {
    // The document adds the loss's gradient to dh_t at every step, and so has a share there.
    const { model, sequences } = problemOf(name, [
      ['"size": 10', '"size": 1, "Wxh": [[0.4]], "Whh": [[0]], "bh": [0]'],
      ['"at": "last"', '"at": "last", "Why": [[0.7]], "by": [0]'],
    ]);
    const done = run(model, sequences, 0);
    assert.equal(Math.abs(done.share("layers.0.Wxh", 1).data[0]!), 0);
    assert.notEqual(done.share("layers.0.Wxh", 2).data[0], 0);
  });
});

describe("The toy vectors", () => {
  it("are learned: after 100 epochs the loss is less than a thousandth of the first", () => {
    const { losses } = trained(problemOf("toy-vectors.rnn.json"));
    assert.equal(losses.length, 100);
    assert.ok(losses.at(-1)! < losses[0]! / 1000);
  });

  it("are predicted: the vector that follows, within 0.01", () => {
    const { problem } = trained(problemOf("toy-vectors.rnn.json"));
    const [output] = predict(problem.model, problem.sequences[0]!).outputs;
    [0.7, 0.5, -0.2].forEach((y, j) => assert.ok(Math.abs(output![j]! - y) < 0.01));
  });

  it("read one vector of the same three numbers where a token is one-hot", () => {
    assert.deepEqual(Array.from(oneHot(2, 3)), [0, 0, 1]);
    assert.deepEqual(Array.from(oneHot(0, 1)), [1]);
  });

  it("have a tanh whose derivative 1 - tanh² agrees with central differences within 1e-9", () => {
    for (const x of [-3, -0.5, 0, 0.1, 2]) {
      const difference = (Math.tanh(x + 1e-5) - Math.tanh(x - 1e-5)) / 2e-5;
      // The engine's own: dh/da of a step with one hidden unit, whose dL/dh and dL/da it gives.
      const { model, sequences } = problemOf("sum-of-two-numbers.rnn.json", [
        ['"size": 10', `"size": 1, "Wxh": [[0]], "Whh": [[0]], "bh": [${x}]`],
        ['"at": "last"', '"at": "last", "Why": [[1]], "by": [0]'],
      ]);
      const { h, a } = run(model, sequences, 0).at(2).passes[0]![0]!.gradients;
      assert.ok(Math.abs(a![0]! / h![0]! - difference) < 1e-9);
    }
  });

  it("have a softmax whose gradient agrees with central differences within 1e-9", () => {
    const z = Float64Array.of(0.3, -1.2, 2, 0.5);
    const weights = [0.7, -0.4, 1.1, 0.2];
    const weighted = (logits: Float64Array) => {
      const p = new Float64Array(4);
      softmax(logits, p);
      return p.reduce((sum, p_j, j) => sum + weights[j]! * p_j, 0);
    };
    const p = new Float64Array(4);
    softmax(z, p);
    assert.ok(Math.abs(p.reduce((sum, p_j) => sum + p_j, 0) - 1) < 1e-15);
    const dz = new Float64Array(4);
    softmaxBackward(p, Float64Array.from(weights), dz);
    for (let j = 0; j < 4; j++) {
      const above = z.with(j, z[j]! + 1e-5);
      const below = z.with(j, z[j]! - 1e-5);
      assert.ok(Math.abs(dz[j]! - (weighted(above) - weighted(below)) / 2e-5) < 1e-9);
    }
  });
});

describe("The sign of a sum", () => {
  const name = "sign-of-a-sum.rnn.json";

  for (const seed of [1, 2])
    it(`is right for more than 90 % of 1000 unseen sequences, trained on those of seed ${seed}`, () => {
      const drawn = '"length": 10, "seed": ';
      const initial = '"scheme": "xavier", "seed": ';
      const { problem } = trained(
        problemOf(name, [
          [`${drawn}1`, `${drawn}${seed}`],
          [`${initial}0`, `${initial}${seed}`],
        ]),
      );
      const unseen = problemOf(name, [[`${drawn}1`, `${drawn}${seed + 1000}`]]).sequences;
      let right = 0;
      for (const sequence of unseen) {
        // The answer from the numbers themselves, not from the sequence's target.
        const sum = sequence.inputs.vectors!.reduce((total, x) => total + x, 0);
        const [p] = predict(problem.model, sequence).outputs[0]!;
        if (p! > 0.5 === sum > 0) right++;
      }
      assert.equal(unseen.length, 1000);
      assert.ok(right > 900, `${right} of 1000`);
    });
});
