import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { goldens } from "../files";
import { cursorOf, viewOf, wholeTrack } from "./view";

const text = readFileSync(path.join(goldens, "documents/2-numerical-worked.rnn.json"), "utf8");

function near(actual: number | null | undefined, expected: number, digits = 4): void {
  assert.ok(typeof actual === "number", `${String(actual)}, expected ${expected}`);
  assert.equal(actual.toFixed(digits), expected.toFixed(digits));
}

function nearAll(actual: Iterable<number>, expected: readonly number[]): void {
  assert.deepEqual(
    Array.from(actual, (value) => value.toFixed(4)),
    expected.map((value) => value.toFixed(4)),
  );
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

  it("has dL/dh_t = 0.0351, 0.7454, 0.5016, 0.2898 as a track and as a length", () => {
    nearAll(wholeTrack(view, "gradients.layers.0.h").max, [0.0351, 0.7454, 0.5016, 0.2898]);
    nearAll(wholeTrack(view, "gradients.layers.0.norm").max, [0.0351, 0.7454, 0.5016, 0.2898]);
  });

  it("puts the hidden state first, what leads to it after, then the output, then the gradients", () => {
    const { tracks } = view.info({ digits: 4 });
    assert.deepEqual(
      tracks.map(({ id }) => id),
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
      [...new Set(tracks.map(({ group }) => group))],
      ["Layer 1 · rnn tanh · 1 unit", "Output", "Gradients"],
    );
  });

  it("scales a track by its largest value: 0.6405 for h, and from 0.0351 for the lengths", () => {
    const { tracks } = view.info({ digits: 4 });
    near(tracks.find(({ id }) => id === "layers.0.h")?.scale, 0.6405);
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

  it("has p, z, dL/dz and the target of each token at t = 3", () => {
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

  it("has Whh's share −0.0605 of t = 3 and its sum 0.1221 so far, as lengths and as numbers", () => {
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
    assert.deepEqual([cursor.canStep, cursor.canStepBack], [false, true]);
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

  it("says that the gradient is steady only when the backward pass has come to its end", () => {
    stepper.goToStep(2, "backward");
    assert.equal(cursorOf(view).gradientFlow, null);
    stepper.goToStep(1, "backward");
    assert.deepEqual(cursorOf(view).gradientFlow, {
      verdict: "steady",
      text: "‖dL/dh_t‖ runs from 0.29 at t = 4 to 0.035 at t = 1",
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
      () => view.track({ revision: 7, id: "loss", from: 1, to: 5, columns: 5, rows: 1 }),
      /no steps 1…5: the sequence has 1…4/,
    );
  });
});
