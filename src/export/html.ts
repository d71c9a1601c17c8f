import katex from "katex";
import { shortText, visibleText } from "../explain/text";
import type { Block, Document, Equation, Inline, NetworkBlock } from "./document";
import { blank, equationLatex, equationLines, pageWidth } from "./document";
import { widthOf } from "./lines";

/** A formula that is too wide for the page is made smaller, down to so many percent. */
const smallest = 45;

const style = `
@page { size: A4; margin: 18mm 16mm; }
* { box-sizing: border-box; }
html { color-scheme: only light; }
body { margin: 0 auto; padding: 12mm 16mm; max-width: 210mm; background: #fff; color: #000;
  font: 11pt/1.5 "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 6mm; }
h2 { font-size: 15pt; margin: 10mm 0 3mm; padding-bottom: 1mm; border-bottom: 0.4pt solid #000; }
h3 { font-size: 12pt; margin: 6mm 0 2mm; }
h2, h3 { break-after: avoid; }
p, ul { margin: 2mm 0; }
code { font: 0.9em ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; }
table { border-collapse: collapse; margin: 3mm 0; }
th, td { padding: 1mm 4mm 1mm 0; border-bottom: 0.4pt solid #999; text-align: left; vertical-align: baseline; }
th { border-bottom-color: #000; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre", math; }
.equation { margin: 2.5mm 0 2.5mm 6mm; overflow-x: auto; overflow-y: hidden; break-inside: avoid; }
.equation math { display: inline math; math-style: normal; }
mtable[columnalign="right left"] > mtr > mtd { padding: 0.25em 0; }
mtable[columnalign="right left"] > mtr > mtd:first-child { text-align: right; }
mtable[columnalign="right left"] > mtr > mtd:last-child { text-align: left; }
.equations { display: flex; flex-wrap: wrap; gap: 1mm 10mm; margin: 2mm 0 2mm 4mm; }
.equations .equation { margin: 0; }
.is-worksheet { font-size: 10pt; line-height: 1.35; }
.is-worksheet h1 { font-size: 16pt; margin-bottom: 2mm; }
.is-worksheet h2 { font-size: 12pt; margin: 4mm 0 1mm; padding-bottom: 0; }
.is-worksheet table { margin: 1mm 0; }
.is-worksheet td, .is-worksheet th { padding: 0.4mm 3mm 0.4mm 0; }
.network { margin: 2mm 0; border-spacing: 0; }
.network td, .network th { border: 0; padding: 0.5mm; text-align: center; font-weight: normal; vertical-align: middle; }
.network .cell { padding: 1.5mm 2mm; border: 0.8pt solid #000; border-radius: 1mm; }
.network .name { padding-right: 2mm; text-align: right; color: #333; }
.answers { columns: 4; column-gap: 6mm; margin: 2mm 0; padding: 0; font-size: 9.5pt; list-style: none; }
.answers li { break-inside: avoid; padding: 0.4mm 0; }
.pageBreak { break-before: page; height: 0; }
@media print {
  body { padding: 0; max-width: none; }
  .equation { overflow: visible; }
  .part { break-before: page; }
}
`;

/** The same in the colours and fonts of the editor's theme. */
const editorStyle = `
* { box-sizing: border-box; }
body { margin: 0; padding: 8px 24px 24px; color: var(--vscode-editor-foreground); background: var(--vscode-editor-background);
  font: 14px/1.5 var(--vscode-font-family); }
h1 { font-size: 20px; font-weight: 500; }
h2 { font-size: 16px; font-weight: 500; margin: 24px 0 8px; padding-bottom: 4px;
  border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, currentColor)); }
code { font-family: var(--vscode-editor-font-family); white-space: pre-wrap; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "DejaVu Math TeX Gyre", math; font-size: 16px; }
.equation { margin: 10px 0 10px 16px; overflow-x: auto; overflow-y: hidden; }
.equation math { display: inline math; math-style: normal; }
mtable[columnalign="right left"] > mtr > mtd { padding: 0.25em 0; }
mtable[columnalign="right left"] > mtr > mtd:first-child { text-align: right; }
mtable[columnalign="right left"] > mtr > mtd:last-child { text-align: left; }
`;

/**
 * One file that needs no other and no network: its formulas are MathML, which browsers show by themselves.
 * @param look a page to print, or a part of the editor
 */
export function toHtml({ title, blocks }: Document, look: "page" | "editor" = "page"): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${htmlText(title)}</title>
<style>${look === "page" ? style : editorStyle}</style>
</head>
<body>
<main${blocks.some(({ kind }) => kind === "answers") ? ' class="is-worksheet"' : ""}>
<h1>${htmlText(title)}</h1>
${blocks.map((block, k) => writeBlock(block, startsPage(blocks, k))).join("\n")}
</main>
</body>
</html>
`;
}

/** Every part but the first starts on a page of its own, once: not where a break stands before it. */
function startsPage(blocks: readonly Block[], at: number): boolean {
  const isPart = (block: Block) => block.kind === "heading" && block.level === 2;
  // A worksheet is short
  if (blocks.some(({ kind }) => kind === "answers")) return false;
  return isPart(blocks[at]!) && blocks.findIndex(isPart) < at && blocks[at - 1]?.kind !== "pageBreak";
}

function writeBlock(block: Block, startsPage: boolean): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}${startsPage ? ' class="part"' : ""}>${writeInlines(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${writeInlines(block.text)}</p>`;
    case "list":
      return `<ul>\n${block.items.map((item) => `<li>${writeInlines(item)}</li>`).join("\n")}\n</ul>`;
    case "equation":
      return writeEquation(block.equation);
    case "equations":
      return `<div class="equations">\n${block.equations.map(writeEquation).join("\n")}\n</div>`;
    case "network":
      return network(block);
    case "answers":
      return `<ol class="answers">\n${block.answers
        .map(({ symbol, value }, k) => `<li>(${k + 1}) ${formula(`${symbol} = ${value}`, false)}</li>`)
        .join("\n")}\n</ol>`;
    case "table": {
      const row = (cells: readonly (readonly Inline[])[], tag: "th" | "td") =>
        `<tr>${cells.map((cell) => `<${tag}${tag === "th" ? ' scope="col"' : ""}>${writeInlines(cell)}</${tag}>`).join("")}</tr>`;
      return `<table>\n<thead>${row(block.head, "th")}</thead>\n<tbody>\n${block.rows.map((cells) => row(cells, "td")).join("\n")}\n</tbody>\n</table>`;
    }
    case "pageBreak":
      return '<div class="pageBreak"></div>';
  }
}

function writeEquation(equation: Equation): string {
  const width = widthOf(equation.left) + Math.max(...equationLines(equation).map(widthOf));
  const size = Math.max(smallest, Math.floor((100 * pageWidth) / width));
  const smaller = size < 100 ? ` style="font-size: ${size}%"` : "";
  return `<div class="equation"${smaller}>${formula(equationLatex(equation), true)}</div>`;
}

/** The unrolled network: a column a step, from the inputs at the bottom up, arrows from step to step between the columns. */
function network({ steps, layers }: NetworkBlock): string {
  const row = (title: string, cells: readonly string[], between = "", className = "") =>
    `<tr><th class="name" scope="row">${title}</th>${cells
      .map(
        (cell, k) =>
          `${k === 0 ? "" : `<td>${between}</td>`}<td${cell === "" || className === "" ? "" : ` class="${className}"`}>${cell}</td>`,
      )
      .join("")}</tr>`;
  const up = row(
    "",
    steps.map(() => "↑"),
  );
  const upWhereRead = row(
    "",
    steps.map(({ loss }) => (loss === null ? "" : "↑")),
  );
  const hasTargets = steps.some(({ target }) => target !== null);
  return `<table class="network">
<tbody>
${[
  ...(hasTargets
    ? [
        row(
          "target",
          steps.map(({ target }) => (target === null ? "" : writeInlines([target]))),
        ),
        row(
          "loss",
          steps.map(({ loss }) => (loss === null ? "" : formula(blank(loss), false))),
        ),
        upWhereRead,
      ]
    : []),
  ...layers.toReversed().flatMap(({ title, direction, cells }) => [
    row(
      title,
      cells.map((symbols) => symbols.map((symbol) => formula(blank(symbol), false)).join("<br>")),
      direction === "forward" ? "→" : "←",
      "cell",
    ),
    up,
  ]),
  row(
    "input",
    steps.map(({ input }) => writeInlines([input])),
  ),
].join("\n")}
</tbody>
</table>`;
}

function writeInlines(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return htmlText(inline);
      return "math" in inline ? formula(inline.math, false) : `<code>${htmlText(shortText(inline.code))}</code>`;
    })
    .join("");
}

/** MathML without its LaTeX source, which would double the file, and without its namespace, which HTML knows. */
function formula(latex: string, displayMode: boolean): string {
  return (
    katex
      .renderToString(latex, { output: "mathml", displayMode, strict: false })
      .replaceAll(/<annotation[^>]*>[\s\S]*?<\/annotation>/g, "")
      .replaceAll(/ xmlns="[^"]*"/g, "")
      // The bar behind a fraction grows with it where it is this sign
      .replaceAll('<mo fence="true">∣</mo>', '<mo fence="true" form="postfix" stretchy="true">|</mo>')
  );
}

/** The user's words on a page. */
export function htmlText(text: string): string {
  return visibleText(text).replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
