import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";
import { openWorkbench, type Workbench } from "../panel/workbench";
import { packageExtension } from "../vscode/harness/package";
import { repository } from "../vscode/harness/paths";

const sample = "hi-there-class.rnn.json";

describe("The packaged extension, installed in VS Code", () => {
  let workbench: Workbench;
  before(async () => {
    const text = readFileSync(path.join(repository, "media/samples", sample), "utf8");
    workbench = await openWorkbench({ vsix: packageExtension(), files: { [sample]: text } });
  });
  after(() => workbench?.close());

  it("is listed among the installed extensions", async () => {
    await workbench.runCommand("Extensions: Show Installed Extensions");
    await workbench.page.locator(".extension-list-item .name", { hasText: "Unroll: RNN Stepper" }).waitFor();
  });

  it("opens the stepper beside a sample's text, and the stepper draws", async () => {
    await workbench.openFile(sample);
    await workbench.runCommand("RNN: Open Stepper to the Side");
    await workbench.panel.locator("#app > *").first().waitFor();
    assert.equal(await workbench.page.locator(".editor-group-container").count(), 2);
  });

  it("puts no error on the console", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
