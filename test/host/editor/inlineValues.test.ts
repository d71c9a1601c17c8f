import { strict as assert } from "node:assert";
import type { InlineValues, Tone } from "../../../src/host/editor/inlineValues";
import { inlineValuesOf, mostCharacters, stepAbove } from "../../../src/host/editor/inlineValues";
import type { LineRange } from "../../../src/host/editor/textLines";
import type { Stepper } from "../../../src/stepper/stepper";
import { lineOf, linesOf, read, stepperOf, worked } from "./worked";

const everything: LineRange[] = [{ from: 0, to: 1e6 }];

function valuesOf(
  text: string,
  move: (stepper: Stepper) => void,
  visible = everything,
  sequence = 0,
  columns = 120,
): InlineValues {
  const stepper = stepperOf(text, move, sequence);
  return inlineValuesOf({ source: read(text).source, stepper, digits: 4, columns }, linesOf(text), visible);
}

/** What stands behind the line that holds some words. */
function behind(text: string, words: string, move: (stepper: Stepper) => void, sequence = 0): string | null {
  const line = lineOf(text, words);
  const value = valuesOf(text, move, everything, sequence).values.find((value) => value.line === line);
  return value ? value.pieces.map(({ text }) => text).join("") : null;
}

const thirdInput = '        "class",';
const backTo = (t: number) => (stepper: Stepper) => stepper.goToStep(t, "backward");

/** Numbers of a fixed pattern, as a file writes them. */
const row = (n: number) => `[${Array.from({ length: n }, (_, j) => ((j * 7) % 11) / 10 - 0.5).join(", ")}]`;
const matrix = (rows: number, cols: number) => `[${Array.from({ length: rows }, () => row(cols)).join(", ")}]`;

describe("Inline values", () => {
  it("are empty at the start of a run", () => {
    assert.deepEqual(
      valuesOf(worked, () => undefined),
      { values: [], current: null },
    );
  });

  it("show the gradient of Whh so far and this step's share at t = 3 backward, as worked by hand", () => {
    // dL/dWhh = Σ dL/da_t h_{t−1}: 0.1826 at t = 4, −0.0605 at t = 3.
    assert.equal(behind(worked, '"Whh"', backTo(3)), "∂L/∂Whh 0.1221  (t=3: −0.06053)");
  });

  it("show h, p(target), the loss and ∂L/∂h behind an input's own line", () => {
    assert.equal(behind(worked, thirdInput, backTo(3)), "h 0.6405  p(!) 0.2000  ℓ 1.610  ∂L/∂h 0.5016");
  });

  it("show what is known alone: no ∂L/∂h_2 while the backward pass stands at t = 3", () => {
    const line = lineOf(worked, '        "there"');
    const value = valuesOf(worked, backTo(3)).values.find((value) => value.line === line);
    assert.equal(value?.pieces.map(({ text }) => text).join(""), "h −0.2046  p(class) 0.2896  ℓ 1.239");
  });

  it("show nothing behind an input that the forward pass has not come to", () => {
    assert.equal(
      behind(worked, thirdInput, (stepper) => stepper.goToStep(2, "forward")),
      null,
    );
  });

  it("show ∂L/∂h_0 once the backward pass has left t = 1", () => {
    assert.equal(behind(worked, '"h0"', backTo(2)), null);
    // dL/dh_0 = Whh dL/da_1 = 0.2 · 0.0276095
    assert.equal(behind(worked, '"h0"', backTo(1)), "∂L/∂h_0 0.005522");
  });

  it("put each row of a matrix behind its own line, and several rows behind the line that they share", () => {
    assert.match(behind(worked, "[0.5],", backTo(1)) ?? "", /^∂L\/∂Why\[1\] −0\.1757 {2}\(t=1: /);
    assert.match(behind(worked, "[-0.5], [0.0]", backTo(1)) ?? "", /^∂L\/∂Why\[2…3\] 0\.3463, −0\.5630 /);
  });

  it("put the norm of a gradient behind the cell where the text leaves the parameter out", () => {
    const drawn = `{ "version": 1, "vocabulary": ["a"],
      "layers": [
        { "cell": "rnn", "size": 1, "Wxh": [[0.5]], "Whh": [[0.2]] }
      ],
      "output": { "size": 1, "Why": [[2]], "by": [0] },
      "loss": { "type": "mse" },
      "sequences": [{ "inputs": ["a"], "targets": [0] }] }`;
    // h = tanh 0.5, y = 2 h, dL/dbh = 2 y · 2 · (1 − h²)
    const h = Math.tanh(0.5);
    const found = behind(drawn, '"cell"', backTo(1)) ?? "";
    assert.ok(found.includes(`∂L/∂bh ${(8 * h * (1 - h * h)).toPrecision(4)}`), found);
  });

  it("show a parameter's value after the update", () => {
    assert.equal(
      behind(worked, '"Whh"', (stepper) => stepper.runToEnd()),
      "∂L/∂Whh 0.4521  → 0.1548",
    );
  });

  it("show the current step alone where all inputs stand on one line", () => {
    const flat = worked.replace(/"inputs": \[[^\]]*\]/, '"inputs": ["hi", "there", "class", "!"]');
    assert.equal(behind(flat, '"inputs"', backTo(3)), "t=3:  h 0.6405  p(!) 0.2000  ℓ 1.610  ∂L/∂h 0.5016");
  });

  it("stand behind the current token itself where inputs share a line with room, its comma included", () => {
    const flat = worked.replace(/"inputs": \[[^\]]*\]/, '"inputs": ["hi", "there", "class", "!"]');
    const { values } = valuesOf(flat, backTo(3));
    const [value] = values.filter(({ line }) => line === lineOf(flat, '"inputs"'));
    assert.equal(flat.slice(0, value!.at!).slice(-8), '"class",');
  });

  it("end within the columns that are in view, and keep what has come last", () => {
    const shortened = (move: (stepper: Stepper) => void, columns: number) => {
      const line = lineOf(worked, thirdInput);
      const value = valuesOf(worked, move, everything, 0, columns).values.find((value) => value.line === line);
      return value?.pieces.map(({ text }) => text).join("");
    };
    // The token ends at column 16, and 4 columns are left free.
    assert.equal(shortened(backTo(3), 64), "h 0.6405  p(!) 0.2000  ℓ 1.610  ∂L/∂h 0.5016");
    assert.equal(shortened(backTo(3), 63), "h 0.6405  ℓ 1.610  ∂L/∂h 0.5016");
    assert.equal(shortened(backTo(3), 50), "h 0.6405  ∂L/∂h 0.5016");
    assert.equal(shortened(backTo(3), 40), "∂L/∂h 0.5016");
    assert.equal(
      shortened((stepper) => stepper.goToStep(4, "forward"), 40),
      "h 0.6405  ℓ 1.610",
    );
  });

  it("stand on a line of their own above inputs that share a line without room, at every step, in the columns that are in view", () => {
    const text = worked.replace(/"inputs": \[[^\]]*\]/, '"inputs": ["hi", "there", "class", "!"]');
    const above = (move: (stepper: Stepper) => void, columns = 50) => {
      const stepper = stepperOf(text, move);
      return stepAbove({ source: read(text).source, stepper, digits: 4, columns }, linesOf(text));
    };
    assert.equal(above(() => undefined)?.words, "t=0");
    const found = above(backTo(3));
    assert.equal(found?.words, "t=3:  h 0.6405  ℓ 1.610  ∂L/∂h 0.5016");
    assert.equal(linesOf(text).lineAt(found.place.offset), lineOf(text, '"inputs"'));
    assert.equal(above(backTo(3), 120), null);
    const line = lineOf(text, '"inputs"');
    const behindLine = valuesOf(text, backTo(3), everything, 0, 50).values.filter((value) => value.line === line);
    assert.deepEqual(behindLine, []);
  });

  it("mark the line and the text of the current input", () => {
    const { current } = valuesOf(worked, backTo(3));
    assert.equal(current?.line, lineOf(worked, thirdInput));
    assert.ok(current?.item);
    assert.equal(worked.slice(current.item.offset, current.item.offset + current.item.length), '"class"');
  });

  it("mark the current character of a text", () => {
    const text = `{ "version": 1, "vocabulary": ["a", "😀"], "layers": [{ "cell": "rnn", "size": 1 }],
      "output": { "size": 2 }, "loss": { "type": "cross-entropy" },
      "sequences": [{ "text": "a😀a", "targets": "next" }] }`;
    const { current } = valuesOf(text, (stepper) => stepper.goToStep(2, "forward"));
    assert.ok(current?.item);
    assert.equal(text.slice(current.item.offset, current.item.offset + current.item.length), "😀");
  });

  it("show the current step behind a text and behind a task", () => {
    const text = worked
      .replace('["hi", "there", "class", "!"]', '["a", "b", "c", "!"]')
      .replace(/"inputs": \[[^\]]*\],\s*"targets": \[[^\]]*\]/, '"text": "ab!", "targets": "next"');
    assert.match(
      behind(text, '"text"', (stepper) => stepper.goToStep(2, "forward")) ?? "",
      /^t=2: {2}h −?0\.\d+ {2}p\(!\) /,
    );
    const task = `{ "version": 1, "layers": [{ "cell": "rnn", "size": 2 }],
      "output": { "size": 1, "at": "last" }, "loss": { "type": "binary-cross-entropy" },
      "sequences": { "task": "sum-sign", "count": 3, "length": 5, "seed": 1 } }`;
    assert.match(
      behind(task, '"task"', (stepper) => stepper.goToStep(4, "forward"), 2) ?? "",
      /^t=4: {2}h −?0\.\d+, −?0\.\d+$/,
    );
  });

  it("are computed for the visible lines alone", () => {
    const line = lineOf(worked, '"Whh"');
    const { values } = valuesOf(worked, backTo(3), [{ from: line, to: line }]);
    assert.deepEqual(
      values.map((value) => value.line),
      [line],
    );
  });

  it("colour numbers by sign, and faintly where they are near 0", () => {
    const { values } = valuesOf(worked, backTo(3));
    const tones = new Map<string, Tone>();
    for (const { pieces } of values) for (const { text, tone } of pieces) tones.set(text, tone);
    assert.equal(tones.get("0.1221"), "positive");
    assert.equal(tones.get("−0.06053"), "negative");
    assert.equal(tones.get("0"), "small");
  });

  it("are never longer than the limit, whatever stands on one line", () => {
    const H = 24;
    const wide = `{ "version": 1, "vocabulary": ["a long word of a long vocabulary", "b"],
      "layers": [{ "cell": "lstm", "size": ${H}, ${["i", "f", "g", "o"].map((k) => `"Wx${k}": ${matrix(H, 2)}, "Wh${k}": ${matrix(H, H)}, "b${k}": ${row(H)}`).join(", ")}, "h0": ${row(H)} }],
      "output": { "size": 2 }, "loss": { "type": "cross-entropy" },
      "sequences": [{ "inputs": ["b", "b"], "targets": ["a long word of a long vocabulary", "b"] }] }`;
    const { values } = valuesOf(wide, (stepper) => stepper.goToStep(1, "backward"));
    assert.ok(values.length >= 2);
    for (const { pieces } of values) {
      const text = pieces.map(({ text }) => text).join("");
      assert.ok(text.length <= mostCharacters, `${text.length} characters: ${text}`);
    }
  });

  it("stand behind the sequence's own h0 where it has one, not behind the layer's", () => {
    const own = worked.replace('"targets":', '"h0": [0.5], "targets":');
    const line = lineOf(own, '"h0": [0.5]');
    const { values } = valuesOf(own, backTo(1));
    assert.match(values.find((value) => value.line === line)?.pieces[0]?.text ?? "", /∂L\/∂h_0/);
    assert.equal(
      values.find((value) => value.line === lineOf(own, '"h0": [0]')),
      undefined,
    );
  });
});
