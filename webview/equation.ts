/** Splits `a_3 = Wxh x_3 + Whh h_{t-1}` into what stands on the line, below and above it. */

export interface EquationPart {
  readonly text: string;
  readonly place: "line" | "sub" | "sup";
}

/** `_` and `^` take the letters and digits or the braces after them; a hyphen is a minus sign. */
export function equationParts(text: string): EquationPart[] {
  const parts: EquationPart[] = [];
  let last = 0;
  for (const match of text.matchAll(/([_^])(?:\{([^}]*)\}|([A-Za-z\d]+))/g)) {
    if (match.index > last) parts.push({ text: text.slice(last, match.index), place: "line" });
    parts.push({ text: match[2] ?? match[3] ?? "", place: match[1] === "_" ? "sub" : "sup" });
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push({ text: text.slice(last), place: "line" });
  return parts.map(({ text: part, place }) => ({ text: part.replaceAll("-", "−"), place }));
}
