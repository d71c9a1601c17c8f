import * as vscode from "vscode";
import { guarded } from "../failure";
import type { Sessions } from "../session/sessions";
import { showPanel } from "./showEditors";

/** Opens the file that UNROLL_START_FILE names beside its stepper: what `npm start` begins with. */
export async function openStartFile(sessions: Sessions): Promise<void> {
  const file = process.env["UNROLL_START_FILE"];
  if (!file) return;
  // One window alone begins with it: what is opened later must not bring it back.
  delete process.env["UNROLL_START_FILE"];
  await guarded("opening the first file", async () => {
    const uri = vscode.Uri.file(file);
    void (await sessions.at(uri)).start();
    await showPanel(uri);
  });
}
