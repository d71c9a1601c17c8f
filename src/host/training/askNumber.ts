import * as vscode from "vscode";

/** Asks for a number. @param check what is wrong with a finite one, null where nothing is */
export async function askNumber(
  title: string,
  prompt: string,
  value: number,
  check: (value: number) => string | null,
): Promise<number | null> {
  const complaint = (text: string) => {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    const wrong = Number.isFinite(number) ? check(number) : "expected a number";
    return wrong === null
      ? undefined
      : `${text.trim() === "" ? "Nothing was typed" : `Found ${text.trim()}`}, ${wrong}.`;
  };
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    value: String(value),
    ignoreFocusOut: true,
    validateInput: complaint,
  });
  return text === undefined || complaint(text) !== undefined ? null : Number(text);
}
