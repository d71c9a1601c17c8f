import { strict as assert } from "node:assert";
import path from "node:path";
import { eventually, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** As many months as the table of airline passengers has, growing and with a season of twelve: numbers of our own. */
const rows = Array.from({ length: 144 }, (_, k) => {
  const passengers = Math.round((110 + 2 * k) * (1 + 0.2 * Math.sin((2 * Math.PI * k) / 12)));
  return `${1949 + Math.floor(k / 12)}-${String((k % 12) + 1).padStart(2, "0")},${passengers},${(40 + k / 8).toFixed(1)}`;
});
const table = `month,passengers,fuel\n${rows.join("\n")}\n`;

const small = JSON.stringify({
  version: 1,
  inputSize: 1,
  layers: [{ cell: "rnn", size: 1 }],
  output: { size: 1 },
  sequences: [{ inputs: [1, 2] }],
});

describe("A model from a table", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({ files: { "air.csv": table, "dropped.csv": table, "small.rnn.json": small } });
    panel = new Panel(workbench);
  });

  const question = (title: string) => workbench.page.locator(".quick-input-widget").filter({ hasText: title });
  const enter = () => workbench.page.keyboard.press("Enter");
  const look = async (name: string) => {
    const folder = process.env["UNROLL_PICTURES"];
    if (folder) await workbench.page.screenshot({ path: path.join(folder, `${name}.png`) });
  };

  /** The three questions: what to predict, how far back, which cell. */
  async function answer(file: string): Promise<void> {
    const { page } = workbench;
    const first = question("New Model from Data (1/3)");
    await first.waitFor();
    // The text column is none that can be predicted.
    const labels = await first.locator(".monaco-list-row .label-name").allInnerTexts();
    assert.ok(labels.includes("passengers") && labels.includes("fuel") && !labels.includes("month"), labels.join(", "));
    await look(`${file}-1`);
    await enter();
    await question("New Model from Data (2/3)").waitFor();
    await question("First windows: 110 123 134 139 138 132 … → 134").waitFor();
    await look(`${file}-2`);
    await enter();
    const third = question("New Model from Data (3/3)");
    await third.waitFor();
    await look(`${file}-3`);
    await third.locator(".monaco-list-row").filter({ hasText: "gru" }).first().click();
    await page.locator(`.tab[data-resource-name="${file}.rnn.json"]`).first().waitFor();
  }

  it("goes from three questions to the stepper, a training and a forecast", async () => {
    const { page } = workbench;
    await workbench.runCommand("RNN: New Model from Data…");
    const dialog = page.locator(".quick-input-widget input").first();
    await eventually(
      async () => dialog.inputValue(),
      (value) => value.startsWith(path.dirname(workbench.folder)),
      "the dialog for a file",
    );
    await dialog.fill(path.join(workbench.folder, "air.csv"));
    await page.locator(".quick-input-widget .monaco-list-row").filter({ hasText: "air.csv" }).first().waitFor();
    await enter();
    await answer("air");
    await panel.at(/^start, /);
    await look("air-stepper");
    const text = JSON.parse(await workbench.readFile("air.rnn.json")) as { sequences: object; layers: object[] };
    assert.deepEqual(text.sequences, {
      file: "air.csv",
      inputs: ["passengers"],
      targets: ["passengers"],
      window: 12,
      horizon: 1,
      stride: 1,
      scale: "standard",
    });
    await panel.press("step");
    await panel.at(/^t = 1 of 12/);
    await panel.choose("training");
    await panel.press("start-training");
    await panel.frame.locator("[data-testid=training-tab][data-kind=done]").waitFor();
    assert.equal((await panel.part("epoch").innerText()).trim(), "100 of 100");
    const loss = await panel.number("loss");
    assert.ok(loss < 0.1, `${loss}`);
    await look("air-trained");

    await panel.focusText();
    await workbench.runCommand("RNN: Predict…");
    await page
      .locator(".quick-input-widget .monaco-list-row")
      .filter({ hasText: "Forecast from a sequence of the file" })
      .click();
    await question("Forecast (1/2)").waitFor();
    await enter();
    await question("Forecast (2/2)").waitFor();
    await enter();
    await page.locator('.tab[aria-label*="RNN Forecast"]').first().waitFor();
    await look("air-forecast");
  });

  it("is asked for where somebody drops the table on the panel", async () => {
    await panel.open("small.rnn.json");
    const uri = `file://${path.join(workbench.folder, "dropped.csv")}`;
    // As the browser tells the panel of a file that is dragged from VS Code's explorer.
    await panel.frame.locator(":root").evaluate(
      `(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("application/vnd.code.uri-list", ${JSON.stringify(uri)});
        for (const type of ["dragover", "drop"])
          document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      })()`,
    );
    await answer("dropped");
    const made = JSON.parse(await workbench.readFile("dropped.rnn.json")) as { sequences: { file: string } };
    assert.equal(made.sequences.file, "dropped.csv");
  });
});
