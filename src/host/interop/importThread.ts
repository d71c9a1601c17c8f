/** The thread that looks for models in a file, says what it finds, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { heldNumbers } from "../../interop/crossing";
import { FileSource } from "../../interop/fileSource";
import { findModels, ImportError } from "../../interop/import";

/** What it says. */
export type FromImportThread =
  | { readonly kind: "found"; readonly held: unknown }
  | { readonly kind: "refused"; readonly message: string };

const source = new FileSource(workerData as string);
try {
  const { held, buffers } = heldNumbers(findModels(source));
  parentPort?.postMessage({ kind: "found", held } satisfies FromImportThread, buffers);
} catch (error) {
  if (!(error instanceof ImportError)) throw error;
  parentPort?.postMessage({ kind: "refused", message: error.message } satisfies FromImportThread);
} finally {
  source.close();
}
