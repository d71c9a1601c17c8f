import { strict as assert } from "node:assert";
import type { Locator } from "playwright-core";
import { eventually, near, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** Where a cell is to come: everything else of the file is there. */
const unfinished = `{
  "version": 1,
  "inputSize": 1,
  "cells": {

  },
  "layers": [{ "cell": "leaky", "size": 1, "Wxh": [[0.5]], "Whh": [[0.25]], "bh": [0] }],
  "output": { "Why": "identity" },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": [1, -2], "targets": [0, 0.5] }]
}
`;

/** The run by hand: a, h, then dL/dh and dL/da back through the two steps, for α = 0.5. */
function byHand() {
  const α = 0.5;
  const a1 = 0.5;
  const h1 = α * Math.tanh(a1);
  const a2 = 0.5 * -2 + 0.25 * h1;
  const h2 = (1 - α) * h1 + α * Math.tanh(a2);
  const slope = (a: number) => α * (1 - Math.tanh(a) ** 2);
  const dh2 = 2 * (h2 - 0.5);
  const da2 = dh2 * slope(a2);
  const dh1 = 2 * h1 + (1 - α) * dh2 + 0.25 * da2;
  return { a1, a2, h1, h2, dh1, dh2, da1: dh1 * slope(a1), da2, fromKept: (1 - α) * dh2, fromWhh: 0.25 * da2 };
}

describe("A person who writes a cell", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { "mine.rnn.json": unfinished },
      settings: {
        "editor.autoClosingBrackets": "never",
        "editor.autoClosingQuotes": "never",
        "editor.suggestOnTriggerCharacters": false,
        "editor.acceptSuggestionOnEnter": "off",
      },
      size: { width: 1600, height: 1000 },
    });
    panel = new Panel(workbench);
  });

  const type = (text: string) => workbench.page.keyboard.type(text, { delay: 5 });
  /** Every message of the Problems view, as it stands there. */
  const problems = (): Locator =>
    workbench.page.locator(
      ".markers-panel .monaco-tl-contents .marker-message-details-container, .markers-panel .marker-message-line",
    );
  const hasMessage = async (message: string) =>
    eventually(
      async () => (await problems().allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim()),
      (texts) => texts.some((text) => text.includes(message)),
      message,
    );
  const hasNone = async () =>
    eventually(
      () => problems().allInnerTexts(),
      (texts) => texts.length === 0,
      "no message",
    );

  it("types it from nothing, and reads what is wrong in each of three mistakes", async function () {
    this.timeout(240_000);
    await workbench.openFile("mine.rnn.json");
    await workbench.runCommand("Problems: Focus on Problems View");
    await workbench.runCommand("View: Focus First Editor Group");
    await workbench.goTo(5);
    await type('    "leaky": { "constants": { "α": 0.5 }, "equations": [');
    await type(`"a = Wxh x + Whh h + bh", "h = (1 − α) h' + α tahn(a)"`);
    await type("] }");
    await hasMessage("h is used before it is defined, in line 2: h' is the step before's");
    await hasMessage("there is no function tahn: did you mean tanh?");
    // The first: the step before's h has a prime
    await workbench.goTo(5, columnBehind("Whh h"));
    await type("'");
    // The second: the function's name, and with it a third mistake: Whh as a vector
    await workbench.goTo(5, columnBehind("α tahn") + 1);
    for (let k = 0; k < 4; k++) await panel.key("Backspace");
    await type("tanh");
    await workbench.goTo(5, columnBehind("tanh(a") + 1);
    await type(" + Whh");
    await hasMessage("Whh is a vector here and a matrix in line 1");
    for (let k = 0; k < 6; k++) await panel.key("Backspace");
    await hasNone();
  });

  /** The 1-based column behind some words of the line, as it is typed with its first two mistakes. */
  function columnBehind(words: string): number {
    const line = `    "leaky": { "constants": { "α": 0.5 }, "equations": ["a = Wxh x + Whh h + bh", "h = (1 − α) h' + α tahn(a)"] }`;
    return line.replace("tahn", words.includes("tanh") ? "tanh" : "tahn").indexOf(words) + words.length + 1;
  }

  it("steps it forward and back, and reads a, h and dL/da as worked out by hand", async function () {
    this.timeout(120_000);
    const hand = byHand();
    await workbench.save();
    await panel.open("mine.rnn.json");
    for (let k = 0; k < 4; k++) await panel.press("step");
    await panel.at("t = 1 of 2, backward");
    await panel.choose("step");
    near((await panel.track("layers.0.h[0]"))[2], hand.h2, "h_2");
    const da = await panel.track("gradients.layers.0.a[0]");
    near(da[2], hand.da2, "dL/da_2");
    near(da[1], hand.da1, "dL/da_1");
  });

  it("sees each source of dL/dh_1 among the operations: its own loss, h_2, which keeps a part of it, and a_2 by Whh", async () => {
    const { fromKept, fromWhh, h1, dh1 } = byHand();
    near(2 * h1 + fromKept + fromWhh, dh1, "dL/dh_1");
    near((await panel.track("gradients.layers.0.h[0]"))[1], dh1, "dL/dh_1");
    const operations = await panel.part("operation").allInnerTexts();
    const texts = operations.map((text) => text.replaceAll(/\s+/g, ""));
    assert.ok(
      texts.some((text) => /fromabove\+\(1−α\).*h2\+WhhT?ᵀ?.*a2/.test(text)),
      texts.join("\n"),
    );
  });

  it("sees how the step backward follows, on the page of its derivation", async function () {
    this.timeout(120_000);
    await workbench.runCommand("View: Close All Editors");
    await workbench.openFile("mine.rnn.json");
    await workbench.page.locator(".codelens-decoration a", { hasText: "Derivation" }).first().click();
    await panel.frame.locator("h1", { hasText: "leaky: derivation" }).waitFor();
    assert.ok((await panel.frame.locator("math").count()) > 6);
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
