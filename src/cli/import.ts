import * as path from "node:path";
import { setImmediate } from "node:timers/promises";
import { FileSource } from "../interop/fileSource";
import { ImportError, importModel } from "../interop/import";
import { usualWeights, writeModel } from "../interop/importFile";
import { FileError, parseCall, UsageError } from "./call";
import type { Output } from "./output";

/** Between two pauses, in which a signal is heard. */
const workForMs = 50;

export async function importCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, {
    out: { type: "string" },
    weights: { type: "string" },
    layer: { type: "string" },
  });
  const { out, weights, layer } = values;
  if (weights !== undefined && weights !== "inline" && weights !== "beside")
    throw new UsageError(`--weights is ${weights}, expected inline or beside`);
  if (out !== undefined && path.resolve(out) === path.resolve(file))
    throw new UsageError("--out is the file that is read: expected another one");
  let source: FileSource | undefined;
  try {
    source = new FileSource(file);
    const imported = importModel(source, layer);
    if (out !== undefined) await untilDone(writeModel(out, source.name, imported, weights ?? usualWeights(imported)));
    await output.write(`${JSON.stringify(imported.report)}\n`);
    return imported.isPartial ? 1 : 0;
  } catch (error) {
    if (error instanceof ImportError || isSystemError(error)) throw new FileError(`${file}: ${error.message}`);
    throw error;
  } finally {
    source?.close();
  }
}

/** @throws FileError where somebody ends it */
async function untilDone(work: Generator<void>): Promise<void> {
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  let lastPause = performance.now();
  for (const _ of work) {
    if (performance.now() - lastPause < workForMs) continue;
    await setImmediate();
    lastPause = performance.now();
    // Leaving the loop lets the writer take away what is unfinished.
    if (interrupted) throw new FileError("interrupted: nothing is written");
  }
}

/** Whether the file system says it: not there, no room, not allowed. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}
