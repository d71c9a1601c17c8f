import assert from "node:assert/strict";
import fc from "fast-check";
import { exportText } from "../../src/export";
import type { ExportFormat } from "../../src/export/formats";
import { exportFormats } from "../../src/export/formats";
import { problems } from "../engine/arbitrary";
import { readText } from "../files";
import { sourceOf, splitAtKey } from "./cases";

const formats = Object.keys(exportFormats) as ExportFormat[];
const voidElements = new Set(["meta", "br", "hr"]);

/** The tags of a document fit into each other. */
function assertNested(html: string): void {
  const open: string[] = [];
  for (const [, closes, name = "", closesItself] of html
    .replace(/^<!DOCTYPE html>/, "")
    .replace(/<style>[^]*?<\/style>/, "")
    .matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (closes) assert.equal(open.pop(), name);
    else if (!closesItself && !voidElements.has(name)) open.push(name);
  }
  assert.deepEqual(open, []);
}

describe("every random model", () => {
  it("is exported in every format, with every number in its place", () =>
    fc.assert(
      fc.property(problems, fc.constantFrom(...formats), (problem, format) => {
        const text = exportText(format, sourceOf(problem), 4);
        assert.doesNotMatch(text, /undefined|NaN|\[object/);
        assert.ok(text.endsWith("\n"));
      }),
      { numRuns: 30 },
    ));

  it("has an HTML page whose tags fit into each other and that refers to nothing outside", () =>
    fc.assert(
      fc.property(problems, fc.constantFrom("html", "worksheet-html"), (problem, format) => {
        const html = exportText(format, sourceOf(problem), 4);
        assertNested(html);
        assert.doesNotMatch(html, /\b(src|href|srcset)=|url\(|@import|https?:|<script|katex-error/);
        assert.match(html, /<html lang="en">[^]*<title>[^<]+<\/title>[^]*<h1>/);
      }),
      { numRuns: 8 },
    ));

  it("has a worksheet with an answer for each gap, in their order", () =>
    fc.assert(
      fc.property(problems, (problem) => {
        const [questions, key] = splitAtKey(exportText("worksheet-markdown", sourceOf(problem), 6));
        const gaps = [...questions.matchAll(/\\rule\{6em\}\{0\.4pt\}\\;\((\d+)\)/g)].map(([, n]) => Number(n));
        const answers = [...key.matchAll(/^\| \((\d+)\) \|/gm)].map(([, n]) => Number(n));
        assert.ok(gaps.length > 0);
        assert.deepEqual(
          gaps,
          Array.from(gaps, (_, k) => k + 1),
        );
        assert.deepEqual(answers, gaps);
      }),
      { numRuns: 12 },
    ));
});

describe("a large model", () => {
  const { problem } = readText(
    JSON.stringify({
      version: 1,
      name: "large",
      vocabulary: Array.from({ length: 30 }, (_, k) => `w${k}`),
      layers: [{ cell: "gru", size: 20 }],
      output: { size: 30 },
      loss: { type: "cross-entropy", reduction: "mean" },
      sequences: [{ inputs: Array.from({ length: 40 }, (_, k) => `w${k % 30}`), targets: "next" }],
      training: { optimizer: { type: "adam" }, clip: { type: "norm", at: 1 } },
    }),
  );
  const text = exportText("markdown", sourceOf(problem), 4);

  it("is abbreviated, and says what is left out", () => {
    assert.match(text, /The sequence is long: steps 5 to 36 are left out\./);
    assert.match(text, /Left out: 16 more, in the same way\./);
    assert.match(text, /Left out: the rest of 20 × 30 numbers\./);
    assert.ok(!text.includes("### Step $t = 5$"));
    assert.ok(text.includes("### Step $t = 37$"));
  });

  it("squares a whole gradient, and names the step of a general share by its letter", () => {
    assert.match(text, /\\left\(\\left\.\\frac\{\\partial L\}\{[^\n]*\}\\right\|_\{\\text\{clipped\}\}\\right\)\^2/);
    assert.match(text, /\\sum_\{t\} \\left\.\\frac\{\\partial L\}\{[^\n]*\}\\right\|_\{t\} /);
    assert.ok(!text.includes("t=t"));
  });

  it("shows the probability of a target beyond the entries that are written", () => {
    assert.ok(text.includes("p_{37}[\\text{w7}] &="));
    assert.ok(!text.includes("p_{37}[\\text{w8}] &="));
  });
});

describe("words that mean something in Markdown, LaTeX, HTML or Python", () => {
  const tokens = ["$", "\\", "<b>", "a|b", "_*`", "\n", "{}", "%#&~^", "“é”", '"', "日本"];
  const { problem } = readText(
    JSON.stringify({
      version: 1,
      name: 'a "name" <with> $signs$\nand lines',
      vocabulary: tokens,
      layers: [{ cell: "rnn", size: 1 }],
      output: { size: tokens.length },
      loss: { type: "cross-entropy" },
      sequences: [{ inputs: tokens, targets: "next" }],
    }),
  );

  it("stand for themselves in every format", () => {
    const html = exportText("html", sourceOf(problem), 4);
    assertNested(html);
    assert.ok(!html.includes("<b>"));
    assert.ok(html.includes("<code>&#60;b&#62;</code>"));
    assert.match(exportText("markdown", sourceOf(problem), 4), / \\_\\\*&#96; /);
    for (const format of formats) assert.doesNotMatch(exportText(format, sourceOf(problem), 4), /katex-error/);
  });
});

describe("a sequence without targets", () => {
  const { problem } = readText(
    JSON.stringify({
      version: 1,
      layers: [{ cell: "lstm", size: 2 }],
      inputSize: 1,
      output: { size: 1 },
      sequences: [{ inputs: [1, 2] }],
    }),
  );

  it("is exported forward, and that it has no loss is said", () => {
    const text = exportText("markdown", sourceOf(problem), 4);
    assert.match(text, /No step has a target, so there is no loss, and nothing goes back\./);
    assert.ok(!text.includes("## Backward pass"));
    for (const format of formats) assert.doesNotMatch(exportText(format, sourceOf(problem), 4), /undefined|NaN/);
  });
});
