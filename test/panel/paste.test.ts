import { strict as assert } from "node:assert";
import { eventually } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const model = `{
  "version": 1,
  "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 2, "Whh":  }],
  "output": { "size": 1 },
  "sequences": [{ "inputs": [1] }]
}
`;

/** Where a value is missing: line 4, behind "Whh": and a space. */
const line = 4;
const column = '  "layers": [{ "cell": "rnn", "size": 2, "Whh": '.length + 1;

describe("A print of numbers that is pasted into the text", () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await openWindow({ files: { "paste.rnn.json": model } });
    await workbench.openFile("paste.rnn.json");
  });

  /** As the browser tells the editor that somebody has pressed the keys of a paste. */
  const paste = (text: string) =>
    workbench.page.evaluate(
      `(() => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", ${JSON.stringify(text)});
        const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
      })()`,
    );

  it("becomes the matrix that it shows, and a text that is none is pasted as it is", async () => {
    await workbench.goTo(line, column);
    await paste("array([[ 0.5 , -0.25],\n       [ 1.  ,  2.e-01]], dtype=float32)");
    const pasted = "[[0.50, -0.25], [1.00, 2e-1]]";
    // What a paste becomes comes later than the keys are pressed. A line may be shown as two.
    const shows = (wanted: string) =>
      eventually(
        async () => (await workbench.page.locator(".view-lines").first().innerText()).replaceAll("\u00a0", " "),
        (text) => text.includes(wanted),
        wanted,
      );
    await shows(pasted);
    await workbench.goTo(1, 1);
    await paste("// the weights of chapter 2\n");
    await shows("// the weights of chapter 2");
    await workbench.save();
    const text = await workbench.readFile("paste.rnn.json");
    assert.ok(text.startsWith("// the weights of chapter 2\n{"), text);
    assert.ok(text.includes(`"Whh": ${pasted}`), text);
  });
});
