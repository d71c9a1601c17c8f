import { strict as assert } from "node:assert";
import * as path from "node:path";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const model = {
  version: 1,
  layers: [
    {
      cell: "rnn",
      size: 2,
      Wxh: [[0.5], [-0.25]],
      Whh: [
        [0.1, 0.2],
        [0.3, -0.4],
      ],
      bh: [0.25, -0.5],
    },
  ],
  output: { size: 1, Why: [[1, -1]], by: [0] },
  sequences: [{ inputs: [1, 0.5, -1, 2, 0.25, -0.75] }],
};
const [layer] = model.layers;
const other = { ...model, layers: [{ ...layer, bh: [0.5, -1] }] };
const text = (value: unknown) => `// mine\n${JSON.stringify(value, null, 2)}\n`;
/** h_1 of unit 0, by hand: tanh(0.5·1 + 0.25), and with the bias twice. */
const [mine, theirs] = [Math.tanh(0.75), Math.tanh(1)];

describe("A run beside another program's", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({ files: { "mine.rnn.json": text(model), "theirs.rnn.json": text(other) } });
    panel = new Panel(workbench);
  });

  const input = () => workbench.page.locator(".quick-input-widget input").first();
  const kind = (name: string) => panel.frame.locator(`[data-testid=compare-tab][data-kind=${name}]`).waitFor();
  const said = async (part: string) => (await panel.part(part).innerText()).replaceAll(/\s+/g, " ").trim();
  const dirty = () => workbench.page.locator('.tab.dirty[data-resource-name="mine.rnn.json"]').first();

  it("says without a comparison what can be compared, and how", async () => {
    await panel.open("mine.rnn.json");
    await panel.choose("compare");
    await kind("none");
    assert.ok(await panel.part("compare-with").isVisible());
    assert.ok(await panel.part("run-in-chunks").isVisible());
  });

  it("draws both on one axis, goes to the first place where they differ, and names the convention", async () => {
    await panel.press("compare-with");
    await workbench.page.locator(".quick-input-widget .monaco-list-row").filter({ hasText: "A file…" }).first().click();
    await eventually(
      async () => input().inputValue(),
      (value) => value.includes(path.basename(workbench.folder)),
      "the dialog for a file",
    );
    await input().fill(path.join(workbench.folder, "theirs.rnn.json"));
    await input().press("Enter");
    await kind("parity");
    await panel.at("t = 1 of 6, forward");
    const digits = (value: number) => String(Number(value.toPrecision(4)));
    assert.equal(
      await said("compare-verdict"),
      `They differ first at t = 1, in a[0]: ${digits(0.75)} here, ${digits(1)} in theirs.rnn.json.`,
    );
    assert.match(
      await said("compare-explained"),
      /^All agree where the other program adds each bias twice\. Take it over$/,
    );
    await panel.part("compare-quantity").selectOption({ index: 1 });
    await eventually(
      () => said("curves-caption"),
      (caption) => caption.startsWith("h[0], this run and the other"),
      "h[0]",
    );
    assert.match(await said("curves-caption"), /this run theirs\.rnn\.json$/);
    assert.match(await panel.part("compare-quantity").innerText(), /h \(0\.\d+\)/);
    assert.ok(Math.abs(theirs - mine) > 0.1);
    const pictures = await panel.frame
      .locator("lines-chart canvas")
      .evaluateAll((all: (PageElement & { toDataURL(): string })[]) => all.map((canvas) => canvas.toDataURL()));
    assert.equal(pictures.length, 2);
    assert.notEqual(pictures[0], pictures[1]);
  });

  it("jumps back to the first divergence by a click", async () => {
    await panel.press("step");
    await panel.at("t = 2 of 6, forward");
    await panel.press("first-divergence");
    await panel.at("t = 1 of 6, forward");
  });

  it("takes the convention over as one edit, which undo takes back; what was compared is then of another text", async () => {
    await panel.press("take-over");
    await kind("none");
    await dirty().waitFor();
    await panel.focusText();
    await workbench.save();
    assert.equal(
      await workbench.readFile("mine.rnn.json"),
      text(model).replace("0.25,\n        -0.5\n", "0.5,\n        -1\n"),
    );
    await panel.key("ControlOrMeta+Z");
    await workbench.save();
    assert.equal(await workbench.readFile("mine.rnn.json"), text(model));
  });

  it("reads a sequence whole, in chunks and with the state reset, and says how far these are apart", async () => {
    await panel.press("run-in-chunks");
    await input().fill("2");
    await input().press("Enter");
    await kind("streams");
    const facts = await said("stream-facts");
    assert.match(facts, /In chunks of 2 that go on from the state before it gives the same to the last bit\./);
    assert.match(facts, /With the state reset at each chunk it is up to 0\.\d+ apart, most at t = [35]\./);
    assert.match(facts, /Two different starts do not agree to 0\.000001 within the 6 steps/);
    assert.match(await said("curves-caption"), /whole in chunks state reset$/);
  });
});
