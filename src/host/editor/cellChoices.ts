/** Which cells a command can be about, and what it makes of one. */
import { parse } from "jsonc-parser";
import type { Cell } from "../../engine/cell";
import { cells, isCellKind } from "../../engine/cells";
import { cellFromOwn } from "../../engine/ownCell";
import type { CellOptions } from "../../engine/step";
import { cellKinds, defaultOptions } from "../../engine/variants";
import type { CellText } from "../../format/cellLibrary";
import { cellLibrary } from "../../format/cellLibrary";
import type { CellInText } from "../../format/cellWords";
import { cellsIn } from "../../format/cellWords";
import { addCellEdits, freeCellName, modelOfCell, ownLayerFix, ownTextOf } from "../../format/copyCell";
import type { TextEdit } from "../../format/edit";
import type { SourceMap } from "../../format/sourceMap";

/** The file's own cells, by name. */
export const ownCells = (text: string, source: SourceMap): string[] => cellsIn(text, source).map(({ name }) => name);

/** Those, and the built-in cells of its layers. */
export function derivableCells(text: string, source: SourceMap): string[] {
  return [...new Set([...ownCells(text, source), ...layerCells(text, source).filter(isCellKind)])];
}

/** The name of each layer's cell, as far as they are texts. */
function layerCells(text: string, source: SourceMap): string[] {
  const names: string[] = [];
  for (let l = 0; source.locate(["layers", l]) !== null; l++) {
    const cell = valueAt(text, source, ["layers", l, "cell"]);
    names.push(typeof cell === "string" ? cell : "");
  }
  return names;
}

function valueAt(text: string, source: SourceMap, path: readonly (string | number)[]): unknown {
  const range = source.locate(path);
  return range && parse(text.slice(range.offset, range.offset + range.length));
}

type Faulty = { readonly kind: "faulty"; readonly message: string };

/** What is wrong with a cell's equations, where something is. */
function faultOf({ read, texts }: CellInText): Faulty | null {
  const [fault] = read.faults;
  if (texts.length === 0) return { kind: "faulty", message: "there are none" };
  if (!fault) return null;
  const { place, message } = fault;
  return {
    kind: "faulty",
    message: place.kind === "equation" ? `line ${place.equation + 1}, ${message}` : message,
  };
}

export interface DerivedCell {
  readonly kind: "whole";
  readonly cell: Cell;
  readonly options: CellOptions;
  readonly constants: Readonly<Record<string, number>>;
}

/** A cell by its name in the file, built in as the first layer has it; null where there is none of it. */
export function cellToDerive(text: string, source: SourceMap, name: string): DerivedCell | Faulty | null {
  if (isCellKind(name)) {
    const l = layerCells(text, source).indexOf(name);
    const chosen = Object.entries(cells[name].options).flatMap(([key, { choices }]) => {
      const value = valueAt(text, source, ["layers", l, key]);
      return choices.some((one) => one.value === value) ? [[key, value as string]] : [];
    });
    const bias = valueAt(text, source, ["layers", l, "bias"]) === false ? "false" : "true";
    const options = { ...defaultOptions(name), ...Object.fromEntries(chosen), bias } as CellOptions;
    return { kind: "whole", cell: cells[name], options, constants: {} };
  }
  const found = cellsIn(text, source).find((one) => one.name === name);
  if (!found) return null;
  const { read, texts, constants } = found;
  const fault = faultOf(found);
  if (fault) return fault;
  const title = valueAt(text, source, ["cells", name, "title"]);
  const cell = cellFromOwn({
    title: typeof title === "string" ? title : name,
    texts,
    defaults: constants,
    constants,
    equations: read.equations,
    parameters: read.parameters,
    states: read.states,
    inputAsVector: read.inputAsVector,
    initial: {},
  });
  return { kind: "whole", cell, options: {}, constants };
}

/** A small file with one layer of one of the file's own cells. */
export function smallModel(
  text: string,
  source: SourceMap,
  name: string,
): { readonly kind: "whole"; readonly text: string; readonly stem: string } | Faulty {
  const found = cellsIn(text, source).find((one) => one.name === name);
  if (!found) return { kind: "faulty", message: "the file has none of this name" };
  const cell = valueAt(text, source, ["cells", name]) as CellText;
  const stem = name.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "") || "cell";
  return faultOf(found) ?? { kind: "whole", text: modelOfCell({ name, doc: "", source: "", cell }), stem };
}

/** A cell whose equations can come into a file. */
export interface CopyChoice {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** Null where the text has no place for them. */
  readonly edits: readonly TextEdit[] | null;
}

/** First the built-in cells that the layers have, which then use the copy; then the library; then the other built-in ones. */
export function copyChoices(text: string, source: SourceMap): CopyChoice[] {
  const ofLayers = layerCells(text, source);
  const layers = ofLayers.flatMap((name, l): CopyChoice[] => {
    if (!isCellKind(name)) return [];
    const fix = ownLayerFix(text, source, l);
    const description = `layer ${l + 1}, which then uses the copy`;
    return fix ? [{ label: name, description, detail: cells[name].title, edits: fix.edits }] : [];
  });
  const added = (name: string, cell: CellText) => addCellEdits(text, source, freeCellName(name, text, source), cell);
  return [
    ...layers,
    ...cellLibrary.map(({ name, doc, source: from, cell }) => ({
      label: name,
      description: cell.title,
      detail: `${doc} ${from}.`,
      edits: added(name, cell),
    })),
    ...cellKinds()
      .filter((kind) => !ofLayers.includes(kind))
      .map((kind) => ({
        label: kind,
        description: "built in",
        detail: cells[kind].title,
        edits: added(kind, ownTextOf(kind, { ...defaultOptions(kind), bias: "true" }, 0)),
      })),
  ];
}
