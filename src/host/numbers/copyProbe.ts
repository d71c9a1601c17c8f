import * as vscode from "vscode";
import type { ProbeName } from "../../interop/probes";
import { isProbeName, probes } from "../../interop/probes";
import { say } from "../say";

/** Copies a short program that prints a model of another framework as a file, with what that computes as its expectations. */
export async function copyProbe(name: unknown): Promise<void> {
  const chosen = isProbeName(name) ? name : await pick();
  if (!chosen) return;
  const { title, script } = probes[chosen];
  await vscode.env.clipboard.writeText(script);
  const open = "Open in an Editor";
  const said = say.information(
    `The probe for ${title} is in the clipboard: put your model into it, run it, and save what it prints as an .rnn.json file.`,
    open,
  );
  void said.then(async (choice) => {
    if (choice !== open) return;
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language: "python", content: script }),
    );
  });
}

async function pick(): Promise<ProbeName | null> {
  const items = Object.entries(probes).map(([name, { title, detail }]) => ({ label: title, detail, name }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Copy a Probe",
    placeHolder: "A short program that prints your model and what it computes as an .rnn.json file",
    matchOnDetail: true,
  });
  return picked && isProbeName(picked.name) ? picked.name : null;
}
