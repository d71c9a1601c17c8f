import { type Graph, handedOn, type Node } from "./onnxGraph";
import {
  allOf,
  checkShape,
  combined,
  countOf,
  given,
  made,
  mapped,
  permuted,
  reshaped,
  rowsOf,
  type Stored,
  stepsOf,
  strided,
} from "./stored";

/** A value that does not depend on the input, and the initializers that it is made of. */
export interface Constant {
  readonly tensor: Stored;
  readonly from: readonly string[];
}

/** Values in values more than this deep are not followed. */
const deepest = 400;

/**
 * Folds constants: a name's value where it does not depend on the model's input, computed from initializers of its graph
 * and of those around it; null where it does, or by an operation that is not known here.
 */
export class Constants {
  private readonly known = new Map<Graph, Map<string, Constant | null>>();

  of(name: string | undefined, graph: Graph, depth = 0): Constant | null {
    if (name === undefined || name === "" || depth > deepest) return null;
    for (let around: Graph | null = graph; around; around = around.parent) {
      const memory = this.known.get(around) ?? new Map<string, Constant | null>();
      this.known.set(around, memory);
      const kept = memory.get(name);
      if (kept !== undefined) return kept;
      const tensor = around.initializers.get(name);
      const producer = around.producers.get(name);
      if (!tensor && !producer) {
        if (!around.inputs.includes(name)) continue;
        const outside = handedOn(name, around);
        return outside && this.of(outside.name, outside.graph, depth + 1);
      }
      // While it is being found it depends on nothing that is known.
      memory.set(name, null);
      const value = tensor
        ? { tensor, from: [name] }
        : this.computed(producer!, producer!.outputs.indexOf(name), depth);
      memory.set(name, value);
      return value;
    }
    return null;
  }

  /** The numbers of a small constant, as axes and indices are; null where it is none. */
  numbers(name: string | undefined, graph: Graph, depth = 0): number[] | null {
    const constant = this.of(name, graph, depth);
    return constant && countOf(constant.tensor.shape) <= 1000 ? [...allOf(constant.tensor)] : null;
  }

  private computed(node: Node, output: number, depth: number): Constant | null {
    const { attributes, graph, inputs } = node;
    if (node.op === "Constant") {
      const tensor = constantOf(node);
      return tensor && { tensor, from: tensor.shape.length > 0 && node.outputs[0] ? [node.outputs[0]] : [] };
    }
    const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
    if (!rule) return null;
    const all = inputs.map((name) => (name === "" ? null : this.of(name, graph, depth + 1)));
    if (all.some((constant, k) => constant === null && inputs[k] !== "")) return null;
    const int = (name: string, otherwise: number) => attributes.get(name)?.int ?? otherwise;
    const list = (k: number, attribute: string): number[] | null => {
      const given = attributes.get(attribute)?.ints;
      if (given && given.length > 0) return [...given];
      const tensor = all[k]?.tensor;
      return tensor && countOf(tensor.shape) <= 1000 ? [...allOf(tensor)] : null;
    };
    const tensors = all.map((constant) => constant?.tensor);
    const tensor = rule({ tensors, int, list, output, node });
    if (!tensor) return null;
    checkShape(tensor.shape, node.name || node.op);
    // Axes and indices are no weights.
    const made = ["Concat", "Add", "Sub", "Mul", "Div", "DequantizeLinear"].includes(node.op) ? all : all.slice(0, 1);
    return { tensor, from: [...new Set(made.flatMap((constant) => constant?.from ?? []))] };
  }
}

function constantOf({ attributes }: Node): Stored | null {
  const value = attributes.get("value")?.tensor;
  if (value) return value;
  const float = attributes.get("value_float");
  if (float) return given([], Float64Array.of(float.float));
  const int = attributes.get("value_int");
  if (int) return given([], Float64Array.of(int.int));
  const list = attributes.get("value_ints")?.ints ?? attributes.get("value_floats")?.floats;
  return list ? given([list.length], Float64Array.from(list)) : null;
}

interface Call {
  readonly tensors: readonly (Stored | undefined)[];
  readonly int: (name: string, otherwise: number) => number;
  /** Whole numbers: an attribute of older models, an input of newer ones. */
  readonly list: (input: number, attribute: string) => number[] | null;
  readonly output: number;
  readonly node: Node;
}

type Rule = (call: Call) => Stored | null;

const rules: Readonly<Record<string, Rule>> = {
  Identity: ({ tensors }) => tensors[0] ?? null,
  // A weight that is cast to another type of float stays the number that it is; a cast to whole numbers is of indices.
  Cast: ({ tensors: [x] }) => x ?? null,
  Transpose: ({ tensors: [x], node }) => {
    if (!x) return null;
    const order = node.attributes.get("perm")?.ints ?? [];
    const perm = order.length > 0 ? order : x.shape.map((_, k) => x.shape.length - 1 - k);
    const isOrder = perm.length === x.shape.length && [...perm].sort((a, b) => a - b).every((k, at) => k === at);
    return isOrder ? permuted(x, perm) : null;
  },
  Unsqueeze: ({ tensors: [x], list }) => {
    const axes = list(1, "axes");
    if (!x || !axes) return null;
    const rank = x.shape.length + axes.length;
    const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
    const rest = [...x.shape];
    return reshaped(
      x,
      Array.from({ length: rank }, (_, k) => (added.has(k) ? 1 : rest.shift()!)),
    );
  },
  Squeeze: ({ tensors: [x], list }) => {
    if (!x) return null;
    const axes = list(1, "axes")?.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    return reshaped(
      x,
      x.shape.filter((size, k) => (axes ? !axes.includes(k) : size !== 1)),
    );
  },
  Reshape: ({ tensors: [x], list }) => {
    const wanted = list(1, "shape");
    if (!x || !wanted) return null;
    const kept = wanted.map((size, k) => (size === 0 ? (x.shape[k] ?? 0) : size));
    const others = kept.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
    const shape = kept.map((size) => (size === -1 ? countOf(x.shape) / others : size));
    return countOf(shape) === countOf(x.shape) && shape.every(Number.isInteger) ? reshaped(x, shape) : null;
  },
  Flatten: ({ tensors: [x], int }) => {
    if (!x) return null;
    const axis = int("axis", 1);
    const rows = countOf(x.shape.slice(0, axis));
    return rows > 0 ? reshaped(x, [rows, countOf(x.shape) / rows]) : null;
  },
  Concat: ({ tensors, int }) => concatenated(tensors, int("axis", 0)),
  Slice: ({ tensors: [x], list }) => {
    const starts = list(1, "starts");
    const ends = list(2, "ends");
    if (!x || !starts || !ends) return null;
    const axes = list(3, "axes") ?? starts.map((_, k) => k);
    const steps = list(4, "steps") ?? starts.map(() => 1);
    return sliced(x, starts, ends, axes, steps);
  },
  Split: ({ tensors: [x], int, list, output, node }) => {
    if (!x) return null;
    const axis = axisOf(int("axis", 0), x.shape.length);
    const size = x.shape[axis] ?? 0;
    const count = node.outputs.length;
    const sizes =
      list(1, "split") ??
      Array.from({ length: count }, (_, k) => Math.min(Math.ceil(size / count), size - k * Math.ceil(size / count)));
    const start = sizes.slice(0, output).reduce((sum, one) => sum + one, 0);
    return sliced(x, [start], [start + (sizes[output] ?? 0)], [axis], [1]);
  },
  Gather: ({ tensors: [x, indices], int }) => {
    if (!x || !indices || countOf(indices.shape) > 100_000) return null;
    const axis = axisOf(int("axis", 0), x.shape.length);
    const parts = [...allOf(indices)].map((index) => {
      const at = index < 0 ? index + (x.shape[axis] ?? 0) : index;
      return sliced(x, [at], [at + 1], [axis], [1]);
    });
    if (parts.length === 0 || parts.some((part) => !part || part.shape[axis] !== 1)) return null;
    const whole = concatenated(parts as Stored[], axis);
    return whole && reshaped(whole, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
  },
  Shape: ({ tensors: [x] }) => (x ? given([x.shape.length], Float64Array.from(x.shape)) : null),
  ConstantOfShape: ({ list, node }) => {
    const shape = list(0, "");
    if (!shape) return null;
    const value = node.attributes.get("value")?.tensor?.range(0, 1)[0] ?? 0;
    return made(shape, () => new Float64Array(countOf(shape)).fill(value));
  },
  Expand: ({ tensors: [x], list }) => {
    const shape = list(1, "");
    return x && shape ? spread(x, shape) : null;
  },
  Neg: ({ tensors: [x] }) => (x ? mapped(x, (value) => -value) : null),
  Add: (call) => elementwise(call, (a, b) => a + b),
  Sub: (call) => elementwise(call, (a, b) => a - b),
  Mul: (call) => elementwise(call, (a, b) => a * b),
  Div: (call) => elementwise(call, (a, b) => a / b),
  DequantizeLinear: ({ tensors: [x, scale, zero], int }) => {
    if (!x || !scale) return null;
    const along = (tensor: Stored): Stored | null => {
      if (countOf(tensor.shape) <= 1) return spread(reshaped(tensor, []), x.shape);
      const axis = axisOf(int("axis", 1), x.shape.length);
      return spread(
        reshaped(
          tensor,
          x.shape.map((size, k) => (k === axis ? countOf(tensor.shape) : 1)),
        ),
        x.shape,
      );
    };
    const [factor, shift] = [along(scale), zero ? along(zero) : null];
    if (!factor || (zero && !shift)) return null;
    const centred = shift ? combined(x, shift, (q, z) => q - z, "a quantised tensor") : x;
    return combined(centred, factor, (q, s) => q * s, "a quantised tensor");
  },
};

const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

function elementwise({ tensors: [a, b] }: Call, combine: (a: number, b: number) => number): Stored | null {
  if (!a || !b) return null;
  const rank = Math.max(a.shape.length, b.shape.length);
  const padded = (shape: readonly number[]) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
  const [left, right] = [padded(a.shape), padded(b.shape)];
  const shape = left.map((size, k) => Math.max(size, right[k]!));
  const [x, y] = [spread(a, shape), spread(b, shape)];
  return x && y ? combined(x, y, combine, "constants") : null;
}

/** Broadcast as NumPy does it. */
function spread(tensor: Stored, shape: readonly number[]): Stored | null {
  const padded = [...Array.from({ length: shape.length - tensor.shape.length }, () => 1), ...tensor.shape];
  if (padded.length !== shape.length || padded.some((size, k) => size !== shape[k] && size !== 1)) return null;
  const steps = stepsOf(padded).map((step, k) => (padded[k] === 1 ? 0 : step));
  return strided(reshaped(tensor, [countOf(tensor.shape)]), shape, steps, 0);
}

function sliced(
  x: Stored,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): Stored | null {
  const shape = [...x.shape];
  const strides = stepsOf(x.shape);
  let offset = 0;
  for (const [k, given] of axes.entries()) {
    const axis = axisOf(given, x.shape.length);
    const size = x.shape[axis];
    const step = steps[k] ?? 1;
    if (size === undefined || step === 0) return null;
    const place = (at: number, least: number, most: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most);
    const from = step > 0 ? place(starts[k]!, 0, size) : place(starts[k]!, 0, size - 1);
    const to = step > 0 ? place(ends[k]!, 0, size) : ends[k]! < -size ? -1 : place(ends[k]!, -1, size - 1);
    shape[axis] = Math.max(0, Math.ceil((to - from) / step));
    offset += from * strides[axis]!;
    strides[axis] = strides[axis]! * step;
  }
  // Whole rows one after the other are read where they lie.
  if (axes.length === 1 && axisOf(axes[0]!, x.shape.length) === 0 && steps[0] === 1) {
    const from = offset / (stepsOf(x.shape)[0] ?? 1);
    return rowsOf(x, from, from + shape[0]!);
  }
  return strided(reshaped(x, [countOf(x.shape)]), shape, strides, offset);
}

function concatenated(parts: readonly (Stored | undefined)[], given: number): Stored | null {
  const [first] = parts;
  if (!first || parts.some((part) => part?.shape.length !== first.shape.length)) return null;
  const axis = axisOf(given, first.shape.length);
  const all = parts as readonly Stored[];
  if (all.some(({ shape }) => shape.some((size, k) => k !== axis && size !== first.shape[k]))) return null;
  const shape = first.shape.map((size, k) =>
    k === axis ? all.reduce((sum, part) => sum + part.shape[axis]!, 0) : size,
  );
  const outer = countOf(shape.slice(0, axis));
  if (outer === 1)
    return {
      shape,
      range(from, to) {
        const numbers = new Float64Array(to - from);
        let start = 0;
        for (const part of all) {
          const length = countOf(part.shape);
          const [a, b] = [Math.max(from, start), Math.min(to, start + length)];
          if (a < b) numbers.set(part.range(a - start, b - start), a - from);
          start += length;
        }
        return numbers;
      },
    };
  return made(shape, () => {
    const numbers = new Float64Array(countOf(shape));
    const width = countOf(shape.slice(axis));
    let at = 0;
    for (const part of all) {
      const inner = countOf(part.shape.slice(axis));
      const values = allOf(part);
      for (let row = 0; row < outer; row++)
        numbers.set(values.subarray(row * inner, (row + 1) * inner), row * width + at);
      at += inner;
    }
    return numbers;
  });
}
