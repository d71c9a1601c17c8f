import { largestOf } from "../../protocol/extremes";

/** A Markdown table whose columns also line up where it is read as plain text. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** @param rows cells as text */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => inCell(title));
  const cells = rows.map((row) => row.map(inCell));
  const widths = titles.map((title, c) =>
    largestOf(
      cells.map((row) => length(row[c] ?? "")),
      Math.max(3, length(title)),
    ),
  );
  const line = (row: readonly string[]) =>
    `| ${columns.map(({ align }, c) => pad(row[c] ?? "", widths[c]!, align)).join(" | ")} |`;
  const rule = columns.map(({ align }, c) =>
    align === "right" ? `${"-".repeat(widths[c]! - 1)}:` : "-".repeat(widths[c]!),
  );
  return [line(titles), line(rule), ...cells.map(line)];
}

/** A bar would end the cell. */
function inCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** A token as it can be read: a space, and what breaks lines, would be invisible. */
export function visible(token: string): string {
  return token
    .replaceAll("\n", "⏎")
    .replaceAll("\r", "␍")
    .replaceAll("\t", "⇥")
    .replace(/^ +$/, (spaces) => "␣".repeat(spaces.length));
}

/** In characters as somebody sees them; a surrogate pair is one. */
function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function pad(text: string, width: number, align: Column["align"]): string {
  const spaces = " ".repeat(Math.max(0, width - length(text)));
  return align === "right" ? spaces + text : text + spaces;
}
