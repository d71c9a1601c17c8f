/** The user's texts, tokens, labels and names, in what we write: so that they can be seen, and say nothing but themselves. */

/** What cannot be seen, breaks lines, turns the direction of what stands beside it, or is a sign of some fonts alone; half of a surrogate pair is no text. */
const unseen = /[\p{Cc}\p{Cs}\u200E\u200F\u2028-\u202E\u2066-\u2069\uE000-\uF8FF\uFEFF]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text with escapes in the place of what cannot be seen: `\n`, `\u0000`, `\uD800`. */
export function visibleText(text: string): string {
  return text.replaceAll(unseen, (sign) => short[sign] ?? escapeOf(sign));
}

/** `\u001B` */
export function escapeOf(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** So many characters of a token are read by nobody in a formula, a table or a hover. */
export const mostCharacters = 60;

/** The beginning of a long text, and how much there is more: `aaa… (and 199,940 more)` */
export function shortText(text: string, most = mostCharacters): string {
  // Less than a character is never cut off.
  if (text.length <= most) return text;
  let end = 0;
  let rest = 0;
  let count = 0;
  for (const character of text) {
    if (count++ < most) end += character.length;
    else rest++;
  }
  return rest === 0 ? text : `${text.slice(0, end)}… (and ${rest.toLocaleString("en")} more)`;
}

/** A text in double quotes, on one line. */
export function quotedText(text: string): string {
  return JSON.stringify(shortText(text)).replaceAll(unseen, escapeOf);
}

/** Signs with a meaning in LaTeX, or in a Markdown around it that knows no formulas, in the place of each what shows it. */
const inLatex: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  $: "\\textdollar{}",
  "`": "{`}",
};

/** Marks over and under letters, but for those on a letter that LaTeX's own accents can draw. */
const foreignMarks = /(?<!\p{L})[\u0300-\u036F]|[\u0305\u0309\u030D-\u0326\u0328-\u036F]/gu;

/** Signs of mathematics and the like, which KaTeX knows among formulas alone, not among words. */
const symbols = /[\u203C\u2100-\u2BFF]/g;

/** Words inside a formula. */
export function latexText(text: string): string {
  const safe = visibleText(shortText(text).normalize("NFC").replaceAll(foreignMarks, escapeOf))
    .replaceAll(/[\\{}$&#^_%~<>|`[\]:@]|(?<=www)\./gi, (sign) =>
      /[{}&#_%]/.test(sign) ? `\\${sign}` : (inLatex[sign] ?? `{${sign}}`),
    )
    // Spaces at the ends would be lost.
    .replaceAll(/^ | $/g, "\\ ")
    .replaceAll(symbols, "}{$&}\\text{");
  return `\\text{${safe}}`;
}
