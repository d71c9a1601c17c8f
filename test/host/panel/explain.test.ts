import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { pathText, placeOf } from "../../../src/host/panel/place";
import type { DerivationDetail } from "../../../src/protocol/panel";
import { isRequestMessage } from "../../../src/protocol/panel";
import { goldens, readText } from "../../files";
import { viewOf } from "./view";

const text = readFileSync(path.join(goldens, "documents/2-numerical-worked.rnn.json"), "utf8");
const { source } = readText(text);
const locate = (path: readonly (string | number)[]) => (placeOf(source, path) ? pathText(path) : null);

type Known = DerivationDetail & { readonly kind: "known" };

function known(detail: DerivationDetail): Known {
  assert.ok(detail.kind === "known", JSON.stringify(detail));
  return detail;
}

// One hidden unit, four words; the digits are those of the worked document.
describe("A number of the worked example, explained to the panel", () => {
  const { stepper, view } = viewOf(text);
  const ask = (reference: string) => view.explainer.explain(reference, { digits: 4, locate });
  beforeEach(() => stepper.runToEnd());

  it("h_2 is tanh(−0.3 + 0.2·0.4621 + 0) = tanh(−0.2076) = −0.2046, of Wxh[there], Whh, h_1 and bh", () => {
    const h2 = known(ask("layers.0.h@2[0]"));
    assert.equal(
      h2.copies.text,
      "h_2 = tanh(Wxh[there] + Whh·h_1 + bh) = tanh(−0.3 + 0.2·0.4621 + 0) = tanh(−0.2076) = −0.2046",
    );
    assert.equal(h2.title, "hidden state at t = 2");
    assert.ok(Math.abs(h2.value - Math.tanh(-0.3 + 0.2 * Math.tanh(0.5))) < 1e-15);
    assert.match(h2.equation ?? "", /^\\begin\{aligned\}\nh_\{2\} &= \\tanh/);
    assert.deepEqual(
      h2.parts.map(({ reference, number, isGiven, place }) => [reference, number, isGiven, place]),
      [
        ["layers.0.Wxh[0][1]", "−0.3", true, "layers[0].Wxh[0][1]"],
        ["layers.0.Whh[0][0]", "0.2", true, "layers[0].Whh[0][0]"],
        ["layers.0.h@1[0]", "0.4621", false, null],
        ["layers.0.bh[0][0]", "0", true, "layers[0].bh[0]"],
      ],
    );
    assert.equal(h2.more, 0);
  });

  it("is read on from its parts down to the parameters of the file", () => {
    const h1 = known(ask("layers.0.h@1[0]"));
    assert.match(h1.copies.text, /tanh\(0\.5 \+ 0\.2·0 \+ 0\)/);
    const whh = known(ask("layers.0.Whh[0][0]"));
    assert.equal(whh.equation, null);
    assert.deepEqual(view.explainer.pathOf("layers.0.Whh[0][0]"), ["layers", 0, "Whh", 0, 0]);
    assert.equal(view.explainer.pathOf("layers.0.h@2[0]"), null);
  });

  it("the probability of a target is that of its word", () => {
    assert.equal(known(ask("probability@3")).reference, "output@3[3]");
  });

  it("is not yet known before the run has come to it", () => {
    stepper.goToStep(1, "forward");
    assert.deepEqual(ask("layers.0.h@2[0]"), {
      kind: "notYet",
      reference: "layers.0.h@2[0]",
      symbol: { latex: "h_{2}", text: "h_2" },
      title: "hidden state at t = 2",
    });
    assert.equal(ask("layers.0.h@1[0]").kind, "known");
    assert.equal(ask("gradients.layers.0.Whh[0][0]").kind, "notYet");
  });

  it("that the run does not have is gone, and says why", () => {
    const gone = ask("layers.0.h@5[0]");
    assert.ok(gone.kind === "gone" && /there is no step t = 5/.test(gone.reason), JSON.stringify(gone));
    assert.equal(ask("nonsense").kind, "gone");
    assert.equal(ask("probability@9").kind, "gone");
  });
});

describe("A long sum, explained to the panel", () => {
  const size = 105;
  const weights = Array.from({ length: size }, (_, k) => (k % 2 === 0 ? 1 : -1) * (k + 1));
  const { stepper, view } = viewOf(
    JSON.stringify({
      version: 1,
      inputSize: size,
      layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [weights], Whh: [[0]], bh: [0] }],
      output: { size: 1, Why: [[1]], by: [0] },
      loss: { type: "mse" },
      sequences: [{ inputs: [Array.from({ length: size }, () => 1)], targets: [0] }],
    }),
  );
  stepper.runToEnd();
  const ask = (offset?: number, count?: number) =>
    known(
      view.explainer.explain("layers.0.h@1[0]", {
        digits: 4,
        locate,
        ...(offset !== undefined && { offset }),
        ...(count !== undefined && { count }),
      }),
    );
  const columns = ({ parts }: Known) =>
    parts.flatMap(({ reference }) => /^layers\.0\.Wxh\[0\]\[(\d+)\]$/.exec(reference ?? "")?.[1] ?? []).map(Number);

  it("begins with its largest terms and says that 97 more come", () => {
    const first = ask();
    assert.deepEqual(columns(first), [104, 103, 102, 101, 100, 99, 98, 97]);
    assert.equal(first.more, 97);
    assert.match(first.copies.text, /and 97 more/);
  });

  it("goes on page by page to its last term", () => {
    const next = ask(8, 50);
    assert.deepEqual(
      columns(next),
      Array.from({ length: 50 }, (_, k) => 96 - k),
    );
    assert.equal(next.more, 47);
    const last = ask(58, 50);
    assert.equal(columns(last).at(-1), 0);
    assert.equal(last.more, 0);
  });
});

describe("The place of a number in the text", () => {
  it("of a sequence that is a text is its character, escapes and all", () => {
    const hello = String.raw`{ "version": 1, "vocabulary": ["a", "\"", "b", "c"], "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 4 }, "sequences": [{ "text": "a\"bc" }] }`;
    const { source } = readText(hello);
    const place = placeOf(source, ["sequences", 0, "inputs", 1], hello);
    assert.equal(place && hello.slice(place.offset, place.offset + place.length), String.raw`\"`);
  });

  it("is nowhere for a parameter that the file leaves out", () => {
    assert.equal(placeOf(source, ["layers", 0, "reverse", "Whh", 0, 0]), null);
  });
});

describe("A request to explain a number", () => {
  const request = (params: object) => ({ type: "request", id: 1, name: "explain", params });
  it("has a revision and a reference, and may have a page", () => {
    assert.ok(isRequestMessage(request({ revision: 1, reference: "loss" })));
    assert.ok(isRequestMessage(request({ revision: 1, reference: "loss", offset: 8, count: 50 })));
    assert.ok(!isRequestMessage(request({ revision: 1 })));
    assert.ok(!isRequestMessage(request({ revision: 1, reference: "loss", offset: "8" })));
  });
});
