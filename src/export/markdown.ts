import type { Block, Document, Inline } from "./document";
import { equationLatex } from "./document";

/** Breaks the page where Markdown is printed by way of HTML. */
const pageBreak = '<div style="page-break-after: always"></div>';

/** Markdown with LaTeX between dollar signs, as GitHub, VS Code and Jupyter show it. */
export function toMarkdown({ title, blocks }: Document): string {
  return `${[`# ${escapeText(title)}`, ...blocks.map(writeBlock)].join("\n\n")}\n`;
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${writeInlines(block.text)}`;
    case "paragraph":
      return writeInlines(block.text);
    case "list":
      return block.items.map((item) => `- ${writeInlines(item)}`).join("\n");
    case "equation":
      return `$$\n${equationLatex(block.equation)}\n$$`;
    case "table": {
      const row = (cells: readonly (readonly Inline[])[]) =>
        `| ${cells
          .map((cell) =>
            writeInlines(cell)
              .replaceAll("\\right|", "\\right\\vert")
              .replaceAll(/(?<!\\)\|/g, "\\|"),
          )
          .join(" | ")} |`;
      return [row(block.head), `|${" --- |".repeat(block.head.length)}`, ...block.rows.map(row)].join("\n");
    }
    case "pageBreak":
      return pageBreak;
  }
}

function writeInlines(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return escapeText(inline);
      return "math" in inline ? `$${inline.math}$` : writeCode(inline.code);
    })
    .join("");
}

/** Signs that mean something in Markdown stand for themselves. */
function escapeText(text: string): string {
  return text.replaceAll(/[\\`*_$<>[\]#|]/g, "\\$&").replaceAll(/\s+/g, " ");
}

/** A token in backticks: more of them than it has itself. */
function writeCode(code: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = /^[ `]|[ `]$/.test(code) ? " " : "";
  return `${fence}${padding}${code.replaceAll(/[\r\n]/g, " ")}${padding}${fence}`;
}
