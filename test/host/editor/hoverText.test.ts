import { strict as assert } from "node:assert";
import fc from "fast-check";
import { marked } from "marked";
import type { HoverText } from "../../../src/host/editor/hoverText";
import { hoverAt } from "../../../src/host/editor/hoverText";
import type { Stepper } from "../../../src/stepper/stepper";
import { meaningfulTexts, texts } from "../../texts";
import { read, stepperOf, worked } from "./worked";

const options = {
  digits: 4,
  colors: { positive: "orange", negative: "blue", line: "gray", text: "gray" },
  stepLink: (sequence: number, t?: number) => `command:step?${sequence},${t ?? "on"}`,
};

/** The hover on some words of a text. */
function hover(words: string, move: ((stepper: Stepper) => void) | null, text = worked, skip = 0): HoverText | null {
  const stepper = move && stepperOf(text, move);
  return hoverAt(read(text), stepper, text, text.indexOf(words) + skip, options);
}

/** The second cell of the table's row that begins so. */
function cell(found: HoverText | null, row: string): string | undefined {
  const line = found?.markdown.split("\n").find((line) => line.startsWith(`| ${row} |`));
  return line?.split(" | ")[1]?.replace(/ \|$/, "");
}

const backTo = (t: number) => (stepper: Stepper) => stepper.goToStep(t, "backward");
const whh = "[[0.2]]";

/** A number as a hover writes it, read again. */
const numberIn = (text: string | undefined) => Number(text?.replaceAll("−", "-"));

describe("Hovers", () => {
  it("give a weight's value with every digit, its gradient so far and this step's share", () => {
    const found = hover(whh, backTo(3), worked, 2);
    assert.match(found?.markdown ?? "", /^\*\*`Whh\[0\]\[0\]`\*\* · `layers\.0\.Whh \[1 × 1\]`/);
    assert.equal(cell(found, "value"), "0.2");
    // Worked by hand to eight decimals: the share of t = 4 is 0.18259308, that of t = 3 −0.06053282.
    assert.ok(Math.abs(numberIn(cell(found, "gradient so far (t = 3…4)")) - (0.18259308 - 0.06053282)) < 1e-8);
    assert.ok(Math.abs(numberIn(cell(found, "share of t = 3")) + 0.06053282) < 1e-8);
  });

  it("say not yet for what the run has not come to", () => {
    const found = hover(whh, backTo(3), worked, 2);
    assert.equal(cell(found, "gradient of the whole sequence"), "*not yet*");
    assert.equal(cell(found, "after the update"), "*not yet*");
    const forward = hover(whh, (stepper) => stepper.goToStep(2, "forward"), worked, 2);
    assert.equal(cell(forward, "gradient so far"), "*not yet*");
    assert.ok(!forward?.markdown.includes("data:image"));
  });

  it("give the whole gradient once every share is known", () => {
    const found = hover(whh, backTo(1), worked, 2);
    assert.ok(Math.abs(numberIn(cell(found, "gradient of the whole sequence")) - 0.45209451) < 1e-8);
  });

  it("say whether the whole gradient agrees with differences of the loss, once it is known", () => {
    const verdictOn = (name: string) => ({ kind: "right", mark: "✓ 2e−10", text: `differences of ${name}` }) as const;
    const at = worked.indexOf(whh) + 2;
    const says = (t: number) =>
      cell(
        hoverAt(read(worked), stepperOf(worked, backTo(t)), worked, at, { ...options, verdictOn }),
        "gradient check",
      );
    assert.equal(says(2), undefined);
    assert.equal(says(1), "✓ 2e−10 · differences of layers.0.Whh");
    assert.equal(cell(hover(whh, backTo(1), worked, 2), "gradient check"), undefined);
  });

  it("draw each known step's share as a picture", () => {
    const found = hover(whh, backTo(2), worked, 2);
    const encoded = /data:image\/svg\+xml;base64,([\w+/=]+)/.exec(found?.markdown ?? "")?.[1] ?? "";
    const svg = Buffer.from(encoded, "base64").toString();
    // Shares of t = 2 and 4 are above 0, that of t = 3 below.
    assert.equal(svg.match(/fill="orange"/g)?.length, 2);
    assert.equal(svg.match(/fill="blue"/g)?.length, 1);
  });

  it("give norms for a row and for the whole of a parameter", () => {
    const found = hover('"Wxh"', backTo(1));
    assert.match(found?.markdown ?? "", /^\*\*`Wxh`\*\*/);
    // √(0.5² + 0.3² + 0.8²)
    assert.equal(cell(found, "value"), "0.5000, −0.3000, 0.8000, 0 (‖·‖ = 0.9899)");
    assert.equal(cell(hover("[0.5],", backTo(1)), "value"), "0.5");
  });

  it("offer to step where nobody steps", () => {
    assert.match(hover(whh, null, worked, 2)?.markdown ?? "", /\[\$\(debug-step-over\) Step\]\(command:step\?0,on\)/);
    assert.match(hover('        "class"', null, worked, 9)?.markdown ?? "", /Step here\]\(command:step\?0,3\)/);
  });

  it("give an input's h, loss, gradient and outputs, the target among them", () => {
    const found = hover('        "class"', backTo(3), worked, 9);
    assert.match(found?.markdown ?? "", /^\*\*t = 3\*\* · x_3 = `"class"` → target `"!"`/);
    assert.equal(cell(found, "x_3"), "one-hot vector 3 of 4");
    assert.ok(Math.abs(numberIn(cell(found, "h_3")) - 0.6405293508298561) < 1e-15);
    assert.ok(Math.abs(numberIn(cell(found, "ℓ_3")) - 1.609624739367793) < 1e-15);
    assert.equal(cell(found, "`hi`"), "0.6405");
    assert.equal(cell(found, "`!` ← target"), "0");
  });

  it("list the five largest outputs, the target and how many others there are", () => {
    const words = Array.from({ length: 9 }, (_, k) => `w${k}`);
    const text = `{ "version": 1, "vocabulary": ${JSON.stringify(words)},
      "layers": [{ "cell": "rnn", "size": 1 }],
      "output": { "size": 9, "Why": ${JSON.stringify(words.map(() => [0]))}, "by": [8, 7, 6, 5, 4, 3, 2, 1, 0] },
      "loss": { "type": "cross-entropy" },
      "sequences": [{ "inputs": ["w0"], "targets": ["w8"] }] }`;
    const found = hover('["w0"]', (stepper) => stepper.runToEnd(), text, 2);
    const listed = [...(found?.markdown.matchAll(/^\| `(w\d)`/gm) ?? [])].map((match) => match[1]);
    assert.deepEqual(listed, ["w0", "w1", "w2", "w3", "w4", "w8"]);
    assert.match(found?.markdown ?? "", /\*3 others\*/);
  });

  it("find the character of a text, escapes and surrogates counted as one", () => {
    const text = `{ "version": 1, "vocabulary": ["\\u00e9", "😀", "x"],
      "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 3 }, "loss": { "type": "cross-entropy" },
      "sequences": [{ "text": "\\u00e9😀x", "targets": "next" }] }`;
    const at = text.indexOf('"text": ') + '"text": "'.length;
    const title = (offset: number) =>
      hoverAt(read(text), null, text, at + offset, options)?.markdown.split(" · [")[0] ?? null;
    assert.equal(title(3), '**t = 1** · x_1 = `"é"`');
    assert.equal(title(6), '**t = 2** · x_2 = `"😀"`');
    assert.equal(title(8), '**t = 3** · x_3 = `"x"`');
  });

  it("give an initial state's gradient", () => {
    const found = hover('"h0": [0]', backTo(1), worked, 7);
    assert.match(found?.markdown ?? "", /initial hidden state of layer 1/);
    // dL/dh_0 = Whh dL/da_1 = 0.2 · 0.027609473508
    assert.ok(Math.abs(numberIn(cell(found, "∂L/∂h_0")) - 0.2 * 0.027609473508) < 1e-12);
    assert.equal(cell(hover('"h0": [0]', backTo(2), worked, 7), "∂L/∂h_0"), "*not yet*");
  });

  it("show a token with signs that would end its code or its cell, and those by their escapes", () => {
    const text = worked.replaceAll('"class"', '"a|`b"');
    const found = hover('        "a|`b"', backTo(3), text, 9);
    assert.ok(found?.markdown.includes('`"a\\u007C\\u0060b"`'));
  });

  it("have no element but their own, whatever a token is: no picture, link or cell comes of it", () => {
    const file = (tokens: readonly string[]) =>
      JSON.stringify({
        version: 1,
        vocabulary: tokens,
        labels: tokens,
        layers: [{ cell: "rnn", size: 1 }],
        output: { size: tokens.length },
        loss: { type: "cross-entropy" },
        sequences: [{ inputs: tokens, targets: tokens }],
      });
    const rendered = (tokens: readonly string[], t: number) => {
      const text = file(tokens);
      const at = text.indexOf("inputs") + 9 + (t === 1 ? 0 : JSON.stringify(tokens[0]).length + 1);
      const stepper = stepperOf(text, (one) => one.goToStep(t, "forward"));
      const found = hoverAt(read(text), stepper, text, at, options);
      assert.ok(found, text);
      const html = marked.parse(found.markdown, { async: false });
      return { html, tags: [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag) };
    };
    fc.assert(
      fc.property(fc.uniqueArray(texts, { minLength: 2, maxLength: 5 }), fc.nat({ max: 1 }), (tokens, k) => {
        const { html, tags } = rendered(tokens, k + 1);
        const plain = tokens.map((_, j) => `t${j}`);
        assert.deepEqual(tags, rendered(plain, k + 1).tags);
        // Each is seen as what it is, but for what cannot be seen and the two signs that are escaped.
        if (/^[a-z𝄞日本é]+$/u.test(tokens[k]!)) assert.ok(html.includes(`&quot;${tokens[k]!}&quot;`), html);
      }),
      { numRuns: 300, examples: meaningfulTexts.slice(1).map((text) => [[text, ""], 0] as [string[], number]) },
    );
  });

  it("say nothing about other values", () => {
    assert.equal(hover('"size": 1', backTo(3)), null);
    assert.equal(hover('"learningRate"', backTo(3)), null);
  });
});
