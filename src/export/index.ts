/** A worked example in every form that it can leave the editor in. */

import type { Cell } from "../engine/cell";
import type { CellOptions } from "../engine/step";
import { cellDerivation } from "./cellDerivation";
import type { ExportFormat } from "./formats";
import { toHtml } from "./html";
import { toMarkdown } from "./markdown";
import { numpyScript } from "./numpyScript";
import { pytorchScript } from "./pytorchScript";
import type { Source } from "./workedExample";
import { workedExample } from "./workedExample";
import { type WorksheetOptions, worksheet } from "./worksheet";

/**
 * The text of the file.
 * @param source a stepper, or a run and its problem
 * @param digits significant digits of a document; a script has them all
 * @param asked  of which steps a worksheet asks for which quantities; without it for the usual ones of all that are written
 */
export function exportText(
  format: ExportFormat,
  source: Source,
  digits: number,
  asked: Pick<WorksheetOptions, "steps" | "quantities"> = {},
): string {
  switch (format) {
    case "markdown":
      return toMarkdown(workedExample(source, { digits }));
    case "html":
      return toHtml(workedExample(source, { digits }));
    case "worksheet-markdown":
      return toMarkdown(worksheet(source, { digits, ...asked }));
    case "worksheet-html":
      return toHtml(worksheet(source, { digits, ...asked }));
    case "numpy":
      return numpyScript(source.run, source.problem);
    case "pytorch":
      return pytorchScript(source.run, source.problem);
  }
}

/** How a cell's step backward follows from its equations, as a part of the editor. @param constants those of its equations */
export function derivationHtml(
  name: string,
  cell: Cell,
  options: CellOptions,
  constants: Readonly<Record<string, number>>,
): string {
  return toHtml(cellDerivation(name, cell, options, constants), "editor");
}

/** The same page with a few words alone. */
export function messageHtml(title: string, words: string): string {
  return toHtml({ title, blocks: [{ kind: "paragraph", text: [words] }] }, "editor");
}

export { shownSteps } from "./sizes";
export { quantityKinds, usualQuantities } from "./worksheet";
