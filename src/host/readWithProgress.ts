import * as vscode from "vscode";
import type { Slices } from "../format/slices";
import { plainMessage } from "./plainMessage";

/** Milliseconds between two looks at whether somebody has cancelled. */
const turnMs = 20;

/**
 * Does long work between other work, with a notification that can cancel it.
 * @returns null where it was cancelled
 * @throws what the work throws
 */
export async function readWithProgress<Result>(
  title: string,
  work: Slices<Result>,
): Promise<{ result: Result } | null> {
  const location = vscode.ProgressLocation.Notification;
  return await vscode.window.withProgress(
    { location, title: plainMessage(title), cancellable: true },
    async (progress, token) => {
      const tell = percentTo(progress);
      for (;;) {
        const end = performance.now() + turnMs;
        let known: number | null = null;
        do {
          const next = work.next();
          if (next.done) return { result: next.value };
          if (typeof next.value === "number") known = next.value;
        } while (performance.now() < end);
        if (known !== null) tell(known);
        await new Promise((resolve) => setImmediate(resolve));
        if (token.isCancellationRequested) return null;
      }
    },
  );
}

/** Shows how much is done, from 0 to 1, as a percentage. What begins anew, as a second file does, goes back. */
export function percentTo(progress: vscode.Progress<{ message?: string }>): (done: number) => void {
  let shown = -1;
  return (done) => {
    const percent = Math.floor(100 * Math.min(1, done));
    if (percent !== shown) progress.report({ message: `${percent} %` });
    shown = percent;
  };
}
