import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { pytorchProject } from "../export/project";
import { ExportError } from "../format/exported";
import { type FileTarget, fileTargets } from "../interop/targets";
import { FileError, messageOf, parseCall, UsageError } from "./call";
import { readFile } from "./files";
import type { Output } from "./output";
import { ResultFile } from "./resultFile";

const targets = ["pytorch", ...Object.keys(fileTargets)];

/** Writes the model for other software, whole files or none. */
export async function exportCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, { to: { type: "string" }, out: { type: "string" } });
  const { to, out } = values;
  if (to === undefined || !targets.includes(to))
    throw new UsageError(`--to is ${to ?? "missing"}, expected one of ${targets.join(", ")}`);
  if (out === undefined) throw new UsageError("--out is missing");
  if (path.resolve(out) === path.resolve(file))
    throw new UsageError("--out is the file that is read: expected another one");
  const { problem } = readFile(file);
  try {
    const isFolder = to === "pytorch";
    const { files, warnings } = isFolder
      ? pytorchProject(problem)
      : fileTargets[to as FileTarget](problem, path.basename(out));
    if (isFolder) mkdirSync(out, { recursive: true });
    const folder = isFolder ? out : path.dirname(out);
    const placed = files.map(({ name, content }) => ({ at: name === "" ? out : path.join(folder, name), content }));
    // Each is tried before any is written.
    const results = placed.map(({ at, content }) => ({ result: new ResultFile(at), content }));
    for (const { result, content } of results) result.write(content);
    await output.writeLine({ version: 1, to, files: placed.map(({ at }) => at), warnings });
    return 0;
  } catch (error) {
    if (error instanceof ExportError || isSystemError(error)) throw new FileError(`${file}: ${messageOf(error)}`);
    throw error;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}
