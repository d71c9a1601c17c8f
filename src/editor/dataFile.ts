import { parse } from "jsonc-parser";
import type { Session } from "../session/session";
import { rangeOf } from "./places";

/** The name of the data file as the model file has it; null where it names none. */
export function dataFileOf({ document, reading, isUpToDate }: Session): string | null {
  const place = isUpToDate && document.uri.scheme === "file" ? reading.source.locate(["sequences", "file"]) : null;
  const name: unknown = place && parse(document.getText(rangeOf(document, place)));
  return typeof name === "string" && name !== "" ? name : null;
}
