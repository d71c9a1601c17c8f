import { cells } from "../engine/cells";
import type { Sequence } from "../engine/model";
import { tracedNames } from "../engine/variants";
import { counted, type Draft, listed, withArticle } from "./draft";
import { type ExpectedNumbers, NumberCollector, pathIn, Spot } from "./expectedNumbers";
import type { RnnFile } from "./file.generated";
import { suggestion } from "./nearest";
import { bad } from "./parse";
import type { LayerFacts, ModelFacts } from "./readModel";
import type { Report } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";
import { readMatrix, readVector } from "./tensors";

export interface Expect {
  /** Largest absolute difference that counts as right. */
  readonly tolerance: number;
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
 */
export function* readExpect(
  draft: Draft<NonNullable<RnnFile["expect"]>> | undefined,
  facts: ModelFacts,
  inputSize: number | null,
  sequences: readonly (Sequence | null)[] | null,
  report: Report,
): Slices<Expect | null> {
  if (draft === undefined || draft === bad) return null;
  const { tolerance = 1e-6, sequences: expected = [] } = draft;
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
  return tolerance === bad ? null : { tolerance, numbers: reader.numbers.numbers() };
}

class ExpectReader {
  readonly numbers = new NumberCollector();
  /** What is being read: a sequence, and of it a step, −1 for the whole. */
  private sequence = 0;
  private step = -1;
  private readonly inSequence = new Spot("trace", [], []);
  private readonly inStep = new Spot("trace", [], []);
  private readonly updated = new Spot("updated", ["updated"], []);
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
    for (const [key, spot] of [
      ["gradients", this.inSequence.at("gradients")],
      ["updated", this.updated],
    ] as const) {
      const tensors = entry[key];
      if (isObject(tensors)) this.readTensors(tensors, spot);
      yield;
    }
  }

  private readStep(step: Values, t: number, sequence: Sequence | null): void {
    const here = this.inStep;
    const hasReadOut = this.facts.at !== "last" || sequence === null || t === sequence.length - 1;
    const hasTarget = sequence === null || (sequence.targets !== null && targetAt(sequence.targets, t));

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
        `step ${this.step + 1} has no ${key}: output.at is "last", and the sequence has ${counted(sequence!.length, "step")}`,
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

  /** Gradients of parameters, or parameters, by their names. */
  private readTensors(tensors: Values, spot: Spot): void {
    const { shapes } = this;
    for (const [name, value] of Object.entries(tensors)) {
      const at = spot.at(name);
      const shape = shapes.get(name);
      if (shape === undefined) {
        if (this.facts.layers !== null)
          this.error(
            "unknown-parameter",
            at,
            `${name} is no parameter of this model${suggestion(name, [...shapes.keys()])}`,
            "key",
          );
        continue;
      }
      if (!Array.isArray(value)) continue;
      if (shape.rank === 1) {
        const wrong = value.findIndex((entry) => Array.isArray(entry));
        if (wrong >= 0)
          this.error("shape", at.at(wrong), `${name} is a vector, but its item ${wrong} is a row: expected a number`);
        else this.vector(value, at, shape.rows, "the parameter has");
        continue;
      }
      const wrong = value.findIndex((entry) => typeof entry === "number");
      if (wrong >= 0) {
        this.error("shape", at.at(wrong), `${name} is a matrix, but its item ${wrong} is a number: expected a row`);
        continue;
      }
      const reason = `the parameter has ${shape.rows ?? "its"} rows of ${shape.cols ?? "its"} numbers`;
      const path = this.pathOf(at);
      const tensor = readMatrix(value as Draft<number[][]>, path, shape.rows, shape.cols, reason, this.report);
      if (tensor !== null) this.numbers.add(this.sequence, this.step, at, 2, tensor.cols, tensor.data);
    }
  }

  private vector(value: unknown, spot: Spot, length: number | null, whose: string): void {
    if (!Array.isArray(value)) return;
    if ((length === null || value.length === length) && !value.includes(bad)) {
      this.numbers.add(this.sequence, this.step, spot, 1, 1, value as number[]);
      return;
    }
    const reason = `${whose} ${length === null ? "" : counted(length, "number")}`;
    readVector(value as Draft<number[]>, this.pathOf(spot), length, reason, this.report);
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
