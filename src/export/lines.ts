/** Long formulas in lines that fit a page. */

/** How many signs wide a formula is, roughly. */
export function widthOf(latex: string): number {
  if (latex.includes("\\begin{bmatrix}"))
    return Math.max(
      ...latex
        .split("\\\\")
        .map((row) => widthOf(row.replaceAll(/\\(begin|end)\{bmatrix\}/g, "").replaceAll("&", "xx"))),
    );
  return latex
    .replaceAll("\\frac{\\partial L}", "")
    .replaceAll(/\\(text|mathrm|operatorname|overrightarrow|overleftarrow|left|right)\b/g, "")
    .replaceAll(/\\[a-zA-Z]+/g, "x")
    .replaceAll(/[{}^_\\]/g, "").length;
}

/**
 * A formula in lines of about so many signs, broken before a plus or a minus. A bracket that goes over a break is closed
 * and opened again without being seen, as LaTeX wants it.
 */
export function linesOf(latex: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let piece = "";
  let depth = 0;
  let open = 0;
  let openInLine = 0;
  const endPiece = () => {
    if (line !== "" && widthOf(line) + widthOf(piece) > width) {
      lines.push(line + "\\right.".repeat(openInLine));
      line = "\\left.".repeat(openInLine) + piece;
    } else line += piece;
    piece = "";
    openInLine = open;
  };
  for (const token of latex.match(/\\left\b.|\\right\b\\?.|\\.|\s[+-]\s|[^]/gu) ?? []) {
    if (/^\s[+-]\s$/.test(token) && depth === 0) endPiece();
    if (token === "{") depth++;
    else if (token === "}") depth--;
    else if (token.startsWith("\\left") && depth === 0 && /^\\left[.(]$/.test(token)) open++;
    else if (token.startsWith("\\right") && depth === 0) open--;
    piece += token;
  }
  endPiece();
  return [...lines, line];
}
