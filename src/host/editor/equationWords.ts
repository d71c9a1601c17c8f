/** Names and functions inside an equation: what can stand there, and what a name that stands there is. */
import { equationFunctions, type Word } from "../../engine/equations";
import { visibleText } from "../../explain/text";
import type { CellInText } from "../../format/cellWords";
import { cellsIn, equationAt, parameterShape, placeOfWord, wordAt } from "../../format/cellWords";
import type { SourceMap, TextRange } from "../../format/sourceMap";
import { formatNumber } from "../../protocol/numbers";
import type { Stepper } from "../../stepper/stepper";
import { functionDocs } from "./functionDocs";
import type { HoverText } from "./hoverText";
import { code, listNumbers, table } from "./hoverText";

/** A word that can stand in an equation. */
export interface EquationWord {
  readonly name: string;
  readonly kind: "quantity" | "state" | "input" | "constant" | "parameter" | "function";
  /** Behind the name: its shape, or what it is. */
  readonly detail: string;
  /** What is typed to find it, where its name is hard to type. */
  readonly typed?: string;
}

/** What finds a Greek name by what a keyboard has. */
const spelt: Readonly<Record<string, string>> = { σ: "sigma", "√": "root" };

/**
 * The words that can stand at an offset, and what of the text they replace; null outside of an equation's right side.
 * The text may be unfinished.
 */
export function equationWordsAt(
  text: string,
  source: SourceMap,
  offset: number,
): { readonly words: readonly EquationWord[]; readonly place: TextRange } | null {
  const at = equationAt(text, cellsIn(text, source), offset);
  if (!at) return null;
  const { cell, equation, character } = at;
  const before = cell.texts[equation]!.slice(0, character);
  if (!before.includes("=")) return null;
  const typed = /(?:\p{L}[\p{L}\p{M}0-9_]*|√)$/u.exec(before)?.[0] ?? "";
  // In a number there is no name
  if (typed === "" && /[0-9.]$/.test(before)) return null;
  const start = placeOfWord(text, cell, { equation, from: character - typed.length, to: character });
  const words = wordsOf(cell, equation).filter(
    ({ name }) => name !== typed || !isOnlyHere(cell, equation, typed, character),
  );
  return { words, place: { offset: start.offset, length: offset - start.offset } };
}

/** Whether a parameter is but the beginning of a word that is being typed. */
function isOnlyHere({ read }: CellInText, equation: number, name: string, to: number): boolean {
  const all = read.words.filter((word) => word.name === name.normalize("NFC"));
  return all.length === 1 && all[0]!.kind === "parameter" && all[0]!.equation === equation && all[0]!.to === to;
}

function wordsOf(cell: CellInText, equation: number): EquationWord[] {
  const { texts, constants, read } = cell;
  const named = texts.map((text) => /^\s*(\p{L}[\p{L}\p{M}0-9_]*)\s*=/u.exec(text)?.[1]?.normalize("NFC"));
  const quantities = [...new Set(named.filter((name) => name !== undefined))];
  const above = new Set(named.slice(0, equation));
  return [
    { name: "x", kind: "input", detail: "[X] the layer's input" },
    ...quantities
      .filter((name) => above.has(name))
      .map((name): EquationWord => ({ name, kind: "quantity", detail: "[H] of this step" })),
    ...quantities.map((name): EquationWord => ({ name: `${name}'`, kind: "state", detail: "[H] of the step before" })),
    ...Object.entries(constants).map(
      ([name, value]): EquationWord => ({ name, kind: "constant", detail: `= ${value}` }),
    ),
    ...read.parameters.map(
      ({ name, cols }): EquationWord => ({ name, kind: "parameter", detail: `${parameterShape(cols)} parameter` }),
    ),
    ...Object.keys(equationFunctions).map(
      (name): EquationWord => ({
        name,
        kind: "function",
        detail: functionDocs[name]!.value,
        ...(spelt[name] !== undefined && { typed: spelt[name] }),
      }),
    ),
  ];
}

/** What the word at an offset is; at the step that is looked at, its numbers too. */
export function equationHover(
  text: string,
  source: SourceMap,
  stepper: Stepper | null,
  offset: number,
  digits: number,
): HoverText | null {
  const found = wordAt(text, cellsIn(text, source), offset);
  if (!found || found.word.kind === "number") return null;
  const { cell, word } = found;
  const lines = describe(cell, word);
  const numbers = stepper ? numbersOf(stepper, cell, word, digits) : [];
  return {
    markdown: [...lines, ...(numbers.length > 0 ? ["", ...table(numbers)] : [])].join("\n"),
    range: placeOfWord(text, cell, word),
  };
}

function describe({ texts, constants, read }: CellInText, { kind, name }: Word): string[] {
  const line = texts.findIndex(
    (text) => text.trimStart().startsWith(name) && /^\s*=/.test(text.trimStart().slice(name.length)),
  );
  const equation = line < 0 ? [] : ["", code(visibleText(texts[line]!)), "", `in line ${line + 1}`];
  switch (kind) {
    case "function": {
      const { value, slope } = functionDocs[name]!;
      const { arguments: count } = equationFunctions[name]!;
      return [`**${code(count === 1 ? `${name}(v)` : `${name}(v, w)`)}** · ${value}`, "", `Its slope: ${slope}.`];
    }
    case "input":
      return ["**`x`** · [X] the layer's input"];
    case "constant":
      return [`**${code(name)}** · a constant, ${constants[name]}; a layer may set another one for itself`];
    case "parameter": {
      const parameter = read.parameters.find((one) => one.name === name);
      const of = {
        input: ": weights of the layer's input",
        hidden: ": weights between the units",
        vector: ": a number a unit",
      };
      const cols = parameter?.cols ?? null;
      return [`**${code(name)}** · ${parameterShape(cols)} parameter${of[cols ?? "vector"]}`];
    }
    case "state":
      return [
        `**${code(`${name}'`)}** · [H] ${code(name)} of the step before, at first ${code(`${name}0`)} of the layer, or zeros`,
        ...equation,
      ];
    case "quantity":
      return [`**${code(name)}** · [H] of this step`, ...equation];
    case "definition": {
      const isState = read.states.includes(name);
      const role =
        name === "h"
          ? "hidden state, which the layer gives out"
          : isState
            ? "a state: the step after reads it"
            : "a quantity of this step";
      return [`**${code(name)}** · [H] ${role}`];
    }
    case "number":
      return [];
  }
}

/** What a quantity is at the current step in each layer of the cell, as far as it is known. */
function numbersOf(stepper: Stepper, cell: CellInText, { kind, name }: Word, digits: number): [string, string][] {
  if (kind !== "quantity" && kind !== "definition") return [];
  const { t, run } = stepper;
  const { layers } = run.model;
  if (t < 1) return [];
  return layers.flatMap((layer, l) =>
    layer.cell === cell.name
      ? layer.passes.flatMap(({ prefix }, p): [string, string][] => {
          const { values, gradients } = run.at(t).passes[l]![p]!;
          const of = layers.length > 1 || layer.passes.length > 1 ? ` of ${prefix}` : "";
          const list = (data: Float64Array | undefined) =>
            data === undefined ? "" : data.length === 1 ? formatNumber(data[0]!, digits) : listNumbers(data, digits);
          return [
            ...(stepper.isKnown(`${prefix}.${name}`, t)
              ? [[`${name}_${t}${of}`, list(values[name])] as [string, string]]
              : []),
            ...(stepper.isKnown(`gradients.${prefix}.${name}`, t)
              ? [[`∂L/∂${name}_${t}${of}`, list(gradients[name])] as [string, string]]
              : []),
          ];
        })
      : [],
  );
}
