/** The equations of a cell put into a file, where they can be changed: those of the library and those of the built-in cells. */
import { parse } from "jsonc-parser";
import { type CellKind, cells, isCellKind } from "../engine/cells";
import { equationTexts } from "../engine/equationTexts";
import type { CellOptions } from "../engine/step";
import { defaultOptions, optionKeys } from "../engine/variants";
import type { CellText, LibraryCell } from "./cellLibrary";
import { libraryCell } from "./cellLibrary";
import type { TextEdit } from "./edit";
import { insertEntries, lastKeyOf, layoutAt } from "./edit";
import { plainLayout, printEntry, printJson } from "./layout";
import type { Fix } from "./remedy";
import { remedyFix } from "./remedy";
import type { Path, SourceMap } from "./sourceMap";

/** A name that no cell of the file has: `mgu`, or `mgu 2`. A built-in cell's own name is none of the file's. */
export function freeCellName(name: string, text: string, source: SourceMap): string {
  const base = isCellKind(name) ? `my ${name}` : name;
  let free = base;
  for (let k = 2; source.locate(["cells", free]) !== null; k++) free = `${base} ${k}`;
  return free;
}

/**
 * Adds a cell to the file's `cells`, which come before the layers where there are none yet.
 * @returns null where the text has no place for it
 */
export function addCellEdits(text: string, source: SourceMap, name: string, cell: CellText): TextEdit[] | null {
  const holder = source.locate(["cells"]);
  if (holder !== null) {
    if (text[holder.offset] !== "{") return null;
    const edits: TextEdit[] = [];
    insertEntries(text, holder, lastKeyOf(source, ["cells"]), (layout) => [printEntry(name, cell, layout)], edits);
    return edits;
  }
  const layers = source.locateKey(["layers"]);
  if (layers === null) return null;
  const layout = layoutAt(text, layers.offset, 100);
  const isOwnLine = text.slice(0, layers.offset).trimEnd().length < layers.offset - layout.indent.length;
  const entry = printEntry("cells", { [name]: cell }, isOwnLine ? layout : { ...layout, width: Infinity });
  return [{ offset: layers.offset, length: 0, text: `${entry},${isOwnLine ? `${layout.eol}${layout.indent}` : " "}` }];
}

/** A built-in cell as a file could say it. @param forgetBias what a forget gate's bias begins with */
export function ownTextOf(kind: CellKind, options: CellOptions, forgetBias: number): CellText {
  const cell = cells[kind];
  const biases = cell.parameters(options).flatMap((one) => (one.isForgetBias ? [[one.name, forgetBias]] : []));
  return {
    title: cell.title,
    equations: equationTexts(cell, options),
    ...(forgetBias !== 0 && biases.length > 0 && { initial: Object.fromEntries(biases) }),
  };
}

/** Copies the equations of a layer's built-in cell, and makes the layer use the copy. Null where its cell is none. */
export function ownLayerFix(text: string, source: SourceMap, l: number): Fix | null {
  const path: Path = ["layers", l];
  const valueOf = (at: Path): unknown => {
    const range = source.locate(at);
    return range && parse(text.slice(range.offset, range.offset + range.length));
  };
  const kind = valueOf([...path, "cell"]);
  if (typeof kind !== "string" || !isCellKind(kind)) return null;
  const options = chosenOptions(kind, (key) => valueOf([...path, key]));
  if (!options) return null;
  const forgetBias = valueOf(["initial", "forgetBias"]);
  const name = freeCellName(kind, text, source);
  const added = addCellEdits(
    text,
    source,
    name,
    ownTextOf(kind, options, typeof forgetBias === "number" ? forgetBias : 0),
  );
  if (!added) return null;
  const edits = [...added, { ...source.locate([...path, "cell"])!, text: JSON.stringify(name) }];
  for (const key of [...Object.keys(cells[kind].options), "bias"]) {
    const place = [...path, key];
    if (source.locate(place) === null) continue;
    edits.push(...(remedyFix(text, source, place, { kind: "instead", set: [] })?.edits ?? []));
  }
  return { title: `Copy the equations of ${kind} into the file`, edits: edits.sort((a, b) => a.offset - b.offset) };
}

/** What a layer chooses; null where it says what there is not. */
function chosenOptions(kind: keyof typeof cells, valueOf: (key: string) => unknown): CellOptions | null {
  const options: Record<string, string> = {
    ...defaultOptions(kind),
    bias: valueOf("bias") === false ? "false" : "true",
  };
  for (const key of optionKeys()) {
    const value = valueOf(key);
    const choices = cells[kind].options[key]?.choices;
    if (value === null || !choices) continue;
    if (!choices.some((choice) => choice.value === value)) return null;
    options[key] = value as string;
  }
  return options;
}

/** Copies the equations of the library's cell that a layer names and the file does not have. */
export function libraryLayerFix(text: string, source: SourceMap, l: number): Fix | null {
  const path: Path = ["layers", l, "cell"];
  const range = source.locate(path);
  const given: unknown = range && parse(text.slice(range.offset, range.offset + range.length));
  if (typeof given !== "string" || isCellKind(given) || source.locate(["cells", given]) !== null) return null;
  const found = libraryCell(given);
  const edits = found && libraryEdits(text, source, l, found);
  if (!edits) return null;
  const { name } = found;
  if (name !== given) edits.push({ ...range!, text: JSON.stringify(name) });
  return {
    title: `Copy the equations of ${name} into the file`,
    edits: edits.sort((a, b) => a.offset - b.offset),
  };
}

/**
 * What a layer needs beside the name of a cell of the library: the cell, unless the file has one of this name, and the layer's own keys.
 * @returns null where the text has no place for it
 */
export function libraryEdits(
  text: string,
  source: SourceMap,
  l: number,
  { name, cell, layer }: LibraryCell,
): TextEdit[] | null {
  const edits = source.locate(["cells", name]) === null ? addCellEdits(text, source, name, cell) : [];
  const keys = Object.entries(layer ?? {}).filter(([key]) => source.locate(["layers", l, key]) === null);
  if (!edits || keys.length === 0) return edits;
  const set = keys.map(([key, value]) => [["layers", l, key], value] as const);
  const beside = remedyFix(text, source, ["layers", l], { kind: "set", set });
  return beside && [...edits, ...beside.edits];
}

/** A small file whose one layer is of a cell, drawn from a seed: the least that can be stepped through. */
export function modelOfCell({ name, doc, source, cell, layer }: Omit<LibraryCell, "aliases">): string {
  const layout = { ...plainLayout, indent: "  " };
  return `{
  "version": 1,
  "name": ${JSON.stringify(name)},
  "vocabulary": ["a", "b", "c"],
${commentOf(doc)}${source === "" ? "" : commentOf(`Source: ${source}.`)}  ${printEntry("cells", { [name]: cell }, layout)},
  // As many units as letters; parameters that are left out are drawn from the seed under "initial".
  "layers": [${printJson({ cell: name, size: 3, ...layer }, layout)}],
  "output": { "size": 3, "at": "every" },
  "loss": { "type": "cross-entropy" },
  "sequences": [{ "inputs": ["a", "b", "c", "a"], "targets": "next" }],
  "initial": { "scheme": "xavier", "seed": 0 },
  "training": { "optimizer": { "type": "adam", "learningRate": 0.05 }, "epochs": 100 },
}
`;
}

/** A comment in lines of a page's width. */
function commentOf(words: string): string {
  const lines: string[] = [];
  for (const word of words.split(" ").filter((one) => one !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  // ${word}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
