import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";
import { worked } from "../host/editor/worked";
import { repository } from "../vscode/harness/paths";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const copy = readFileSync(path.join(repository, "media/samples/copy-lstm.rnn.json"), "utf8");
/** 16 units over 60 steps. */
const long = JSON.stringify({
  version: 1,
  inputSize: 1,
  layers: [{ cell: "lstm", size: 16 }],
  output: { size: 1 },
  loss: { type: "mse" },
  sequences: [
    {
      inputs: Array.from({ length: 60 }, (_, k) => Math.sin(k)),
      targets: Array.from({ length: 60 }, (_, k) => Math.sin(k + 1)),
    },
  ],
});

interface Placed extends PageElement {
  getBoundingClientRect(): { left: number; width: number; top: number; height: number };
}

describe("The tracks under the stage", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { "worked.rnn.json": worked, "copy-lstm.rnn.json": copy, "long.rnn.json": long },
      settings: { "rnn.gradientCheck": "off" },
    });
    panel = new Panel(workbench);
  });

  const plot = (id: string) => panel.frame.locator(`[data-testid=track][data-track="${id}"] .plot`);
  const heights = () =>
    panel.frame
      .locator("[data-testid=track]:has(.label-scale, .has-units) .plot > :first-child")
      .evaluateAll((all: Placed[]) => all.map((element) => element.getBoundingClientRect().height));

  it("are 32 to 48 pixels high, and one is taller on demand", async () => {
    await panel.open("long.rnn.json");
    await panel.press("step");
    await panel.at("t = 1 of 60, forward");
    await eventually(heights, ({ length }) => length > 8, "the tracks");
    for (const height of await heights()) assert.ok(height >= 32 && height <= 48, `${height} pixels`);
    const taller = panel.frame.getByRole("button", { name: "Taller rows of h_t", exact: true });
    await taller.click();
    await eventually(heights, (all) => all.filter((height) => height > 200).length === 1, "one tall track");
    await panel.frame.getByRole("button", { name: "Lower rows of h_t", exact: true }).click();
    await eventually(heights, (all) => all.every((height) => height <= 48), "no tall track");
  });

  it("let the gradients stand first once they flow, and the forward pass fold to strips of 12 pixels", async () => {
    const first = () => panel.part("track").first().getAttribute("data-track");
    assert.equal(await first(), "layers.0.h");
    await panel.press("run-to-end");
    await panel.at("update");
    await eventually(first, (id) => id === "gradients.layers.0.h", "the gradients first");
    const height = (id: string) =>
      plot(id)
        .locator(":scope > :first-child")
        .evaluate((element: Placed) => element.getBoundingClientRect().height);
    assert.deepEqual([await height("layers.0.h"), await height("gradients.layers.0.h")], [12, 48]);
    await panel.press("run-to-start");
    await panel.at(/^start/);
    await panel.press("step");
    await panel.at("t = 1 of 60, forward");
    await eventually(first, (id) => id === "layers.0.h", "the states first");
  });

  it("put the units of a layer in the order that somebody wants, in every track alike, with their numbers", async () => {
    const units = (id: string) =>
      panel.frame.locator(`[data-testid=track][data-track="${id}"] .unit-tick`).allInnerTexts();
    assert.deepEqual(await units("layers.0.h"), ["0", "15"]);
    await panel.press("track-menu");
    await panel.part("unit-order").selectOption("variance");
    await panel.key("Escape");
    const sorted = await eventually(
      () => units("layers.0.h"),
      (found) => found.join() !== "0,15",
      "another order",
    );
    assert.deepEqual(await units("layers.0.f"), sorted);
    assert.equal(await panel.part("unit-order-text").innerText(), "units by variance");
    // The number read at the first place is that of the unit which stands there
    await plot("layers.0.h").focus();
    await panel.key("ArrowRight");
    await panel
      .part("live")
      .filter({ hasText: `h[${sorted[0]}], t = ` })
      .waitFor({ state: "attached" });
    await panel.press("track-menu");
    await panel.part("unit-order").selectOption("file");
    await panel.key("Escape");
    await eventually(
      () => units("layers.0.h"),
      (found) => found.join() === "0,15",
      "the file's order",
    );
  });

  it("have an overview of all steps whose window zooms and moves, by pointer and by keys", async () => {
    const strip = panel.frame.locator(".overview-plot");
    await strip.scrollIntoViewIfNeeded();
    const box = (await strip.boundingBox())!;
    const { mouse } = workbench.page;
    const at = (part: number): [number, number] => [box.x + part * box.width, box.y + box.height / 2];
    await mouse.move(...at(0.25));
    await mouse.down();
    await mouse.move(...at(0.5), { steps: 4 });
    await mouse.up();
    const shown = () => strip.getAttribute("aria-valuetext");
    await eventually(shown, (text) => text === "t 16 to 30 of 60", "a quarter of the steps");
    await mouse.move(...at(0.4));
    await mouse.down();
    await mouse.move(...at(0.65), { steps: 4 });
    await mouse.up();
    await eventually(shown, (text) => text === "t 31 to 45 of 60", "the quarter after it");
    await strip.focus();
    await panel.key("ArrowLeft");
    await eventually(shown, (text) => text === "t 30 to 44 of 60", "one step to the left");
    await panel.press("zoom-fit");
    await eventually(shown, (text) => text === "t 1 to 60 of 60", "all steps");
  });

  it("keep and derive a number that is clicked on, and time stands still", async () => {
    await panel.open("long.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.press("phase-forward");
    await panel.at("t = 60 of 60, forward");
    await plot("layers.0.h").scrollIntoViewIfNeeded();
    const box = (await plot("layers.0.h").boundingBox())!;
    await plot("layers.0.h").click({ position: { x: (box.width * 9.5) / 60, y: 3 + 1.5 } });
    await panel.frame.locator('[data-testid=sheet][data-kind=known][data-reference-of="layers.0.h@10[0]"]').waitFor();
    assert.equal(await panel.place(), "t = 60 of 60, forward");
    assert.match(await panel.part("now").innerText(), /=/);
    await panel.press("close-sheet");
    await panel.part("sheet").waitFor({ state: "detached" });
  });

  it("show a gate in one hue from shut to open, and h of tanh up to ±1", async () => {
    const scale = (id: string) =>
      panel.frame.locator(`[data-testid=track][data-track="${id}"] .label-scale`).innerText();
    assert.deepEqual(await Promise.all(["layers.0.f", "layers.0.i", "layers.0.o"].map(scale)), ["0…1", "0…1", "0…1"]);
    assert.deepEqual(await Promise.all(["layers.0.h", "layers.0.g"].map(scale)), ["±1.00", "±1.00"]);
    // One scale for the group's others
    const rest = await Promise.all(["gradients.layers.0.h", "gradients.layers.0.c"].map(scale));
    assert.equal(rest[0], rest[1]);
  });

  it("light up in the text what the number pointed at is made of", async () => {
    await panel.open("worked.rnn.json");
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    const lit = () =>
      workbench.page.locator(".view-overlays .cdr").evaluateAll((all: PageElement[]) => {
        const page = globalThis as unknown as { getComputedStyle(element: PageElement): { outlineStyle: string } };
        return all.filter((element) => page.getComputedStyle(element).outlineStyle === "solid").length;
      });
    const before = await lit();
    await panel.frame.locator('.stage-number[data-reference="layers.0.h@1[0]"]').hover();
    await panel.frame.locator(".now.is-pointed").waitFor();
    await eventually(lit, (count) => count > before, "what lights up in the text");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
