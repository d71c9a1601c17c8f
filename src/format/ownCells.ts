/**
 * The cells that a file defines for itself. Their parameters, constants, states and quantities are keys that no schema knows:
 * they are taken out of the value before the schema checks it, checked by themselves, and put back.
 */
import { cells, isCellKind } from "../engine/cells";
import type { ReadEquations } from "../engine/equations";
import { readEquations } from "../engine/equations";
import type { OwnInitial } from "../engine/initial";
import { nearest } from "../engine/nearest";
import type { OwnCell } from "../engine/ownCell";
import { cellKinds, optionKeys, parametersOfAny, stateNames, tracedNames } from "../engine/variants";
import { type Draft, describe, listed, withArticle } from "./draft";
import type { RnnFile } from "./file.generated";
import { bad } from "./parse";
import type { Report } from "./report";
import type { Part } from "./schemaChecks";
import type { Path } from "./sourceMap";

type Raw = Record<string, unknown>;

const isObject = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

const itemsIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Keys that every layer may have, whatever its cell; `reverse` has only those of a pass. */
const layerKeys = ["cell", "size", "direction", "trainable", "frozen", "reverse"];
/** Keys of a step, or of its gradients, that are no quantities. */
export const stepKeys = "t input x layers logits output target loss gradients parameters forward backward".split(" ");

/** What was taken out, and where it goes back. */
interface Taken {
  readonly holder: Raw;
  readonly key: string;
  readonly value: unknown;
  readonly path: Path;
  readonly part: Part;
}

/** One cell as the file has it. */
interface OwnReading {
  readonly equations: ReadEquations;
  readonly constants: Readonly<Record<string, number>>;
}

export class OwnCells {
  private readonly readings = new Map<string, OwnReading>();
  private readonly usable = new Map<string, OwnCell>();
  private taken: Taken[] = [];

  /** @param value the file as the parser has it */
  constructor(private readonly value: unknown) {
    const cells = isObject(value) ? value["cells"] : undefined;
    if (!isObject(cells)) return;
    for (const [name, cell] of Object.entries(cells)) {
      if (isCellKind(name)) continue;
      const texts = isObject(cell)
        ? itemsIn(cell["equations"]).map((text) => (typeof text === "string" ? text : ""))
        : [];
      const given = isObject(cell) && isObject(cell["constants"]) ? Object.entries(cell["constants"]) : [];
      const constants = Object.fromEntries(
        given.map(([key, number]) => [key.normalize("NFC"), typeof number === "number" ? number : 1]),
      );
      this.readings.set(name, { equations: readEquations(texts, constants), constants });
    }
  }

  /** The names of the file's own cells, right or wrong. */
  get names(): string[] {
    return [...this.readings.keys()];
  }

  /** Every state that some cell of the file has, besides those of built-in cells. */
  get states(): string[] {
    const known = new Set(stateNames());
    return [...new Set([...this.readings.values()].flatMap(({ equations }) => equations.states))].filter(
      (name) => !known.has(name),
    );
  }

  /** Every quantity of the file's own cells. */
  get quantities(): string[] {
    return [
      ...new Set([...this.readings.values()].flatMap(({ equations }) => equations.equations.map(({ name }) => name))),
    ];
  }

  /** The cell of this name; null where there is none, or it has been reported. */
  cell(name: string): OwnCell | null {
    return this.usable.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.readings.has(name);
  }

  // ------------------------------------------------------------------------------------------ the schema

  /** Takes out what the schema does not know. */
  takeOut(): void {
    if (this.readings.size === 0 || !isObject(this.value)) return;
    for (const [l, layer] of itemsIn(this.value["layers"]).entries()) {
      if (!isObject(layer)) continue;
      this.takeFromPass(layer, layer, ["layers", l]);
      if (isObject(layer["reverse"])) this.takeFromPass(layer, layer["reverse"], ["layers", l, "reverse"]);
    }
    const { validation } = this.value;
    for (const [sequences, path] of [
      [this.value["sequences"], ["sequences"]],
      [validation, ["validation"]],
      [isObject(validation) ? validation["sequences"] : null, ["validation", "sequences"]],
    ] as const)
      for (const [k, sequence] of itemsIn(sequences).entries())
        if (isObject(sequence)) this.takeFromSequence(sequence, [...path, k]);
    const expect = this.value["expect"];
    const expected = isObject(expect) ? itemsIn(expect["sequences"]) : [];
    for (const [k, sequence] of expected.entries())
      for (const [t, step] of itemsIn(isObject(sequence) ? sequence["steps"] : null).entries())
        if (isObject(step)) this.takeFromStep(step, ["expect", "sequences", k, "steps", t]);
  }

  private takeFromPass(layer: Raw, pass: Raw, path: Path): void {
    const reading = this.readingOf(layer);
    if (!reading) return;
    const { equations, constants } = reading;
    for (const { name, cols } of equations.parameters) this.take(pass, name, path, cols === null ? "vector" : "matrix");
    if (pass === layer) for (const name of Object.keys(constants)) this.take(pass, name, path, "number");
    for (const state of equations.states) this.take(pass, `${state}0`, path, "vector");
    // Of a cell that cannot be read nobody knows which keys are its own
    if (equations.faults.length > 0)
      for (const key of Object.keys(pass)) if (!layerKeys.includes(key)) this.take(pass, key, path, "anything");
  }

  private readingOf(layer: Raw): OwnReading | null {
    return typeof layer["cell"] === "string" ? (this.readings.get(layer["cell"]) ?? null) : null;
  }

  /** The initial states of a sequence. */
  takeFromSequence(sequence: Raw, path: Path): void {
    for (const state of this.states) this.take(sequence, `${state}0`, path, "states");
  }

  private takeFromStep(step: Raw, path: Path): void {
    const gradients = isObject(step["gradients"]) ? step["gradients"] : {};
    for (const [values, at] of [
      [step, path],
      [gradients, [...path, "gradients"]],
    ] as const) {
      this.takeQuantities(values, at, stepKeys);
      for (const [l, layer] of itemsIn(values["layers"]).entries())
        if (isObject(layer)) this.takeQuantities(layer, [...at, "layers", l], ["forward", "backward"]);
    }
  }

  private takeQuantities(values: Raw, path: Path, others: readonly string[]): void {
    for (const pass of ["forward", "backward"])
      if (isObject(values[pass])) this.takeQuantities(values[pass], [...path, pass], []);
    const known = new Set([...tracedNames(), ...others]);
    for (const name of this.quantities) if (!known.has(name)) this.take(values, name, path, "tracedVector");
  }

  private take(holder: Raw, name: string, path: Path, part: Part | "anything"): void {
    const key = Object.hasOwn(holder, name) ? name : Object.keys(holder).find((one) => one.normalize("NFC") === name);
    if (key === undefined || holder[key] === bad) return;
    if (part !== "anything") this.taken.push({ holder, key: name, value: holder[key], path: [...path, key], part });
    // oxlint-disable-next-line typescript/no-dynamic-delete -- the keys are the file's
    delete holder[key];
  }

  /** Puts back what was taken out, as `check` finds it. */
  putBack(check: (value: unknown, part: Part, path: Path) => unknown): void {
    for (const { holder, key, value, path, part } of this.taken)
      Object.defineProperty(holder, key, {
        value: check(value, part, path),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    this.taken = [];
  }

  /** The keys that a layer, or its reverse, may have besides those of every layer; null where its cell is none of these. */
  keysAt(path: Path): readonly string[] | null {
    const isReverse = path.length === 3 && path[2] === "reverse";
    if (path[0] !== "layers" || (path.length !== 2 && !isReverse) || !isObject(this.value)) return null;
    const layer = itemsIn(this.value["layers"])[path[1] as number];
    const reading = isObject(layer) ? this.readingOf(layer) : null;
    return reading && [...keysOf(reading, isReverse), ...(isReverse ? [] : layerKeys)];
  }

  // ------------------------------------------------------------------------------------------ what they say

  /** Reports what is wrong with the cells, and with the keys of their layers. */
  read(file: Pick<Exclude<Draft<RnnFile>, typeof bad>, "cells" | "layers">, report: Report): void {
    if (isObject(file.cells))
      for (const name of Object.keys(file.cells))
        if (isCellKind(name))
          report.error("own-cell", ["cells", name], `${name} is a built-in cell: expected another name`, "key");
    for (const [name, reading] of this.readings) this.readCell(name, reading, file, report);
    for (const [l, layer] of itemsIn(file.layers).entries()) {
      if (!isObject(layer)) continue;
      const reading = this.readingOf(layer);
      if (!reading || reading.equations.faults.length > 0) continue;
      this.reportForeign(layer, layer, reading, ["layers", l], report);
      if (isObject(layer["reverse"]))
        this.reportForeign(layer, layer["reverse"], reading, ["layers", l, "reverse"], report);
    }
  }

  private readCell(name: string, { equations, constants }: OwnReading, file: object, report: Report): void {
    const draft = (file as { cells: Raw }).cells;
    const cell = isObject(draft) ? draft[name] : bad;
    const path = ["cells", name];
    if (!isObject(cell)) return;
    const texts = cell["equations"];
    const isWhole = Array.isArray(texts) && texts.length > 0 && !texts.includes(bad);
    if (isWhole)
      for (const { place, message } of equations.faults)
        if (place.kind === "constant") report.error("equation", [...path, "constants", place.name], message, "key");
        else
          report.error("equation", [...path, "equations", place.equation], message, { from: place.from, to: place.to });
    if (isWhole)
      for (const { place, message } of equations.doubts)
        if (place.kind === "equation")
          report.warning("equation", [...path, "equations", place.equation], message, {
            from: place.from,
            to: place.to,
          });
    const given = cell["constants"];
    const hasConstants = given === undefined || (isObject(given) && !Object.values(given).includes(bad));
    const initial = this.readInitial(cell["initial"], equations, [...path, "initial"], report);
    if (!isWhole || !hasConstants || cell["title"] === bad || initial === null || equations.faults.length > 0) return;
    this.usable.set(name, {
      title: (cell["title"] as string | undefined) ?? name,
      texts: texts as string[],
      defaults: constants,
      constants,
      equations: equations.equations,
      parameters: equations.parameters,
      states: equations.states,
      initial,
      inputAsVector: equations.inputAsVector?.kind === "equation" ? equations.inputAsVector : null,
    });
  }

  private readInitial(
    draft: unknown,
    { parameters, faults }: ReadEquations,
    path: Path,
    report: Report,
  ): Record<string, OwnInitial> | null {
    if (draft === undefined) return {};
    if (!isObject(draft)) return null;
    const result: Record<string, OwnInitial> = {};
    let failed = false;
    for (const [key, value] of Object.entries(draft)) {
      const name = key.normalize("NFC");
      const parameter = parameters.find((one) => one.name === name);
      if (!parameter) {
        if (faults.length > 0) continue;
        const near = nearest(
          name,
          parameters.map((one) => one.name),
        );
        report.error(
          "foreign-key",
          [...path, key],
          `${name} is no parameter of this cell${near === null ? `, which has ${listed(parameters.map((one) => one.name))}` : `: did you mean ${near}?`}`,
          "key",
        );
        failed = true;
      } else if (value === bad || (isObject(value) && Object.values(value).includes(bad))) failed = true;
      else if (typeof value === "number") result[name] = value;
      else if (isObject(value)) {
        const drawn = readDrawn(value, parameter, [...path, key], report);
        if (drawn) result[name] = drawn;
        else failed = true;
      }
    }
    return failed ? null : result;
  }

  private reportForeign(layer: Raw, pass: Raw, reading: OwnReading, path: Path, report: Report): void {
    const isReverse = pass !== layer;
    const own = keysOf(reading, isReverse);
    const builtIn = builtInKeys();
    for (const key of Object.keys(pass)) {
      if (own.includes(key.normalize("NFC")) || (!isReverse && layerKeys.includes(key)) || !builtIn.has(key)) continue;
      const name = String(layer["cell"]);
      report.error(
        "foreign-key",
        [...path, key],
        `${key} does not belong to ${withArticle(name)} layer, whose own keys are ${listed(own)}`,
        "key",
      );
    }
  }
}

/** Keys of a layer that some built-in cell has. */
function builtInKeys(): Set<string> {
  const parameters = cellKinds().flatMap((kind) => parametersOfAny(cells[kind]).map(({ name }) => name));
  return new Set([...optionKeys(), ...parameters, ...stateNames().map((state) => `${state}0`), "bias"]);
}

function keysOf({ equations, constants }: OwnReading, isReverse: boolean): string[] {
  return [
    ...(isReverse ? [] : Object.keys(constants)),
    ...equations.parameters.map(({ name }) => name),
    ...equations.states.map((state) => `${state}0`),
  ];
}

/** `{ "scheme": "uniform", "from": 0, "to": 1 }` */
function readDrawn(
  draft: Raw,
  { name, cols }: ReadEquations["parameters"][number],
  path: Path,
  report: Report,
): OwnInitial | null {
  const {
    scheme,
    scale = null,
    from = null,
    to = null,
  } = draft as {
    scheme?: Exclude<OwnInitial, number>["scheme"];
    scale?: number | null;
    from?: number | null;
    to?: number | null;
  };
  if (scheme === undefined) {
    report.error("missing-key", path, `${name} has no "scheme"`, "opening");
    return null;
  }
  if ((scheme === "orthogonal" || scheme === "identity") && cols !== "hidden") {
    report.error(
      "value",
      [...path, "scheme"],
      `scheme is ${describe(scheme)}, but ${name} is ${cols === null ? "a vector" : "[H × X]"}: expected a scheme that does not need [H × H]`,
    );
    return null;
  }
  if ((from === null) !== (to === null)) {
    report.error(
      "missing-key",
      path,
      `${name} has "${from === null ? "to" : "from"}" alone: expected both bounds`,
      "opening",
    );
    return null;
  }
  if (from !== null && scheme !== "uniform") {
    report.error(
      "foreign-key",
      [...path, "from"],
      `from and to are the bounds of scheme "uniform", but scheme is ${describe(scheme)}`,
      "key",
    );
    return null;
  }
  return { scheme, scale, from, to };
}

/** Of a text that defines none. */
export const noOwnCells = new OwnCells(null);
