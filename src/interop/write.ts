import { type Chain, type ImportedLayer, type ImportedPass } from "./network";
import { parameterOrder } from "./parameterOrder";
import { safetensorsPieces } from "./safetensorsWriter";
import { ImportError } from "./source";
import { countOf, forgetMade, type Stored } from "./stored";

/** Where a model's parameters go: into the text, or into a file beside it. */
export type Weights = "inline" | "beside";

/** More parameters than this make a text that nobody reads: about 2 MB. */
export const mostInline = 100_000;

/** Parameters by their names in the trace. */
export function storedParameters(chain: Chain): Record<string, Stored> {
  const parameters: Record<string, Stored> = {};
  if (chain.embedding) parameters["embedding.E"] = chain.embedding.E;
  chain.layers.forEach((layer, l) => {
    for (const [pass, prefix] of [
      [layer.forward, `layers.${l}`],
      [layer.reverse, `layers.${l}.reverse`],
    ] as const)
      for (const [name, tensor] of parameterOrder(pass?.parameters ?? {})) parameters[`${prefix}.${name}`] = tensor;
  });
  const { dense } = chain.output;
  if (dense) {
    parameters["output.Why"] = dense.Why;
    if (dense.by) parameters["output.by"] = dense.by;
    if (dense.Wxy) parameters["output.Wxy"] = dense.Wxy;
  }
  return parameters;
}

export function countParameters(chain: Chain): number {
  return Object.values(storedParameters(chain)).reduce((sum, { shape }) => sum + countOf(shape), 0);
}

/** Numbers that are written in one piece. */
const pieceOf = 1 << 16;

/**
 * The `.rnn.json` of a chain, piece by piece: no text of a large model is ever held whole.
 * @param title  the first line: where the model comes from
 * @param beside the name of the file with the parameters, null where they stand in the text
 * @throws ImportError where a number is none that a file can hold
 */
export function* modelText(
  name: string,
  title: readonly string[],
  chain: Chain,
  beside: string | null,
): Generator<string> {
  const entries: (() => Generator<string>)[] = [];
  const entry = (key: string, value: unknown) => {
    entries.push(function* () {
      yield `  ${JSON.stringify(key)}: ${spaced(value)}`;
    });
  };
  entry("version", 1);
  entry("name", name);
  if (chain.description !== undefined) entry("description", chain.description);
  if (beside !== null) entry("parameters", { file: beside });
  if (chain.vocabulary) entry("vocabulary", chain.vocabulary);
  if (chain.embedding) {
    const { size, E, from } = chain.embedding;
    if (!chain.vocabulary) entry("inputSize", E.shape[0]);
    entries.push(() => object("  ", '"embedding": ', from, [["size", size], ...inText({ E }, beside)]));
  } else if (chain.vocabulary?.length !== chain.layers[0]!.inputs) entry("inputSize", chain.layers[0]!.inputs);
  if (Object.keys(chain.cells).length > 0) entries.push(() => ownCells(chain));
  entries.push(() => layers(chain, beside));
  entries.push(() => readOut(chain, beside));
  entries.push(() => sequences(chain));
  for (const line of title) yield `// ${line.replace(/\s+/g, " ")}\n`;
  yield "{\n";
  for (const [k, write] of entries.entries()) {
    yield* write();
    yield k + 1 < entries.length ? ",\n" : "\n";
  }
  yield "}\n";
}

/** JSON on one line, with a space behind each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) {
    if (typeof value === "number") return printed(value, "a value");
    return JSON.stringify(value);
  }
  const inner = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`);
  return inner.length === 0 ? "{}" : `{ ${inner.join(", ")} }`;
}

function printed(value: number, what: string): string {
  if (!Number.isFinite(value)) throw new ImportError(`${what} holds ${value}, which a model file cannot hold`);
  return Object.is(value, -0) ? "-0" : String(value);
}

type Field = readonly [key: string, value: unknown];

class Nested {
  constructor(readonly fields: readonly Field[]) {}
}

function isStored(value: unknown): value is Stored {
  return typeof value === "object" && value !== null && "range" in value;
}

/** Parameters as fields, where they stand in the text. */
function inText(parameters: Readonly<Record<string, Stored>>, beside: string | null): Field[] {
  return beside === null ? Object.entries(parameters) : [];
}

/** An object: what is short on its first line, tensors on lines of their own; where it comes from as a comment above. */
function* object(indent: string, before: string, from: readonly string[], fields: readonly Field[]): Generator<string> {
  yield comment(indent, from);
  const isLong = ([, value]: Field) => isStored(value) || value instanceof Nested;
  const short = fields.filter((field) => !isLong(field));
  const long = fields.filter(isLong);
  const head = short.map(([key, value]) => `${JSON.stringify(key)}: ${spaced(value)}`).join(", ");
  yield `${indent}${before}{ ${head}`;
  for (const [k, [key, value]] of long.entries()) {
    yield k === 0 && head === "" ? "\n" : ",\n";
    if (value instanceof Nested) yield* object(`${indent}  `, `${JSON.stringify(key)}: `, [], value.fields);
    else yield* tensor(`${indent}  `, key, value as Stored);
  }
  yield " }";
}

/** The source's names, as many as fit into lines that are read. */
function comment(indent: string, from: readonly string[]): string {
  if (from.length === 0) return "";
  const shown = from.slice(0, 12).map((name) => clean(name));
  const more = from.length > shown.length ? `, and ${from.length - shown.length} more` : "";
  return `${indent}// ${shown.join(", ")}${more}\n`;
}

/** A name from somebody's file, so that it cannot end the comment that it stands in. */
function clean(name: string): string {
  return name.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 200);
}

function* tensor(indent: string, key: string, { shape, range }: Stored): Generator<string> {
  const count = countOf(shape);
  yield `${indent}${JSON.stringify(key)}: `;
  if (shape.length === 1) {
    yield "[";
    for (let from = 0; from < count; from += pieceOf) {
      const numbers = range(from, Math.min(from + pieceOf, count));
      yield (from === 0 ? "" : ", ") + Array.from(numbers, (value) => printed(value, key)).join(", ");
    }
    yield "]";
    return;
  }
  const [rows = 0, cols = 0] = shape;
  const inPiece = Math.max(1, Math.floor(pieceOf / Math.max(1, cols)));
  const oneLine = count <= 6;
  yield "[";
  for (let from = 0; from < rows; from += inPiece) {
    const to = Math.min(from + inPiece, rows);
    const numbers = range(from * cols, to * cols);
    const lines = Array.from({ length: to - from }, (_, i) => {
      const row = Array.from(numbers.subarray(i * cols, (i + 1) * cols), (value) => printed(value, key));
      return `${oneLine ? "" : `\n${indent}  `}[${row.join(", ")}]`;
    });
    yield (from === 0 ? "" : ",") + lines.join(oneLine ? ", " : ",");
  }
  yield oneLine ? "]" : `\n${indent}]`;
}

function* ownCells({ cells }: Chain): Generator<string> {
  const printedCells = Object.entries(cells).map(([name, { title, constants, equations }]) => {
    const lines = equations.map((equation) => `        ${JSON.stringify(equation)}`).join(",\n");
    const fields = [
      `      "title": ${JSON.stringify(title)}`,
      ...(constants ? [`      "constants": ${spaced(constants)}`] : []),
      `      "equations": [\n${lines}\n      ]`,
    ];
    return `    ${JSON.stringify(name)}: {\n${fields.join(",\n")}\n    }`;
  });
  yield `  "cells": {\n${printedCells.join(",\n")}\n  }`;
}

function* layers(chain: Chain, beside: string | null): Generator<string> {
  yield '  "layers": [\n';
  for (const [l, layer] of chain.layers.entries()) {
    yield* object("    ", "", commentOf(layer), layerFields(layer, beside));
    yield l + 1 < chain.layers.length ? ",\n" : "\n";
  }
  yield "  ]";
}

function commentOf({ name, from }: ImportedLayer): string[] {
  return from.length > 0 ? [...from] : [name];
}

function layerFields(layer: ImportedLayer, beside: string | null): Field[] {
  const own = !["rnn", "lstm", "gru", "dense"].includes(layer.cell);
  const hasBias = Object.keys(layer.forward.parameters).some((name) => name.startsWith("b"));
  return [
    ["cell", layer.cell],
    ["size", layer.size],
    ...Object.entries(layer.options),
    ...(layer.direction === "forward" ? [] : [["direction", layer.direction] as const]),
    ...(own || hasBias ? [] : [["bias", false] as const]),
    ...passFields(layer.forward, beside),
    ...(layer.reverse ? [["reverse", new Nested(passFields(layer.reverse, beside))] as const] : []),
  ];
}

function passFields({ parameters, initial = {} }: ImportedPass, beside: string | null): Field[] {
  return [...inText(Object.fromEntries(parameterOrder(parameters)), beside), ...Object.entries(initial)];
}

function* readOut({ output }: Chain, beside: string | null): Generator<string> {
  const { size, at, activation, dense, skip, from } = output;
  yield* object("  ", '"output": ', from, [
    ["size", size],
    ["at", at],
    ["activation", activation],
    ...(dense ? [] : [["Why", "identity"] as const]),
    ...(dense && !dense.by ? [["bias", false] as const] : []),
    ...(dense?.Wxy ? [["readsInput", true] as const] : []),
    ...(skip ? [["skip", true] as const] : []),
    ...(dense
      ? inText({ Why: dense.Why, ...(dense.by && { by: dense.by }), ...(dense.Wxy && { Wxy: dense.Wxy }) }, beside)
      : []),
  ]);
}

function* sequences(chain: Chain): Generator<string> {
  if (!chain.sequences || chain.sequences.length === 0) {
    const inputs = chain.embedding
      ? "tokens"
      : chain.layers[0]!.inputs === 1
        ? "a number"
        : `${chain.layers[0]!.inputs} numbers`;
    yield `  // Give it something to read: { "inputs": […] }, a step being ${inputs}.\n  "sequences": []`;
    return;
  }
  const lines = chain.sequences.map(({ name, inputs, targets }) => {
    const fields = [
      `"name": ${JSON.stringify(name)}`,
      `\n      "inputs": ${spaced(inputs)}`,
      ...(targets ? [`\n      "targets": ${spaced(targets)}`] : []),
    ];
    return `    { ${fields.join(",")} }`;
  });
  yield `  "sequences": [\n${lines.join(",\n")}\n  ]`;
  if (chain.sequences.some(({ targets }) => targets)) yield ',\n  "loss": { "type": "mse" }';
}

/** A file of a chain's parameters, by their names in the trace; each in single precision where that holds all of its numbers. */
export function* besideFile(chain: Chain): Generator<Uint8Array> {
  yield* safetensorsPieces(storedParameters(chain));
  forgetMade();
}
