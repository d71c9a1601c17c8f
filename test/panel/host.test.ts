import { strict as assert } from "node:assert";
import { worked } from "../host/editor/worked";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** h_t = 1e200 h_{t−1} + x_t: 1, 1e200, then what no double holds. */
const overflowing = JSON.stringify({
  version: 1,
  inputSize: 1,
  layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[1e200]], bh: [0] }],
  output: { size: 1, at: "last", Why: [[1]], by: [0] },
  loss: { type: "mse" },
  sequences: [{ inputs: [1, 0, 0], target: 0 }],
});

describe("The panel's host", function () {
  let workbench: Workbench;

  before(async () => {
    workbench = await openWindow({ files: { "worked.rnn.json": worked, "overflow.rnn.json": overflowing } });
  });
  beforeEach(async () => {
    await workbench.closeEditors();
    await workbench.openFile("worked.rnn.json");
    // Beside the text, where the last test has left the stepper: it is remembered.
    await workbench.runCommand("RNN: Open Stepper to the Side");
    await position("");
    await workbench.runCommand("RNN: Restart");
    await position("start");
  });

  /** Waits until the panel says where the user stands. */
  const position = (text: string) => workbench.panel.getByTestId("position").filter({ hasText: text }).waitFor();
  const statusBar = (text: string) =>
    workbench.page.locator(".statusbar-item").filter({ hasText: text }).first().waitFor();
  const value = async (name: string, t: number) =>
    workbench.panel
      .locator(`[data-testid=cell][data-name="${name}"][data-where="t = ${t}"]`)
      .getAttribute("data-value");
  const press = (key: string) => workbench.page.keyboard.press(key);

  it("steps by its keys while the text has the focus, and shows the place in the status bar", async () => {
    await press("Shift+Alt+PageDown");
    await position("t = 1 of 4, forward");
    await press("Shift+Alt+PageDown");
    await position("t = 2 of 4, forward");
    await statusBar("RNN t = 2 of 4 · forward");
    assert.equal(Number(await value("layers.0.h[0]", 1)), Math.tanh(0.5));
    await press("Shift+Alt+PageUp");
    await position("t = 1 of 4, forward");
  });

  it("steps by the same keys while the panel has the focus", async () => {
    await workbench.panel.getByTestId("position").click();
    await press("Shift+Alt+PageDown");
    await position("t = 1 of 4, forward");
    await press("Shift+Alt+End");
    await position("update");
    await press("Shift+Alt+Home");
    await position("start");
  });

  it("asks for a step in words, and says what is wrong with another answer", async () => {
    await press("Shift+Alt+PageDown");
    await workbench.page.locator(".statusbar-item", { hasText: "RNN t = 1 of 4" }).click();
    const input = workbench.page.locator(".quick-input-widget input");
    await input.fill("9");
    await workbench.page
      .locator(".quick-input-message", { hasText: "Expected a whole number from 1 to 4, found 9" })
      .waitFor();
    await input.fill("3");
    await press("Enter");
    await position("t = 3 of 4, forward");
  });

  it("stands where it stood after it was hidden behind another editor", async () => {
    await press("Shift+Alt+PageDown");
    await press("Shift+Alt+PageDown");
    await position("t = 2 of 4, forward");
    await workbench.panel.getByTestId("position").click();
    await workbench.openFile("overflow.rnn.json");
    await workbench.runCommand("View: Open Previous Editor in Group");
    await position("t = 2 of 4, forward");
  });

  it("shows ∞ as such, and where it comes from", async () => {
    await workbench.closeEditors();
    await workbench.openFile("overflow.rnn.json");
    await workbench.runCommand("RNN: Run to End");
    await workbench.panel
      .getByTestId("non-finite")
      .filter({ hasText: "∞ first appears in the pre-activation" })
      .waitFor();
    assert.equal(await value("layers.0.h[0]", 3), "Infinity");
    await workbench.runCommand("RNN: Run Back to Start");
    for (let k = 0; k < 3; k++) await press("Shift+Alt+PageDown");
    await position("t = 3 of 3, forward");
    assert.match(await workbench.panel.getByTestId("total-loss").innerText(), /∞/);
  });

  it("changes its digits with the setting", async () => {
    await press("Shift+Alt+PageDown");
    const cell = workbench.panel.locator('[data-testid=cell][data-name="layers.0.h[0]"][data-where="t = 1"]');
    await cell.filter({ hasText: /^\s*0\.4621\s*$/ }).waitFor();
    await workbench.setSettings({ "rnn.digits": 3 });
    await cell.filter({ hasText: /^\s*0\.462\s*$/ }).waitFor();
    await workbench.setSettings({ "rnn.digits": 4 });
    await cell.filter({ hasText: /^\s*0\.4621\s*$/ }).waitFor();
  });

  it("breaks its content security policy nowhere, and puts no error on the console", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
