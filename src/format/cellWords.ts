/** The file's own cells where they stand in its text: what each word of an equation is, for whoever reads or changes it there. */
import { parse } from "jsonc-parser";
import { isCellKind } from "../engine/cells";
import type { ReadEquations, Word } from "../engine/equations";
import { readEquations } from "../engine/equations";
import { charactersIn } from "./report";
import type { SourceMap, TextRange } from "./sourceMap";

/** A cell of the file, right or wrong. */
export interface CellInText {
  readonly name: string;
  /** Its name, quotes included, and the whole of it. */
  readonly key: TextRange;
  readonly value: TextRange;
  /** By the text as it is meant, without its escapes. */
  readonly texts: readonly string[];
  /** The literal of each equation, quotes included; null where it is no text. */
  readonly literals: readonly (TextRange | null)[];
  readonly constants: Readonly<Record<string, number>>;
  readonly read: ReadEquations;
}

/** Cells are written by hand: a longer text is none of them, and is not read again at each key. */
const longest = 200_000;

/** The cells of a file, which may be unfinished, as it is while somebody types. */
export function cellsIn(text: string, source: SourceMap): CellInText[] {
  const holder = source.locate(["cells"]);
  if (!holder || holder.length > longest) return [];
  const cells: unknown = parse(text.slice(holder.offset, holder.offset + holder.length));
  if (!isObject(cells)) return [];
  return Object.entries(cells).flatMap(([name, cell]) => {
    const key = source.locateKey(["cells", name]);
    const value = source.locate(["cells", name]);
    if (!key || !value || !isObject(cell) || isCellKind(name)) return [];
    const equations: readonly unknown[] = Array.isArray(cell["equations"]) ? cell["equations"] : [];
    const texts = equations.map((one) => (typeof one === "string" ? one : ""));
    const literals = equations.map((one, k) =>
      typeof one === "string" ? source.locate(["cells", name, "equations", k]) : null,
    );
    const given = isObject(cell["constants"]) ? Object.entries(cell["constants"]) : [];
    const constants = Object.fromEntries(
      given.map(([constant, number]) => [constant.normalize("NFC"), typeof number === "number" ? number : 1]),
    );
    return [{ name, key, value, texts, literals, constants, read: readEquations(texts, constants) }];
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a word of an equation stands in the text. */
export function placeOfWord(
  text: string,
  { literals }: CellInText,
  word: Pick<Word, "equation" | "from" | "to">,
): TextRange {
  return charactersIn(text, literals[word.equation]!, word.from, word.to);
}

/** The equation at an offset, between its quotes, and which character of it that is; null elsewhere. */
export function equationAt(
  text: string,
  cells: readonly CellInText[],
  offset: number,
): { readonly cell: CellInText; readonly equation: number; readonly character: number } | null {
  for (const cell of cells)
    for (const [equation, literal] of cell.literals.entries()) {
      if (!literal || offset <= literal.offset || offset >= literal.offset + literal.length) continue;
      let character = 0;
      const end = cell.texts[equation]!.length;
      while (character < end && charactersIn(text, literal, 0, character).length + literal.offset + 1 < offset)
        character++;
      return { cell, equation, character };
    }
  return null;
}

/** The word that an offset is on or right behind. */
export function wordAt(
  text: string,
  cells: readonly CellInText[],
  offset: number,
): { readonly cell: CellInText; readonly word: Word } | null {
  const at = equationAt(text, cells, offset);
  if (!at) return null;
  const here = at.cell.read.words.filter(({ equation }) => equation === at.equation);
  const word =
    here.find(({ from, to }) => from <= at.character && at.character < to) ??
    here.find(({ to }) => to === at.character);
  return word ? { cell: at.cell, word } : null;
}

/** `[H × X]`, as a message writes a parameter's shape. */
export function parameterShape(cols: ReadEquations["parameters"][number]["cols"]): string {
  return cols === null ? "[H]" : cols === "input" ? "[H × X]" : "[H × H]";
}
