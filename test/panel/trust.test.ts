import { strict as assert } from "node:assert";
import { lineOf, worked } from "../host/editor/worked";
import { Panel } from "./panel";
import { openWorkbench, type Workbench } from "./workbench";

const model = worked.replace('"training": {', '"training": { "epochs": 1,');
/** Its sequences lie in another file. */
const beside = worked.replace(/"sequences": \[[^]*?\n {2}\],/, '"sequences": { "file": "more.jsonl" },');

describe("A folder that nobody has said he trusts", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWorkbench({
      files: { "worked.rnn.json": model, "beside.rnn.json": beside },
      isTrusted: false,
    });
    panel = new Panel(workbench);
  });
  after(() => workbench?.close());

  it("is stepped through", async () => {
    await panel.open("worked.rnn.json");
    for (const place of ["t = 1 of 4, forward", "t = 2 of 4, forward"]) {
      await panel.press("step");
      await panel.at(place);
    }
    assert.equal(Number((await panel.track("layers.0.h[0]"))[1]), Math.tanh(0.5));
  });

  it("is asked about before something trains, and is left as it is where nobody agrees", async () => {
    await workbench.runCommand("RNN: Train");
    await workbench.answer("This workspace is not trusted. Training computes for as long as its file says.", null);
    assert.equal(await workbench.readFile("worked.rnn.json"), model);
    assert.equal(await workbench.activeEditor.locator(".tab.active.dirty").count(), 0);
  });

  it("has no other file read: the model says so at the file's name", async () => {
    await workbench.closeEditors();
    await workbench.openFile("beside.rnn.json");
    await workbench.runCommand("Problems: Focus on Problems View");
    await workbench.page
      .locator(".markers-panel .monaco-list-row")
      .filter({ hasText: "other files are read in a trusted workspace alone" })
      .first()
      .waitFor();
  });

  it("trains once somebody says that it may", async () => {
    await panel.open("worked.rnn.json");
    await panel.focusText();
    await workbench.runCommand("RNN: Train");
    await workbench.answer("This workspace is not trusted. Training computes for as long as its file says.", "Run");
    await workbench.page.locator(".tab.dirty").first().waitFor();
    await workbench.goTo(lineOf(model, '"Whh"') + 1);
    await workbench.activeEditor.locator(".view-line", { hasText: "0.1547" }).first().waitFor();
  });

  it("puts no error on the console", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
