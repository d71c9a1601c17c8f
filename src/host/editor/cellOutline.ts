/** The cells of a file in an outline, and the colours of their equations. */
import type { Word } from "../../engine/equations";
import type { CellInText } from "../../format/cellWords";
import { cellsIn, parameterShape, placeOfWord } from "../../format/cellWords";
import type { SourceMap, TextRange } from "../../format/sourceMap";

export interface OutlineEntry {
  readonly name: string;
  readonly detail: string;
  readonly kind: "cell" | "state" | "quantity" | "constant" | "parameter";
  /** All of it, and its name alone. */
  readonly whole: TextRange;
  readonly own: TextRange;
  readonly children: readonly OutlineEntry[];
}

/** Each cell with its constants, its quantities and, where they appear first, its parameters. */
export function cellOutline(text: string, source: SourceMap): OutlineEntry[] {
  return cellsIn(text, source).map((cell) => {
    const { name, key, value } = cell;
    const end = value.offset + value.length;
    return {
      name,
      detail: `${cell.read.parameters.length} parameters`,
      kind: "cell",
      whole: { offset: key.offset, length: end - key.offset },
      own: key,
      children: [...constantsOf(source, cell), ...cell.texts.flatMap((_, k) => ofEquation(text, cell, k))],
    };
  });
}

function constantsOf(source: SourceMap, { name, constants }: CellInText): OutlineEntry[] {
  return Object.entries(constants).flatMap(([constant, number]): OutlineEntry[] => {
    const path = ["cells", name, "constants", constant];
    const [key, value] = [source.locateKey(path), source.locate(path)];
    if (!key || !value) return [];
    const whole = { offset: key.offset, length: value.offset + value.length - key.offset };
    return [{ name: constant, detail: String(number), kind: "constant", whole, own: key, children: [] }];
  });
}

function ofEquation(text: string, cell: CellInText, k: number): OutlineEntry[] {
  const literal = cell.literals[k];
  const words = cell.read.words.filter(({ equation }) => equation === k);
  const left = words.find(({ kind }) => kind === "definition");
  if (!literal || !left) return [];
  const isFirst = (word: Word) =>
    word.kind === "parameter" &&
    cell.read.words.find((one) => one.kind === "parameter" && one.name === word.name) === word;
  return [
    {
      name: left.name,
      detail: cell.texts[k]!.slice(left.to).replace(/^\s*=\s*/, ""),
      kind: cell.read.states.includes(left.name) ? "state" : "quantity",
      whole: literal,
      own: placeOfWord(text, cell, left),
      children: words.filter(isFirst).map((word): OutlineEntry => {
        const place = placeOfWord(text, cell, word);
        const { cols } = cell.read.parameters.find(({ name }) => name === word.name)!;
        return {
          name: word.name,
          detail: parameterShape(cols),
          kind: "parameter",
          whole: place,
          own: place,
          children: [],
        };
      }),
    },
  ];
}

/** A word of an equation by its place, in the order of the text. */
export interface ColouredWord {
  readonly place: TextRange;
  readonly kind: Word["kind"];
}

export function colouredWords(text: string, source: SourceMap): ColouredWord[] {
  return cellsIn(text, source)
    .flatMap((cell) => cell.read.words.map((word) => ({ place: placeOfWord(text, cell, word), kind: word.kind })))
    .sort((a, b) => a.place.offset - b.place.offset);
}
