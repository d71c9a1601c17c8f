import { shortText, visibleText } from "../explain/text";
import type { Block, Document, Inline, NetworkBlock } from "./document";
import { blank, equationLatex } from "./document";

/** Breaks the page where Markdown is printed by way of HTML. */
const pageBreak = '<div style="page-break-after: always"></div>';

/** Markdown with LaTeX between dollar signs, as GitHub, VS Code and Jupyter show it. */
export function toMarkdown({ title, blocks }: Document): string {
  return `${[`# ${markdownText(title)}`, ...blocks.map(writeBlock)].join("\n\n")}\n`;
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
              // A bar would end the cell, and in a formula it cannot be escaped: there this is its name.
              .replaceAll("|", "\\vert "),
          )
          .join(" | ")} |`;
      return [row(block.head), `|${" --- |".repeat(block.head.length)}`, ...block.rows.map(row)].join("\n");
    }
    case "equations":
      return block.equations.map((equation) => `$$\n${equationLatex(equation)}\n$$`).join("\n\n");
    case "network":
      return network(block);
    case "answers":
      return [
        "| Gap | Number | Value |",
        "| --- | --- | --- |",
        ...block.answers.map(
          ({ symbol, value }, k) => `| (${k + 1}) | $${symbol.replaceAll("|", "\\vert ")}$ | $${value}$ |`,
        ),
      ].join("\n");
    case "pageBreak":
      return pageBreak;
  }
}

/** The unrolled network as a table: a column a step, read from the bottom up. */
function network({ steps, layers }: NetworkBlock): string {
  const line = (title: string, cells: readonly string[]) => `| ${[title, ...cells].join(" | ")} |`;
  const maths = (symbols: readonly string[]) =>
    symbols.map((symbol) => `$${blank(symbol.replaceAll("|", "\\vert "))}$`).join("<br>");
  return [
    line(
      "",
      steps.map(({ t }) => `$t = ${t}$`),
    ),
    `|${" --- |".repeat(steps.length + 1)}`,
    ...(steps.some(({ target }) => target !== null)
      ? [
          line(
            "target",
            steps.map(({ target }) => (target === null ? "" : cellText([target]))),
          ),
          line(
            "loss ↑",
            steps.map(({ loss }) => (loss === null ? "" : maths([loss]))),
          ),
        ]
      : []),
    ...layers
      .toReversed()
      .map(({ title, direction, cells }) =>
        line(`${title} ${direction === "forward" ? "→" : "←"}`.trim(), cells.map(maths)),
      ),
    line(
      "input ↑",
      steps.map(({ input }) => cellText([input])),
    ),
  ].join("\n");
}

const cellText = (inlines: readonly Inline[]) => writeInlines(inlines).replaceAll("|", "\\vert ");

function writeInlines(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (typeof inline === "string") return markdownText(inline);
      return "math" in inline ? `$${inline.math}$` : markdownCode(inline.code);
    })
    .join("");
}

/** Signs that mean something in Markdown, in some dialect of it or at some place; within a word `_` does not. */
const meaningful = /[\\`*$<>[\]#|&!~@^{}=]|\b_(?!\w)|(?<!\w)_|:(?=\/)|(?<=www)\.|^[-+]|(?<=^\d+)[.)]/gi;

/**
 * The user's words between others. What has a meaning before Markdown is read, as bars have in a table and dollars around
 * formulas, is written as a reference, which is always that character; the rest with a backslash.
 */
export function markdownText(text: string): string {
  return visibleText(text).replaceAll(meaningful, (sign) =>
    /[\\`$<>|&@:.]/.test(sign) ? `&#${sign.charCodeAt(0)};` : `\\${sign}`,
  );
}

/** A token: in backticks, unless it has a sign that means something there or in a table. */
function markdownCode(code: string): string {
  const shown = visibleText(shortText(code));
  if (shown === "") return '""';
  if (/[`|\\]/.test(shown)) return markdownText(shown);
  // Of spaces at both ends one is taken away.
  return /^ .* $/.test(shown) && shown.trim() !== "" ? `\` ${shown} \`` : `\`${shown}\``;
}
