import { createScanner, type JSONScanner } from "jsonc-parser";

/** Kinds of tokens, with the numbers that jsonc-parser gives them (its enum is erased by the compiler). */
export const Token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  space: 15,
  unknown: 16,
  end: 17,
} as const;

/** Texts up to this length are kept once, however often they stand in the file: so many of them, and fewer in a short file. */
const longestShared = 32;
const mostShared = 4096;

/** A slice of fewer characters is a copy already: V8 makes only longer ones pieces that keep the whole text alive. */
const leastPiece = 13;

/** The powers of ten that a double holds exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, k) => 10 ** k);
/** Whole numbers below it, too. */
const mostExact = 2 ** 53;

/**
 * The tokens of a text. What is well formed, which is nearly everything of a file of 20 MB, is read here, without an object or a piece of
 * text for each token; whatever is not, jsonc-parser's scanner reads, and says what is wrong with it.
 */
export class Scanner {
  /** The kind of the token that was read last, where it begins and ends, and the code of what is wrong with it, 0 where nothing is. */
  token: number = Token.end;
  offset = 0;
  end = 0;
  error = 0;
  /** What a text says. */
  string = "";
  /** What a number is. */
  number = 0;

  /** Texts by their hashes. All places are there from the start: a list with gaps is a dictionary, and slow to look into. */
  private readonly shared: string[];
  private exact: JSONScanner | null = null;

  /** @param unclosed is told where a comment begins that has no end */
  constructor(
    private readonly text: string,
    private readonly unclosed: (offset: number) => void,
  ) {
    // A byte order mark is no content.
    if (text.charCodeAt(0) === 0xfeff) this.end = 1;
    const length = Math.min(mostShared, 2 ** Math.ceil(Math.log2(text.length / 16 + 1)));
    this.shared = Array.from({ length }, () => "");
  }

  /** Reads the next token; space and comments are none. */
  scan(): number {
    const { text } = this;
    const at = this.skip(this.end);
    this.offset = at;
    this.error = 0;
    if (at >= text.length) {
      this.end = at;
      return (this.token = Token.end);
    }
    const code = text.charCodeAt(at);
    if (code === 45 || (code >= 48 && code <= 57)) return this.scanNumber(at, code);
    switch (code) {
      case 34:
        return this.scanString(at);
      case 44:
        return this.one(Token.comma);
      case 58:
        return this.one(Token.colon);
      case 91:
        return this.one(Token.openBracket);
      case 93:
        return this.one(Token.closeBracket);
      case 123:
        return this.one(Token.openBrace);
      case 125:
        return this.one(Token.closeBrace);
      default:
        return this.scanWord(at);
    }
  }

  /** After a value, where nothing but a comma and space lead to a number or a text: reads that. False where something else follows. */
  scanNextItem(): boolean {
    const { text } = this;
    let at = this.end;
    if (text.charCodeAt(at) !== 44) return false;
    let code = text.charCodeAt(++at);
    while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at);
    const isText = code === 34;
    if (!isText && code !== 45 && !(code >= 48 && code <= 57)) return false;
    this.offset = at;
    this.error = 0;
    if (isText) this.scanString(at);
    else this.scanNumber(at, code);
    return true;
  }

  /** Goes on reading at another place. */
  goTo(offset: number): void {
    this.end = offset;
  }

  private one(token: number): number {
    this.end = this.offset + 1;
    return (this.token = token);
  }

  private skip(from: number): number {
    const { text } = this;
    const { length } = text;
    let at = from;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === 32 || code === 10 || code === 13 || code === 9) at++;
      else if (code !== 47) break;
      else {
        const next = text.charCodeAt(at + 1);
        if (next === 47) {
          at += 2;
          while (at < length && !isLineBreak(text.charCodeAt(at))) at++;
        } else if (next === 42) {
          const close = text.indexOf("*/", at + 2);
          if (close < 0) this.unclosed(at);
          at = close < 0 ? length : close + 2;
        } else break;
      }
    }
    return at;
  }

  private scanNumber(from: number, first: number): number {
    const { text } = this;
    let at = from;
    let code = first;
    if (code === 45) code = text.charCodeAt(++at);
    const firstDigit = at;
    // A zero has no digits behind it; and what has no digit is no number.
    if (code === 48) code = text.charCodeAt(++at);
    let digits = 0;
    while (code >= 48 && code <= 57) {
      digits = digits * 10 + (code - 48);
      code = text.charCodeAt(++at);
    }
    if (at === firstDigit || (text.charCodeAt(firstDigit) === 48 && at > firstDigit + 1)) return this.scanExactly(from);
    let scale = 0;
    if (code === 46) {
      const point = at;
      code = text.charCodeAt(++at);
      while (code >= 48 && code <= 57) {
        digits = digits * 10 + (code - 48);
        code = text.charCodeAt(++at);
      }
      scale = point + 1 - at;
      if (scale === 0) return this.scanExactly(from);
    }
    if (code === 69 || code === 101) {
      code = text.charCodeAt(++at);
      const isNegative = code === 45;
      if (isNegative || code === 43) code = text.charCodeAt(++at);
      const start = at;
      let exponent = 0;
      while (code >= 48 && code <= 57) {
        exponent = exponent * 10 + (code - 48);
        code = text.charCodeAt(++at);
      }
      if (at === start) return this.scanExactly(from);
      scale += isNegative ? -exponent : exponent;
    }
    this.end = at;
    // Two numbers that doubles hold exactly, and one rounding: what comes out is the double nearest to what is written.
    if (digits < mostExact && scale >= -22 && scale <= 22) {
      const value = scale < 0 ? digits / powersOfTen[-scale]! : digits * powersOfTen[scale]!;
      this.number = first === 45 ? -value : value;
    } else this.number = Number(text.slice(from, at));
    return (this.token = Token.number);
  }

  private scanString(from: number): number {
    const { text } = this;
    const start = from + 1;
    const longest = start + longestShared;
    let hash = 0;
    let at = start;
    for (; at < longest; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        this.string = this.share(start, at, hash & (this.shared.length - 1));
        this.end = at + 1;
        return (this.token = Token.string);
      }
      // Not a number at the end of the text: the comparison is false.
      if (!(code > 31) || code === 92) break;
      hash = (hash * 31 + code) | 0;
    }
    return this.scanLongString(from, at);
  }

  /** A text that stands in the file already, or a new one. */
  private share(start: number, end: number, place: number): string {
    const known = this.shared[place]!;
    if (known.length === end - start && this.text.startsWith(known, start)) return known;
    return (this.shared[place] =
      end - start < leastPiece ? this.text.slice(start, end) : (this.copy(start - 1, end + 1) ?? ""));
  }

  /** A text that is long, or that has escapes, or something wrong. */
  private scanLongString(from: number, behind: number): number {
    const { text } = this;
    let quote = text.indexOf('"', behind);
    while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
    const string = quote < 0 ? null : this.copy(from, quote + 1);
    if (string === null) return this.scanExactly(from);
    this.string = string;
    this.end = quote + 1;
    return (this.token = Token.string);
  }

  /** What a text says that has its quotes, null where something is wrong with it. It is a copy: a piece of the whole would keep that alive. */
  private copy(from: number, to: number): string | null {
    try {
      return JSON.parse(this.text.slice(from, to)) as string;
    } catch {
      return null;
    }
  }

  private scanWord(from: number): number {
    const { text } = this;
    for (const [word, token] of words)
      if (text.startsWith(word, from) && isEndOfWord(text, from + word.length)) {
        this.end = from + word.length;
        return (this.token = token);
      }
    return this.scanExactly(from);
  }

  private scanExactly(from: number): number {
    const scanner = (this.exact ??= createScanner(this.text, false));
    scanner.setPosition(from);
    const token: number = scanner.scan();
    this.end = from + scanner.getTokenLength();
    this.error = scanner.getTokenError();
    this.string = scanner.getTokenValue();
    if (token === Token.number) this.number = Number(this.string);
    return (this.token = token);
  }
}

const words = [
  ["null", Token.null],
  ["true", Token.true],
  ["false", Token.false],
] as const;

function isLineBreak(code: number): boolean {
  return code === 10 || code === 13;
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === 92) start--;
  return (at - start) % 2 === 1;
}

/** The characters that jsonc-parser does not take into a word. */
function isEndOfWord(text: string, at: number): boolean {
  return at >= text.length || /[ \t\r\n[\]{}",:/]/.test(text[at]!);
}
