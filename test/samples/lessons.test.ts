/** What the samples' comments promise a learner. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { predict } from "../../src/engine/predict";
import { run } from "../../src/engine/run";
import { problemOf, trained } from "./samples";

function tagsOf(name: string, changes: readonly (readonly [string, string])[]): string[][] {
  const { problem } = trained(problemOf(name, changes));
  return problem.sequences.map((sequence) => predict(problem.model, sequence).tokens);
}

describe("What the samples promise", () => {
  it("hello.rnn.json: trained, the model writes its text at temperature 0", () => {
    const { problem } = trained(problemOf("hello.rnn.json"));
    const start = { ...problem.sequences[0]!, length: 1 };
    const { generated } = predict(problem.model, start, undefined, { count: 27, temperature: 0, seed: 0 });
    assert.equal(generated!.tokens.join(""), "ello, world! hello, world! ");
  });

  it("vanishing-gradient.rnn.json: less than a billionth of ∂L/∂h_36 arrives at ∂L/∂h_1", () => {
    const { model, sequences } = problemOf("vanishing-gradient.rnn.json");
    const done = run(model, sequences, 0);
    assert.equal(done.length, 36);
    const norm = (t: number) => Math.hypot(...done.at(t).passes[0]![0]!.gradients["h"]!);
    assert.ok(norm(1) < norm(36) / 1e9);
    assert.ok(norm(1) > 0);
  });

  it("vanishing-gradient.rnn.json: the rnn stays at log 2, an lstm with its forget gate open learns", () => {
    const rnn = trained(problemOf("vanishing-gradient.rnn.json"));
    assert.ok(Math.abs(rnn.losses.at(-1)! - Math.log(2)) < 0.01);
    const lstm = trained(
      problemOf("vanishing-gradient.rnn.json", [
        ['"cell": "rnn", "size": 4, "activation": "tanh"', '"cell": "lstm", "size": 4'],
        ['"scale": 0.3,', '"scale": 0.3, "forgetBias": 3,'],
      ]),
    );
    assert.ok(lstm.losses.at(-1)! < 0.05, String(lstm.losses.at(-1)));
  });

  it("copy-lstm.rnn.json: recalls more than 95 % of the symbols it was trained on", () => {
    const { problem } = trained(problemOf("copy-lstm.rnn.json"));
    let right = 0;
    let all = 0;
    for (const sequence of problem.sequences) {
      const { tokens } = predict(problem.model, sequence);
      for (let k = 4; k < 7; k++) {
        // The first symbols are asked for again at the last steps.
        const symbol = problem.model.vocabulary![sequence.inputs.tokens![k - 4]!];
        if (tokens[k] === symbol) right++;
        all++;
      }
    }
    assert.ok(right / all > 0.95, `${right} of ${all}`);
  });

  it("adding-gru.rnn.json: ends below a twentieth of the loss of always answering 1", () => {
    const { losses } = trained(problemOf("adding-gru.rnn.json"));
    assert.ok(losses.at(-1)! < 0.167 / 20, String(losses.at(-1)));
  });

  it("word-kinds-both.rnn.json: in both directions every word is tagged right, forward alone one of them is not", () => {
    const name = "word-kinds-both.rnn.json";
    const labels = problemOf(name).model.labels!;
    const wanted = problemOf(name).sequences.map(({ targets }) => {
      assert.ok(targets?.kind === "classes");
      return Array.from(targets.classes, (j) => labels[j]!);
    });
    assert.deepEqual(tagsOf(name, []), wanted);
    assert.notDeepEqual(tagsOf(name, [['"direction": "both"', '"direction": "forward"']]), wanted);
  });

  it("own-cell.rnn.json: ∂L/∂a is α ∂L/∂h ∘ (1 − tanh(a)²), and α decides how much of the gradient comes back", () => {
    const returned = (α: number) => {
      const { model, sequences } = problemOf("own-cell.rnn.json", [['"α": 0.5', `"α": ${α}`]]);
      const whole = run(model, sequences, 0);
      const [dh1, dh6] = [1, 6].map((t) => whole.at(t).passes[0]![0]!.gradients["h"]![0]!);
      for (const t of [1, 2, 3, 4, 5, 6]) {
        const { values, gradients } = whole.at(t).passes[0]![0]!;
        const expected = α * gradients["h"]![0]! * (1 - Math.tanh(values["a"]![0]!) ** 2);
        assert.ok(Math.abs(gradients["a"]![0]! - expected) < 1e-15);
      }
      return dh1! / dh6!;
    };
    assert.ok(returned(1) > 0 && returned(1) < 0.1, String(returned(1)));
    assert.ok(returned(0.1) > 0.5, String(returned(0.1)));
  });

  it("own-cell.rnn.json: with α = 1 it is a plain rnn", () => {
    const own = problemOf("own-cell.rnn.json", [['"α": 0.5', '"α": 1']]);
    const plain = problemOf("own-cell.rnn.json", [['"cell": "leaky"', '"cell": "rnn"']]);
    const numbers = ({ model, sequences }: typeof own) => {
      const { loss, gradients } = run(model, sequences, 0);
      return { loss, gradients };
    };
    assert.deepEqual(numbers(own), numbers(plain));
  });

  it("own-cell.rnn.json: tahn for tanh has a message that says what was meant", () =>
    assert.throws(() => problemOf("own-cell.rnn.json", [["α tanh(a)", "α tahn(a)"]]), {
      message: "there is no function tahn: did you mean tanh?",
    }));
});
