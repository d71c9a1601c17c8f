import { strict as assert } from "node:assert";
import { worked } from "../host/editor/worked";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const parameters = ["layers.0.Wxh", "layers.0.Whh", "layers.0.bh", "output.Why", "output.by"];

/** One relu unit that stands on its kink: the gradients of Wxh and bh cannot be told from differences. */
const kink = JSON.stringify({
  version: 1,
  inputSize: 1,
  layers: [{ cell: "rnn", size: 1, activation: "relu", Wxh: [[0]], Whh: [[0.5]], bh: [0] }],
  output: { size: 1, Why: [[1]], by: [0] },
  loss: { type: "mse" },
  sequences: [{ inputs: [1], targets: [1] }],
});

describe("The verdicts beside the gradients", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({ files: { "worked.rnn.json": worked, "kink.rnn.json": kink } });
    panel = new Panel(workbench);
  });

  /** The marks by parameter. */
  const marks = async (): Promise<Record<string, string>> => {
    const found = await panel.frame
      .getByTestId("parameter")
      .evaluateAll((rows: PageElement[]) =>
        rows.flatMap((row) =>
          [...row.querySelectorAll("[data-testid=gradient-check]")].map((mark) => [
            row.getAttribute("data-parameter"),
            mark.textContent.trim(),
          ]),
        ),
      );
    return Object.fromEntries(found);
  };

  /** Waits until every gradient of the worked example is marked right, with an error below 1e-6. */
  async function allRight(): Promise<void> {
    const found = await eventually(
      marks,
      (answer) => Object.values(answer).filter((mark) => mark.startsWith("✓")).length === parameters.length,
      "five gradients that are right",
    );
    assert.deepEqual(Object.keys(found), parameters);
    for (const [name, mark] of Object.entries(found)) {
      const error = Number(mark.slice(2).replaceAll("−", "-"));
      assert.ok(error < 1e-6, `${name}: ${mark}`);
    }
  }

  const noMarks = () => eventually(marks, (found) => Object.keys(found).length === 0, "no marks");

  it("are not there before the gradients are complete, then all right, with an error below 1e-6", async () => {
    await panel.open("worked.rnn.json");
    await panel.choose("parameters");
    assert.deepEqual(await marks(), {});
    await panel.focus();
    for (let k = 0; k < 7; k++) await panel.key("Shift+Alt+PageDown");
    await panel.at("t = 2 of 4, backward");
    assert.deepEqual(await marks(), {});
    await panel.key("Shift+Alt+PageDown");
    await panel.at("t = 1 of 4, backward");
    await allRight();
  });

  it("say in their name and their tooltip what was compared", async () => {
    const mark = panel.frame
      .locator('[data-parameter="layers.0.Wxh"]')
      .getByRole("img", { name: /^Check of the gradient of Wxh: ✓/ });
    assert.match(
      (await mark.getAttribute("title")) ?? "",
      /^analytic against numeric: largest relative difference \d+e−\d+ over all 4 entries$/,
    );
  });

  it("stand in the hover on a parameter's number", async () => {
    await workbench.page
      .locator(".view-line")
      .filter({ hasText: /^\s*"Whh"/ })
      .first()
      .locator("span span", { hasText: /^0\.2$/ })
      .hover();
    const hover = workbench.page.locator(".monaco-hover").filter({ hasText: "gradient of the whole sequence" });
    await hover
      .filter({ hasText: /gradient check\s*✓ \d+e−\d+ · analytic against numeric: .* over its one entry/ })
      .waitFor();
  });

  it("go when the text changes: away under an error, new ones for new numbers", async () => {
    await panel.focusText();
    const line = worked.split("\n").findIndex((text) => text.includes('"Whh"')) + 1;
    await workbench.goTo(line, '      "Whh": [[0.2'.length + 1);
    await workbench.page.keyboard.type("x");
    await panel.part("last-run").waitFor();
    await noMarks();
    await workbench.page.keyboard.press("Backspace");
    await workbench.page.keyboard.type("5");
    await eventually(
      () => panel.number("layers.0.Whh[0][0]"),
      (value) => value === 0.25,
      "the new weight",
    );
    await allRight();
  });

  it("go with rnn.gradientCheck off, come with RNN: Check Expectations and Gradients, and with automatic", async () => {
    await workbench.setSettings({ "rnn.gradientCheck": "off" });
    await noMarks();
    await panel.focusText();
    await workbench.runCommand("RNN: Check Expectations and Gradients");
    await allRight();
    // Another text: off is off again.
    await workbench.page.keyboard.type("1");
    await eventually(
      () => panel.number("layers.0.Whh[0][0]"),
      (value) => value === 0.251,
      "the new weight",
    );
    await noMarks();
    await workbench.setSettings({ "rnn.gradientCheck": "automatic" });
    await allRight();
  });

  it("say where an entry is on a kink, and call it no error", async () => {
    await panel.open("kink.rnn.json");
    await panel.choose("parameters");
    await panel.focus();
    await panel.key("Shift+Alt+End");
    const found = await eventually(
      marks,
      (answer) => Object.keys(answer).length === 5 && !Object.values(answer).includes("…"),
      "five marks",
    );
    assert.equal(found["layers.0.Wxh"], "not checked");
    assert.match(found["output.by"]!, /^✓/);
    const mark = panel.frame.locator('[data-parameter="layers.0.Wxh"]').getByTestId("gradient-check");
    assert.match((await mark.getAttribute("title")) ?? "", /the slope of the loss jumps there/);
  });

  it("leave no error on the console", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
