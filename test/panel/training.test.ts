import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { worked } from "../editor/worked";
import { eventually, near, type PageElement, Panel } from "./panel";
import { openWorkbench, type Workbench } from "./workbench";

const samples = path.join(import.meta.dirname, "../../media/samples");
/** So many epochs that nobody waits for them. */
const long = readFileSync(path.join(samples, "sign-of-a-sum.rnn.json"), "utf8").replace(
  '"epochs": 10',
  '"epochs": 100000',
);
assert.match(long, /100000/);
/** As many, each done in less than a millisecond. */
const many = readFileSync(path.join(samples, "hello.rnn.json"), "utf8").replace('"epochs": 100', '"epochs": 100000');
assert.match(many, /100000/);

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
    workbench = await openWorkbench({
      files: {
        "worked.rnn.json": worked.replace('"learningRate": 0.1 }', '"learningRate": 0.1 }, "epochs": 1'),
        "long.rnn.json": long,
        "many.rnn.json": many,
      },
    });
    panel = new Panel(workbench);
  });
  after(() => workbench.close());

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
    const more = await eventually(epochs, (count) => count > few + 2, "more epochs");
    assert.ok(more > few);
    const late = await pictures();
    assert.notEqual(late[0], early[0]);
    assert.notEqual(late[1], early[1]);
    await panel.press("step");
    await panel.at(/^t = 1 of \d+, forward$/);
  });

  it("ends within two seconds when it is cancelled, and keeps what it has learned as one edit", async () => {
    const began = Date.now();
    await panel.press("cancel");
    await kind("cancelled");
    assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms`);
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
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
