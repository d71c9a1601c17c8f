import * as vscode from "vscode";
import { panelViewType } from "../session/sessions";

/** The tab in which a file's panel stands. */
function panelTab(uri: vscode.Uri): vscode.Tab | null {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return (
    tabs.find(
      ({ input }) =>
        input instanceof vscode.TabInputCustom &&
        input.viewType === panelViewType &&
        input.uri.toString() === uri.toString(),
    ) ?? null
  );
}

function textTab(uri: vscode.Uri): vscode.Tab | null {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return (
    tabs.find(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString()) ?? null
  );
}

export function isPanelOpen(uri: vscode.Uri): boolean {
  return panelTab(uri) !== null;
}

/** Whether a file's panel is in front of the other editors of its group. */
export function isPanelInFront(uri: vscode.Uri): boolean {
  return panelTab(uri)?.isActive ?? false;
}

/** Shows a file's panel beside its text. The focus stays in the text, or comes to it; it does not go to the panel. */
export async function showPanel(uri: vscode.Uri): Promise<void> {
  const open = panelTab(uri);
  if (!open && !textTab(uri)) await vscode.window.showTextDocument(uri);
  const text = textTab(uri);
  // Beside the text, wherever the focus is now: a panel that came beside a panel would cover it.
  if (!open && text && !text.group.isActive)
    await vscode.window.showTextDocument(uri, { viewColumn: text.group.viewColumn, preview: text.isPreview });
  await vscode.commands.executeCommand("vscode.openWith", uri, panelViewType, {
    viewColumn: open?.group.viewColumn ?? vscode.ViewColumn.Beside,
    preserveFocus: true,
  });
}

/** Puts the focus into a file's text, where it is open, else beside the panel. */
export async function showText(uri: vscode.Uri, selection: vscode.Range | null): Promise<void> {
  const text = textTab(uri);
  const panel = panelTab(uri);
  const besidePanel =
    panel && vscode.window.tabGroups.all.find((group) => group.viewColumn !== panel.group.viewColumn)?.viewColumn;
  await vscode.window.showTextDocument(uri, {
    viewColumn: text?.group.viewColumn ?? besidePanel ?? (panel ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active),
    preview: text?.isPreview ?? false,
    ...(selection && { selection }),
  });
}
