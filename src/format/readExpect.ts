import { cells } from "../engine/cells";
import type { Sequence } from "../engine/model";
import { tracedNames } from "../engine/variants";
import { counted, type Draft, listed, withArticle } from "./draft";
import type { RnnFile } from "./file.generated";
import { suggestion } from "./nearest";
import { bad } from "./parse";
import type { LayerFacts, ModelFacts } from "./readModel";
import type { Report } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";
import { readMatrix, readVector } from "./tensors";

/** One number that the author expects. */
export interface ExpectedNumber {
  /** Which sequence, counted from 0. */
  readonly sequence: number;
  /** Where it stands in the file: ["expect", "sequences", 0, "steps", 1, "h", 0]. */
  readonly path: Path;
  readonly value: number;
  /** What it is compared with: a number of the sequence's trace, or of the parameters after one update. */
  readonly of: "trace" | "updated";
  /** Where that stands: ["steps", 1, "layers", 0, "h", 0] in the trace, ["layers.0.Whh", 0, 0] among the parameters. */
  readonly place: Path;
}

export interface Expect {
  /** Largest absolute difference that counts as right. */
  readonly tolerance: number;
  /** In the order of the file. */
  readonly numbers: readonly ExpectedNumber[];
}

/** Steps between two pauses. */
const stepsInSlice = 256;

type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads what the author expects and checks it against the model's form and its sequences.
 * @param sequences those of the file; an entry is null where something is wrong with it
 */
export function* readExpect(
  draft: Draft<NonNullable<RnnFile["expect"]>> | undefined,
  facts: ModelFacts,
  inputSize: number | null,
  sequences: readonly ({ readonly sequence: Sequence } | null)[] | null,
  report: Report,
): Slices<Expect | null> {
  if (draft === undefined || draft === bad) return null;
  const { tolerance = 1e-6, sequences: expected = [] } = draft;
  const reader = new ExpectReader(facts, inputSize, report);
  if (expected !== bad)
    for (const [k, entry] of expected.entries()) {
      const path = ["expect", "sequences", k];
      if (sequences !== null && k >= sequences.length)
        report.error(
          "length",
          path,
          `expect.sequences[${k}] is one too many: the file has ${counted(sequences.length, "sequence")}`,
        );
      else if (isObject(entry)) yield* reader.readSequence(entry, path, k, sequences?.[k]?.sequence ?? null);
    }
  return tolerance === bad ? null : { tolerance, numbers: reader.numbers };
}

class ExpectReader {
  readonly numbers: ExpectedNumber[] = [];
  private sequence = 0;
  private readonly traced = tracedNames();
  private readonly tracedKeys = [...this.traced, "forward", "backward"];
  /** Of each layer, the names of its values. */
  private readonly ownNames: readonly (readonly string[])[];
  private readonly shapes: ReadonlyMap<string, Shape>;

  constructor(
    private readonly facts: ModelFacts,
    private readonly inputSize: number | null,
    private readonly report: Report,
  ) {
    this.shapes = parameterShapes(facts, inputSize);
    this.ownNames = (facts.layers ?? []).map(({ cell, options }) =>
      cell === null
        ? []
        : cells[cell]
            .quantities(options)
            .filter(({ traced }) => traced)
            .map(({ name }) => name),
    );
  }

  *readSequence(entry: Values, path: Path, k: number, sequence: Sequence | null): Slices<void> {
    this.sequence = k;
    if (typeof entry["loss"] === "number") {
      if (sequence !== null && (sequence.targets === null || this.facts.lossType === undefined))
        this.report.error(
          "no-value",
          [...path, "loss"],
          `sequences[${k}] has no targets, so it has no loss to compare`,
        );
      else this.number(entry["loss"], [...path, "loss"], ["loss"]);
    }
    const steps = entry["steps"];
    if (Array.isArray(steps))
      for (const [t, step] of (steps as unknown[]).entries()) {
        if (t % stepsInSlice === stepsInSlice - 1) yield;
        const at = [...path, "steps", t];
        if (sequence !== null && t >= sequence.length)
          this.report.error(
            "length",
            at,
            `steps[${t}] is one too many: sequences[${k}] has ${counted(sequence.length, "step")}`,
          );
        else if (isObject(step)) this.readStep(step, at, t, sequence);
      }
    for (const key of ["gradients", "updated"] as const) {
      const tensors = entry[key];
      if (isObject(tensors)) this.readTensors(tensors, [...path, key], key);
      yield;
    }
  }

  private readStep(step: Values, path: Path, t: number, sequence: Sequence | null): void {
    const place = ["steps", t];
    const { outputSize, at } = this.facts;
    const readOut = at !== "last" || sequence === null || t === sequence.length - 1;
    const withReadOut = (key: string, container: Path, read: () => void) => {
      if (readOut) read();
      else
        this.report.error(
          "no-value",
          [...container, key],
          `step ${t + 1} has no ${key}: output.at is "last", and the sequence has ${counted(sequence.length, "step")}`,
        );
    };
    const hasTarget = sequence === null || (sequence.targets !== null && targetAt(sequence.targets, t));

    if (typeof step["t"] === "number") this.number(step["t"], [...path, "t"], [...place, "t"]);
    this.vector(step["x"], [...path, "x"], [...place, "x"], this.inputSize, "an input has");
    this.readLayers(step, path, place);
    for (const key of ["logits", "output"])
      if (Array.isArray(step[key]))
        withReadOut(key, path, () =>
          this.vector(step[key], [...path, key], [...place, key], outputSize, "the output has"),
        );
    for (const key of ["target", "loss"]) {
      const value = step[key];
      if (typeof value !== "number" && !Array.isArray(value)) continue;
      if (!hasTarget)
        this.report.error("no-value", [...path, key], `step ${t + 1} has no target, so it has no ${key} to compare`);
      else if (key === "loss") this.number(value as number, [...path, key], [...place, key]);
      else this.readTarget(value, [...path, key], [...place, key]);
    }
    const gradients = step["gradients"];
    if (!isObject(gradients)) return;
    const [inner, there] = [
      [...path, "gradients"],
      [...place, "gradients"],
    ];
    if (Array.isArray(gradients["logits"]))
      withReadOut("logits", inner, () =>
        this.vector(gradients["logits"], [...inner, "logits"], [...there, "logits"], outputSize, "the output has"),
      );
    this.vector(gradients["x"], [...inner, "x"], [...there, "x"], this.inputSize, "an input has");
    this.readLayers(gradients, inner, there);
  }

  private readTarget(value: unknown, path: Path, place: Path): void {
    if (typeof value !== "number")
      this.vector(
        value,
        path,
        place,
        this.facts.lossType === "cross-entropy" ? null : this.facts.outputSize,
        "the output has",
      );
    // The trace prints a number target as a vector of one.
    else this.number(value, path, this.facts.lossType === "cross-entropy" ? place : [...place, 0]);
  }

  /** Values by layer, and those that stand without their layer: of layer 0. */
  private readLayers(values: Values, path: Path, place: Path): void {
    const { layers } = this.facts;
    if (layers === null) return;
    if (layers[0]) this.readLayer(values, path, [...place, "layers", 0], layers[0], 0);
    const given = values["layers"];
    if (!Array.isArray(given)) return;
    given.forEach((entry: unknown, l) => {
      const at = [...path, "layers", l];
      const layer = layers[l];
      if (layer === undefined)
        this.report.error(
          "length",
          at,
          `layers[${l}] is one too many: the model has ${counted(layers.length, "layer")}`,
        );
      else if (isObject(entry)) this.readLayer(entry, at, [...place, "layers", l], layer, l);
    });
  }

  private readLayer(values: Values, path: Path, place: Path, layer: LayerFacts, l: number): void {
    if (layer.cell === null || layer.direction === null) return;
    const both = layer.direction === "both";
    const names = this.ownNames[l]!;
    const own = both ? ["forward", "backward", "h"] : names;
    for (const key of this.tracedKeys) {
      const value = values[key];
      if (value === undefined || value === null || value === bad) continue;
      const at = [...path, key];
      if (!own.includes(key)) {
        const whose = both
          ? `layers[${l}] reads both ways and has`
          : `layers[${l}] is ${withArticle(layer.cell)} and has`;
        this.report.error("foreign-key", at, `${key} is no value of this layer: ${whose} ${listed(own)}`, "key");
      } else if (isObject(value)) {
        for (const name of this.traced) {
          if (value[name] === undefined) continue;
          if (names.includes(name))
            this.vector(value[name], [...at, name], [...place, key, name], layer.size, "the layer has");
          else
            this.report.error(
              "foreign-key",
              [...at, name],
              `${name} is no value of this layer: layers[${l}] is ${withArticle(layer.cell)} and has ${listed(names)}`,
              "key",
            );
        }
      } else this.vector(value, at, [...place, key], layer.outputSize, "the layer has");
    }
  }

  /** Gradients of parameters, or parameters, by their names. */
  private readTensors(tensors: Values, path: Path, key: "gradients" | "updated"): void {
    const { shapes } = this;
    for (const [name, value] of Object.entries(tensors)) {
      const at = [...path, name];
      const shape = shapes.get(name);
      if (shape === undefined) {
        if (this.facts.layers !== null)
          this.report.error(
            "unknown-parameter",
            at,
            `${name} is no parameter of this model${suggestion(name, [...shapes.keys()])}`,
            "key",
          );
        continue;
      }
      if (!Array.isArray(value)) continue;
      const place: Path = key === "gradients" ? ["gradients", name] : [name];
      if (shape.rank === 1) {
        const wrong = value.findIndex((entry) => Array.isArray(entry));
        if (wrong >= 0)
          this.report.error(
            "shape",
            [...at, wrong],
            `${name} is a vector, but its item ${wrong} is a row: expected a number`,
          );
        else this.vector(value, at, place, shape.rows, "the parameter has", key);
        continue;
      }
      const wrong = value.findIndex((entry) => typeof entry === "number");
      if (wrong >= 0) {
        this.report.error(
          "shape",
          [...at, wrong],
          `${name} is a matrix, but its item ${wrong} is a number: expected a row`,
        );
        continue;
      }
      const reason = `the parameter has ${shape.rows ?? "its"} rows of ${shape.cols ?? "its"} numbers`;
      const tensor = readMatrix(value as Draft<number[][]>, at, shape.rows, shape.cols, reason, this.report);
      if (tensor === null) continue;
      for (let i = 0; i < tensor.rows; i++)
        for (let j = 0; j < tensor.cols; j++)
          this.number(tensor.data[i * tensor.cols + j]!, at.concat(i, j), place.concat(i, j), key);
    }
  }

  private vector(
    value: unknown,
    path: Path,
    place: Path,
    length: number | null,
    whose: string,
    key: "gradients" | "updated" = "gradients",
  ): void {
    if (!Array.isArray(value)) return;
    const reason = `${whose} ${length === null ? "" : counted(length, "number")}`;
    const numbers = readVector(value as Draft<number[]>, path, length, reason, this.report);
    // Not spread: what is appended to a spread array makes room for more of it, and there may be millions.
    numbers?.forEach((number, k) => this.number(number, path.concat(k), place.concat(k), key));
  }

  private number(value: number, path: Path, place: Path, key: "gradients" | "updated" = "gradients"): void {
    this.numbers.push({ sequence: this.sequence, path, value, of: key === "updated" ? "updated" : "trace", place });
  }
}

function targetAt(targets: NonNullable<Sequence["targets"]>, t: number): boolean {
  return targets.kind === "classes" ? targets.classes[t]! >= 0 : targets.present[t] === 1;
}

interface Shape {
  readonly rank: 1 | 2;
  readonly rows: number | null;
  readonly cols: number | null;
}

/** Shapes of the model's parameters by their names, as far as they are known. */
function parameterShapes(facts: ModelFacts, inputSize: number | null): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  facts.layers?.forEach((layer, l) => {
    if (layer.cell === null) return;
    const reads = l === 0 ? inputSize : facts.layers![l - 1]!.outputSize;
    for (const prefix of layer.direction === "both" ? [`layers.${l}`, `layers.${l}.reverse`] : [`layers.${l}`])
      for (const { name, cols } of cells[layer.cell].parameters(layer.options))
        shapes.set(`${prefix}.${name}`, {
          rank: cols === null ? 1 : 2,
          rows: layer.size,
          cols: cols === null ? 1 : cols === "input" ? reads : layer.size,
        });
  });
  shapes.set("output.Why", { rank: 2, rows: facts.outputSize, cols: facts.layers?.at(-1)?.outputSize ?? null });
  shapes.set("output.by", { rank: 1, rows: facts.outputSize, cols: 1 });
  return shapes;
}
