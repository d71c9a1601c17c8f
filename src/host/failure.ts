import * as vscode from "vscode";
import { say } from "./say";

/** The output channel "Unroll". */
export const log = vscode.window.createOutputChannel("Unroll", { log: true });

/** Says what went wrong in our own code: with its stack in the output channel, and in one short message. */
export function reportFailure(doing: string, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error(`${doing}: ${stack}`);
  const message = error instanceof Error ? error.message : String(error);
  void say.error(`Unroll: ${doing} failed: ${message}`, "Show Log").then((choice) => {
    if (choice) log.show();
  });
}

/** Runs something that a user started; whatever it throws is reported, never swallowed. */
export async function guarded<T>(doing: string, action: () => T | PromiseLike<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    reportFailure(doing, error);
    return undefined;
  }
}
