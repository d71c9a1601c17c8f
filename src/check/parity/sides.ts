import { cellOf } from "../../engine/cells";
import type { Model } from "../../engine/model";
import { outputSize } from "../../engine/model";
import { outputName } from "../../engine/readout";
import type { Run } from "../../engine/run";
import { sweepsOf, type Unit } from "../../engine/sweeps";

/** One of a network's quantities, over all steps: of a pass of a layer, or of the read-out. */
export interface Quantity {
  /** Null for the read-out. */
  readonly layer: number | null;
  /** Null where a layer has one pass. */
  readonly direction: "forward" | "backward" | null;
  /** Its key in the trace: `h`, `logits`, `output`. */
  readonly name: string;
}

/** What one program computed: vectors by quantity and step. */
export interface Side {
  /** T */
  readonly length: number;
  readonly quantities: readonly Quantity[];
  /** The vector at step t = 1…T; null where there is none. */
  at(quantity: Quantity, t: number): ArrayLike<number> | null;
}

/** `layers.0.forward.h`, `logits`: as arrays of somebody's are named. */
export function keyOf({ layer, direction, name }: Quantity): string {
  return [...(layer === null ? [] : ["layers", layer]), ...(direction === null ? [] : [direction]), name].join(".");
}

/** The quantities of a model, in the order in which a step computes them. */
export function quantitiesOf(model: Model): Quantity[] {
  return [...model.layers.flatMap((_, l) => quantitiesOfLayer(model, l)), ...quantitiesOfReadout];
}

const quantitiesOfReadout: readonly Quantity[] = (["logits", "output"] as const).map((name) => ({
  layer: null,
  direction: null,
  name,
}));

function quantitiesOfLayer(model: Model, l: number, pass: number | null = null): Quantity[] {
  const layer = model.layers[l]!;
  const traced = cellOf(layer)
    .quantities(layer.options)
    .filter((quantity) => quantity.traced);
  return layer.passes.flatMap(({ direction }, p) =>
    pass === null || p === pass
      ? traced.map(({ name }) => ({ layer: l, direction: layer.passes.length > 1 ? direction : null, name }))
      : [],
  );
}

/** Every quantity at every step, in the order of computation: a pass that goes backward begins at t = T. */
export function* inOrder(model: Model, length: number): Generator<{ quantity: Quantity; t: number }> {
  const of = ({ kind, layer, pass }: Unit): readonly Quantity[] =>
    kind === "readout" ? quantitiesOfReadout : kind === "pass" ? quantitiesOfLayer(model, layer, pass) : [];
  for (const { ascending, units } of sweepsOf(model)) {
    const all = units.flatMap(of);
    for (let k = 0; k < length; k++) for (const quantity of all) yield { quantity, t: ascending ? k + 1 : length - k };
  }
}

/** What the engine computes. */
export function sideOfRun(run: Run): Side {
  const { model } = run;
  return {
    length: run.length,
    quantities: quantitiesOf(model),
    at({ layer, direction, name }, t) {
      const step = run.at(t);
      if (layer === null) return name === "logits" ? step.logits : step.output;
      const passes = step.passes[layer];
      return passes?.[direction === "backward" && passes.length > 1 ? 1 : 0]?.values[name] ?? null;
    },
  };
}

/** What a trace holds: of all steps, or of some. */
export function sideOfTrace(trace: unknown): Side {
  const steps = new Map<number, unknown>();
  for (const step of listOf(entry(trace, "steps"))) {
    const t = entry(step, "t");
    if (typeof t === "number" && Number.isSafeInteger(t) && t >= 1) steps.set(t, step);
  }
  const found = new Map<string, Quantity>();
  const note = (quantity: Quantity, value: unknown) => {
    if (vectorOf(value)) found.set(keyOf(quantity), quantity);
  };
  for (const step of steps.values()) {
    listOf(entry(step, "layers")).forEach((layer, l) => {
      for (const [name, value] of entriesOf(layer))
        if (name === "forward" || name === "backward")
          for (const [inner, vector] of entriesOf(value)) note({ layer: l, direction: name, name: inner }, vector);
        else note({ layer: l, direction: null, name }, value);
    });
    for (const name of ["logits", "output"]) note({ layer: null, direction: null, name }, entry(step, name));
  }
  return {
    length: Math.max(0, ...steps.keys()),
    quantities: [...found.values()],
    at({ layer, direction, name }, t) {
      const step = steps.get(t);
      const of = layer === null ? step : listOf(entry(step, "layers"))[layer];
      return vectorOf(entry(direction === null ? of : entry(of, direction), name));
    },
  };
}

function entry(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function vectorOf(value: unknown): ArrayLike<number> | null {
  if (value instanceof Float64Array) return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.map((number: unknown) => (typeof number === "number" ? number : Number.NaN));
}

/** Numbers with a shape, by the name that somebody gave them. */
export interface NamedArray {
  readonly name: string | null;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Why arrays cannot be held against a model. */
export class ParityError extends Error {}

/** What other programs call what is read out. */
const readoutNames: Readonly<Record<string, "logits" | "output">> = {
  logits: "logits",
  z: "logits",
  output: "output",
  outputs: "output",
  y: "output",
  p: "output",
  probabilities: "output",
  predictions: "output",
};

/**
 * Arrays [T × n] of states or outputs, [T × 1 × n] and [1 × T × n] alike. Names say what they are, `h` meaning layer 0; a
 * single array without one is what its width fits alone: the outputs, or the top layer's h. Of a layer of both directions an array may
 * have the two side by side.
 * @throws ParityError where that is unclear, or an array fits nothing
 */
export function sideOfArrays(arrays: readonly NamedArray[], model: Model, length: number): Side {
  const found = new Map<string, Columns>();
  for (const array of arrays) {
    const quantity = meantBy(array, model, length, arrays.length === 1);
    const shape =
      array.shape.length > 2
        ? array.shape.filter((size, k) => size !== 1 || k === array.shape.length - 1)
        : array.shape;
    const width = widthOf(quantity, model);
    const what = `${array.name ?? "the array"} [${array.shape.join(" × ")}]`;
    const [steps = 0, n = 1] = shape;
    if (shape.length > 2 || n !== width)
      throw new ParityError(`${what} does not fit ${keyOf(quantity)}: expected [${length} × ${width}]`);
    if (steps !== length && !(steps === 1 && model.output.at !== "every" && quantity.layer === null))
      throw new ParityError(`${what} has ${steps} steps, the sequence ${length}: expected [${length} × ${width}]`);
    const parts = partsOf(quantity, model);
    const size = width / parts.length;
    for (const [p, part] of parts.entries())
      found.set(keyOf(part), { quantity: part, from: p * size, size, width, steps, data: array.data });
  }
  return {
    length,
    quantities: [...found.values()].map(({ quantity }) => quantity),
    at(quantity, t) {
      const columns = found.get(keyOf(quantity));
      if (!columns) return null;
      const { from, size, width, steps, data } = columns;
      // Where one step is read there is one row.
      const row = steps === length ? t - 1 : t === length ? 0 : -1;
      return row < 0 ? null : Array.from({ length: size }, (_, j) => data[row * width + from + j]!);
    },
  };
}

/** Where a quantity stands in the rows of an array [steps × width]. */
interface Columns {
  readonly quantity: Quantity;
  readonly from: number;
  readonly size: number;
  readonly width: number;
  readonly steps: number;
  readonly data: ArrayLike<number>;
}

/** Of a layer of both directions: without a direction the two of them stand side by side, [forward; backward]. */
function partsOf(quantity: Quantity, { layers }: Model): readonly Quantity[] {
  const passes = quantity.layer === null ? [] : layers[quantity.layer]!.passes;
  return quantity.direction === null && passes.length > 1
    ? passes.map(({ direction }) => ({ ...quantity, direction }))
    : [quantity];
}

function widthOf({ layer, direction }: Quantity, { layers, output }: Model): number {
  if (layer === null) return output.size;
  return direction === null ? outputSize(layers[layer]!) : layers[layer]!.size;
}

function meantBy({ name, shape }: NamedArray, model: Model, length: number, isAlone: boolean): Quantity {
  const all = quantitiesOf(model);
  const plain = (name ?? "").replace(/^steps\./, "");
  const readout = Object.hasOwn(readoutNames, plain.toLowerCase()) ? readoutNames[plain.toLowerCase()]! : null;
  if (readout) return { layer: null, direction: null, name: readout };
  const width = shape.at(-1) ?? 1;
  const sideBySide = all
    .filter(({ direction }) => direction === "forward")
    .map((quantity): Quantity => ({ ...quantity, direction: null }))
    .filter((quantity) => widthOf(quantity, model) === width);
  const named = [...all, ...sideBySide];
  const known =
    named.find((quantity) => keyOf(quantity) === plain) ??
    named.find((quantity) => keyOf(quantity) === `layers.0.${plain}`);
  if (known) return known;
  if (!isAlone || plain.startsWith("layers."))
    throw new ParityError(`${name ?? "an array"} is no quantity of the model: expected ${all.map(keyOf).join(", ")}`);
  const top = model.layers.length - 1;
  const fits: Quantity[] = [
    { layer: null, direction: null, name: "output" },
    ...named.filter(({ layer, name }) => layer === top && name === "h"),
  ].filter((quantity) => widthOf(quantity, model) === width || (shape.length === 1 && widthOf(quantity, model) === 1));
  if (fits.length === 1) return fits[0]!;
  const written = `${name ?? "the array"} [${shape.join(" × ")}]`;
  throw new ParityError(
    fits.length === 0
      ? `${written} is as wide as neither the ${model.output.size} outputs nor the ${outputSize(model.layers[top]!)} units of the top layer, over ${length} steps`
      : `${written} may be the outputs or the states: name it ${fits.map(keyOf).join(" or ")}`,
  );
}

/** How a quantity is called for a person: `h of layer 1`, `p`. */
export function titleOf({ layer, direction, name }: Quantity, { output, layers }: Model): string {
  if (layer === null) return name === "output" ? outputName(output.activation) : "z";
  const where = layers.length > 1 ? ` of layer ${layer}` : "";
  return `${name}${where}${direction === null ? "" : `, ${direction}`}`;
}
