import { strict as assert } from "node:assert";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

describe("The workbench that the panel's tests drive", () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await openWindow({ files: { "a.json": '{ "a": 1 }\n' } });
  });

  it("opens a file of the folder", async () => {
    await workbench.openFile("a.json");
    assert.match(await workbench.activeEditor.locator(".view-line").first().innerText(), /"a":\s1/);
  });

  it("runs a command of the palette on it and saves: the transformed text is on disk", async () => {
    await workbench.goTo(1, 4);
    await workbench.runCommand("Transform to Uppercase");
    await workbench.save();
    assert.equal(await workbench.readFile("a.json"), '{ "A": 1 }\n');
  });

  it("changes to each theme while it runs", async () => {
    for (const theme of ["light", "highContrastDark", "highContrastLight", "dark"] as const)
      await workbench.setTheme(theme);
    assert.equal(await workbench.page.locator(".monaco-workbench.vs-dark").count(), 1);
  });
});
