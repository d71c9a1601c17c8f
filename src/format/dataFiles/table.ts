/**
 * Tables as text: fields between commas, semicolons or tabs, quoted as RFC 4180 has it. Read from the bytes, in slices, and only the
 * columns that somebody wants: a table of 100 MB takes little more than its own size.
 */

import { suggestion } from "../../engine/nearest";
import { listed } from "../draft";
import { readingShare, type Slices } from "../slices";
import { columnName, type TableReport } from "./place";

/** A column by its name in the header, or by its number, counted from 0. */
export type ColumnName = string | number;

/** What is read of a column. */
export interface WantedColumn {
  readonly column: ColumnName;
  /** The number that a field stands for, where it is no number itself: a class by its name. */
  readonly numberOf?: (text: string) => number | { readonly wrong: string };
}

/** Columns side by side: [rows × columns], row after row. */
export interface Columns {
  readonly rows: number;
  readonly width: number;
  readonly data: Float64Array;
}

const comma = 0x2c;
const semicolon = 0x3b;
const tab = 0x09;
const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

const rowsInSlice = 4096;
const bytesInSlice = 1 << 22;

/** One field: its bytes, or, where it is quoted, its text. */
interface Field {
  start: number;
  end: number;
  /** Null where it is not quoted. */
  text: string | null;
  /** Whether its quote is never closed. */
  isOpen: boolean;
}

/** Goes over the fields of a table. */
class Scanner {
  at: number;
  /** Of the row that is read, counted from 1. */
  line = 1;
  lineStart: number;
  readonly field: Field = { start: 0, end: 0, text: null, isOpen: false };
  private quotedLines = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly delimiter: number,
  ) {
    this.at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.lineStart = this.at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Reads a field. @returns whether it is the last one of its row; `nextRow` then goes on. */
  next(): boolean {
    const { bytes, field } = this;
    field.start = this.at;
    field.text = null;
    field.isOpen = false;
    if (bytes[this.at] === quote) this.quoted();
    while (this.at < bytes.length) {
      const byte = bytes[this.at]!;
      if (byte === this.delimiter || byte === newline || byte === carriageReturn) break;
      this.at++;
    }
    field.end = this.at;
    if (bytes[this.at] !== this.delimiter || this.at >= bytes.length) return true;
    this.at++;
    return false;
  }

  nextRow(): void {
    const { bytes } = this;
    if (bytes[this.at] === carriageReturn) this.at++;
    if (bytes[this.at] === newline) this.at++;
    this.line += 1 + this.quotedLines;
    this.quotedLines = 0;
    this.lineStart = this.at;
  }

  textOf({ start, end, text }: Field): string {
    return text ?? decode(this.bytes.subarray(start, end));
  }

  /** Where a field stands in its line, counted from 1, in UTF-16 units. */
  columnOf({ start }: Field): number {
    return decode(this.bytes.subarray(Math.min(this.lineStart, start), start)).length + 1;
  }

  private quoted(): void {
    const { bytes, field } = this;
    const parts: string[] = [];
    let from = this.at + 1;
    for (let end = from; ; end++) {
      const byte = bytes[end];
      if (byte === newline) this.quotedLines++;
      if (byte !== quote && end < bytes.length) continue;
      field.isOpen = end >= bytes.length;
      const isDoubled = bytes[end + 1] === quote;
      parts.push(decode(bytes.subarray(from, isDoubled ? end + 1 : end)));
      this.at = Math.min(bytes.length, end + 1);
      if (!isDoubled) break;
      from = end + 2;
      end++;
    }
    field.text = parts.join("");
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** A table whose header has been read. */
export class Table {
  /** The first row's fields. */
  readonly first: readonly string[];
  private readonly delimiter: number;

  /** @param isTabbed whether fields stand between tabs; else what stands most in the first line decides */
  constructor(
    private bytes: Uint8Array,
    isTabbed: boolean,
  ) {
    this.delimiter = isTabbed ? tab : mostFrequent(bytes);
    const scanner = new Scanner(bytes, this.delimiter);
    const first: string[] = [];
    for (let isLast = scanner.isAtEnd; !isLast; ) {
      isLast = scanner.next();
      first.push(scanner.textOf(scanner.field).trim());
    }
    this.first = first;
  }

  /** The fields of its first rows, the one that may be a header among them. */
  beginning(count: number): string[][] {
    const scanner = new Scanner(this.bytes, this.delimiter);
    const rows: string[][] = [];
    while (rows.length < count && !scanner.isAtEnd) {
      const row: string[] = [];
      for (let isLast = false; !isLast; ) {
        isLast = scanner.next();
        row.push(scanner.textOf(scanner.field).trim());
      }
      if (row.length > 1 || row[0] !== "") rows.push(row);
      scanner.nextRow();
    }
    return rows;
  }

  /** Where a column stands; null where there is none of that name or number. */
  indexOf(column: ColumnName): number | null {
    const index = typeof column === "number" ? column : this.first.indexOf(column);
    return index >= 0 && index < this.first.length ? index : null;
  }

  /** Why a column cannot be read, and where that is to be seen in the first line, counted from 1; null where it can. */
  whyNot(column: ColumnName): { readonly why: string; readonly at: number } | null {
    const index = this.indexOf(column);
    if (index === null) return { why: this.whyMissing(column), at: 1 };
    const next = typeof column === "string" ? this.first.indexOf(column, index + 1) : -1;
    if (next < 0) return null;
    const why = `${columnName(column)} is the name of two columns, ${index} and ${next}: expected the number of the one that is meant`;
    return { why, at: this.placeOf(next) };
  }

  /** Where a field of the first row stands. */
  private placeOf(index: number): number {
    const scanner = new Scanner(this.bytes, this.delimiter);
    for (let k = 0; k <= index; k++) scanner.next();
    return scanner.columnOf(scanner.field);
  }

  private whyMissing(column: ColumnName): string {
    const count = this.first.length;
    if (typeof column === "number")
      return `there is no column ${column}: the table has ${count === 1 ? "one, column 0" : `${count}, 0 to ${count - 1}`}`;
    const shown = this.first.slice(0, 12).map((name) => JSON.stringify(name));
    const more = count > shown.length ? [`${count - shown.length} more`] : [];
    return `there is no column ${JSON.stringify(column)}: the table has ${listed([...shown, ...more])}${suggestion(column, this.first)}`;
  }

  /**
   * Reads columns into arrays, all of their rows, once: the table lets go of its bytes. The first row is a header where a column is named, or where a wanted field of it is
   * no number.
   * @param groups the columns of each array, all of which the table has
   */
  *read(groups: readonly (readonly WantedColumn[])[], report: TableReport): Slices<Columns[]> {
    const { bytes, first } = this;
    const most = yield* countLines(bytes);
    const arrays = groups.map((group) => new Float64Array(most * group.length));
    /** By the column's place: what is made of its fields, and where it goes. */
    const wanted = first.map((): { into: Float64Array; width: number; at: number; of: WantedColumn }[] => []);
    for (const [g, group] of groups.entries())
      for (const [at, of] of group.entries())
        wanted[this.indexOf(of.column)!]!.push({ into: arrays[g]!, width: group.length, at, of });
    const scanner = new Scanner(bytes, this.delimiter);
    if (this.hasHeader(groups.flat())) skipRow(scanner);
    const { field } = scanner;
    let row = 0;
    for (let sincePause = 0; !scanner.isAtEnd; sincePause++) {
      if (sincePause >= rowsInSlice) {
        sincePause = 0;
        yield readingShare + (1 - readingShare) * (scanner.at / bytes.length);
      }
      let count = 0;
      for (let isLast = false; !isLast; count++) {
        isLast = scanner.next();
        const columns = wanted[count];
        if (field.isOpen) {
          report.error("syntax", scanner.line, scanner.columnOf(field), "the quote that opens here is not closed");
          count = -1;
          break;
        }
        // A line with nothing in it is no row.
        if (count === 0 && isLast && field.start === field.end) {
          count = -1;
          break;
        }
        if (columns === undefined || columns.length === 0) continue;
        for (const { into, width, at, of } of columns)
          into[row * width + at] = this.numberIn(scanner, of, first[count]!, report);
      }
      if (count >= 0) {
        if (count !== first.length)
          report.error(
            "fields",
            scanner.line,
            1,
            `the row has ${count === 1 ? "1 field" : `${count} fields`}, expected ${first.length} as in the first`,
          );
        row++;
      }
      scanner.nextRow();
    }
    report.finish();
    // They are not needed any more, and take more than what is made of them.
    this.bytes = new Uint8Array();
    return groups.map((group, g) => ({
      rows: row,
      width: group.length,
      data: arrays[g]!.subarray(0, row * group.length),
    }));
  }

  private hasHeader(columns: readonly WantedColumn[]): boolean {
    return columns.some(
      ({ column, numberOf }) => typeof column === "string" || (!numberOf && numberOfText(this.first[column]!) === null),
    );
  }

  private numberIn(scanner: Scanner, { column, numberOf }: WantedColumn, name: string, report: TableReport): number {
    const { field } = scanner;
    if (numberOf) {
      const number = numberOf(scanner.textOf(field).trim());
      if (typeof number === "number") return number;
      report.error("unknown-token", scanner.line, scanner.columnOf(field), number.wrong);
      return 0;
    }
    const fast = field.text === null ? fastNumber(scanner.bytes, field.start, field.end) : Number.NaN;
    if (fast === fast) return fast;
    const text = scanner.textOf(field).trim();
    const number = numberOfText(text);
    if (number !== null) return number;
    const called = columnName(typeof column === "number" ? column : name);
    const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
    const isMissing = missing.test(text);
    const found =
      text === "" ? "has no value here" : isMissing ? `has no value here, but ${shown}` : `is the text ${shown}`;
    const message = `${called} ${found}, expected a number${hintFor(text)}`;
    report.error(isMissing ? "missing-value" : "type", scanner.line, scanner.columnOf(field), message);
    return 0;
  }
}

/** How programs write that there is no value. */
const missing = /^(|na|n\/a|nan|#n\/a|null|none|nil|-+|\?|\.)$/i;

function hintFor(text: string): string {
  if (/^[-+]?\d{1,3}(,\d{3})+$/.test(text)) return " without thousands separators, or with a decimal point";
  if (/^[-+]?\d{1,3}([, '’\u00a0\u202f]\d{3})+(\.\d*)?$/.test(text)) return " without thousands separators";
  if (/^[-+]?(\d{1,3}(\.\d{3})*|\d+),\d+$/.test(text)) return " with a decimal point";
  return looksNumeric.test(text) ? " that double precision holds" : "";
}

function skipRow(scanner: Scanner): void {
  while (!scanner.next());
  scanner.nextRow();
}

/** What separates the fields of the first line, outside of quotes. */
function mostFrequent(bytes: Uint8Array): number {
  const counts = new Map([comma, semicolon, tab].map((byte) => [byte, 0]));
  let quoted = false;
  for (let at = 0; at < bytes.length && (quoted || bytes[at] !== newline); at++) {
    const byte = bytes[at]!;
    if (byte === quote) quoted = !quoted;
    else if (!quoted && counts.has(byte)) counts.set(byte, counts.get(byte)! + 1);
  }
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function* countLines(bytes: Uint8Array): Slices<number> {
  let count = 1;
  for (let from = 0; from < bytes.length; from += bytesInSlice) {
    const end = Math.min(bytes.length, from + bytesInSlice);
    // A lone carriage return ends a line too.
    for (let at = from; at < end; at++)
      if (bytes[at] === newline || (bytes[at] === carriageReturn && bytes[at + 1] !== newline)) count++;
    yield;
  }
  return count;
}

const looksNumeric = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** Null where it is none, or none that a double holds. */
export function numberOfText(text: string): number | null {
  if (!looksNumeric.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

const powersOfTen = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/**
 * A number of at most 15 digits, without an exponent: the quotient of two integers that doubles hold exactly is the nearest double,
 * as `Number` gives it (Clinger 1990). NaN for everything else.
 */
function fastNumber(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && bytes[from] === space) from++;
  while (to > from && bytes[to - 1] === space) to--;
  const negative = bytes[from] === 0x2d;
  if (negative || bytes[from] === 0x2b) from++;
  if (to - from > 16) return Number.NaN;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
    } else if (bytes[at] === 0x2e && point < 0) point = digits;
    else return Number.NaN;
  }
  if (digits === 0 || digits > 15) return Number.NaN;
  const number = point < 0 ? value : value / powersOfTen[digits - point]!;
  return negative ? -number : number;
}
