import { hasTarget as stepHasTarget } from "../engine/loss";
import type { Sequence } from "../engine/model";
import { suggestion } from "../engine/nearest";
import { tracedNames } from "../engine/variants";
import { counted, type Draft, describe, listed, withArticle } from "./draft";
import { type ExpectedNumbers, eachGroup, NumberCollector, pathIn, Spot, wholeBatch } from "./expectedNumbers";
import type { RnnFile } from "./file.generated";
import { bad } from "./parse";
import type { LayerFacts, ModelFacts } from "./readModel";
import { cellOfFacts } from "./readModel";
import type { Report } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";
import { readMatrix, readVector } from "./tensors";

export interface Expect {
  /** Largest absolute difference that counts as right, as the file gives it; null where each number's own digits say. */
  readonly tolerance: number | null;
  readonly numbers: ExpectedNumbers;
  /** Answers that do not lie open; null where there are none. */
  readonly hidden: HiddenNumbers | null;
}

export interface HiddenNumbers {
  readonly salt: string;
  readonly decimals: number;
  readonly hashes: readonly string[];
  /** Where the numbers stood; each value says which of the hashes is its own. */
  readonly numbers: ExpectedNumbers;
}

/** Steps between two pauses. */
const stepsInSlice = 256;

type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads what the author expects and checks it against the model's form and its sequences.
 * @param sequences those of the file; an entry is null where something is wrong with it
 * @param written   how the file writes its numbers
 */
export function* readExpect(
  draft: Draft<NonNullable<RnnFile["expect"]>> | undefined,
  facts: ModelFacts,
  inputSize: number | null,
  sequences: readonly (Sequence | null)[] | null,
  written: WrittenNumbers,
  report: Report,
): Slices<Expect | null> {
  if (draft === undefined || draft === bad) return null;
  const { tolerance = null, sequences: expected = [], batch, hidden: answers } = draft;
  const reader = new ExpectReader(facts, inputSize, report);
  if (expected !== bad)
    for (const [k, entry] of expected.entries()) {
      if (sequences !== null && k >= sequences.length)
        report.error(
          "length",
          pathIn(k, -1, []),
          `expect.sequences[${k}] is one too many: the file has ${counted(sequences.length, "sequence")}`,
        );
      else if (isObject(entry)) yield* reader.readSequence(entry, k, sequences?.[k] ?? null);
    }
  if (isObject(batch)) yield* reader.readBatch(batch, sequences);
  if (tolerance === bad) return null;
  const hidden = yield* readHidden(answers, tolerance, facts, inputSize, sequences, report);
  if (tolerance !== null) return { tolerance, numbers: reader.numbers.numbers(tolerance), hidden };
  const numbers = reader.numbers.numbers(leastTolerance);
  const tolerances = yield* tolerancesOf(numbers, written);
  return { tolerance: null, numbers: { ...numbers, tolerances }, hidden };
}

/** Hidden answers stand where the numbers stood: they are read as numbers that say which hash it is. */
function* readHidden(
  draft: unknown,
  tolerance: number | null,
  facts: ModelFacts,
  inputSize: number | null,
  sequences: readonly (Sequence | null)[] | null,
  report: Report,
): Slices<HiddenNumbers | null> {
  if (!isObject(draft)) return null;
  const { salt, decimals, sequences: expected, batch } = draft;
  if (typeof salt !== "string" || typeof decimals !== "number") return null;
  const hashes: string[] = [];
  const numbered = (value: unknown): unknown => {
    if (typeof value === "string") return hashes.push(value) - 1;
    if (Array.isArray(value)) return value.map(numbered);
    if (!isObject(value)) return null;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numbered(inner)]));
  };
  const inside = (path: Path): Path => ["expect", "hidden", ...path.slice(1)];
  const reader = new ExpectReader(facts, inputSize, {
    error: (code, path, message, spot, remedy) => report.error(code, inside(path), message, spot, remedy),
    warning: (code, path, message, spot, remedy) => report.warning(code, inside(path), message, spot, remedy),
  });
  if (Array.isArray(expected))
    for (const [k, entry] of expected.entries()) {
      const known = numbered(entry);
      if (sequences !== null && k >= sequences.length)
        report.error(
          "length",
          ["expect", "hidden", "sequences", k],
          `hidden.sequences[${k}] is one too many: the file has ${counted(sequences.length, "sequence")}`,
        );
      else if (isObject(known)) yield* reader.readSequence(known, k, sequences?.[k] ?? null);
    }
  const ofBatch = numbered(batch);
  if (isObject(ofBatch)) yield* reader.readBatch(ofBatch, sequences);
  return { salt, decimals, hashes, numbers: reader.numbers.numbers(tolerance ?? 0.5 * 10 ** -decimals) };
}

/** What a double's own rounding, and somebody else's order of summing, may make. */
const leastTolerance = 1e-6;

/** Of an array of numbers, or of a number, by its path: the text of its k-th number, or its own. */
export type WrittenNumbers = (path: Path) => (k: number) => string;

/** Numbers between two pauses. */
const numbersInSlice = 4096;

/** Half a unit of the last digit that each number is written with, where that is more than `leastTolerance`. */
function* tolerancesOf(
  { values, kinds, groups, tolerances }: ExpectedNumbers,
  written: WrittenNumbers,
): Slices<ExpectedNumbers["tolerances"]> {
  // Where a number has more digits than matter, as most have, nobody needs to look at how it is written.
  const short = (value: number) => {
    const units = value * 1e5;
    return Math.abs(value) >= 1e4 || Math.abs(units - Math.round(units)) < 1e-3;
  };
  if (!values.some((value) => short(value))) return tolerances;
  const found = new Float64Array(values.length).fill(leastTolerance);
  let looked = 0;
  for (const { kind, path, first, end } of eachGroup({ values, kinds, groups })) {
    let row: ((k: number) => string) | null = null;
    for (let k = first; k < end; k++) {
      if (++looked % numbersInSlice === 0) yield;
      if (kind.rank === 2 && (k - first) % kind.cols === 0) row = null;
      if (!short(values[k]!)) continue;
      row ??= kind.rank === 2 ? written([...path, Math.floor((k - first) / kind.cols)]) : written(path);
      found[k] = Math.max(leastTolerance, halfUnitOf(row(kind.rank === 2 ? (k - first) % kind.cols : k - first)));
    }
  }
  return found;
}

/** Half a unit of the last digit after the point: 0.00005 of "0.5370", 0 of "3" and of "1e-3". */
export function halfUnitOf(text: string): number {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
  const point = mantissa!.indexOf(".");
  if (point < 0) return 0;
  const decimals = mantissa!.length - point - 1 - Number(exponent);
  // A little more, for what lies just on the half: of 0.125, both 0.12 and 0.13 are right.
  return 0.5 * (1 + 1e-9) * 10 ** -decimals;
}

class ExpectReader {
  readonly numbers = new NumberCollector();
  /** What is being read: a sequence, and of it a step, −1 for the whole. */
  private sequence = 0;
  private step = -1;
  /** Of a sequence and of a batch, whose numbers have the same names. */
  private readonly inSequence = new Spot("trace", [], []);
  private readonly inStep = new Spot("trace", [], []);
  private readonly updated = new Spot("updated", ["updated"], []);
  private readonly traced: readonly string[];
  private readonly tracedKeys: readonly string[];
  /** Of each layer, the names of its values. */
  private readonly ownNames: readonly (readonly string[])[];
  private readonly shapes: ReadonlyMap<string, Shape>;
  /** Initial states by the names that the trace would give them: dL/dh_0 can be expected too. */
  private readonly initialStates: ReadonlyMap<string, Shape>;

  constructor(
    private readonly facts: ModelFacts,
    private readonly inputSize: number | null,
    private readonly report: Report,
  ) {
    this.shapes = parameterShapes(facts, inputSize);
    this.initialStates = initialStateShapes(facts);
    this.ownNames = (facts.layers ?? []).map((layer) => {
      const quantities = cellOfFacts(layer)?.quantities(layer.options) ?? [];
      return quantities.filter(({ traced }) => traced).map(({ name }) => name);
    });
    this.traced = [...new Set([...tracedNames(), ...this.ownNames.flat()])];
    this.tracedKeys = [...this.traced, "forward", "backward"];
  }

  *readSequence(entry: Values, k: number, sequence: Sequence | null): Slices<void> {
    this.sequence = k;
    this.step = -1;
    if (typeof entry["loss"] === "number") {
      const spot = this.inSequence.at("loss");
      if (sequence !== null && (sequence.targets === null || this.facts.lossType === undefined))
        this.error("no-value", spot, `sequences[${k}] has no targets, so it has no loss to compare`);
      else this.number(entry["loss"], spot);
    }
    const steps = entry["steps"];
    if (Array.isArray(steps))
      for (let t = 0; t < steps.length; t++) {
        if (t % stepsInSlice === stepsInSlice - 1) yield;
        const step: unknown = steps[t];
        this.step = t;
        if (sequence !== null && t >= sequence.length)
          this.error(
            "length",
            this.inStep,
            `steps[${t}] is one too many: sequences[${k}] has ${counted(sequence.length, "step")}`,
          );
        else if (isObject(step)) this.readStep(step, t, sequence);
      }
    this.step = -1;
    yield* this.readParameters(entry, [...this.shapes, ...this.initialStates]);
  }

  /** What is expected of all sequences as one batch. */
  *readBatch(entry: Values, sequences: readonly (Sequence | null)[] | null): Slices<void> {
    this.sequence = wholeBatch;
    this.step = -1;
    if (typeof entry["loss"] === "number") {
      const spot = this.inSequence.at("loss");
      const hasLoss =
        this.facts.lossType !== undefined && sequences?.some((one) => one === null || one.targets !== null);
      if (sequences !== null && !hasLoss)
        this.error("no-value", spot, "no sequence has targets, so the batch has no loss to compare");
      else this.number(entry["loss"], spot);
    }
    yield* this.readParameters(entry, [...this.shapes]);
  }

  private *readParameters(entry: Values, differentiated: Iterable<readonly [string, Shape]>): Slices<void> {
    const { gradients, updated } = entry;
    if (isObject(gradients)) this.readTensors(gradients, this.inSequence.at("gradients"), new Map(differentiated));
    yield;
    if (isObject(updated)) this.readTensors(updated, this.updated, this.shapes);
    yield;
  }

  private readStep(step: Values, t: number, sequence: Sequence | null): void {
    const here = this.inStep;
    const hasReadOut = this.facts.at === "every" || sequence === null || t === sequence.length - 1;
    const hasTarget = sequence === null || stepHasTarget(sequence, t);

    if (typeof step["t"] === "number") this.number(step["t"], here.at("t"));
    this.vector(step["x"], here.at("x"), this.inputSize, "an input has");
    this.readLayers(step, here);
    for (const key of ["logits", "output"] as const) this.readReadOut(step[key], key, here, hasReadOut, sequence);
    for (const key of ["target", "loss"] as const) {
      const value = step[key];
      if (typeof value !== "number" && !Array.isArray(value)) continue;
      if (!hasTarget)
        this.error("no-value", here.at(key), `step ${t + 1} has no target, so it has no ${key} to compare`);
      else if (key === "loss") this.number(value as number, here.at(key));
      else this.readTarget(value, here.at(key));
    }
    const gradients = step["gradients"];
    if (!isObject(gradients)) return;
    const inner = here.at("gradients");
    this.readReadOut(gradients["logits"], "logits", inner, hasReadOut, sequence);
    this.vector(gradients["x"], inner.at("x"), this.inputSize, "an input has");
    this.readLayers(gradients, inner);
  }

  /** A vector of the read-out, which not every step may have. */
  private readReadOut(
    value: unknown,
    key: "logits" | "output",
    spot: Spot,
    hasReadOut: boolean,
    sequence: Sequence | null,
  ): void {
    if (!Array.isArray(value)) return;
    if (hasReadOut) this.vector(value, spot.at(key), this.facts.outputSize, "the output has");
    else
      this.error(
        "no-value",
        spot.at(key),
        `step ${this.step + 1} has no ${key}: output.at is "${this.facts.at}", and the sequence has ${counted(sequence!.length, "step")}`,
      );
  }

  private readTarget(value: unknown, spot: Spot): void {
    const isClass = this.facts.lossType === "cross-entropy";
    if (typeof value !== "number") this.vector(value, spot, isClass ? null : this.facts.outputSize, "the output has");
    // The trace prints a number target as a vector of one.
    else this.number(value, isClass ? spot : spot.comparedWith(firstEntry));
  }

  /** Values by layer, and those that stand without their layer: of layer 0. */
  private readLayers(values: Values, spot: Spot): void {
    const { layers } = this.facts;
    if (layers === null) return;
    if (layers[0]) this.readLayer(values, spot.comparedWith(firstLayer), layers[0], 0);
    const given = values["layers"];
    if (!Array.isArray(given)) return;
    given.forEach((entry: unknown, l) => {
      const at = spot.at("layers").at(l);
      const layer = layers[l];
      if (layer === undefined)
        this.error("length", at, `layers[${l}] is one too many: the model has ${counted(layers.length, "layer")}`);
      else if (isObject(entry)) this.readLayer(entry, at, layer, l);
    });
  }

  private readLayer(values: Values, spot: Spot, layer: LayerFacts, l: number): void {
    if (layer.cell === null || layer.direction === null) return;
    const both = layer.direction === "both";
    const names = this.ownNames[l]!;
    const own = both ? bothWays : names;
    for (const key of this.tracedKeys) {
      const value = values[key];
      if (value === undefined || value === null || value === bad) continue;
      const at = spot.at(key);
      if (!own.includes(key)) {
        const whose = both
          ? `layers[${l}] reads both ways and has`
          : `layers[${l}] is ${withArticle(layer.cell)} and has`;
        this.error("foreign-key", at, `${key} is no value of this layer: ${whose} ${listed(own)}`, "key");
      } else if (isObject(value)) {
        for (const name of this.traced) {
          if (value[name] === undefined) continue;
          if (names.includes(name)) this.vector(value[name], at.at(name), layer.size, "the layer has");
          else
            this.error(
              "foreign-key",
              at.at(name),
              `${name} is no value of this layer: layers[${l}] is ${withArticle(layer.cell)} and has ${listed(names)}`,
              "key",
            );
        }
      } else this.vector(value, at, layer.outputSize, "the layer has");
    }
  }

  /** Gradients of parameters, or parameters, by their names; of one of their numbers or rows, by its indices too. */
  private readTensors(tensors: Values, spot: Spot, shapes: ReadonlyMap<string, Shape>): void {
    for (const [key, value] of Object.entries(tensors)) {
      const [, name = key, brackets = ""] = /^(.*?)((?:\[\d+\])+)$/.exec(key) ?? [];
      const shape = shapes.get(name);
      if (shape === undefined) {
        if (this.facts.layers !== null)
          this.error(
            "unknown-parameter",
            spot.at(key),
            `${name} is no parameter of this model${suggestion(name, [...shapes.keys()])}`,
            "key",
          );
        continue;
      }
      if (value === bad) continue;
      if (brackets === "") this.readTensor(value, name, spot.at(name), shape);
      else this.readPart(value, key, name, Array.from(brackets.matchAll(/\d+/g), Number), spot, shape);
    }
  }

  private readTensor(value: unknown, name: string, at: Spot, shape: Shape): void {
    if (!Array.isArray(value)) {
      const [what, one] = shape.rank === 1 ? ["a vector", `${name}[0]`] : ["a matrix", `${name}[0][0]`];
      this.error("type", at, `${name} is ${describe(value)}, expected ${what}; one number of it is named ${one}`);
      return;
    }
    if (shape.rank === 1) {
      const wrong = value.findIndex((entry) => Array.isArray(entry));
      if (wrong >= 0)
        this.error("shape", at.at(wrong), `${name} is a vector, but its item ${wrong} is a row: expected a number`);
      else this.vector(value, at, shape.rows, "the parameter has");
      return;
    }
    const wrong = value.findIndex((entry) => typeof entry === "number");
    if (wrong >= 0) {
      this.error("shape", at.at(wrong), `${name} is a matrix, but its item ${wrong} is a number: expected a row`);
      return;
    }
    const rows = value as (Draft<(number | null)[]> | null)[];
    // A row that is not checked is as long as the others.
    const whole = rows.find((row) => Array.isArray(row)) as readonly unknown[] | undefined;
    const cols = shape.cols ?? whole?.length ?? 0;
    const draft = rows.map((row): Draft<number[]> => {
      if (row === null) return Array.from({ length: cols }, () => Number.NaN);
      return row === bad ? bad : unchecked(row);
    });
    const reason = `the parameter has ${shape.rows ?? "its"} rows of ${shape.cols ?? "its"} numbers`;
    const tensor = readMatrix(draft, this.pathOf(at), shape.rows, shape.cols, reason, this.report);
    if (tensor !== null) this.numbers.add(this.sequence, this.step, at, 2, tensor.cols, tensor.data);
  }

  /** One number of a parameter, `layers.0.Whh[2][3]`, or a row of it, `layers.0.Whh[2]`. */
  private readPart(
    value: unknown,
    key: string,
    name: string,
    indices: readonly number[],
    spot: Spot,
    { rank, rows, cols }: Shape,
  ): void {
    const at = spot.atElsewhere(key, [name, ...indices]);
    const sizes = rank === 1 ? [rows] : [rows, cols];
    const shape = `[${sizes.map((size) => size ?? "?").join(" × ")}]`;
    const beyond = indices.findIndex((index, k) => sizes[k] !== null && index >= (sizes[k] ?? 0));
    if (indices.length > rank)
      this.error("shape", at, `${name} is ${shape}: expected ${rank === 1 ? "one index" : "two indices"}`, "key");
    else if (beyond >= 0)
      this.error(
        "shape",
        at,
        `${key} is outside of ${name}, which is ${shape}: expected an index from 0 to ${sizes[beyond]! - 1}`,
        "key",
      );
    else if (indices.length < rank)
      if (Array.isArray(value)) this.vector(value, at, cols, "the row has");
      else this.error("type", at, `${key} is ${describe(value)}, expected a row of ${name}, which is ${shape}`);
    else if (typeof value === "number") this.number(value, at);
    else this.error("type", at, `${key} is ${describe(value)}, expected a number`);
  }

  private vector(value: unknown, spot: Spot, length: number | null, whose: string): void {
    if (!Array.isArray(value)) return;
    const numbers: number[] = unchecked<number>(value as (number | null)[]);
    if ((length === null || numbers.length === length) && !value.includes(bad)) {
      this.numbers.add(this.sequence, this.step, spot, 1, 1, numbers);
      return;
    }
    const reason = `${whose} ${length === null ? "" : counted(length, "number")}`;
    readVector(numbers, this.pathOf(spot), length, reason, this.report);
  }

  private number(value: number, spot: Spot): void {
    this.numbers.add(this.sequence, this.step, spot, 0, 1, [value]);
  }

  private pathOf({ path }: Spot): Path {
    return pathIn(this.sequence, this.step, path);
  }

  private error(code: string, spot: Spot, message: string, where?: "key"): void {
    this.report.error(code, this.pathOf(spot), message, where);
  }
}

/** With what values are compared that stand without their layer, and a target that is a number. */
const firstLayer: Path = ["layers", 0];
const firstEntry: Path = [0];
/** What a layer has that reads both ways. */
const bothWays = ["forward", "backward", "h"];

/** Numbers with NaN in the place of what is not checked. */
function unchecked<T>(values: readonly (T | null)[]): (T | number)[] {
  return values.includes(null) ? values.map((value) => value ?? Number.NaN) : (values as T[]);
}

interface Shape {
  readonly rank: 1 | 2;
  readonly rows: number | null;
  readonly cols: number | null;
}

/** Shapes of the initial states of every pass: `layers.0.h0`, `layers.0.reverse.h0`. */
function initialStateShapes({ layers }: ModelFacts): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  layers?.forEach((layer, l) => {
    const { direction, size } = layer;
    const states = cellOfFacts(layer)?.states ?? [];
    for (const prefix of direction === "both" ? [`layers.${l}`, `layers.${l}.reverse`] : [`layers.${l}`])
      for (const state of states) shapes.set(`${prefix}.${state}0`, { rank: 1, rows: size, cols: 1 });
  });
  return shapes;
}

/** Shapes of the model's parameters by their names, as far as they are known. */
function parameterShapes(facts: ModelFacts, inputSize: number | null): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  if (facts.embedding) shapes.set("embedding.E", { rank: 2, rows: facts.embedding.tokens, cols: facts.embedding.size });
  facts.layers?.forEach((layer, l) => {
    const cell = cellOfFacts(layer);
    if (cell === null) return;
    const reads = l === 0 ? inputSize : facts.layers![l - 1]!.outputSize;
    for (const prefix of layer.direction === "both" ? [`layers.${l}`, `layers.${l}.reverse`] : [`layers.${l}`])
      for (const { name, cols } of cell.parameters(layer.options))
        shapes.set(`${prefix}.${name}`, {
          rank: cols === null ? 1 : 2,
          rows: layer.size,
          cols: cols === null ? 1 : cols === "input" ? reads : layer.size,
        });
  });
  const { outputSize: rows, readout } = facts;
  const top = facts.layers?.at(-1)?.outputSize ?? null;
  if (readout.Why) shapes.set("output.Why", { rank: 2, rows, cols: top });
  if (readout.by) shapes.set("output.by", { rank: 1, rows, cols: 1 });
  if (readout.Wxy) shapes.set("output.Wxy", { rank: 2, rows, cols: inputSize });
  return shapes;
}
