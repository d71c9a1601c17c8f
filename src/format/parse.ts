import { NodeTable } from "./nodeTable";
import { Scanner, Token as tokens } from "./scanner";
import { run, type Slices } from "./slices";

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

/** A name of this file: where modules are not bundled, each look at an import is a call, and here are millions. */
const Token = tokens;

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

/** Tokens between two looks at the clock. */
const tokensInSlice = 4096;

/** An object of the file: without a prototype's keys, and yet as fast as one that is written in a program. */
const FileObject = function () {} as unknown as new () => Record<string, unknown>;
FileObject.prototype = Object.create(null);

/** An object or array that is being read. */
interface Frame {
  /** Where it begins in the text. */
  offset: number;
  isArray: boolean;
  object: Record<string, unknown> | null;
  /** The key of the value that is being read. */
  key: string;
  /** Where the items of an array begin: among the numbers as long as all of them are numbers, else among the values. */
  start: number;
  isNumbers: boolean;
}

/**
 * Reads JSON with comments and trailing commas and remembers where everything stands.
 * Never throws: every error of the text is among the faults, and what they spoil is `bad`.
 */
export function parseText(text: string): ParsedText {
  return run(parseInSlices(text));
}

/** The same, with pauses in which somebody else may work. */
export function* parseInSlices(text: string): Slices<ParsedText> {
  const parser = new Parser(text);
  while (!parser.advance()) yield;
  return parser.result();
}

/** It keeps its own stack: what is nested deeper than any file is one error and the end of the reading. */
class Parser {
  private readonly scanner: Scanner;
  private readonly nodes: NodeTable;
  private readonly faults: SyntaxFault[] = [];
  /** Frames are used again: the open ones are the first `depth`. */
  private readonly frames: Frame[] = [];
  private depth = 0;
  private frame: Frame | null = null;
  private structured = true;
  private stopped = false;
  private root: unknown = bad;
  /** After each value: a comma or the end of what holds it. */
  private afterValue = false;
  private begun = false;
  /** Tokens to the next pause. */
  private budget = 0;

  // The items of the open arrays: an array is made when it is known how long it is and whether it holds numbers alone.
  private numbers = new Float64Array(64);
  private numberCount = 0;
  private readonly values: unknown[] = [];
  private valueCount = 0;

  constructor(private readonly text: string) {
    this.nodes = new NodeTable(text.length);
    this.scanner = new Scanner(text, (offset) => {
      this.fault(offset, 2, scanErrors[1]!);
      this.structured = false;
    });
  }

  result(): ParsedText {
    return { value: this.root, nodes: this.nodes.finish(), faults: this.faults, structured: this.structured };
  }

  private fault(offset: number, length: number, message: string, code: SyntaxFault["code"] = "syntax"): void {
    this.faults.push({ offset, length, message, code });
  }

  // ---------------------------------------------------------------------------------------------- values

  private place(value: unknown): void {
    const { frame } = this;
    if (frame === null) this.root = value;
    else if (frame.isArray) {
      if (frame.isNumbers) this.mixNumbers(frame);
      this.values[this.valueCount++] = value;
    } else frame.object![frame.key] = value;
  }

  private placeNumber(value: number): void {
    const { frame } = this;
    if (frame === null || !frame.isNumbers) this.place(value);
    else {
      if (this.numberCount === this.numbers.length) this.numbers = doubled(this.numbers);
      this.numbers[this.numberCount++] = value;
    }
  }

  /** An array of numbers is getting something else. */
  private mixNumbers(frame: Frame): void {
    const { start } = frame;
    frame.isNumbers = false;
    frame.start = this.valueCount;
    for (let k = start; k < this.numberCount; k++) this.values[this.valueCount++] = this.numbers[k]!;
    this.numberCount = start;
  }

  private placeLeaf(offset: number, end: number, value: unknown): void {
    this.nodes.leaf(offset, end);
    this.place(value);
  }

  private open(offset: number, isArray: boolean): void {
    this.nodes.open(offset, isArray);
    const object = isArray ? null : new FileObject();
    // An array is put into its place when it is whole.
    if (object) this.place(object);
    else if (this.frame?.isNumbers) this.mixNumbers(this.frame);
    const frame = (this.frames[this.depth] ??= {
      offset: 0,
      isArray: true,
      object: null,
      key: "",
      start: 0,
      isNumbers: true,
    });
    this.depth++;
    frame.offset = offset;
    frame.isArray = isArray;
    frame.object = object;
    frame.key = "";
    frame.isNumbers = isArray;
    frame.start = this.numberCount;
    this.frame = frame;
  }

  private close(end: number): void {
    const closed = this.frame!;
    this.nodes.close(end);
    this.depth--;
    this.frame = this.depth > 0 ? this.frames[this.depth - 1]! : null;
    if (closed.isArray) this.place(this.itemsOf(closed));
  }

  private itemsOf({ start, isNumbers }: Frame): unknown[] {
    if (!isNumbers) {
      const items = this.values.slice(start, this.valueCount);
      this.valueCount = start;
      return items;
    }
    const count = this.numberCount - start;
    // oxlint-disable-next-line unicorn/no-new-array -- as long as it will be, without growing
    const items = new Array<number>(count);
    for (let k = 0; k < count; k++) items[k] = this.numbers[start + k]!;
    this.numberCount = start;
    return items;
  }

  /** Reads the value that begins with the scanner's token. False where the token begins none. */
  private readValue(): boolean {
    const { scanner } = this;
    const { offset, end } = scanner;
    switch (scanner.token) {
      case Token.openBrace:
      case Token.openBracket: {
        if (this.depth === deepest) {
          this.fault(offset, 1, `more than ${deepest} brackets inside each other: no part of a file needs them`);
          this.structured = false;
          this.stopped = true;
        }
        this.open(offset, scanner.token === Token.openBracket);
        return true;
      }
      case Token.string:
        this.readString();
        return true;
      case Token.number:
        this.readNumber();
        return true;
      case Token.null:
        this.placeLeaf(offset, end, null);
        return true;
      case Token.true:
        this.placeLeaf(offset, end, true);
        return true;
      case Token.false:
        this.placeLeaf(offset, end, false);
        return true;
      case Token.unknown: {
        let stop = end;
        // The scanner ends a lone minus before the word that follows it.
        const word = this.text[offset] === "-" ? /^[\w.]+/.exec(this.text.slice(end, end + 20)) : null;
        if (word) {
          stop = end + word[0].length;
          scanner.goTo(stop);
        }
        this.fault(offset, stop - offset, unknownWord(this.text.slice(offset, stop)));
        this.placeLeaf(offset, stop, bad);
        return true;
      }
      default:
        return false;
    }
  }

  private readString(): void {
    const { offset, end, error, string } = this.scanner;
    if (error !== 0) this.fault(offset, end - offset, scanErrors[error] ?? "a text is wrong");
    if (error === 2) this.structured = false;
    this.placeLeaf(offset, end, error === 0 ? string : bad);
  }

  private readNumber(): void {
    const { offset, end, error, number } = this.scanner;
    if (error !== 0) {
      this.fault(offset, end - offset, scanErrors[3]!);
      this.placeLeaf(offset, end, bad);
    } else if (!Number.isFinite(number)) {
      const limit = "the largest number of double precision is 1.7976931348623157e308";
      const written = this.text.slice(offset, end);
      this.fault(offset, end - offset, `${written} is beyond the range of numbers: ${limit}`, "number-range");
      this.placeLeaf(offset, end, bad);
    } else {
      this.nodes.leaf(offset, end);
      this.placeNumber(number);
    }
  }

  /** A value was expected, and a comma, a bracket or the end stands there. */
  private missingValue(what: string): void {
    const { offset } = this.scanner;
    this.fault(offset, Math.max(this.tokenLength, 1), what);
    this.placeLeaf(offset, offset, bad);
  }

  private get tokenLength(): number {
    return this.scanner.end - this.scanner.offset;
  }

  private describeToken(): string {
    const { offset } = this.scanner;
    const written = this.text.slice(offset, offset + Math.min(this.tokenLength, 30));
    return written === "" ? "the end of the file" : written;
  }

  // ---------------------------------------------------------------------------------------------- the text

  /** Reads on for a slice. @returns whether the text has been read whole */
  advance(): boolean {
    if (!this.begun) {
      this.begun = true;
      if (!this.begin()) return true;
    }
    for (this.budget = tokensInSlice; this.budget > 0; this.budget--) {
      const { frame } = this;
      if (this.stopped) return true;
      if (frame === null) {
        this.readEnd();
        return true;
      }
      if (frame.isArray) this.readInArray(frame);
      else this.readInObject(frame);
    }
    return false;
  }

  private begin(): boolean {
    const { scanner } = this;
    if (scanner.scan() === Token.end) {
      this.fault(0, 0, 'the file is empty: expected an object with "version", "layers" and "output"');
      this.structured = false;
      return false;
    }
    if (!this.readValue()) {
      this.fault(scanner.offset, this.tokenLength, `found ${this.describeToken()}, expected {`);
      this.structured = false;
      return false;
    }
    this.afterValue = this.frame === null;
    scanner.scan();
    return true;
  }

  private readEnd(): void {
    const { scanner } = this;
    if (scanner.token === Token.end) return;
    this.fault(scanner.offset, this.tokenLength, `found ${this.describeToken()} after the end of the object`);
    this.structured = false;
  }

  private readInArray(top: Frame): void {
    const { scanner } = this;
    // Numbers, texts and the commas between them are nearly all of a large file.
    for (; this.budget > 0 && !this.afterValue; this.budget--) {
      if (scanner.token === Token.number) this.readNumber();
      else if (scanner.token === Token.string) this.readString();
      else break;
      if (scanner.scanNextItem()) continue;
      this.afterValue = true;
      if (scanner.scan() === Token.comma) this.readCommas(top);
    }
    if (this.readBetween(top)) return;
    if (!this.readValue()) {
      this.missingValue(`found ${this.describeToken()}, expected a value`);
      if (scanner.token === Token.comma) {
        this.afterValue = true;
        return;
      }
      this.structured = false;
    }
    this.afterValue = this.frame === top;
    scanner.scan();
  }

  /** Reads what stands between values: commas and closing brackets. False where a value, or a key and its value, is next. */
  private readBetween(top: Frame): boolean {
    const { scanner } = this;
    const { token } = scanner;
    if (token === (top.isArray ? Token.closeBracket : Token.closeBrace)) {
      this.close(scanner.offset + 1);
      this.afterValue = true;
      scanner.scan();
      return true;
    }
    if (token === Token.end) {
      for (let k = this.depth - 1; k >= 0; k--) {
        const { offset, isArray } = this.frames[k]!;
        const [opening, closing] = isArray ? "[]" : "{}";
        this.fault(offset, 1, `${opening} is not closed: expected ${closing} before the end of the file`);
      }
      while (this.depth > 0) this.close(this.text.length);
      this.structured = false;
      return true;
    }
    if (token === Token.closeBrace || token === Token.closeBracket) {
      this.fault(scanner.offset, 1, `found ${this.describeToken()}, expected ${top.isArray ? "]" : "}"}`);
      this.structured = false;
      // Where something further out is meant, what is inside ends here.
      const isArray = token === Token.closeBracket;
      if (this.frames.slice(0, this.depth).some((other) => other.isArray === isArray))
        while (this.frame !== null && this.frame.isArray !== isArray) this.close(scanner.offset);
      else scanner.scan();
      return true;
    }
    if (!this.afterValue) return false;
    if (token === Token.comma) {
      this.readCommas(top);
      return true;
    }
    this.afterValue = false;
    this.fault(
      scanner.offset,
      Math.max(this.tokenLength, 1),
      `found ${this.describeToken()}, expected a comma before it`,
    );
    if (token === Token.colon) {
      this.structured = false;
      scanner.scan();
    }
    return true;
  }

  private readCommas(top: Frame): void {
    const { scanner } = this;
    this.afterValue = false;
    while (scanner.scan() === Token.comma)
      this.fault(scanner.offset, 1, `found two commas, expected ${top.isArray ? "a value" : "a key"} between them`);
  }

  private readInObject(top: Frame): void {
    const { scanner } = this;
    if (this.readBetween(top)) return;
    if (scanner.token !== Token.string) {
      this.readWithoutKey(top);
      return;
    }
    const { offset, end, error, string: key } = scanner;
    if (error !== 0) {
      this.fault(offset, end - offset, scanErrors[error] ?? "a key is wrong");
      this.structured = false;
    }
    if (key in top.object!)
      this.fault(offset, end - offset, `the key ${JSON.stringify(key)} stands twice in this object`, "duplicate-key");
    top.key = key;
    this.nodes.key(key, offset, end);
    if (scanner.scan() === Token.colon) scanner.scan();
    else {
      this.fault(
        scanner.offset,
        Math.max(this.tokenLength, 1),
        `found ${this.describeToken()}, expected a colon after ${JSON.stringify(key)}`,
      );
      this.structured = false;
    }
    if (this.readValue()) {
      this.afterValue = this.frame === top;
      scanner.scan();
    } else {
      this.missingValue(`found ${this.describeToken()}, expected the value of ${JSON.stringify(key)}`);
      this.afterValue = true;
    }
  }

  /** In an object, something that is no key. */
  private readWithoutKey(top: Frame): void {
    const { scanner } = this;
    const { token, offset } = scanner;
    const bare =
      token === Token.unknown ? `: write it as ${JSON.stringify(this.describeToken().replace(/^'|'$/g, ""))}` : "";
    this.fault(
      offset,
      Math.max(this.tokenLength, 1),
      `found ${this.describeToken()}, expected a key in double quotes${bare}`,
    );
    this.structured = false;
    if (token === Token.openBrace || token === Token.openBracket) {
      top.key = "";
      this.nodes.key("", offset, offset);
      this.readValue();
      this.afterValue = false;
    }
    if (scanner.scan() !== Token.colon) return;
    scanner.scan();
    this.nodes.key("", offset, offset);
    top.key = "";
    if (this.readValue()) {
      this.afterValue = this.frame === top;
      scanner.scan();
    }
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
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
