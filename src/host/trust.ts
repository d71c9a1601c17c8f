import * as vscode from "vscode";
import { say } from "./say";

/** The user has said once that what he asks for may run, though the workspace is not trusted. */
let isAllowed = false;

/**
 * Whether something that computes for as long as a file says may run: in a workspace that nobody has said he trusts, the user is asked.
 * @param doing "Training"
 */
export async function mayRun(doing: string): Promise<boolean> {
  if (vscode.workspace.isTrusted || isAllowed) return true;
  const [run, manage] = ["Run", "Manage Workspace Trust"];
  const message = `This workspace is not trusted. ${doing} computes for as long as its file says. Run it all the same?`;
  const choice = await say.warning(message, run, manage);
  if (choice === manage) await vscode.commands.executeCommand("workbench.trust.manage");
  if (choice === run) isAllowed = true;
  return isAllowed || vscode.workspace.isTrusted;
}
