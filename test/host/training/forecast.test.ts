import assert from "node:assert/strict";
import { predict } from "../../../src/engine/predict";
import { readProblem } from "../../../src/format/read";
import {
  followedAfter,
  forecastPage,
  forecastSeries,
  textForecast,
  textForecastPage,
} from "../../../src/host/training/forecast";
import { dataOf, readText } from "../../files";

const { problem } = readProblem(
  `{ "version": 1, "layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 1 }, "loss": { "type": "mse" },
  "sequences": { "file": "t.csv", "inputs": ["a<b"], "targets": ["a<b"], "window": 3, "scale": "standard" } }`,
  { fileName: "x.rnn.json", readData: () => dataOf(`a<b\n${[10, 20, 30, 40, 50, 60, 70].join("\n")}`) },
);

describe("A forecast", () => {
  it("has beside what came what really followed, as far as the table goes, in the table's numbers", () => {
    // Windows 10 20 30, 20 30 40, …: after the second one stand 50, 60, 70.
    assert.deepEqual(followedAfter(problem!, 1, 5), [[50], [60], [70], null, null]);
    const [series] = forecastSeries(problem!, problem!.sequences[1]!.inputs.vectors!, [[51], [58]], [[50], null]);
    assert.deepEqual(series, { name: "a<b", given: [20, 30, 40], came: [51, 58], followed: [50, null] });
  });

  it("is a page without scripts that says in words what it draws, with every name escaped", () => {
    const page = forecastPage("<x>", [{ name: "a<b", given: [20, 30, 40], came: [51, 58], followed: [50, null] }]);
    assert.match(page, /aria-label="a&lt;b: 3 steps given, 2 came, from 51\.00 to 58\.00"/);
    assert.match(page, /<h1>&lt;x&gt;<\/h1>/);
    assert.doesNotMatch(page, /<script|<x>/);
    // Given 20, 30, 40 at the steps 1, 2, 3 of 5, between 20 below and 58 above.
    assert.match(page, /class="given" d="M64\.0 232\.0L224\.0 175\.2L384\.0 118\.3"/);
    assert.match(page, /class="followed" d="M384\.0 118\.3L544\.0 61\.5"/);
  });

  it("of a text has each token with the probability that the model gave it, and says what ended it", () => {
    // h is 0 and by = log 1, log 2, log 5: a, b and < have the probabilities 1/8, 2/8 and 5/8 at every step.
    const { model, sequences } = readText(
      `{ "version": 1, "vocabulary": ["a", "b", "<"], "layers": [{ "cell": "rnn", "size": 1 }], "initial": { "scheme": "zeros" },
      "output": { "size": 3, "activation": "softmax", "Why": [[0], [0], [0]], "by": [0, ${Math.log(2)}, ${Math.log(5)}] },
      "sequences": [{ "text": "ab" }] }`,
    ).problem;
    const generation = { count: 20, temperature: 1, seed: 3, stop: "a" };
    const { outputs, generated } = predict(model, sequences[0]!, undefined, generation);
    const text = textForecast(model, sequences[0]!.inputs.tokens!, outputs, generated!, generation);
    const p = { a: 1 / 8, b: 2 / 8, "<": 5 / 8 };
    assert.equal(text.ended, "a");
    assert.deepEqual(
      text.given.map(({ token }) => token),
      ["a", "b"],
    );
    assert.equal(text.given[0]!.p, null);
    assert.ok(Math.abs(text.given[1]!.p! - 2 / 8) < 1e-12);
    assert.ok(text.came.length > 0 && text.came.length < 20);
    for (const one of text.came) assert.ok(Math.abs(one.p! - p[one.token as keyof typeof p]) < 1e-12, one.token);
    const page = textForecastPage("t", text);
    assert.match(page, /It ended with &quot;a&quot;\./);
    // Of the 56 units of a whole bar: 5/8.
    assert.match(page, /<g class="came"><title>&quot;&lt;&quot;: p = 0\.6250<\/title><rect [^>]* height="35\.0"\/>/);
    assert.doesNotMatch(page, /<script|<<|><</);
  });
});
