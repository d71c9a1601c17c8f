/** A worked example in every form that it can leave the editor in. */

import type { ExportFormat } from "./formats";
import { toHtml } from "./html";
import { toMarkdown } from "./markdown";
import { numpyScript } from "./numpyScript";
import { pytorchScript } from "./pytorchScript";
import type { Source } from "./workedExample";
import { workedExample } from "./workedExample";

/**
 * The text of the file.
 * @param source a stepper, or a run and its problem
 * @param digits significant digits of a document; a script has them all
 */
export function exportText(format: ExportFormat, source: Source, digits: number): string {
  switch (format) {
    case "markdown":
      return toMarkdown(workedExample(source, { digits, as: "solved" }));
    case "html":
      return toHtml(workedExample(source, { digits, as: "solved" }));
    case "worksheet-markdown":
      return toMarkdown(workedExample(source, { digits, as: "worksheet" }));
    case "worksheet-html":
      return toHtml(workedExample(source, { digits, as: "worksheet" }));
    case "numpy":
      return numpyScript(source.run, source.problem);
    case "pytorch":
      return pytorchScript(source.run, source.problem);
  }
}
