/**
 * Arrays as programs print them: NumPy, PyTorch, TensorFlow, JAX, MATLAB, Octave, Julia, R and JavaScript, and rows of plain numbers.
 * A number keeps the digits that it was printed with, so that what it was rounded to can be told from it.
 */

/** A number as JSON writes it, `null` for one that is not a number, "..." for any number of items that were not printed. */
export type PrintedItem = string | null | typeof elided | readonly PrintedItem[];

/** Stands for items that a program leaves out of a long array. */
export const elided: unique symbol = Symbol("...");

export interface PrintedArray {
  /** What stands before it: `h` of "h = array(…)", `weight_ih_l0` of a state_dict; null where nothing does. */
  readonly name: string | null;
  /** A number, or an array of items that are all of one shape. */
  readonly items: PrintedItem;
  /** One size a dimension, the outermost first; `isOpen` where some were not printed, and there are at least so many. */
  readonly shape: readonly { readonly size: number; readonly isOpen: boolean }[];
}

/** What was pasted is no print of numbers. */
export class PrintedError extends Error {
  constructor(
    message: string,
    /** Where in the text, in UTF-16 units. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/**
 * Reads every array of a text, in its order.
 * @throws PrintedError where something else stands among the numbers, or rows differ in length
 */
export function readPrinted(text: string): PrintedArray[] {
  const plain = withoutPrompts(text);
  const found = /^ *\[,\d+\][ [,\d\]]*$|^ *\[1\] +[-+\d.NI]/m.test(plain)
    ? readR(plain)
    : /^.{0,80}\d(?:×\d+|-element) .*: *$/m.test(plain)
      ? readJulia(plain)
      : /^ *[A-Za-z]\w*(?:\(:,:(?:,\d+)+\))? *= *$|^ *Columns? \d+/m.test(plain) && !/\[/.test(plain)
        ? readMatlab(plain)
        : plain.includes("[")
          ? new BracketReader(plain).read()
          : readRows(plain, 0, null);
  if (found.length === 0) throw new PrintedError("there are no numbers", 0);
  // Columns of one width: without commas, or with spaces before them.
  const isAligned = !plain.includes(",") || /\d +[,\]]/.test(plain);
  return found.map(({ name, items, offset }) => {
    const shape = shapeOf(items, offset);
    return { name, items: evenDigits(items, isAligned), shape };
  });
}

/** "[2 × 3]", "[5… × 3]" where more were there than were printed, "a number" */
export function printedShapeText({ shape }: Pick<PrintedArray, "shape">): string {
  if (shape.length === 0) return "a number";
  return `[${shape.map(({ size, isOpen }) => (isOpen ? `${size}…` : size)).join(" × ")}]`;
}

/** The items of an array in the order of its indices, as numbers of JSON and null; null where it is of another shape. */
export function filled(array: PrintedArray, shape: readonly number[]): (string | null)[] | null {
  if (array.shape.length !== shape.length) return null;
  if (!array.shape.every(({ size, isOpen }, k) => (isOpen ? size <= shape[k]! : size === shape[k]))) return null;
  return fill(array.items, shape);
}

function fill(items: PrintedItem, shape: readonly number[]): (string | null)[] {
  const [size, ...inner] = shape;
  if (size === undefined) return [typeof items === "string" ? items : null];
  const all = Array.isArray(items) ? (items as readonly PrintedItem[]) : [];
  const count = inner.reduce((product, length) => product * length, 1);
  const missing = size - all.filter((item) => item !== elided).length;
  return all.flatMap((item) =>
    item === elided ? Array.from({ length: missing * count }, () => null) : fill(item, inner),
  );
}

interface Found {
  readonly name: string | null;
  readonly items: PrintedItem;
  readonly offset: number;
}

/** What an interactive program writes around its prints, replaced by spaces so that every place stays. */
function withoutPrompts(text: string): string {
  const blank = (part: string) => " ".repeat(part.length);
  return text
    .replaceAll("\r", " ")
    .replaceAll("\t", " ")
    .replaceAll(/^ *(>>>|\.\.\. \w|julia>|In \[\d+\]:).*$/gm, blank)
    .replaceAll(/^ *Out ?\[\d+\]:/gm, blank)
    .replaceAll(/^ *> .*$/gm, blank);
}

// ---------------------------------------------------------------------------------------------- numbers

const numberPattern = /[-+−]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eEdDf][-+]?\d+)?/y;
const noNumber = /[-+−]?(?:nan|inf(?:inity)?|NA|missing|undefined|null|None)\b/iy;

/** As JSON writes it: `-2.e-01` is -2e-1, `.5` is 0.5, `1.5f0` is 1.5e0. */
function jsonNumber(printed: string): string {
  const [, sign, whole = "", fraction = "", exponent] =
    /^([-+−]?)(\d*)(?:\.(\d*))?(?:[eEdDf]([-+]?\d+))?$/.exec(printed.replaceAll("_", "")) ?? [];
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  return `${sign === "-" || sign === "−" ? "-" : ""}${digits}${fraction === "" ? "" : `.${fraction}`}${exponent === undefined ? "" : `e${Number(exponent)}`}`;
}

/** So many digits after the point nobody writes by hand. */
const digitsOfPrograms = 7;

/**
 * Lets the numbers of an array that a program has printed have as many digits after the point as the longest has: all were rounded
 * there, and zeros at the end were left out. Numbers with an exponent are compared among themselves. What somebody has written by
 * hand stays: 0.5 beside 0.537 is not 0.500.
 */
function evenDigits(items: PrintedItem, isAligned: boolean): PrintedItem {
  const most = { plain: 0, scientific: 0 };
  const kindOf = (number: string) => (number.includes("e") ? "scientific" : "plain");
  const decimals = (number: string) => /\.(\d+)/.exec(number)?.[1]?.length ?? 0;
  const look = (item: PrintedItem): void => {
    if (Array.isArray(item)) for (const inner of item as readonly PrintedItem[]) look(inner);
    else if (typeof item === "string") most[kindOf(item)] = Math.max(most[kindOf(item)], decimals(item));
  };
  const pad = (item: PrintedItem): PrintedItem => {
    if (Array.isArray(item)) return (item as readonly PrintedItem[]).map(pad);
    if (typeof item !== "string") return item;
    const missing = most[kindOf(item)] - decimals(item);
    if (missing === 0) return item;
    const [mantissa, exponent] = item.split("e");
    const zeros = `${mantissa!.includes(".") ? "" : "."}${"0".repeat(missing)}`;
    return `${mantissa}${zeros}${exponent === undefined ? "" : `e${exponent}`}`;
  };
  look(items);
  return isAligned || Math.max(most.plain, most.scientific) >= digitsOfPrograms ? pad(items) : items;
}

function shapeOf(items: PrintedItem, offset: number): PrintedArray["shape"] {
  if (!Array.isArray(items)) return [];
  const all = items as readonly PrintedItem[];
  const inner = all.filter((item) => item !== elided).map((item) => shapeOf(item, offset));
  const isOpen = inner.length < all.length;
  const first = inner[0] ?? [];
  for (const [k, other] of inner.entries()) {
    if (other.length !== first.length) throw new PrintedError("numbers and rows stand in one array", offset);
    for (const [d, { size, isOpen }] of other.entries())
      if (!isOpen && !first[d]!.isOpen && size !== first[d]!.size)
        throw new PrintedError(`row ${k} has ${size} items, and row 0 has ${first[d]!.size}`, offset);
  }
  return [
    { size: inner.length, isOpen },
    ...first.map((_, d) => ({
      size: inner.reduce((most, shape) => Math.max(most, shape[d]!.size), 0),
      isOpen: inner.some((shape) => shape[d]!.isOpen),
    })),
  ];
}

// ---------------------------------------------------------------------------------------------- brackets

/** The words before a bracket that say what kind of array follows. */
const constructors =
  /(?:\b(?:np|numpy|torch|tf|jnp|jax|mx)\.)?\b(?:array|tensor|Tensor|Array|ndarray|matrix|\w+Array|Float\d+|Any|Parameter containing:)\s*(?:\(\d+\)\s*)?\(?\s*$|\(\d+\)\s*$/;

/** Brackets inside each other: no array has so many dimensions. */
const deepest = 16;

/** So far before an array its name is looked for. */
const nameCharacters = 300;

class BracketReader {
  private at = 0;

  constructor(private readonly text: string) {}

  read(): Found[] {
    const found: Found[] = [];
    for (let open = this.text.indexOf("["); open >= 0; open = this.text.indexOf("[", this.at)) {
      const before = this.text.slice(Math.max(this.at, open - nameCharacters), open);
      this.at = open;
      // `OrderedDict([('weight', tensor(` opens a list of pairs, and `[array(` one of arrays: what is inside is looked at by itself.
      if (
        /^\[\s*(?:\(\s*['"]|(?:[\w.]+\s*)?\b(?:array|tensor|Array|Parameter|<tf)\b(?!\(\d))/.test(
          this.text.slice(open, open + 80),
        )
      ) {
        this.at++;
        continue;
      }
      const name = nameBefore(before);
      found.push({ name, items: this.array(), offset: open });
    }
    return found;
  }

  /** From the opening bracket to its closing one. */
  private array(depth = 0): PrintedItem[] {
    const open = this.at++;
    if (depth === deepest) throw new PrintedError(`more than ${deepest} brackets inside each other`, open);
    const items: PrintedItem[] = [];
    // `[1 2; 3 4]`: rows without brackets of their own.
    const rows: PrintedItem[][] = [];
    for (;;) {
      this.skip(/[\s,]*(?:#[^\n]*)?/y);
      const next = this.text[this.at];
      if (next === undefined) throw new PrintedError("a [ is not closed: expected ]", open);
      if (next === "]") {
        this.at++;
        if (rows.length === 0) return items;
        if (items.length > 0) rows.push(items);
        return rows.length === 1 && rows[0]!.every((row) => typeof row === "string") ? rows[0] : rows;
      }
      if (next === ";") {
        this.at++;
        rows.push(items.splice(0));
      } else if (next === "[") items.push(this.array(depth + 1));
      else items.push(this.leaf(depth));
    }
  }

  private leaf(depth: number): PrintedItem {
    if (this.skip(/(?:\.\.\.|…|⋯)(?:\s*\d+ more items?)?/y)) return elided;
    if (this.skip(/\w*Array\s*(?:\(\d+\)\s*)?(?=\[)|\(\d+\)\s*(?=\[)|(?:np\.)?array\(\s*(?=\[)/y)) {
      const inner = this.array(depth + 1);
      this.skip(/\s*(?:,[^()[\]]*)?\)/y);
      return inner;
    }
    if (this.skip(/(?:np|numpy)\.float\d+\(/y)) {
      if (depth === deepest) throw new PrintedError(`more than ${deepest} brackets inside each other`, this.at);
      const inner = this.leaf(depth + 1);
      this.skip(/\)/y);
      return inner;
    }
    return leafAt(this.text, this.at, (end) => {
      this.at = end;
    });
  }

  private skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return false;
    this.at += match[0].length;
    return match[0].length > 0;
  }
}

/** A number, or null for what is none, at a place of the text. */
function leafAt(text: string, at: number, end: (offset: number) => void): string | null {
  noNumber.lastIndex = at;
  const none = noNumber.exec(text);
  if (none) {
    end(at + none[0].length);
    return null;
  }
  numberPattern.lastIndex = at;
  const number = numberPattern.exec(text);
  const after = number ? text[at + number[0].length] : "";
  if (!number || (after !== undefined && /[\w×.]/.test(after))) {
    const word = /^\S{1,20}/.exec(text.slice(at))?.[0] ?? "the end";
    throw new PrintedError(`found ${word}, expected a number`, at);
  }
  end(at + number[0].length);
  return jsonNumber(number[0]);
}

/** `h` of `h = `, `"h": `, `('h', tensor(`, `h: ` at the end of a text. */
function nameBefore(text: string): string | null {
  let before = text;
  for (let shorter = before.replace(constructors, ""); shorter !== before; shorter = before.replace(constructors, ""))
    before = shorter;
  // TensorFlow says the shape first: <tf.Variable 'lstm/kernel:0' shape=(2, 8) dtype=float32, numpy=
  const variable = /<tf\.Variable '([^']+?)(?::\d+)?'[^<>]*$/.exec(before);
  if (variable) return variable[1]!;
  before = before.replace(/<[^<>]*$/, "");
  // "weight_hh_l0 Parameter containing:" has nothing between the name and the array's own words.
  const between = before === text ? /\s*(?:=|:|,|\n)\s*$/ : /\s*(?:=|:|,|\n)?\s*$/;
  return /(?:^|[\s,({'"])([A-Za-z_∂]\w*(?:[./]\w+)*)['"]?$/.exec(before.replace(between, ""))?.[1] ?? null;
}

// ---------------------------------------------------------------------------------------------- tables

interface Line {
  readonly text: string;
  readonly offset: number;
}

function linesOf(text: string, from = 0): Line[] {
  let offset = from;
  return text.split("\n").map((line) => {
    const here = { text: line, offset };
    offset += line.length + 1;
    return here;
  });
}

/** The numbers of a line of a table. */
function rowOf({ text, offset }: Line): PrintedItem[] {
  const row: PrintedItem[] = [];
  let at = 0;
  for (;;) {
    at += /^[\s,;]*/.exec(text.slice(at))![0].length;
    if (at >= text.length) return row;
    const dots = /^(?:\.\.\.|…|⋯|⋱|⋮|:)(?=\s|$)/.exec(text.slice(at));
    if (dots) {
      row.push(elided);
      at += dots[0].length;
      continue;
    }
    try {
      row.push(
        leafAt(text, at, (end) => {
          at = end;
        }),
      );
    } catch (error) {
      throw error instanceof PrintedError ? new PrintedError(error.message, offset + error.offset) : error;
    }
  }
}

/** Rows of numbers: of one row a vector, of one number a number. */
function tableOf(rows: readonly PrintedItem[][]): PrintedItem {
  const table = rows.map((row) => (row.every((item) => item === elided) ? elided : row));
  if (table.length !== 1) return table;
  const [only] = rows;
  return only!.length === 1 ? only![0]! : only!;
}

function readRows(text: string, from: number, name: string | null): Found[] {
  const lines = linesOf(text, from).filter((line) => line.text.trim() !== "");
  if (lines.length === 0) return [];
  // `loss = 0.5`, `loss: 0.5`, and a number in a tensor's parentheses
  const named = /^\s*([A-Za-z_]\w*)\s*[=:]\s*(?=[-+\d.−])/.exec(lines[0]!.text);
  if (named && lines.length === 1) {
    const length = named[0].length;
    return [
      { name: named[1]!, items: tableOf([rowOf({ text: lines[0]!.text.slice(length), offset: from })]), offset: from },
    ];
  }
  const scalar = /^\s*(?:\w+\s*[=:]\s*)?(?:\w+\.)?(?:tensor|array|float\d+|Array)\(\s*([-+−\d.eE]+)\s*[,)]/.exec(
    lines[0]!.text,
  );
  if (scalar && lines.length === 1) {
    const before = /^\s*(\w+)\s*[=:]/.exec(lines[0]!.text);
    return [
      {
        name: before?.[1] ?? name,
        items: rowOf({ text: scalar[1]!, offset: lines[0]!.offset })[0]!,
        offset: lines[0]!.offset,
      },
    ];
  }
  return [{ name, items: tableOf(lines.map(rowOf)), offset: lines[0]!.offset }];
}

/** Blocks of columns that are printed below each other, side by side again. */
function besideEachOther(blocks: readonly PrintedItem[][][], offset: number): PrintedItem[][] {
  const [first, ...others] = blocks;
  return first!.map((row, k) =>
    others.reduce((whole, block) => {
      if (block.length !== first!.length)
        throw new PrintedError(
          `a block of columns has ${block.length} rows, and the first has ${first!.length}`,
          offset,
        );
      return [...whole, ...block[k]!];
    }, row),
  );
}

// ---------------------------------------------------------------------------------------------- R

function readR(text: string): Found[] {
  const found: Found[] = [];
  let vector: PrintedItem[] | null = null;
  let blocks: PrintedItem[][][] = [];
  let offset = 0;
  let name: string | null = null;
  const flush = () => {
    if (vector) found.push({ name, items: vector.length === 1 ? vector[0]! : vector, offset });
    if (blocks.length > 0) found.push({ name, items: besideEachOther(blocks, offset), offset });
    if (vector || blocks.length > 0) name = null;
    vector = null;
    blocks = [];
  };
  for (const line of linesOf(text)) {
    const inside = line.text.trim();
    const header = /^(\[,\d+\]\s*)+$/.test(inside);
    const row = /^\[(\d+),\]/.exec(inside);
    const item = /^\[(\d+)\]/.exec(inside);
    const titled = /^\$?`?(\w+)`?:?$/.exec(inside);
    if (inside === "" || inside.startsWith(",,")) continue;
    if (header) {
      if (vector || inside.startsWith("[,1]")) flush();
      if (blocks.length === 0) offset = line.offset;
      blocks.push([]);
    } else if (row && blocks.length > 0) blocks.at(-1)!.push(rowOf(after(line, row[0])));
    else if (item) {
      if (blocks.length > 0 || item[1] === "1") {
        flush();
        offset = line.offset;
        vector = [];
      }
      for (const value of rowOf(after(line, item[0]))) vector?.push(value);
    } else if (titled) {
      flush();
      name = titled[1]!;
    } else rowOf(line);
  }
  flush();
  return found;
}

/** A line behind a word in it. */
function after({ text, offset }: Line, word: string): Line {
  const at = text.indexOf(word) + word.length;
  return { text: text.slice(at), offset: offset + at };
}

// ---------------------------------------------------------------------------------------------- Julia

function readJulia(text: string): Found[] {
  const found: Found[] = [];
  let rows: PrintedItem[][] = [];
  let isVector = false;
  let offset = 0;
  let name: string | null = null;
  const flush = () => {
    if (rows.length === 0) return;
    // Only some rows say that columns are left out; in the others there is a gap.
    const gap = rows
      .map((row) => (row.every((item) => item === elided) ? -1 : row.indexOf(elided)))
      .find((k) => k >= 0);
    if (gap !== undefined) for (const row of rows) if (!row.includes(elided)) row.splice(gap, 0, elided);
    const items = rows.map((row) => (row.every((item) => item === elided) ? elided : isVector ? row[0]! : row));
    found.push({ name, items, offset });
    rows = [];
    name = null;
  };
  for (const line of linesOf(text)) {
    const header = /^\s*(?:(\w+)\s*=\s*)?\d+(?:×\d+)*(-element)?\s[^\d].*:\s*$/.exec(line.text);
    if (line.text.trim() === "" || /^\s*\[:, :, \d+\]\s*=\s*$/.test(line.text)) continue;
    if (header) {
      flush();
      offset = line.offset;
      isVector = header[2] !== undefined;
      name = header[1] ?? null;
    } else rows.push(rowOf(line));
  }
  flush();
  return found;
}

// ---------------------------------------------------------------------------------------------- MATLAB

function readMatlab(text: string): Found[] {
  const found: Found[] = [];
  let name: string | null = null;
  let offset = 0;
  let scale = 0;
  let blocks: PrintedItem[][][] = [[]];
  const flush = () => {
    const filledBlocks = blocks.filter((block) => block.length > 0);
    if (filledBlocks.length > 0)
      found.push({ name, items: tableOf(scaled(besideEachOther(filledBlocks, offset), scale)), offset });
    blocks = [[]];
    scale = 0;
  };
  for (const line of linesOf(text)) {
    const inside = line.text.trim();
    const title = /^([A-Za-z]\w*)(?:\(:,:(?:,\d+)+\))?\s*=\s*$/.exec(inside);
    const factor = /^1\.0+e([-+]\d+)\s*\*$/i.exec(inside);
    if (inside === "") continue;
    if (title) {
      flush();
      name = title[1]!;
      offset = line.offset;
    } else if (factor) scale = Number(factor[1]);
    else if (/^Columns? \d+/.test(inside)) blocks.push([]);
    else blocks.at(-1)!.push(rowOf(line));
  }
  flush();
  return found;
}

/** Numbers under a common factor 10^n, which each of them gets as its exponent. */
function scaled(rows: readonly PrintedItem[][], exponent: number): PrintedItem[][] {
  if (exponent === 0) return rows.map((row) => [...row]);
  return rows.map((row) => row.map((item) => (typeof item === "string" ? `${item}e${exponent}` : item)));
}
