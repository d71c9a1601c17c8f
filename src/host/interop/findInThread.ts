/** Looks for models in another thread: a text of hundreds of megabytes is parsed in one piece, which nobody is to wait for against his will. */
import { Worker } from "node:worker_threads";
import { foundFrom } from "../../interop/crossing";
import { ImportError } from "../../interop/import";
import type { Found } from "../../interop/network";
import type { FromImportThread } from "./importThread";

/**
 * @param threadFile the thread's bundle
 * @param onStart told how to give it up
 * @returns null where somebody gave it up
 * @throws ImportError as `findModels`
 */
export function findInThread(
  threadFile: string,
  file: string,
  onStart: (cancel: () => void) => void,
): Promise<Found | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, { workerData: file });
    let isCancelled = false;
    worker.on("message", (message: FromImportThread) => {
      if (message.kind === "found") resolve(foundFrom(message.held));
      else reject(new ImportError(message.message));
    });
    worker.on("error", reject);
    worker.on("exit", (code) =>
      isCancelled ? resolve(null) : reject(new Error(`the thread that imports ended with code ${code}`)),
    );
    onStart(() => {
      isCancelled = true;
      void worker.terminate();
    });
  });
}
