import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { lineOf, worked } from "../host/editor/worked";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeWindow {
  readonly axe: {
    run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[]; passes: unknown[] }>;
  };
}

const h3 = "h_3 = tanh(Wxh[class] + Whh·h_2 + bh) = tanh(0.8 + 0.2·(−0.2046) + 0) = tanh(0.7591) = 0.6405";
const h2 = "h_2 = tanh(Wxh[there] + Whh·h_1 + bh) = tanh(−0.3 + 0.2·0.4621 + 0) = tanh(−0.2076) = −0.2046";

/** A sum of 105 terms. */
const long = JSON.stringify({
  version: 1,
  inputSize: 105,
  layers: [
    {
      cell: "rnn",
      size: 1,
      activation: "linear",
      Wxh: [Array.from({ length: 105 }, (_, k) => k + 1)],
      Whh: [[0]],
      bh: [0],
    },
  ],
  output: { size: 1, Why: [[1]], by: [0] },
  loss: { type: "mse" },
  sequences: [{ inputs: [Array.from({ length: 105 }, () => 1)], targets: [0] }],
});

describe("The derivation of a number in the panel", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({ files: { "worked.rnn.json": worked, "long.rnn.json": long } });
    panel = new Panel(workbench);
    await workbench.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.open("worked.rnn.json");
  });

  const tab = () => panel.part("explain-tab");
  /** The equation of the number that is explained, or of the nth open one. */
  const equation = (nth = 0) => panel.part("equation").nth(nth);
  const says = (text: string, nth = 0) =>
    eventually(
      async () => ((await panel.part("equation").count()) > nth ? equation(nth).getAttribute("data-text") : null),
      (found) => found === text,
      text,
    );
  const part = (reference: string) => panel.frame.locator(`[data-testid=part][data-part="${reference}"]`).first();
  const cell = (t: number) =>
    panel.frame.locator(`[data-testid=cell][data-name="layers.0.h[0]"][data-where="t = ${t}"]`);
  const clipboard = () =>
    workbench.page.evaluate(() =>
      (
        globalThis as unknown as { navigator: { clipboard: { readText: () => Promise<string> } } }
      ).navigator.clipboard.readText(),
    );

  async function runTo(steps: number, place: string): Promise<void> {
    await panel.press("restart");
    await panel.at("start, 4 steps");
    for (let k = 0; k < steps; k++) await panel.press("step");
    await panel.at(place);
  }

  async function violations(): Promise<string[]> {
    const page = panel.frame.locator(":root");
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
    const { violations, passes } = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe.run());
    assert.ok(passes.length > 10);
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
  }

  it("says how to choose a number before one is chosen", async () => {
    await panel.choose("explain");
    assert.match(await tab().innerText(), /Double-click any number/);
    assert.deepEqual(await violations(), []);
  });

  it("opens for h_2 with the key e in the track, typeset, with its name in MathML", async () => {
    await runTo(3, "t = 3 of 4, forward");
    await panel.frame.locator('[data-testid=track][data-track="layers.0.h"] .plot').focus();
    for (const key of ["ArrowRight", "ArrowLeft", "e"]) await panel.key(key);
    await says(h2);
    await equation().locator(".katex-html").first().waitFor();
    assert.ok((await equation().locator("math").count()) > 0);
    // It is fetched once something is set in it.
    type Page = PageElement & { ownerDocument: { fonts: Iterable<{ family: string; status: string }> } };
    await eventually(
      () =>
        panel.frame
          .locator(":root")
          .evaluate((root: Page) =>
            [...root.ownerDocument.fonts].some(
              ({ family, status }) => family.includes("KaTeX_Main") && status === "loaded",
            ),
          ),
      Boolean,
      "KaTeX's font",
    );
    await panel.part("explain-title").and(panel.frame.locator(":focus")).waitFor();
  });

  it("opens with Enter on a number that the keyboard has come to", async () => {
    await panel.choose("step");
    const outputs = panel.frame.getByRole("group", { name: "Outputs of step t" });
    await outputs.focus();
    await panel.key("ArrowDown");
    await panel.key("Enter");
    await panel.frame.locator('[data-testid=explain-tab][data-reference^="output@3["]').waitFor();
  });

  it("opens h_2 with a double click, while time stands still, and goes back to the number before", async () => {
    await cell(2).dblclick();
    await says(h2);
    await panel.at("t = 3 of 4, forward");
    await panel.press("explain-back");
    await panel.frame.locator('[data-testid=explain-tab][data-reference^="output@3["]').waitFor();
    await cell(2).dblclick();
    await says(h2);
  });

  it("opens the numbers in it in their places, with the mouse and with the arrow keys, down to the file", async () => {
    const h1 = part("layers.0.h@1[0]");
    await h1.focus();
    await panel.key("ArrowRight");
    assert.equal(await h1.getAttribute("aria-expanded"), "true");
    await says("h_1 = tanh(Wxh[hi] + Whh·h_0 + bh) = tanh(0.5 + 0.2·0 + 0) = tanh(0.5) = 0.4621", 1);
    await panel.key("ArrowDown");
    assert.equal(await panel.frame.locator("[data-testid=part]:focus").getAttribute("data-part"), "layers.0.Wxh[0][0]");
    assert.deepEqual(await violations(), []);
    await h1.click();
    assert.equal(await panel.part("equation").count(), 1);
    await h1.click();
    await part("initial.layers.0.h[0]").waitFor();
  });

  it("goes to Whh in the text at a click on it", async () => {
    await part("layers.0.Whh[0][0]").click();
    const item = workbench.page
      .locator(".statusbar-item")
      .filter({ hasText: `Ln ${lineOf(worked, '"Whh"') + 1}, Col` });
    await item.filter({ hasText: "(3 selected)" }).first().waitFor();
  });

  it("copies the equation as LaTeX, and as the text that is chosen", async () => {
    await panel.press("copy-equation");
    await panel.part("toast").filter({ hasText: "Copied as LaTeX" }).waitFor({ state: "attached" });
    assert.equal(
      await clipboard(),
      String.raw`h_{2} = \tanh\left(W_{xh}[\text{there}] + W_{hh} \cdot h_{1} + b_{h}\right) = ` +
        String.raw`\tanh\left(-0.3 + 0.2 \cdot 0.4621 + 0\right) = \tanh\left(-0.2076\right) = -0.2046`,
    );
    await panel.select("copy-format", "Text");
    await panel.press("copy-equation");
    await panel.part("toast").filter({ hasText: "Copied as Text" }).waitFor({ state: "attached" });
    assert.equal(await clipboard(), h2);
  });

  it("says not yet of a number that the run has not come to, and shows it once it has", async () => {
    await panel.press("restart");
    await panel.part("explain-not-yet").waitFor();
    assert.deepEqual(await violations(), []);
    await panel.press("step");
    await panel.press("step");
    await says(h2);
  });

  it("follows the text, and says so where the number is no longer there", async () => {
    const changed = worked.replace('"Whh": [[0.2]]', '"Whh": [[0.5]]');
    await workbench.writeFile("worked.rnn.json", changed);
    const expected = Math.tanh(-0.3 + 0.5 * Math.tanh(0.5)).toFixed(5);
    await eventually(
      () => equation().getAttribute("data-text"),
      (text) => text?.includes(`0.5·0.4621`) === true && text.endsWith(expected.replace("-", "−")),
      `h_2 = ${expected}`,
    );
    const short = worked
      .replace(/"inputs": \[[\s\S]*?\]/, '"inputs": ["hi"]')
      .replace('"targets": ["there", "class", "!", "!"]', '"targets": ["there"]');
    await workbench.writeFile("worked.rnn.json", short);
    await panel.part("explain-gone").filter({ hasText: "there is no step t = 2" }).waitFor();
    await workbench.writeFile("worked.rnn.json", worked);
    await panel.press("run-to-end");
    await says(h2);
  });

  it("is still there, with its open numbers, when the panel comes back from behind another editor", async () => {
    await part("layers.0.h@1[0]").waitFor();
    const count = await panel.part("equation").count();
    await panel.focus();
    await workbench.openFile("long.rnn.json");
    await workbench.runCommand("View: Open Previous Editor in Group");
    await says(h2);
    await eventually(
      () => panel.part("equation").count(),
      (found) => found === count,
      `${count} equations`,
    );
  });

  it("opens from the menu of a number", async () => {
    await cell(3).click({ button: "right" });
    const item = workbench.page.getByRole("menuitem", { name: "Explain" });
    await item.hover();
    // VS Code takes no click in the first moment of a menu.
    await workbench.page.waitForTimeout(500);
    await item.click();
    await says(h3);
  });

  it("opens from the text, for the number at the text's cursor", async () => {
    await panel.focusText();
    await workbench.goTo(lineOf(worked, '"Whh"') + 1, 18);
    await workbench.runCommand("RNN: Explain Number at Cursor");
    await says("Whh′ = Whh − η·dWhh = 0.2 − 0.1·0.4521 = 0.1548");
    await part("gradients.layers.0.Whh[0][0]").click();
    await says("dWhh = dWhh|t=4 + dWhh|t=3 + dWhh|t=2 + dWhh|t=1 = 0.1826 − 0.06053 + 0.3300 + 0 = 0.4521", 1);
    await panel.focusText();
    await workbench.goTo(lineOf(worked, '        "class",') + 1, 12);
    await workbench.runCommand("RNN: Explain Number at Cursor");
    await panel.frame.locator('[data-testid=explain-tab][data-reference="layers.0.h@3[0]"]').waitFor();
    await says(h3);
    assert.deepEqual(await violations(), []);
  });

  it("unfolds a long sum page by page, its largest terms first", async () => {
    await panel.open("long.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.frame.locator('[data-testid=cell][data-name="layers.0.h[0]"]').dblclick();
    await part("layers.0.Wxh[0][104]").waitFor();
    const more = panel.part("more-parts");
    for (const left of [97, 47]) {
      await more.filter({ hasText: `and ${left} more` }).waitFor();
      await more.click();
    }
    await more.waitFor({ state: "detached" });
    assert.equal(await panel.frame.locator('[data-testid=part][data-part^="layers.0.Wxh"]').count(), 105);
  });

  for (const theme of ["light", "highContrastDark", "highContrastLight"] as const)
    it(`has no violation that axe-core finds, ${theme}`, async () => {
      await workbench.setTheme(theme);
      await workbench.page.waitForTimeout(300);
      assert.deepEqual(await violations(), []);
    });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
