import * as vscode from "vscode";
import { plainMessage } from "./plainMessage";

/** Messages of VS Code. What a file or a name in them says is text: VS Code would make links and commands of it. */
export const say = {
  information: (message: string, ...buttons: string[]) =>
    vscode.window.showInformationMessage(plainMessage(message), ...buttons),
  warning: (message: string, ...buttons: string[]) =>
    vscode.window.showWarningMessage(plainMessage(message), ...buttons),
  /** A question that has to be answered before anything else. @returns the button that was taken */
  question: (message: string, ...buttons: string[]) =>
    vscode.window.showWarningMessage(plainMessage(message), { modal: true }, ...buttons),
  error: (message: string, ...buttons: string[]) => vscode.window.showErrorMessage(plainMessage(message), ...buttons),
};
