import assert from "node:assert/strict";
import * as path from "node:path";
import { exportText, quantityKinds } from "../../src/export";
import type { QuantityKind } from "../../src/export/worksheet";
import { goldens, readFile } from "../files";
import { sourceOf, splitAtKey } from "./cases";

// What the worked document prints. Its a_2 alone is a misprint: −0.3 + 0.2 · 0.462117157 is −0.2075766.
const { problem } = readFile(path.join(goldens, "documents", "2-numerical-worked.rnn.json"));
const source = sourceOf(problem);
const markdown = exportText("markdown", source, 8);

const words = ["hi", "there", "class", "!"];
const printed = {
  a: ["0.5", "-0.20757657", "0.75907086", "0.12810587"],
  h: ["0.46211716", "-0.20464572", "0.64052935", "0.12740965"],
  z: [
    ["0.46211716", "0.23105858", "-0.23105858", "0"],
    ["-0.20464572", "-0.10232286", "0.10232286", "0"],
    ["0.64052935", "0.32026468", "-0.32026468", "0"],
    ["0.12740965", "0.063704827", "-0.063704827", "0"],
  ],
  p: [
    ["0.34204087", "0.27147543", "0.17101555", "0.21546814"],
    ["0.21303204", "0.23598434", "0.28957408", "0.26140954"],
    ["0.37942612", "0.27544700", "0.14516425", "0.19996264"],
    ["0.27437154", "0.25743785", "0.22664132", "0.24154928"],
  ],
  loss: ["1.3038836", "1.2393441", "1.6096247", "1.4206818"],
  dWhy: ["0.39245801", "-0.17572493", "0.34627310", "-0.56300617"],
  dWxh: ["0.027609474", "0.71417874", "0.29579323", "0.28506591"],
  updatedWhy: ["0.96075420", "0.51757249", "-0.53462731", "0.056300617"],
  updatedWxh: ["0.49723905", "-0.37141787", "0.77042068", "-0.028506591"],
};

/** The last line of the equation of a number. */
function resultOf(left: string): string {
  const equations = markdown.split("$$\n").filter((equation) => equation.includes("\\begin{aligned}"));
  const found = equations.filter((equation) => equation.includes(`\n${left} &=`) || equation.includes(`}${left} &=`));
  assert.equal(found.length, 1, `${left} stands once`);
  return found[0]!.split("\n").at(-3)!.replace("&= ", "");
}

describe("the worked example in Markdown prints the document's digits:", () => {
  it("pre-activations and hidden states", () => {
    for (let t = 1; t <= 4; t++) {
      assert.equal(resultOf(`a_{${t}}`), printed.a[t - 1]);
      assert.equal(resultOf(`h_{${t}}`), printed.h[t - 1]);
    }
  });

  it("logits, probabilities and losses", () => {
    for (let t = 1; t <= 4; t++) {
      for (const [k, word] of words.entries()) {
        assert.equal(resultOf(`z_{${t}}[\\text{${word}}]`), printed.z[t - 1]![k]);
        assert.equal(resultOf(`p_{${t}}[\\text{${word}}]`), printed.p[t - 1]![k]);
      }
      assert.equal(resultOf(`\\ell_{${t}}`), printed.loss[t - 1]);
    }
    assert.equal(resultOf("L"), "5.5735342");
  });

  it("gradients of the parameters", () => {
    const d = (parameter: string) => resultOf(`\\frac{\\partial L}{\\partial ${parameter}}`);
    assert.equal(d("W_{hh}"), "0.45209451");
    for (const [k, word] of words.entries()) {
      assert.equal(d(`W_{hy}[\\text{${word}}]`), printed.dWhy[k]);
      assert.equal(d(`W_{xh}[\\text{${word}}]`), printed.dWxh[k]);
    }
  });

  it("updated parameters", () => {
    assert.equal(resultOf("W'_{hh}"), "0.15479055");
    for (const [k, word] of words.entries()) {
      assert.equal(resultOf(`W'_{hy}[\\text{${word}}]`), printed.updatedWhy[k]);
      assert.equal(resultOf(`W'_{xh}[\\text{${word}}]`), printed.updatedWxh[k]);
    }
  });

  it("the numbers that are put in, and both sources of ∂L/∂h_3", () => {
    assert.match(markdown, /&= -0\.3 \+ 0\.2 \\cdot 0\.46211716 \+ 0 \\\\\n&= -0\.20757657\n/);
    assert.match(markdown, /\\left\.\\frac\{\\partial L\}\{\\partial h_\{3\}\}\\right\|_\{\\text\{above\}\} &= /);
    assert.match(markdown, /\\left\.\\frac\{\\partial L\}\{\\partial h_\{3\}\}\\right\|_\{t=4\} &= W_\{hh\} /);
  });
});

describe("the worksheet of the worked example", () => {
  const all = Object.keys(quantityKinds) as QuantityKind[];
  const sheet = (asked: { steps?: number[]; quantities?: QuantityKind[] } = {}) =>
    splitAtKey(exportText("worksheet-markdown", source, 8, asked));
  const gapsIn = (text: string) => text.match(/\\rule\{6em\}/g)?.length ?? 0;
  const [questions, key] = sheet();

  it("asks for each number that the worked example derives, where everything is chosen", () =>
    assert.equal(gapsIn(sheet({ quantities: all })[0]), markdown.match(/\\begin\{aligned\}/g)?.length));

  it("gives no computed number before the key, and all of them in it", () => {
    const computed = [printed.h, ...printed.p, printed.loss, printed.dWhy, printed.updatedWxh].flat();
    for (const number of computed) {
      assert.ok(!questions.includes(number.replace("-", "")), `${number} stands before the key`);
      assert.ok(key.includes(`$${number}$`), `${number} stands in the key`);
    }
  });

  it("begins with the unrolled network: a cell a step with a gap for its state, its input, its target and its loss", () => {
    const network = questions.slice(0, questions.indexOf("## The model"));
    for (const t of [1, 2, 3, 4])
      for (const symbol of [`h_{${t}}`, `\\ell_{${t}}`])
        assert.ok(network.includes(`$${symbol} = \\rule{3.4em}{0.4pt}$`), `${symbol} in ${network}`);
    assert.match(network, /\| input ↑ \| `hi` \| `there` \| `class` \| `!` \|/);
    assert.match(network, /\| target \| `there` \| `class` \| `!` \| `!` \|/);
  });

  it("asks for the chosen steps and quantities alone: h and a of two steps are four gaps", () => {
    const [asked, answers] = sheet({ steps: [2, 3], quantities: ["states"] });
    assert.equal(gapsIn(asked), 4);
    for (const number of [printed.a[1], printed.a[2], printed.h[1], printed.h[2]])
      assert.ok(answers.includes(`$${number}$`), number);
    assert.doesNotMatch(asked, /Backward pass|h_\{1\} =/);
  });

  it("says how the gradients go back, in symbols", () =>
    assert.match(
      questions,
      /## Backward pass[^]*\\frac\{\\partial L\}\{\\partial h_\{t\}\}[^]*## Gradients and update/,
    ));
});
