import katex from "katex";
import type { Block, Document, Inline } from "./document";
import { equationLatex, equationLines, pageWidth } from "./document";
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
.pageBreak { break-before: page; height: 0; }
@media print {
  body { padding: 0; max-width: none; }
  .equation { overflow: visible; }
  .part { break-before: page; }
}
`;

/** One file that needs no other and no network: its formulas are MathML, which browsers show by themselves. */
export function toHtml({ title, blocks }: Document): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
${blocks.map((block, k) => writeBlock(block, startsPage(blocks, k))).join("\n")}
</main>
</body>
</html>
`;
}

/** Every part but the first starts on a page of its own, once: not where a break stands before it. */
function startsPage(blocks: readonly Block[], at: number): boolean {
  const isPart = (block: Block) => block.kind === "heading" && block.level === 2;
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
    case "equation": {
      const { equation } = block;
      const width = widthOf(equation.left) + Math.max(...equationLines(equation).map(widthOf));
      const size = Math.max(smallest, Math.floor((100 * pageWidth) / width));
      const smaller = size < 100 ? ` style="font-size: ${size}%"` : "";
      return `<div class="equation"${smaller}>${formula(equationLatex(equation), true)}</div>`;
    }
    case "table": {
      const row = (cells: readonly (readonly Inline[])[], tag: "th" | "td") =>
        `<tr>${cells.map((cell) => `<${tag}${tag === "th" ? ' scope="col"' : ""}>${writeInlines(cell)}</${tag}>`).join("")}</tr>`;
      return `<table>\n<thead>${row(block.head, "th")}</thead>\n<tbody>\n${block.rows.map((cells) => row(cells, "td")).join("\n")}\n</tbody>\n</table>`;
    }
    case "pageBreak":
      return '<div class="pageBreak"></div>';
  }
}

function writeInlines(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return escapeText(inline);
      return "math" in inline ? formula(inline.math, false) : `<code>${escapeText(inline.code)}</code>`;
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

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
