import { strict as assert } from "node:assert";
import { worked } from "../host/editor/worked";
import { eventually, near, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** Two words that follow each other for certain: with logits of ±20 by the word that was read, "a" is followed by "b" and "b" by "a". */
const certain = JSON.stringify({
  version: 1,
  vocabulary: ["a", "b"],
  layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1, -1]], Whh: [[0]], bh: [0] }],
  output: { size: 2, Why: [[-20], [20]], by: [0, 0] },
  loss: { type: "cross-entropy" },
  sequences: [{ text: "ab", targets: "next" }],
});

describe("The panel in front of a class", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: {
        "worked.rnn.json": worked,
        "certain.rnn.json": certain,
        "far.rnn.json": worked.replace('"sequences"', `${"\n".repeat(150)}"sequences"`),
      },
      settings: { "rnn.gradientCheck": "off" },
    });
    panel = new Panel(workbench);
  });

  it("keeps an update as one edit, which one undo takes back", async () => {
    await panel.open("worked.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.press("keep-update");
    await workbench.page.locator(".tab.dirty").first().waitFor();
    await panel.at("start, 4 steps");
    await panel.choose("parameters");
    await eventually(
      () => panel.number("layers.0.Whh[0][0]"),
      (value) => Math.abs(value - 0.1547905488985363) < 1e-12,
      "the updated Whh",
    );
    await panel.focusText();
    await panel.key("ControlOrMeta+Z");
    await workbench.page.locator(".tab.dirty").first().waitFor({ state: "detached" });
    await eventually(
      () => panel.number("layers.0.Whh[0][0]"),
      (value) => value === 0.2,
      "the text's Whh",
    );
    await panel.choose("step");
  });

  it("says of a number pointed at how it comes about, lights up what it is made of, and keeps it at a click", async () => {
    await panel.open("worked.rnn.json");
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    const number = panel.frame.locator('.stage-number[data-reference="layers.0.h@1[0]"]');
    await number.hover();
    await panel.frame.locator(".now.is-pointed").waitFor();
    assert.match(
      (await panel.part("now").innerText()).replaceAll(/\s+/g, " "),
      /tanh\(0\.5 \+ 0\.2·0 \+ 0\) = 0\.4621/,
    );
    await panel.frame.locator('[data-reference="layers.0.Whh[0][0]"][data-lit]').first().waitFor({ state: "attached" });
    await number.click();
    await panel.part("unpin").waitFor();
    assert.equal(await panel.place(), "t = 1 of 4, forward");
    await panel.press("step");
    await panel.at("t = 2 of 4, forward");
    assert.match(await panel.part("now").innerText(), /0\.4621/);
    await panel.press("unpin");
    await panel.part("unpin").waitFor({ state: "detached" });
  });

  it("asks for what comes next before it shows it, and says right, close or the slip, by keyboard alone", async () => {
    await panel.open("worked.rnn.json");
    await panel.focus();
    await panel.key("q");
    const input = panel.part("foretell-input");
    const foretell = async (number: string, nearness: string, words: RegExp) => {
      await input.and(panel.frame.locator(":focus")).waitFor();
      await input.fill(number);
      await input.press("Enter");
      const verdict = panel.frame.locator(`[data-testid=foretold][data-nearness=${nearness}]`, { hasText: words });
      await verdict.waitFor();
    };
    await foretell("0.4621", "right", /h_?1.*0\.4621.*right/s);
    await panel.frame.locator('[data-testid=position][data-t="1"]').waitFor();
    await foretell("0.2046", "wrong", /right but for its sign/);
    await foretell("0.63", "close", /not 0\.63\s.*(first 2 digits|first digit)/s);
    await input.and(panel.frame.locator(":focus")).waitFor();
    await input.fill("much");
    await input.press("Enter");
    assert.match(await panel.part("foretell-error").innerText(), /“much” is no number/);
    assert.match(await panel.part("foretell-tally").innerText(), /1 right, 1 close, 1 wrong, of 3/);
    await foretell("0.13", "right", /right/);
    await panel.part("foretell-end").waitFor();
    await panel.press("foretell-close");
    await panel.part("foretell").waitFor({ state: "detached" });
  });

  it("predicts and presents from the palette too, begun in the text", async () => {
    await panel.open("worked.rnn.json");
    await panel.focusText();
    await workbench.runCommand("RNN: Predict, Then Reveal");
    // The keyboard comes to the box: it would be taken from the palette else.
    await panel.part("foretell-input").and(panel.frame.locator(":focus")).waitFor();
    await panel.focusText();
    await workbench.runCommand("RNN: Predict, Then Reveal");
    await panel.part("foretell").waitFor({ state: "detached" });
    await panel.focusText();
    const text = workbench.page.locator(".editor-group-container .monaco-editor .view-line");
    await workbench.runCommand("RNN: Present Stepper");
    await panel.frame.locator("body.is-presenting").waitFor();
    // The panel has the place of the text, not the text that of the panel
    await text.first().waitFor({ state: "hidden" });
    await workbench.runCommand("RNN: Present Stepper");
    await panel.frame.locator("body:not(.is-presenting)").waitFor();
    await text.first().waitFor();
  });

  it("covers a number at a click while presenting, and uncovers it with Space", async () => {
    await panel.open("worked.rnn.json");
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    await panel.focus();
    const width = () =>
      panel.frame
        .locator(".stage-cell")
        .first()
        .evaluate(
          (cell: PageElement & { getBoundingClientRect(): { width: number } }) => cell.getBoundingClientRect().width,
        );
    const before = await width();
    await panel.key("p");
    await panel.frame.locator("body.is-presenting").waitFor();
    await eventually(width, (now) => now > before * 1.4, "a larger stage");
    // The tabs of the panel are gone, and their keys work on
    assert.equal(await panel.frame.locator(".tabs").isVisible(), false);
    await panel.key("2");
    await panel.part("parameters-tab").waitFor();
    await panel.key("1");
    await panel.part("step-tab").waitFor();
    const number = panel.frame.locator('.stage-number[data-reference="layers.0.h@1[0]"]');
    await number.click();
    await panel.frame.locator('.stage-number[data-reference="layers.0.h@1[0]"][data-covered]').waitFor();
    await panel.key(" ");
    await panel.frame.locator("[data-covered]").first().waitFor({ state: "detached" });
    assert.equal(await panel.place(), "t = 1 of 4, forward");
    await panel.key("p");
    await panel.frame.locator("body:not(.is-presenting)").waitFor();
  });

  it("steps with the letters under the left hand", async () => {
    await panel.open("worked.rnn.json");
    await panel.focus();
    for (const [key, place] of [
      ["d", "t = 1 of 4, forward"],
      ["d", "t = 2 of 4, forward"],
      ["a", "t = 1 of 4, forward"],
      ["s", "t = 2 of 4, forward"],
      ["w", "t = 2 of 4, forward"],
    ] as const) {
      await panel.key(key);
      await panel.at(place);
    }
  });

  it("brings the text's line of the step into view", async () => {
    await panel.open("far.rnn.json");
    const line = workbench.page.locator(".view-line", { hasText: '"inputs"' });
    assert.equal(await line.count(), 0);
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    await line.first().waitFor();
  });

  it("goes from part to part with F6, and back with Shift", async () => {
    const here = () =>
      panel.frame
        .locator(
          ["toolbar", "now", "stage", "flow", "axis", "details"]
            .map((part) => `.${part}:is(:focus, :has(:focus))`)
            .join(),
        )
        .evaluateAll((all: PageElement[]) => all.map((part) => part.getAttribute("class")?.split(" ")[0]));
    await panel.focus();
    const seen: unknown[] = [];
    for (let k = 0; k < 6; k++) {
      await panel.key("F6");
      seen.push(...(await here()));
    }
    assert.deepEqual(seen, ["toolbar", "now", "stage", "flow", "axis", "details"]);
    await panel.key("Shift+F6");
    assert.deepEqual(await here(), ["axis"]);
  });

  it("says what comes after a beginning that is typed, and takes it with →", async () => {
    await panel.open("certain.rnn.json");
    await panel.choose("predict");
    await panel.part("predict-input").fill("aba");
    const best = panel.frame.locator(".predict-line.is-best");
    await best.filter({ hasText: "b" }).waitFor();
    // e^40 to 1
    near(Number(await best.locator(".num").getAttribute("data-value")), 1 / (1 + Math.exp(-40)), "p(b)");
    assert.equal(await panel.part("stage-token").count(), 3);
    await panel.part("predict-input").focus();
    await panel.key("End");
    await panel.key("ArrowRight");
    await best.filter({ hasText: "a" }).waitFor();
    assert.equal(await panel.part("predict-input").inputValue(), "abab");
    await eventually(
      () => panel.part("stage-token").count(),
      (count) => count === 4,
      "the token taken on the axis",
    );
    assert.equal(await workbench.page.locator(".tab.dirty").count(), 0);
  });

  it("says what is wrong with a beginning that the vocabulary does not have", async () => {
    await panel.part("predict-input").fill("abx");
    await panel.part("predict-error").filter({ hasText: "x" }).waitFor();
    await panel.choose("step");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
