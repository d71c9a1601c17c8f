import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { goldens } from "../../files";
import { cursorOf, viewOf, wholeTrack } from "./view";

const text = readFileSync(path.join(goldens, "documents/2-numerical-worked.rnn.json"), "utf8");

function near(actual: number | null | undefined, expected: number, digits = 4): void {
  assert.ok(typeof actual === "number", `${String(actual)}, expected ${expected}`);
  assert.equal(actual.toFixed(digits), expected.toFixed(digits));
}

function nearAll(actual: Iterable<number>, expected: readonly number[], digits = 4): void {
  assert.deepEqual(
    Array.from(actual, (value) => value.toFixed(digits)),
    expected.map((value) => value.toFixed(digits)),
  );
}

/** The loss by the document's recurrence, with its gradients taken off once, by hand. */
function lossAfterUpdate(): number {
  const loss = (p: readonly number[]) => {
    let h = 0;
    let sum = 0;
    for (const [t, target] of [1, 2, 3, 3].entries()) {
      h = Math.tanh(p[t]! + p[4]! * h + p[5]!);
      const z = [0, 1, 2, 3].map((k) => p[6 + k]! * h + p[10 + k]!);
      sum += Math.log(z.reduce((all, value) => all + Math.exp(value), 0)) - z[target]!;
    }
    return sum;
  };
  const parameters = [0.5, -0.3, 0.8, 0, 0.2, 0, 1, 0.5, -0.5, 0, 0, 0, 0, 0];
  const step = 1e-6;
  const gradient = parameters.map((_, k) => {
    const at = (by: number) => loss(parameters.map((value, j) => (j === k ? value + by : value)));
    return (at(step) - at(-step)) / (2 * step);
  });
  return loss(parameters.map((value, k) => value - 0.1 * gradient[k]!));
}

// The numbers are those that the document works out by hand.
describe("The worked example in the panel", () => {
  const { stepper, view } = viewOf(text);
  /** The arrows of the cell along which the current operation moves. */
  const active = () => {
    const flows = cursorOf(view).step?.layers[0]?.flows;
    return flows && Object.entries(flows).flatMap(([name, flow]) => (flow.active ? [`${name} ${flow.active}`] : []));
  };
  beforeEach(() => stepper.runToStart());

  it("has the hidden states 0.4621, −0.2046, 0.6405, 0.1274 in a track", () => {
    nearAll(wholeTrack(view, "layers.0.h").max, [0.4621, -0.2046, 0.6405, 0.1274]);
  });

  it("has the losses 1.3039, 1.2393, 1.6096, 1.4207 and the targets' probabilities under them", () => {
    nearAll(wholeTrack(view, "loss").max, [1.3039, 1.2393, 1.6096, 1.4207]);
    nearAll(wholeTrack(view, "probability").max, [0.2715, 0.2896, 0.2, 0.2415]);
  });

  it("has ∂L/∂h_t = 0.0351, 0.7454, 0.5016, 0.2898 as a track and as a length", () => {
    nearAll(wholeTrack(view, "gradients.layers.0.h").max, [0.0351, 0.7454, 0.5016, 0.2898]);
    nearAll(wholeTrack(view, "gradients.layers.0.norm").max, [0.0351, 0.7454, 0.5016, 0.2898]);
  });

  it("puts the hidden state first, what leads to it after, then the output, then the gradients", () => {
    const { tracks } = view.info({ digits: 4 });
    const rows = tracks.filter(({ kind }) => kind !== "flow");
    assert.deepEqual(
      rows.map(({ id }) => id),
      [
        "layers.0.h",
        "layers.0.a",
        "probability",
        "loss",
        "gradients.layers.0.h",
        "gradients.layers.0.norm",
        "gradients.layers.0.a",
      ],
    );
    assert.deepEqual(
      [...new Set(rows.map(({ group }) => group))],
      ["Layer 1 · rnn tanh · 1 unit", "Output", "Gradients"],
    );
  });

  it("has what flows down from each loss and back from the step after, whose sum is ∂L/∂h_t", () => {
    const above = wholeTrack(view, "flow.layers.0.above").max;
    const next = wholeTrack(view, "flow.layers.0.next").max;
    nearAll(above, [0.0351 - 0.2 * 0.7142, 0.6862, 0.4446, 0.2898], 3);
    // Whh · dL/da_{t+1}, with Whh = 0.2
    nearAll(next, [0.2 * 0.7142, 0.2 * 0.2958, 0.2 * 0.2851, 0], 3);
    nearAll(
      above.map((value, k) => value + next[k]!),
      [0.0351, 0.7454, 0.5016, 0.2898],
    );
  });

  /** The line *Now* as one reads it. */
  const now = () => {
    const line = cursorOf(view).now;
    return line && [line.symbols, `${line.entry}${line.numbers.map(({ text }) => text).join("")}`];
  };

  it("says on one line what is computed, with its numbers put in", () => {
    assert.equal(now(), null);
    stepper.goToStep(1, "forward");
    for (let k = 0; k < 3; k++) stepper.stepInto();
    assert.deepEqual(now(), ["h_2 = tanh(a_2)", "tanh(−0.3 + 0.2·0.4621 + 0) = −0.2046"]);
    stepper.goToStep(3, "backward");
    for (let k = 0; k < 3; k++) stepper.stepInto();
    // What comes from the step after is written out: Whh · dL/da_3
    assert.deepEqual(now(), ["∂L/∂h_2 = from above + Whhᵀ ∂L/∂a_3", "0.6862 + 0.2·0.2958 = 0.7454"]);
    stepper.goToStep(3, "backward");
    assert.equal(now()?.[1], "0.2958·(−0.2046) = −0.06053");
  });

  it("names on the line *Now* the number that each digit is of, so that it can be explained", () => {
    stepper.goToStep(3, "backward");
    assert.deepEqual(
      cursorOf(view).now?.numbers.flatMap(({ reference, value }) =>
        reference === null ? [] : [[reference, value?.toFixed(4)]],
      ),
      [
        ["gradients.layers.0.a@3[0]", "0.2958"],
        ["layers.0.h@2[0]", "-0.2046"],
        ["shares.layers.0.Whh@3[0][0]", "-0.0605"],
      ],
    );
  });

  it("piles up the shares of Whh, the newest last: 0.1826, −0.0605, 0.3300, 0, which sum to 0.4521", () => {
    const shares = () => cursorOf(view).pile?.shares?.map(({ from, to, value }) => [from, to, value.toFixed(4)]);
    assert.deepEqual(shares(), []);
    stepper.goToStep(3, "backward");
    assert.deepEqual(shares(), [
      [4, 4, "0.1826"],
      [3, 3, "-0.0605"],
    ]);
    near(cursorOf(view).pile?.sum, 0.1221);
    assert.equal(cursorOf(view).pile?.updated, null);
    stepper.runToEnd();
    assert.deepEqual(shares(), [
      [4, 4, "0.1826"],
      [3, 3, "-0.0605"],
      [2, 2, "0.3300"],
      [1, 1, "0.0000"],
    ]);
    near(cursorOf(view).pile?.sum, 0.4521);
    near(cursorOf(view).pile?.updated, 0.1548);
  });

  it("says after the update what the loss has become: 5.5735 before, 5.0626 with the updated weights", () => {
    assert.equal(cursorOf(view).after, null);
    stepper.runToEnd();
    const after = cursorOf(view).after;
    near(after?.lossBefore, 5.5735);
    // From h_t = tanh(Wxh[word] + Whh h_{t−1} + bh) and −log softmax(Why h_t + by)[target] with every parameter less 0.1 of its gradient
    near(after?.loss, lossAfterUpdate());
    near(
      after?.losses.reduce((sum, loss) => sum + loss, 0),
      lossAfterUpdate(),
    );
  });

  it("scales h, which is a tanh, by 1, what has no bounds by the largest of its group, and norms from 0.0351", () => {
    const { tracks } = view.info({ digits: 4 });
    const scale = (id: string) => tracks.find((track) => track.id === id)?.scale;
    near(scale("layers.0.h"), 1);
    near(scale("layers.0.a"), 0.7591);
    near(scale("gradients.layers.0.a"), 0.7454);
    near(scale("gradients.layers.0.h"), 0.7454);
    near(tracks.find(({ id }) => id === "gradients.layers.0.norm")?.smallest, 0.0351);
  });

  it("has a forward, a backward and an update phase, one after the other, over all positions", () => {
    const { phases, positions } = view.info({ digits: 4 });
    assert.deepEqual(
      phases.map(({ phase }) => phase),
      ["forward", "backward", "update"],
    );
    assert.equal(phases[0]?.from, 0);
    assert.equal(phases[1]?.from, phases[0]?.to);
    assert.equal(phases[2]?.from, phases[1]?.to);
    assert.equal(phases[2]?.to, positions);
  });

  it("knows nothing at the start", () => {
    const cursor = cursorOf(view);
    assert.deepEqual(cursor.known, {});
    assert.equal(cursor.step, null);
    assert.equal(cursor.loss, null);
    assert.deepEqual([cursor.canStep, cursor.canStepBack], [true, false]);
  });

  it("knows h of t = 1…2 and no gradient at t = 2 of the forward pass", () => {
    stepper.goToStep(2, "forward");
    const cursor = cursorOf(view);
    assert.equal(cursor.text, "t = 2 of 4, forward");
    assert.deepEqual(cursor.known["layers.0.h"], [1, 2]);
    assert.equal(cursor.known["gradients.layers.0.h"], undefined);
    const pass = cursor.step?.layers[0];
    assert.ok(pass?.gradients.every(({ data }) => data === null));
    assert.deepEqual(
      [pass?.flows.above.backward, pass?.flows.next.backward, pass?.flows.previous.backward],
      [null, null, null],
    );
    near(pass?.flows.previous.forward, 0.4621);
    near(pass?.flows.next.forward, -0.2046);
    assert.equal(cursor.loss, null);
  });

  it("knows L = 5.5735 once the forward pass has come to its end, not before", () => {
    stepper.goToStep(4, "forward");
    near(cursorOf(view).loss, 5.5735);
    stepper.stepIntoBack();
    assert.equal(cursorOf(view).loss, null);
  });

  it("shows 0.4446 from above and 0.0570 from t = 4 coming in, 0.0592 going on to t = 2, at t = 3 of the backward pass", () => {
    stepper.goToStep(3, "backward");
    const { known, step, text } = cursorOf(view);
    assert.equal(text, "t = 3 of 4, backward");
    assert.deepEqual(known["gradients.layers.0.h"], [3, 4]);
    const flows = step?.layers[0]?.flows;
    near(flows?.above.backward, 0.4446);
    near(flows?.next.backward, 0.057);
    near(flows?.previous.backward, 0.0592);
    assert.equal(flows?.previous.isNorm, false);
  });

  it("has p, z, ∂L/∂z and the target of each token at t = 3", () => {
    stepper.goToStep(3, "backward");
    const output = cursorOf(view).step?.output;
    nearAll(output?.outputs.map((entry) => entry.output ?? Number.NaN) ?? [], [0.3794, 0.2754, 0.1452, 0.2]);
    nearAll(output?.outputs.map((entry) => entry.logit ?? Number.NaN) ?? [], [0.6405, 0.3203, -0.3203, 0]);
    nearAll(output?.outputs.map((entry) => entry.dLogit ?? Number.NaN) ?? [], [0.3794, 0.2754, 0.1452, -0.8]);
    assert.deepEqual(
      output?.outputs.map(({ label }) => label),
      ["hi", "there", "class", "!"],
    );
    assert.deepEqual(
      output?.outputs.map(({ isTarget }) => isTarget),
      [false, false, false, true],
    );
    assert.equal(output?.others, null);
  });

  it("has Whh's share −0.0605 of t = 3 and its sum 0.1221 so far, as norms and as numbers", () => {
    stepper.goToStep(3, "backward");
    const summary = cursorOf(view).parameters.find(({ name }) => name === "layers.0.Whh");
    near(summary?.shareNorm, 0.0605);
    near(summary?.sumNorm, 0.1221);
    assert.equal(summary?.updated, false);
    const { value, share, sum, updated } = view.parameter("layers.0.Whh");
    nearAll(value, [0.2]);
    nearAll(share ?? [], [-0.0605]);
    nearAll(sum ?? [], [0.1221]);
    assert.equal(updated, null);
  });

  it("has Whh = 0.1548 after the update", () => {
    stepper.runToEnd();
    nearAll(view.parameter("layers.0.Whh").updated ?? [], [0.1548]);
    const cursor = cursorOf(view);
    // A step on leads to the next round
    assert.deepEqual([cursor.canStep, cursor.canRun, cursor.canStepBack], [true, false, true]);
    near(cursor.parameters.find(({ name }) => name === "layers.0.Whh")?.sumNorm, 0.4521);
  });

  it("moves along previous and input while a_t is computed, along next and above while h_t is", () => {
    stepper.goToStep(2, "forward");
    stepper.stepInto();
    assert.deepEqual(active(), ["input forward"]);
    stepper.stepInto();
    assert.deepEqual(active(), ["input forward", "previous forward"]);
    stepper.stepInto();
    assert.deepEqual(active(), ["next forward", "above forward"]);
  });

  it("gives each operation once: done, current with its result, and ahead", () => {
    stepper.goToStep(2, "forward");
    stepper.stepInto();
    stepper.stepInto();
    const { operations } = cursorOf(view);
    assert.deepEqual(
      operations.map(({ state }) => state),
      ["done", "current", "ahead", "ahead", "ahead", "ahead"],
    );
    assert.equal(operations[1]?.equation, "a_3 = Wxh x_3 + Whh h_2 + bh");
    nearAll(operations[1]?.result ?? [], [0.7591]);
  });

  it("says that the gradient shrinks only when the backward pass has come to its end", () => {
    stepper.goToStep(2, "backward");
    assert.equal(cursorOf(view).gradientFlow, null);
    stepper.goToStep(1, "backward");
    assert.deepEqual(cursorOf(view).gradientFlow, {
      verdict: "shrinking",
      text: "‖∂L/∂h_t‖ runs from 0.29 at t = 4 to 0.035 at t = 1",
    });
  });

  it("names the tokens and their targets", () => {
    assert.deepEqual(view.tokens(1, 4, 4), {
      inputs: ["hi", "there", "class", "!"],
      targets: ["there", "class", "!", "!"],
    });
  });

  it("gives the same cursor at a step, whichever way the user came", () => {
    stepper.goToStep(3, "backward");
    const before = cursorOf(view);
    stepper.runToEnd();
    stepper.stepBack();
    stepper.goToStep(3, "backward");
    assert.deepEqual(cursorOf(view), before);
  });

  it("knows no track and no parameter that the run does not have", () => {
    assert.throws(() => wholeTrack(view, "layers.0.c"), /no track layers.0.c/);
    assert.throws(() => view.parameter("layers.1.Whh"), RangeError);
    assert.throws(
      () => view.track({ revision: 7, id: "loss", from: 1, to: 5, columns: 5, rows: 1, order: "file" }),
      /no steps 1…5: the sequence has 1…4/,
    );
  });
});
