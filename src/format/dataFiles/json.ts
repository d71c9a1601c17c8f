/** A JSON file with an array of sequences, as `sequences` itself is one. */
import type { Written } from "../data";
import { type Draft, describe } from "../draft";
import type { Sequence } from "../file.generated";
import type { OwnCells } from "../ownCells";
import { bad, parseInSlices } from "../parse";
import { type Collector, locate } from "../report";
import { mostSequences, tooManySequences } from "../sequenceLimit";
import type { Slices } from "../slices";
import { type Path, SourceMap } from "../sourceMap";
import { checkInSlices } from "../structure";
import { DataReport } from "./place";

const sequencesInSlice = 256;

/** Null where it is none. @param filePath where the model file names it */
export function* readJsonSequences(
  text: string,
  file: string,
  filePath: Path,
  own: OwnCells,
  outer: Collector,
): Slices<Written[] | null> {
  const parsed = yield* parseInSlices(text);
  const source = new SourceMap(parsed.nodes);
  const report = new DataReport(
    file,
    text,
    (path, spot) => locate(text, source, path.slice(1), spot).offset,
    filePath,
    outer,
  );
  for (const { code, offset, message } of parsed.faults) report.errorAt(code, offset, message);
  if (!parsed.structured || parsed.value === bad) return null;
  const items: unknown = parsed.value;
  if (!Array.isArray(items)) {
    report.errorAt("type", 0, `the file holds ${describe(items)}, expected an array of sequences`);
    return null;
  }
  if (items.length > mostSequences) {
    report.errorAt("too-large", 0, tooManySequences("the file"));
    return null;
  }
  const written: Written[] = [];
  for (const [k, item] of (items as unknown[]).entries()) {
    if (k % sequencesInSlice === sequencesInSlice - 1) yield;
    const draft = (yield* checkInSlices(item, "sequence", ["sequences", k], own, report)) as Draft<Sequence>;
    written.push({ draft, base: ["sequences", k], report });
  }
  return written;
}
