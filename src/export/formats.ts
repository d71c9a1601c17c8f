/** The forms in which a worked example can be written. */

export type ExportFormat = "markdown" | "html" | "worksheet-markdown" | "worksheet-html" | "numpy" | "pytorch";

export interface FormatChoice {
  readonly label: string;
  readonly detail: string;
  /** How a proposed file name ends: `-worked.md` */
  readonly ending: string;
}

export const exportFormats: Readonly<Record<ExportFormat, FormatChoice>> = {
  markdown: { label: "Markdown", detail: "Every step with its equations in LaTeX", ending: "-worked.md" },
  html: { label: "HTML", detail: "The same as one file for the browser and the printer", ending: "-worked.html" },
  "worksheet-markdown": {
    label: "Worksheet in Markdown",
    detail: "The unrolled network, tables with numbered gaps for what you choose, and an answer key at the end",
    ending: "-worksheet.md",
  },
  "worksheet-html": {
    label: "Worksheet in HTML",
    detail: "The same to print: gaps to write into, and the answer key on a page of its own",
    ending: "-worksheet.html",
  },
  numpy: {
    label: "NumPy script",
    detail: "Forward, back and update written out; prints the numbers as JSON",
    ending: "-numpy.py",
  },
  pytorch: {
    label: "PyTorch script",
    detail: "Forward written out, autograd and torch.optim; prints the numbers as JSON",
    ending: "-pytorch.py",
  },
};

export const isExportFormat = (value: unknown): value is ExportFormat =>
  typeof value === "string" && Object.hasOwn(exportFormats, value);
