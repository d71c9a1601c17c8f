import { parse } from "jsonc-parser";
import type { Session } from "../session/session";
import { rangeOf } from "./places";

/** The names of the data files as the model file has them: of its sequences, and of its parameters. */
export function dataFilesOf({ document, reading, isUpToDate }: Session): string[] {
  if (!isUpToDate || !["file", "untitled"].includes(document.uri.scheme)) return [];
  return ["sequences", "parameters"].flatMap((key) => {
    const place = reading.source.locate([key, "file"]);
    const name: unknown = place && parse(document.getText(rangeOf(document, place)));
    return typeof name === "string" && name !== "" ? [name] : [];
  });
}
