import { createScanner } from "jsonc-parser";
import { NodeTable } from "./nodeTable";

/** Stands where the file has something that cannot be used; the error that says why has been reported. */
export const bad: unique symbol = Symbol("unusable value");
export type Bad = typeof bad;

/** An error of the text itself. */
export interface SyntaxFault {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly code: "syntax" | "number-range" | "duplicate-key";
}

export interface ParsedText {
  /** Objects without a prototype, arrays, strings, numbers, booleans, null, and `bad`. */
  readonly value: unknown;
  readonly nodes: NodeTable;
  readonly faults: readonly SyntaxFault[];
  /** Whether brackets and keys could be told apart; where not, `value` says nothing about what was meant. */
  readonly structured: boolean;
}

/** The scanner's tokens (its enum is erased by the compiler). */
const Token = {
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

const scanErrors: Readonly<Record<number, string>> = {
  1: "a comment is not closed: expected */",
  2: 'a text is not closed: expected "',
  3: "a number is not finished: expected a digit",
  4: "an escape in a text is wrong: expected \\u and four hexadecimal digits",
  5: 'an escape in a text is wrong: expected one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  6: "a text holds a control character: write it as an escape, such as \\t",
};

/** Brackets inside each other. A file needs ten. */
const deepest = 100;

interface Frame {
  readonly node: number;
  readonly value: unknown[] | Record<string, unknown>;
  readonly isArray: boolean;
  key: string;
}

/**
 * Reads JSON with comments and trailing commas and remembers where everything stands.
 * Never throws: every error of the text is among the faults, and what they spoil is `bad`.
 * It keeps its own stack: what is nested deeper than any file is one error and the end of the reading.
 */
export function parseText(text: string): ParsedText {
  const scanner = createScanner(text, false);
  const nodes = new NodeTable(text.length);
  const faults: SyntaxFault[] = [];
  const frames: Frame[] = [];
  let structured = true;
  let stopped = false;
  let root: unknown = bad;
  let hasRoot = false;

  const fault = (offset: number, length: number, message: string, code: SyntaxFault["code"] = "syntax") =>
    faults.push({ offset, length, message, code });

  // A byte order mark is no content.
  if (text.charCodeAt(0) === 0xfeff) scanner.setPosition(1);

  /** The code of what is wrong with the token, 0 where nothing is. */
  const tokenError = (): number => scanner.getTokenError();

  const next = (): number => {
    for (;;) {
      const token: number = scanner.scan();
      if (token < Token.lineComment || token > Token.space) return token;
      if (tokenError() !== 0) {
        fault(scanner.getTokenOffset(), 2, scanErrors[tokenError()] ?? "a comment is wrong");
        structured = false;
      }
    }
  };

  let frame: Frame | null = null;

  /** Puts a finished leaf or a container that has just been opened into its parent. */
  const place = (value: unknown): void => {
    if (frame === null) {
      root = value;
      hasRoot = true;
    } else if (frame.isArray) (frame.value as unknown[]).push(value);
    else (frame.value as Record<string, unknown>)[frame.key] = value;
  };

  const placeLeaf = (offset: number, end: number, value: unknown): void => {
    nodes.leaf(offset, end);
    place(value);
  };

  const close = (end: number): void => {
    nodes.close(end);
    frames.pop();
    frame = frames[frames.length - 1] ?? null;
  };

  /** Reads the value that begins with this token. False where the token begins none. */
  const readValue = (token: number): boolean => {
    const offset = scanner.getTokenOffset();
    const end = offset + scanner.getTokenLength();
    switch (token) {
      case Token.openBrace:
      case Token.openBracket: {
        if (frames.length === deepest) {
          fault(offset, 1, `more than ${deepest} brackets inside each other: no part of a file needs them`);
          structured = false;
          stopped = true;
        }
        const isArray = token === Token.openBracket;
        const value = isArray ? [] : (Object.create(null) as Record<string, unknown>);
        place(value);
        frame = { node: nodes.open(offset, isArray), value, isArray, key: "" };
        frames.push(frame);
        return true;
      }
      case Token.string: {
        const error = tokenError();
        if (error !== 0) fault(offset, end - offset, scanErrors[error] ?? "a text is wrong");
        if (error === 2) structured = false;
        placeLeaf(offset, end, error === 0 ? scanner.getTokenValue() : bad);
        return true;
      }
      case Token.number: {
        const written = scanner.getTokenValue();
        const value = Number(written);
        if (tokenError() !== 0) {
          fault(offset, end - offset, scanErrors[3]!);
          placeLeaf(offset, end, bad);
        } else if (!Number.isFinite(value)) {
          const limit = "the largest number of double precision is 1.7976931348623157e308";
          fault(offset, end - offset, `${written} is beyond the range of numbers: ${limit}`, "number-range");
          placeLeaf(offset, end, bad);
        } else placeLeaf(offset, end, value);
        return true;
      }
      case Token.null:
        placeLeaf(offset, end, null);
        return true;
      case Token.true:
        placeLeaf(offset, end, true);
        return true;
      case Token.false:
        placeLeaf(offset, end, false);
        return true;
      case Token.unknown: {
        let stop = end;
        // The scanner ends a lone minus before the word that follows it.
        const word = text[offset] === "-" ? /^[\w.]+/.exec(text.slice(end, end + 20)) : null;
        if (word) {
          stop = end + word[0].length;
          scanner.setPosition(stop);
        }
        fault(offset, stop - offset, unknownWord(text.slice(offset, stop)));
        placeLeaf(offset, stop, bad);
        return true;
      }
      default:
        return false;
    }
  };

  /** A value was expected, and a comma, a bracket or the end stands there. */
  const missingValue = (what: string): void => {
    const offset = scanner.getTokenOffset();
    fault(offset, Math.max(scanner.getTokenLength(), 1), what);
    placeLeaf(offset, offset, bad);
  };

  const describeToken = () => {
    const written = text.slice(
      scanner.getTokenOffset(),
      scanner.getTokenOffset() + Math.min(scanner.getTokenLength(), 30),
    );
    return written === "" ? "the end of the file" : written;
  };

  let token = next();
  if (token === Token.end) {
    fault(0, 0, 'the file is empty: expected an object with "version", "layers" and "output"');
    return { value: bad, nodes: nodes.finish(), faults, structured: false };
  }
  if (!readValue(token)) {
    fault(scanner.getTokenOffset(), scanner.getTokenLength(), `found ${describeToken()}, expected {`);
    return { value: bad, nodes: nodes.finish(), faults, structured: false };
  }

  // After each value: a comma or the end of what holds it.
  let afterValue = frame === null;
  token = next();
  for (;;) {
    const top = frame as Frame | null;
    if (stopped) break;
    if (top === null) {
      if (token !== Token.end) {
        fault(
          scanner.getTokenOffset(),
          scanner.getTokenLength(),
          `found ${describeToken()} after the end of the object`,
        );
        structured = false;
      }
      break;
    }
    const closing = top.isArray ? Token.closeBracket : Token.closeBrace;
    if (token === closing) {
      close(scanner.getTokenOffset() + 1);
      afterValue = true;
      token = next();
      continue;
    }
    if (token === Token.end) {
      for (let k = frames.length - 1; k >= 0; k--) {
        const open = frames[k]!;
        const start = nodes.offset(open.node);
        fault(
          start,
          1,
          `${open.isArray ? "[" : "{"} is not closed: expected ${open.isArray ? "]" : "}"} before the end of the file`,
        );
      }
      while (frames.length > 0) close(text.length);
      structured = false;
      break;
    }
    if (token === Token.closeBrace || token === Token.closeBracket) {
      const wanted = top.isArray ? "]" : "}";
      fault(scanner.getTokenOffset(), 1, `found ${describeToken()}, expected ${wanted}`);
      structured = false;
      // Where something further out is meant, what is inside ends here.
      const kind = token === Token.closeBracket;
      if (frames.some((other) => other.isArray === kind)) {
        while (frames.length > 0 && frames[frames.length - 1]!.isArray !== kind) close(scanner.getTokenOffset());
        continue;
      }
      token = next();
      continue;
    }
    if (afterValue) {
      if (token === Token.comma) {
        token = next();
        afterValue = false;
        while (token === Token.comma) {
          fault(
            scanner.getTokenOffset(),
            1,
            `found two commas, expected ${top.isArray ? "a value" : "a key"} between them`,
          );
          token = next();
        }
        continue;
      }
      fault(
        scanner.getTokenOffset(),
        Math.max(scanner.getTokenLength(), 1),
        `found ${describeToken()}, expected a comma before it`,
      );
      if (token === Token.colon) {
        structured = false;
        token = next();
      }
      afterValue = false;
      continue;
    }
    // A value, or a key and its value.
    if (top.isArray) {
      if (!readValue(token)) {
        missingValue(`found ${describeToken()}, expected a value`);
        if (token === Token.comma) {
          afterValue = true;
          continue;
        }
        structured = false;
      }
      afterValue = frame === top;
      token = next();
      continue;
    }
    if (token !== Token.string) {
      const offset = scanner.getTokenOffset();
      const bare =
        token === Token.unknown ? `: write it as ${JSON.stringify(describeToken().replace(/^'|'$/g, ""))}` : "";
      fault(
        offset,
        Math.max(scanner.getTokenLength(), 1),
        `found ${describeToken()}, expected a key in double quotes${bare}`,
      );
      structured = false;
      if (token === Token.openBrace || token === Token.openBracket) {
        top.key = "";
        nodes.key("", offset, offset);
        readValue(token);
        afterValue = false;
      }
      token = next();
      if (token === Token.colon) {
        token = next();
        nodes.key("", offset, offset);
        top.key = "";
        if (readValue(token)) {
          afterValue = frame === top;
          token = next();
        }
      }
      continue;
    }
    const keyOffset = scanner.getTokenOffset();
    const keyEnd = keyOffset + scanner.getTokenLength();
    const key = scanner.getTokenValue();
    if (tokenError() !== 0) {
      fault(keyOffset, keyEnd - keyOffset, scanErrors[tokenError()] ?? "a key is wrong");
      structured = false;
    }
    if (key in top.value) {
      fault(
        keyOffset,
        keyEnd - keyOffset,
        `the key ${JSON.stringify(key)} stands twice in this object`,
        "duplicate-key",
      );
    }
    top.key = key;
    nodes.key(key, keyOffset, keyEnd);
    token = next();
    if (token === Token.colon) token = next();
    else {
      fault(
        scanner.getTokenOffset(),
        Math.max(scanner.getTokenLength(), 1),
        `found ${describeToken()}, expected a colon after ${JSON.stringify(key)}`,
      );
      structured = false;
    }
    if (readValue(token)) {
      afterValue = frame === top;
      token = next();
    } else {
      missingValue(`found ${describeToken()}, expected the value of ${JSON.stringify(key)}`);
      afterValue = true;
    }
  }
  return { value: hasRoot ? root : bad, nodes: nodes.finish(), faults, structured };
}

/** What to say of a word that JSON does not know. */
function unknownWord(word: string): string {
  if (/^[-+]?(nan|inf|infinity)$/i.test(word)) return `${word} is no number of a file: expected a finite number`;
  if (/^\+\d/.test(word)) return `${word} begins with a plus, which JSON does not write: expected ${word.slice(1)}`;
  if (/^-?\.\d/.test(word)) return `${word} has no digit before its point: expected ${word.replace(".", "0.")}`;
  if (word.startsWith("'")) return `found ${word}: a text stands in double quotes`;
  if (/^(True|False|None)$/.test(word))
    return `found ${word}, expected ${word === "None" ? "null" : word.toLowerCase()}`;
  return `found ${word}, expected a value: a number, a text in double quotes, [ or {`;
}
