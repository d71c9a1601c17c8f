import { strict as assert } from "node:assert";
import * as vscode from "vscode";
import { worked } from "../../host/editor/worked";
import { usedBytes } from "../../memory";
import { eventually, openModel } from "./documents";

/** What is still in use of the extension host's memory, in bytes. */
async function used(): Promise<number> {
  // What is closed is let go of in several turns.
  for (let k = 0; k < 4; k++) {
    usedBytes();
    await new Promise(setImmediate);
  }
  return usedBytes();
}

const panelsOf = ({ uri }: vscode.TextDocument) =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputCustom &&
        input.viewType === "rnn.stepper" &&
        input.uri.toString() === uri.toString(),
    );

describe("The memory of the extension host", () => {
  it("is what it was after a panel has been opened, stepped and closed again and again", async () => {
    const document = await openModel("memory", worked);
    const openAndClose = async (times: number) => {
      for (let k = 0; k < times; k++) {
        await vscode.commands.executeCommand("rnn.openStepper", document.uri);
        await eventually(() => panelsOf(document).length === 1, "no panel has opened");
        await vscode.commands.executeCommand("rnn.step");
        await vscode.window.tabGroups.close(panelsOf(document));
        await eventually(() => panelsOf(document).length === 0, "the panel has not closed");
      }
    };
    // What is loaded when it is first needed stays
    await openAndClose(5);
    const before = await used();
    await openAndClose(15);
    const after = await used();
    assert.ok(after < 1.05 * before, `${before} bytes have become ${after}`);
  });
});
