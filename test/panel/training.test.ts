import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { worked } from "../host/editor/worked";
import { eventually, near, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const samples = path.join(import.meta.dirname, "../../media/samples");
/** So many epochs that nobody waits for them. */
const lastEpoch = 100_000;
const long = readFileSync(path.join(samples, "sign-of-a-sum.rnn.json"), "utf8").replace(
  '"epochs": 10',
  `"epochs": ${lastEpoch}`,
);
assert.match(long, /100000/);
/** So many that none of them, each done in less than a millisecond, is the last before somebody has pressed Cancel. */
const many = readFileSync(path.join(samples, "hello.rnn.json"), "utf8").replace('"epochs": 100', '"epochs": 100000000');
assert.match(many, /100000000/);

interface ListeningWindow {
  addEventListener(
    name: "message",
    listener: (event: { data: { type: string; from: number; loss: { length: number } } }) => void,
  ): void;
  told: { readonly from: number; readonly epochs: number; readonly at: number }[];
}

describe("Training from the panel", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: {
        "worked.rnn.json": worked.replace('"learningRate": 0.1 }', '"learningRate": 0.1 }, "epochs": 1'),
        "long.rnn.json": long,
        "many.rnn.json": many,
        "watched.rnn.json": worked.replace(
          '"learningRate": 0.1 }',
          '"learningRate": 0.1 }, "epochs": 30 }, "validation": { "sequences": [{ "inputs": ["hi", "class"], "targets": ["class", "!"] }]',
        ),
      },
    });
    panel = new Panel(workbench);
  });

  const kind = (name: string) => panel.frame.locator(`[data-testid=training-tab][data-kind=${name}]`).waitFor();
  const epochs = async () => Number.parseInt(await panel.part("epoch").innerText(), 10);
  const dirty = (name: string) => workbench.page.locator(`.tab.dirty[data-resource-name="${name}"]`);

  it("makes one step of gradient descent: Whh 0.2 becomes 0.2 − 0.1 · 0.45209…, as one edit that one undo takes back", async () => {
    await panel.open("worked.rnn.json");
    await panel.choose("training");
    await panel.press("start-training");
    await kind("done");
    assert.equal((await panel.part("epoch").innerText()).trim(), "1 of 1");
    // The loss with which the epoch began is the worked example's.
    near(await panel.number("loss"), 5.573534245472742, "loss");
    await dirty("worked.rnn.json").first().waitFor();
    await panel.focusText();
    await panel.key("ControlOrMeta+Z");
    await dirty("worked.rnn.json").first().waitFor({ state: "detached" });
    await panel.key("ControlOrMeta+Shift+Z");
    await dirty("worked.rnn.json").first().waitFor();
    await workbench.save();
    assert.match(await workbench.readFile("worked.rnn.json"), /"Whh": \[\[0\.1547905488985/);
  });

  it("computes the run anew with what it has learned, at the same place", async () => {
    await panel.choose("parameters");
    await eventually(
      () => panel.number("layers.0.Whh[0][0]"),
      (value) => Math.abs(value - 0.1547905488985363) < 1e-15,
      "the trained Whh",
    );
    assert.equal(await panel.place(), "start, 4 steps");
  });

  it("lets its curves grow while it trains, and the panel step meanwhile", async () => {
    await panel.open("long.rnn.json");
    await panel.press("train");
    // The button opens the tab.
    await kind("running");
    const pictures = () =>
      panel.frame
        .locator("training-chart canvas")
        .evaluateAll((all: (PageElement & { toDataURL(): string })[]) => all.map((canvas) => canvas.toDataURL()));
    const few = await eventually(epochs, (count) => count >= 2, "two epochs");
    const early = await pictures();
    assert.equal(early.length, 2);
    await eventually(epochs, (count) => count > few + 2, "more epochs");
    // Of thousands of epochs, three more need not change a pixel
    await eventually(pictures, (late) => late.every((picture, at) => picture !== early[at]), "other pictures");
    await panel.press("step");
    await panel.at(/^t = 1 of \d+, forward$/);
  });

  it("paints the shown sequence with the weights of the moment while it trains, at the same step, with a ghost of before", async () => {
    const weights = () => panel.part("weights");
    const state = () => panel.frame.locator(".now-result").innerText();
    const [epoch, value] = [await weights().innerText(), await state()];
    assert.match(epoch, /^weights of epoch \d+$/);
    // On a busy machine they come less often: they must not cost the training
    for (const [part, old] of [
      [weights(), epoch],
      [panel.frame.locator(".now-result"), value],
    ] as const)
      await part.filter({ hasNotText: old }).first().waitFor({ timeout: 120_000 });
    await panel.frame.locator(".stage-cell [data-testid=ghost]").first().waitFor();
    assert.match(await panel.place(), /^t = 1 of \d+, forward$/);
    assert.match(await panel.part("training-loss-of").innerText(), /^loss, mean of [\d,]+ sequences$/);
    assert.match(await panel.part("status").innerText(), /weights of epoch/);
  });

  it("ends when it is cancelled, long before its last epoch, and keeps what it has learned as one edit", async () => {
    await panel.press("cancel");
    await kind("cancelled");
    assert.ok((await epochs()) < lastEpoch / 2);
    await dirty("long.rnn.json").first().waitFor();
    await panel.focusText();
    await panel.key("ControlOrMeta+Z");
    await dirty("long.rnn.json").first().waitFor({ state: "detached" });
    assert.equal(await workbench.readFile("long.rnn.json"), long);
  });

  it("keeps its curves while other tabs are looked at", async () => {
    const done = await epochs();
    await panel.choose("step");
    await panel.choose("training");
    assert.equal(await epochs(), done);
    assert.equal(await panel.frame.locator("training-chart canvas").count(), 2);
  });

  it("is told of each epoch once, in at most twenty messages a second, however many epochs there are", async () => {
    await panel.open("many.rnn.json");
    await panel.choose("training");
    await panel.frame.locator(":root").evaluate(() => {
      const page = globalThis as unknown as ListeningWindow;
      page.told = [];
      page.addEventListener("message", ({ data }) => {
        if (data.type !== "training") return;
        page.told.push({ from: data.from, epochs: data.loss.length, at: performance.now() });
      });
    });
    await panel.press("start-training");
    await eventually(epochs, (count) => count > 3000, "3000 epochs");
    await panel.press("cancel");
    await kind("cancelled");
    const told = await panel.frame.locator(":root").evaluate(() => (globalThis as unknown as ListeningWindow).told);
    let before = 0;
    for (const { from, epochs } of told) {
      assert.equal(from, before);
      before += epochs;
    }
    assert.equal(await epochs(), before);
    const seconds = (told.at(-1)!.at - told[0]!.at) / 1000;
    // One more when it begins and one when it ends
    assert.ok(told.length <= 20 * seconds + 3, `${told.length} messages in ${seconds} s`);
    // What it has learned is written, and taken back: no file is left that has to be saved
    await dirty("many.rnn.json").first().waitFor();
    await panel.focusText();
    await panel.key("ControlOrMeta+Z");
    await dirty("many.rnn.json").first().waitFor({ state: "detached" });
  });

  it("draws what is held back beside what is trained on, and the accuracies", async () => {
    await panel.open("watched.rnn.json");
    await panel.choose("training");
    await panel.press("start-training");
    await kind("done");
    assert.equal(await panel.frame.locator("training-chart canvas").count(), 3);
    assert.match(await panel.part("chart-loss").innerText(), /^loss, validation \d/);
    assert.match(await panel.part("chart-accuracy").innerText(), /^accuracy, validation [01]/);
  });

  it("shows the sequence with the weights of before and of after, and the text stays as it is", async () => {
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    const state = () =>
      panel.frame.locator('.stage-number[data-reference="layers.0.h@1[0]"]').getAttribute("data-value");
    const pressed = (side: string) => panel.part(`show-${side}`).getAttribute("aria-pressed");
    await eventually(
      () => pressed("after"),
      (is) => is === "true",
      "after",
    );
    const after = await state();
    await panel.press("show-before");
    await panel.part("weights").filter({ hasText: "weights before the training" }).waitFor();
    // tanh(0.5)
    near(Number(await state()), 0.46211715726001, "h_1 of before");
    assert.equal(await pressed("before"), "true");
    assert.equal(await panel.place(), "t = 1 of 4, forward");
    await panel.press("show-after");
    await panel.part("weights").waitFor({ state: "detached" });
    assert.equal(await state(), after);
  });

  it("keeps the curve of the run before as a thin line", async () => {
    assert.equal(await panel.part("earlier-curves").count(), 0);
    await panel.press("start-training");
    await panel.part("earlier-curves").filter({ hasText: "the run before" }).waitFor();
    await kind("done");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
