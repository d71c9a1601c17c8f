import { fold, type KeyMeaning, keyWords, meaningIn, valueWords, type Words, wordsAnywhere } from "./otherWords";
import { placeInWords, type Remedy } from "./remedy";
import type { Path } from "./sourceMap";

/** What is to be said of a word of other software, and what can be done. */
export interface Translation {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Null where no single edit is right. */
  readonly remedy: Remedy | null;
}

/**
 * What a key that the format does not have is here.
 * @param path   of its value in the file; a line of a data file is `["sequences", k]`
 * @param holder the object in which it stands
 * @param known  the keys that the format has there
 * @returns null where no other software has it, or it changes no number
 */
export function translateKey(
  path: Path,
  holder: Readonly<Record<string, unknown>>,
  known: readonly string[],
): Translation | null {
  const place = placeOf(path);
  if (place === null) return null;
  const key = String(path.at(-1));
  const { word, layer, isReverse } = ofLayer(key);
  const beside = meaningIn(keyWords[place]!, word) ?? otherSpelling(word, known);
  const meaning = beside ?? meaningIn(wordsAnywhere, word);
  if (meaning === null) return null;
  const given = holder[key];
  const quoted = JSON.stringify(key);
  const note = meaning.note === undefined ? "" : `: ${meaning.note}`;
  if (meaning.idle?.includes(given))
    return {
      severity: "warning",
      message: `${quoted} has no meaning here${note}`,
      remedy: { kind: "instead", set: [] },
    };
  if (meaning.key === null) return { severity: "error", message: `${quoted} does not exist here${note}`, remedy: null };

  const names = meaning.key.split(".");
  const inside = isReverse ? ["reverse"] : [];
  const several = meaning.each?.(given);
  const target: Path = beside && names.length === 1 ? [...path.slice(0, -1), ...inside, names[0]!] : names;
  const name = String(names.at(-1));
  const becomes = meaning.value ? meaning.value(given) : given;
  const isBeside =
    target.length === path.length && target.length > 1 && target.slice(0, -1).every((part, k) => part === path[k]);
  const where = isBeside ? "" : `, ${placeInWords(target.slice(0, -1))}`;
  const message =
    becomes !== undefined && becomes !== given && isShort(given) && isShort(becomes)
      ? `${quoted}: ${JSON.stringify(given)} is ${JSON.stringify(name)}: ${JSON.stringify(becomes)} here`
      : name === key
        ? `${quoted} has another place here`
        : `${quoted} is called ${JSON.stringify(name)} here`;
  const isObvious =
    becomes !== undefined &&
    !isReverse &&
    (layer === null || layer === path[1]) &&
    (meaning.onlyIn === undefined || meaning.onlyIn === holder["cell"]);
  return {
    severity: "error",
    message: `${message}${where}${note}`,
    remedy: several
      ? { kind: "instead", set: Object.entries(several).map(([name, one]) => [[...path.slice(0, -1), name], one]) }
      : meaning.stacks && isDepth(given)
        ? { kind: "stack", count: given }
        : isObvious
          ? { kind: "instead", set: [[target, becomes]], ...(meaning.isTransposed && { isTransposed: true }) }
          : null,
  };
}

/**
 * What a value that the format does not have is here.
 * @param path of the value in the file
 * @returns null where no other software has it
 */
export function translateValue(path: Path, given: unknown): Translation | null {
  const place = placeOf(path);
  if (place === null || typeof given !== "string") return null;
  const meaning = meaningIn(valueWords[`${place}.${String(path.at(-1))}`] ?? [], given);
  if (meaning === null) return null;
  const is = `${String(path.at(-1))} is ${JSON.stringify(given)}, which`;
  const note = meaning.note === undefined ? "" : `: ${meaning.note}`;
  if (meaning.value === null) return { severity: "error", message: `${is} does not exist here${note}`, remedy: null };
  const beside = Object.entries(meaning.beside ?? {});
  const besides = beside.map(([key, value]) => ` with ${key} ${JSON.stringify(value)}`).join("");
  const set: readonly (readonly [Path, unknown])[] = [
    [path, meaning.value],
    ...beside.map(([key, value]) => [[...path.slice(0, -1), key], value] as const),
  ];
  return {
    severity: "error",
    message: `${is} is ${JSON.stringify(meaning.value)}${besides} here${note}`,
    remedy: { kind: "set", set },
  };
}

/** A word of other software that may be typed at a place, and what it is there. */
export interface WordBeside {
  readonly word: string;
  /** Its key here, or the keys that lead to it from the object in which it is typed; of a value, the value. */
  readonly target: readonly string[];
  readonly note: string | null;
}

/** The words of other software for which the format has something that can stand where they are typed. */
export function wordsBesides(path: Path, isKey: boolean): WordBeside[] {
  const place = placeOf(path);
  if (place === null) return [];
  if (!isKey)
    return eachWord(valueWords[`${place}.${String(path.at(-1))}`] ?? []).flatMap(
      ({ word, meaning: { value, note } }) => (value === null ? [] : [{ word, target: [value], note: note ?? null }]),
    );
  const holder = path.slice(0, -1);
  const beside = eachWord(keyWords[place]!);
  const known = new Set(beside.map(({ word }) => fold(word)));
  const others = eachWord(wordsAnywhere).filter(({ word }) => !known.has(fold(word)));
  return [...beside, ...others].flatMap(({ word, meaning: { key, note } }) => {
    if (key === null) return [];
    const names = key.split(".");
    const isHere = known.has(fold(word)) && names.length === 1;
    if (!isHere && !holder.every((segment, k) => segment === names[k])) return [];
    return [{ word, target: isHere ? names : names.slice(holder.length), note: note ?? null }];
  });
}

function eachWord<Meaning>(table: Words<Meaning>): { readonly word: string; readonly meaning: Meaning }[] {
  return table.flatMap(([words, meaning]) => words.split(" ").map((word) => ({ word, meaning })));
}

/** The kind of object in which something stands, null where its words are the user's own or say nothing about the model. */
function placeOf(path: Path): string | null {
  const names = path.slice(0, -1).filter((segment): segment is string => typeof segment === "string");
  const isItem = typeof path.at(-2) === "number";
  const [top, inside, ...deeper] = names;
  if (top === undefined) return "file";
  if (deeper.length > 0) return null;
  if (top === "layers") return inside === undefined || inside === "reverse" ? "layer" : null;
  if (top === "sequences") return inside !== undefined ? null : isItem ? "sequence" : "sequences";
  if (top === "training" && inside !== undefined) return inside in keyWords ? inside : null;
  return inside === undefined && top in keyWords && !isItem ? top : null;
}

/** PyTorch's names end in the layer's number and, for a backward pass, in a word: `weight_ih_l0_reverse`. */
function ofLayer(key: string): { word: string; layer: number | null; isReverse: boolean } {
  const [, word, layer, reverse] = /^(.*)_l(\d+)(_reverse)?$/.exec(key) ?? [];
  if (word === undefined) return { word: key, layer: null, isReverse: false };
  return { word, layer: Number(layer), isReverse: reverse !== undefined };
}

/** `batch_size` is how other software writes `batchSize`; where only case differs, somebody's hand slipped. */
function otherSpelling(word: string, known: readonly string[]): KeyMeaning | null {
  if (!word.includes("_")) return null;
  const own = known.find((name) => fold(name) === fold(word));
  return own === undefined ? null : { key: own };
}

/** How many layers can stand on each other where one is written. */
function isDepth(given: unknown): given is number {
  return Number.isInteger(given) && Number(given) > 1 && Number(given) <= 16;
}

function isShort(value: unknown): boolean {
  return (JSON.stringify(value) ?? "").length <= 40;
}
