import type { Problem } from "../engine/model";

/** A file of an export: its name relative to what `--out` names, empty for that itself. */
export interface ExportedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface Exported {
  readonly files: readonly ExportedFile[];
  /** What the target keeps in another way than the file does. */
  readonly warnings: readonly string[];
}

/** What a target cannot say, by name. */
export class ExportError extends Error {}

/**
 * Writes a model for other software.
 * @param out the name of the file that is written, for those that name a neighbour
 * @throws ExportError where the target cannot say what the model is
 */
export type ExportTarget = (problem: Problem, out: string) => Exported;
