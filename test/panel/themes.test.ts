import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { worked } from "../host/editor/worked";
import { eventually, Panel } from "./panel";
import { openWindow } from "./window";
import type { Theme, Workbench } from "./workbench";

/** axe-core's own script: rules for what everybody can see, reach and have read out. */
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeWindow {
  readonly axe: {
    run(): Promise<{
      violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
      passes: { id: string }[];
    }>;
  };
}

/** More outputs than numbers have room, several layers, both directions: what the worked example does not show. */
const wide = JSON.stringify({
  version: 1,
  vocabulary: Array.from({ length: 14 }, (_, k) => `word${k}`),
  layers: [
    { cell: "lstm", size: 12, direction: "both" },
    { cell: "gru", size: 6 },
  ],
  output: { size: 14 },
  loss: { type: "cross-entropy" },
  sequences: [{ inputs: Array.from({ length: 24 }, (_, t) => `word${t % 14}`), targets: "next" }],
});

describe("The panel in every theme", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: {
        "worked.rnn.json": worked,
        "wide.rnn.json": wide,
        "broken.rnn.json": worked.replace('"size": 1', '"size": 2'),
      },
    });
    panel = new Panel(workbench);
    await panel.open("worked.rnn.json");
    await panel.choose("training");
    await panel.press("start-training");
    await panel.frame.locator("[data-testid=training-tab][data-kind=done]").waitFor();
  });

  /** What axe-core finds wrong with the panel as it is, and how many rules it found kept. */
  async function violations(): Promise<string[]> {
    const page = panel.frame.locator(":root");
    // A webview that was hidden is another page when it comes back.
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
    const { violations, passes } = await page.evaluate(() => (globalThis as unknown as AxeWindow).axe.run());
    assert.ok(passes.length > 10, `axe found ${passes.length} rules to check`);
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)}: ${failureSummary ?? ""}`),
    );
  }

  async function steps(times: number, place: string): Promise<void> {
    await panel.press("restart");
    await panel.at(/^start, /);
    for (let k = 0; k < times; k++) await panel.press("step");
    await panel.at(place);
  }

  for (const theme of ["light", "highContrastDark", "highContrastLight", "dark"] satisfies Theme[]) {
    it(`has no violation that axe-core finds in the tabs Step, Parameters and Training, ${theme}`, async () => {
      await workbench.setTheme(theme);
      // The colours are computed anew from the theme.
      await workbench.page.waitForTimeout(300);
      await panel.choose("step");
      await steps(6, "t = 3 of 4, backward");
      assert.deepEqual(await violations(), [], "Step");
      await panel.choose("parameters");
      await panel.press("run-to-end");
      await panel.at("update");
      await eventually(
        () => panel.part("parameters-tab").locator("[data-testid=not-yet]").count(),
        (count) => count <= 5,
        "the update",
      );
      assert.deepEqual(await violations(), [], "Parameters");
      await panel.choose("training");
      assert.deepEqual(await violations(), [], "Training");
    });
  }

  it("has none at the start, in the list of keys and in the list of tracks", async () => {
    await panel.choose("step");
    await steps(0, "start, 4 steps");
    assert.deepEqual(await violations(), [], "start");
    await panel.press("keys");
    await panel.part("key-list").waitFor();
    assert.deepEqual(await violations(), [], "keys");
    await panel.key("Escape");
    await panel.press("track-menu");
    await panel.part("track-menu-list").waitFor();
    assert.deepEqual(await violations(), [], "tracks");
    await panel.key("Escape");
  });

  it("has none with maps of colours, several layers, gates and outputs that are summed up", async () => {
    await workbench.runCommand("File: Revert File");
    await panel.open("wide.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    for (let k = 0; k < 3; k++) await panel.press("step-back");
    await panel.at(/^t = \d+ of 24, backward$/);
    for (const tab of ["step", "parameters"] as const) {
      await panel.choose(tab);
      assert.deepEqual(await violations(), [], tab);
    }
    await panel.choose("step");
    await panel.frame.locator("[data-testid=outputs] .num").first().click();
    await panel.frame.locator("[data-testid=sheet][data-kind=known]").waitFor();
    assert.deepEqual(await violations(), [], "the derivation of a number that is kept");
    await panel.press("close-sheet");
  });

  it("has none while it shows the errors of a text", async () => {
    await workbench.closeEditors();
    await workbench.openFile("broken.rnn.json");
    await workbench.runCommand("RNN: Open Stepper to the Side");
    await panel.part("errors").waitFor();
    assert.deepEqual(await violations(), []);
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
