import {
  type Activation,
  activation,
  elu,
  gruCell,
  hardSigmoid,
  leakyRelu,
  lstmCell,
  ownParameters,
  rnnCell,
  sigmoid,
  tanh,
} from "./cells";
import type { ImportedLayer, OwnCell } from "./network";
import type { Constants } from "./onnxConstants";
import { type Graph, handedOn, type Node, type Place } from "./onnxGraph";
import { countOf, mapped, reshaped, rowsOf, type Stored, sumOf, transposed, zeros } from "./stored";

/**
 * Recurrent cells that no node of their own says: a graph writes them out in products, sums and functions, as PyTorch's
 * exporter does with LSTMCell, GRUCell and RNNCell, and tf2onnx with Keras 3's GRU inside a Loop. They are told by how the new
 * state is put together from the old one, whatever order its operands and its gates stand in.
 * Dimensions: X inputs · H units
 */

/** W v + b of a value v, with the initializers that it is made of. */
export interface Product {
  /** [out × in] */
  readonly W: Stored;
  readonly b: Stored | null;
  readonly input: string;
  readonly from: readonly string[];
}

/** A cell and what it reads. */
export interface WrittenCell {
  readonly cell: "lstm" | "gru" | "rnn";
  /** Null where it is the format's own. */
  readonly own: OwnCell | null;
  readonly options: ImportedLayer["options"];
  readonly size: number;
  readonly inputs: number;
  readonly parameters: Readonly<Record<string, Stored>>;
  readonly from: readonly string[];
  /** Keys of x_t, h_{t−1} and, of an lstm, c_{t−1} and c_t. */
  readonly x: string;
  readonly h: string;
  readonly c: { readonly before: string; readonly after: string } | null;
  /** Where x_t was taken from. */
  readonly input: Place;
  /** The products of the cell: what reads x_t and h_{t−1}. */
  readonly products: readonly Node[];
}

/** Operations that only move numbers around. */
export const passes: readonly string[] = [
  "Identity",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Reshape",
  "Flatten",
  "Cast",
  "Dropout",
  "ReduceMean",
];

export function producerOf(name: string, graph: Graph): Node | null {
  for (let around: Graph | null = graph; around; around = around.parent) {
    const producer = around.producers.get(name);
    if (producer) return producer;
  }
  return null;
}

/** What a node gives of a value: W v + b, where its weights are constants; null where it is no product. */
export function productOf(node: Node, constants: Constants): Product | null {
  const { op, graph, inputs, attributes } = node;
  const weight = ["Gemm", "MatMul", "Conv"].includes(op) ? constants.of(inputs[1], graph) : null;
  const [input = ""] = inputs;
  if (!weight || input === "") return null;
  const { tensor, from } = weight;
  if (op === "MatMul") return tensor.shape.length === 2 ? { W: transposed(tensor), b: null, input, from } : null;
  const bias = inputs[2] ? constants.of(inputs[2], graph) : null;
  if (inputs[2] && !bias) return null;
  const float = (key: string) => attributes.get(key)?.float ?? 1;
  const times = (stored: Stored, factor: number) => (factor === 1 ? stored : mapped(stored, (value) => value * factor));
  let W: Stored;
  if (op === "Gemm") {
    if (tensor.shape.length !== 2 || attributes.get("transA")?.int === 1) return null;
    W = times(attributes.get("transB")?.int === 1 ? tensor : transposed(tensor), float("alpha"));
  } else {
    const [rows = 0, cols = 0, ...kernel] = tensor.shape;
    const isPoint = kernel.every((size) => size === 1) && (attributes.get("group")?.int ?? 1) === 1;
    if (!isPoint || attributes.get("pads")?.ints.some((pad) => pad !== 0)) return null;
    W = reshaped(tensor, [rows, cols]);
  }
  const size = W.shape[0]!;
  if (bias && countOf(bias.tensor.shape) !== size) return null;
  const b = bias && times(reshaped(bias.tensor, [size]), op === "Gemm" ? float("beta") : 1);
  return { W, b, input, from: [...from, ...(bias?.from ?? [])] };
}

/** The function that a node is; null where it is none. */
export function functionOf({ op, attributes }: Node): Activation | null {
  const float = (key: string, usual: number) => attributes.get(key)?.float ?? usual;
  switch (op) {
    case "Sigmoid":
      return sigmoid;
    case "Tanh":
      return tanh;
    case "Relu":
    case "Softplus":
    case "Softsign":
      return activation(op.toLowerCase());
    case "HardSigmoid":
      return hardSigmoid(decimal(float("alpha", 0.2)), decimal(float("beta", 0.5)));
    case "LeakyRelu":
      return leakyRelu(float("alpha", 0.01));
    case "Elu":
      return elu(float("alpha", 1));
    default:
      return null;
  }
}

/** 0.2 in single precision is 0.2 for whoever reads it. */
export function decimal(value: number): number {
  return Math.fround(0.2) === value ? 0.2 : value;
}

/** Σ W_k v_k + b, of values v_k that are no such sums themselves; a W of null leaves its value as it is. */
interface Affine {
  /** Null where the value is one as it is, whose length nobody says. */
  readonly rows: number | null;
  readonly terms: readonly { readonly key: string; readonly place: Place; readonly W: Stored | null }[];
  readonly b: Stored | null;
  readonly from: readonly string[];
  readonly products: readonly Node[];
}

interface Gate {
  readonly activation: Activation;
  readonly sum: Affine;
  readonly key: string;
}

/** Values in values more than this deep are no cell's, nor are sums of more parts than this. */
const deepest = 200;
const mostParts = 2000;
/** What is spent on a whole file. */
const mostOfAll = 1_000_000;

export class WrittenCells {
  private parts = 0;
  private all = 0;

  constructor(private readonly constants: Constants) {}

  /**
   * The cell that computes h_t; null where it is none.
   * @param isState whether a key is a state's; without it what is an input of the model and the order of the operands say it,
   *                and an rnn is none: a function of a sum can be anything
   */
  cellOf(h: string, graph: Graph, isState: ((key: string) => boolean) | null): WrittenCell | null {
    this.all += this.parts;
    this.parts = 0;
    const node = this.solid(h, graph);
    if (!node) return null;
    const choose = isState ?? ((key: string) => this.isInput(key, node.graph));
    if (node.op === "Mul") return this.lstm(node, choose);
    if (node.op === "Add") return this.gru(node);
    const cell = isState && this.rnn(node, isState);
    return cell && isState(cell.h) ? cell : null;
  }

  /** A value by the operations that only moved it taken away: two names of one value have one key. */
  key(start: string, graph: Graph, depth = 0): string {
    if (depth > 20) return start;
    const place = this.bare({ name: start, graph });
    const node = producerOf(place.name, place.graph);
    if (!node || place.name !== node.outputs[0]) {
      if (node?.op === "Split")
        return `${this.key(node.inputs[0] ?? "", node.graph, depth + 1)}[${node.outputs.indexOf(place.name)}]`;
      return place.name;
    }
    const parameters = (from: number) =>
      node.inputs.slice(from).map((name) => this.constants.numbers(name, node.graph)?.join(",") ?? name);
    if (node.op === "Split") return `${this.key(node.inputs[0] ?? "", node.graph, depth + 1)}[0]`;
    if (node.op === "Gather" && !this.constants.of(node.inputs[0], node.graph))
      return `${this.key(node.inputs[0] ?? "", node.graph, depth + 1)}[${[node.attributes.get("axis")?.int ?? 0, ...parameters(1)].join(";")}]`;
    if (node.op === "Slice") {
      const old = ["starts", "ends", "axes"].map((name) => node.attributes.get(name)?.ints.join(",") ?? "");
      return `${this.key(node.inputs[0] ?? "", node.graph, depth + 1)}[${[...parameters(1), ...old].join(";")}]`;
    }
    return place.name;
  }

  /** Through what only moves numbers, and out of a Loop where a value goes in unchanged. */
  bare({ name, graph }: Place): Place {
    for (let k = 0; k < deepest; k++) {
      const node = producerOf(name, graph);
      if (node && passes.includes(node.op)) {
        name = node.inputs[0] ?? "";
        graph = node.graph;
        continue;
      }
      const outside = node ? null : this.outside({ name, graph });
      if (!outside) return { name, graph: node?.graph ?? graph };
      ({ name, graph } = outside);
    }
    return { name, graph };
  }

  /** What an input of a Loop's or a Scan's body is outside, where it is no state. */
  private outside({ name, graph }: Place): Place | null {
    for (let around: Graph | null = graph; around; around = around.parent) {
      const at = around.inputs.indexOf(name);
      if (at < 0) continue;
      const { owner } = around;
      if (owner?.op !== "Scan") return handedOn(name, around);
      const states = owner.inputs.length - (owner.attributes.get("num_scan_inputs")?.int ?? 0);
      return at >= states ? { name: owner.inputs[at] ?? "", graph: owner.graph } : null;
    }
    return null;
  }

  /** The value of which one is a part: a step of a sequence, a state in an array of states. */
  origin(start: string, graph: Graph): Place {
    let place = this.bare({ name: start, graph });
    for (let k = 0; k < deepest; k++) {
      const node = producerOf(place.name, place.graph);
      if (!node || !["Gather", "Slice", "Split"].includes(node.op)) return place;
      const [name = ""] = node.inputs;
      if (node.op === "Gather" && this.constants.of(name, node.graph)) return place;
      if (node.op === "Slice" && this.constants.numbers(node.inputs[4], node.graph)?.some((step) => step < 0))
        return place;
      place = this.bare({ name, graph: node.graph });
    }
    return place;
  }

  /** Whether what a key stands for is an input of the model, or a part of one. */
  isInput(key: string, graph: Graph): boolean {
    const { name, graph: where } = this.origin(stem(key), graph);
    return producerOf(name, where) === null;
  }

  /** The node that computes a value, what only moves it taken away. */
  private solid(name: string, graph: Graph): Node | null {
    const place = this.bare({ name, graph });
    return producerOf(place.name, place.graph);
  }

  private affine(name: string, graph: Graph, depth = 0): Affine | null {
    if (depth > deepest || ++this.parts > mostParts || this.all > mostOfAll) return null;
    const constant = this.constants.of(name, graph);
    if (constant) {
      const rows = countOf(constant.tensor.shape);
      return { rows, terms: [], b: reshaped(constant.tensor, [rows]), from: constant.from, products: [] };
    }
    const place = this.bare({ name, graph });
    const itself: Affine = {
      rows: null,
      terms: [{ key: this.key(name, graph), place, W: null }],
      b: null,
      from: [],
      products: [],
    };
    const node = producerOf(place.name, place.graph);
    if (!node) return itself;
    const inner = (k: number) => this.affine(node.inputs[k] ?? "", node.graph, depth + 1);
    const product = productOf(node, this.constants);
    if (product) {
      const { W, b, input, from } = product;
      const read = this.bare({ name: input, graph: node.graph });
      const term = { key: this.key(input, node.graph), place: read, W };
      return { rows: W.shape[0]!, terms: [term], b, from, products: [node] };
    }
    if (node.op === "Add") {
      const [a, b] = [inner(0), inner(1)];
      return a && b && plus(a, b);
    }
    if (node.op === "Split" || node.op === "Slice") {
      const whole = inner(0);
      const rows = whole?.rows ?? null;
      if (!whole || rows === null || whole.terms.some(({ W }) => W === null)) return itself;
      const range = this.rangeOf(node, place.name, rows);
      if (!range || range[0] < 0 || range[1] > rows || range[0] >= range[1]) return null;
      return {
        rows: range[1] - range[0],
        terms: whole.terms.map((term) => ({ ...term, W: rowsOf(term.W!, ...range) })),
        b: whole.b && rowsOf(whole.b, ...range),
        from: whole.from,
        products: whole.products,
      };
    }
    return itself;
  }

  /** Which of a vector's numbers a Split or a Slice takes; null where that cannot be said. */
  private rangeOf(node: Node, output: string, rows: number): [number, number] | null {
    const list = (k: number, attribute: string) =>
      this.constants.numbers(node.inputs[k], node.graph) ?? node.attributes.get(attribute)?.ints ?? null;
    if (node.op === "Split") {
      const at = node.outputs.indexOf(output);
      const count = node.outputs.length;
      const each = Math.ceil(rows / count);
      const given = list(1, "split");
      const sizes = given && given.length > 0 ? given : Array.from({ length: count }, () => each);
      const from = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
      return [from, Math.min(rows, from + (sizes[at] ?? 0))];
    }
    const [starts, ends] = [list(1, "starts"), list(2, "ends")];
    if (!starts || !ends || list(4, "steps")?.some((step) => step !== 1)) return null;
    const axes = list(3, "axes") ?? starts.map((_, k) => k);
    let range: [number, number] = [0, rows];
    for (const [k, axis] of axes.entries()) {
      const place = (value: number) => Math.min(Math.max(value < 0 ? value + rows : value, 0), rows);
      // Sequences of a batch are all taken, or it is no part of a cell.
      if (axis === 0 && (starts[k] !== 0 || ends[k]! < 2 ** 31 - 1)) return null;
      if (axis !== 0) range = [place(starts[k]!), place(ends[k]!)];
    }
    return range;
  }

  private gate(name: string, graph: Graph): Gate | null {
    const node = this.solid(name, graph);
    const activation = node && functionOf(node);
    const sum = activation && this.affine(node.inputs[0] ?? "", node.graph);
    return sum ? { activation, sum, key: this.key(name, graph) } : null;
  }

  /** h = o ∘ tanh(c), c = f ∘ c' + i ∘ g */
  private lstm(mul: Node, isState: (key: string) => boolean): WrittenCell | null {
    for (const [a, b] of bothWays(mul)) {
      const squashed = this.solid(b, mul.graph);
      const output = squashed && functionOf(squashed);
      const state = output && this.solid(squashed.inputs[0] ?? "", squashed.graph);
      const o = state?.op === "Add" ? this.gate(a, mul.graph) : null;
      if (!o) continue;
      for (const [kept, put] of bothWays(state!)) {
        const [keeps, puts] = [this.solid(kept, state!.graph), this.solid(put, state!.graph)];
        if (keeps?.op !== "Mul" || puts?.op !== "Mul") continue;
        for (const [first, second] of bothWays(keeps))
          for (const [third, fourth] of bothWays(puts)) {
            const [f, i, g] = [
              this.gate(first, keeps.graph),
              this.gate(third, puts.graph),
              this.gate(fourth, puts.graph),
            ];
            const before = this.key(second, keeps.graph);
            if (!f || !i || !g || i.activation.name !== o.activation.name || f.activation.name !== o.activation.name)
              continue;
            const gates = { i, f, g, o };
            const earlier = this.previousOutput(second, keeps.graph);
            const isRecurrent = (key: string) => (earlier === null ? isState(key) : key === earlier);
            const form = { gates: o.activation, candidate: g.activation, output: output! };
            const made = this.assembled("lstm", gates, isRecurrent, before, lstmCell(form), {});
            const after = this.key(squashed!.inputs[0] ?? "", squashed!.graph);
            if (made) return { ...made, c: { before, after } };
          }
      }
    }
    return null;
  }

  /** The h that belongs to a c of the step before, where that step is written out as well. */
  private previousOutput(c: string, graph: Graph): string | null {
    const place = this.bare({ name: c, graph });
    if (!producerOf(place.name, place.graph)) return null;
    for (const reader of place.graph.readers.get(place.name) ?? []) {
      if (!functionOf(reader)) continue;
      const output = reader.outputs[0] ?? "";
      const h = reader.graph.readers.get(output)?.find(({ op }) => op === "Mul");
      if (h) return h.outputs[0] ?? null;
    }
    return null;
  }

  /** h = (1 − z) ∘ n + z ∘ h', in any of the ways in which that is written. */
  private gru(add: Node): WrittenCell | null {
    for (const { z, n, before, isInverted } of this.mixtures(add)) {
      const candidate = this.solid(n.name, n.graph);
      const activation = candidate && functionOf(candidate);
      const sum = activation && this.affine(candidate.inputs[0] ?? "", candidate.graph);
      const update = this.gate(z.name, z.graph);
      if (!sum || !update || (isInverted && update.activation !== sigmoid)) continue;
      // σ(−a) = 1 − σ(a)
      const turned = isInverted ? { ...update, sum: negative(update.sum) } : update;
      for (const term of sum.terms) {
        const reset = this.solid(term.place.name, term.place.graph);
        if (reset?.op !== "Mul") continue;
        for (const [first, second] of bothWays(reset)) {
          const r = this.gate(first, reset.graph);
          const read = this.affine(second, reset.graph);
          if (!r || !read || r.activation.name !== update.activation.name) continue;
          const isAfter = term.W === null;
          const [inner] = read.terms;
          const isWhole = read.terms.length === 1 && inner?.key === before && (inner.W === null) === !isAfter;
          if (!isWhole || (!isAfter && read.b)) continue;
          const others = sum.terms.filter((other) => other !== term);
          const recurrent = { ...inner, W: isAfter ? inner.W : term.W };
          const form = { gates: r.activation, candidate: activation, reset: isAfter ? "after" : "before" } as const;
          const made = this.assembled(
            "gru",
            {
              r,
              z: turned,
              n: {
                activation,
                key: "",
                sum: {
                  ...sum,
                  terms: [...others, recurrent],
                  from: [...sum.from, ...read.from],
                  products: [...sum.products, ...read.products],
                },
              },
            },
            (key) => key === before,
            null,
            gruCell(form),
            { reset: form.reset },
            isAfter ? read.b : undefined,
          );
          if (made && made.h === before) return made;
        }
      }
    }
    return null;
  }

  /** z and 1 − z times n and h'; or h' and n and what z takes of their difference. */
  private *mixtures(add: Node): Generator<{ z: Place; n: Place; before: string; isInverted: boolean }> {
    const { graph } = add;
    const at = (name: string, where: Graph): Place => ({ name, graph: where });
    for (const [a, b] of bothWays(add)) {
      const [left, right] = [this.solid(a, graph), this.solid(b, graph)];
      if (left?.op !== "Mul") continue;
      for (const [u, v] of bothWays(left)) {
        // z (h' − n) + n, or z (n − h') + h'
        const difference = this.solid(v, left.graph);
        if (difference?.op === "Sub") {
          const [p = "", q = ""] = difference.inputs;
          if (this.key(q, difference.graph) === this.key(b, graph)) {
            const z = at(u, left.graph);
            yield { z, n: at(b, graph), before: this.key(p, difference.graph), isInverted: false };
            yield { z, n: at(p, difference.graph), before: this.key(b, graph), isInverted: true };
          }
        }
        if (right?.op !== "Mul") continue;
        // z v + (1 − z) y
        for (const [x, y] of bothWays(right)) {
          const rest = this.solid(x, right.graph);
          const one = rest?.op === "Sub" ? this.constants.numbers(rest.inputs[0], rest.graph) : null;
          if (!rest || one?.length !== 1 || one[0] !== 1) continue;
          if (this.key(rest.inputs[1] ?? "", rest.graph) !== this.key(u, left.graph)) continue;
          const z = at(u, left.graph);
          yield { z, n: at(y, right.graph), before: this.key(v, left.graph), isInverted: false };
          yield { z, n: at(v, left.graph), before: this.key(y, right.graph), isInverted: true };
        }
      }
    }
  }

  /** h = tanh(Wxh x + Whh h' + b) */
  private rnn(node: Node, isState: (key: string) => boolean): WrittenCell | null {
    const activation = functionOf(node);
    const sum = activation && this.affine(node.inputs[0] ?? "", node.graph);
    if (!sum) return null;
    const gates = { h: { activation, sum, key: "" } };
    const own = rnnCell(activation, null);
    return this.assembled("rnn", gates, isState, null, own, { activation: activation.name });
  }

  /** A layer of gates, each a sum of what it takes of x_t and of h_{t−1}; null where they do not go together. */
  private assembled(
    cell: WrittenCell["cell"],
    gates: Readonly<Record<string, Gate>>,
    isRecurrent: (key: string) => boolean,
    cBefore: string | null,
    own: OwnCell | null,
    options: ImportedLayer["options"],
    bhn?: Stored | null,
  ): WrittenCell | null {
    const [first] = Object.values(gates);
    if (first?.sum.terms.length !== 2) return null;
    const H = Object.values(gates)[0]!.sum.rows ?? 0;
    const couldBe = first.sum.terms.filter(({ W }) => W?.shape[1] === H);
    // Where both could be the state, it is the one that is an input, or the one that stands first.
    const state =
      couldBe.length < 2
        ? couldBe[0]
        : (couldBe.find(({ key }) => cBefore !== null && stem(key) === stem(cBefore)) ??
          (couldBe.filter(({ key }) => isRecurrent(key)).length === 1
            ? couldBe.find(({ key }) => isRecurrent(key))
            : couldBe[0]));
    const x = first.sum.terms.find((term) => term !== state);
    if (!state || !x?.W || state.key === x.key) return null;
    const X = x.W.shape[1]!;
    const parameters: Record<string, Stored> = {};
    const hasBias = (bhn ?? null) !== null || Object.values(gates).some(({ sum }) => sum.b);
    for (const [letter, { sum }] of Object.entries(gates)) {
      const [Wx, Wh] = [x.key, state.key].map((key) => sum.terms.find((term) => term.key === key)?.W);
      if (sum.terms.length !== 2 || Wx?.shape.join() !== `${H},${X}` || Wh?.shape.join() !== `${H},${H}`) return null;
      if (sum.b && countOf(sum.b.shape) !== H) return null;
      parameters[`Wx${letter}`] = Wx;
      parameters[`Wh${letter}`] = Wh;
      if (hasBias) parameters[`b${letter}`] = sum.b ?? zeros([H]);
    }
    if (hasBias && bhn !== undefined) parameters["bhn"] = bhn ?? zeros([H]);
    const sums = Object.values(gates).map(({ sum }) => sum);
    return {
      cell,
      own,
      options: own ? {} : options,
      size: H,
      inputs: X,
      parameters: own ? ownParameters(parameters, own, H) : parameters,
      from: [...new Set(sums.flatMap(({ from }) => from))],
      x: x.key,
      h: state.key,
      c: null,
      input: this.origin(x.place.name, x.place.graph),
      products: [...new Set(sums.flatMap(({ products }) => products))],
    };
  }
}

/** A key without the part that it says. */
const stem = (key: string) => key.replace(/(\[[^\]]*\])+$/, "");

/** The two operands of a node, each first once. */
function bothWays({ inputs: [a = "", b = ""] }: Node): [string, string][] {
  return [
    [a, b],
    [b, a],
  ];
}

function plus(a: Affine, b: Affine): Affine | null {
  if (a.rows !== null && b.rows !== null && a.rows !== b.rows) return null;
  const terms = [...a.terms];
  for (const term of b.terms) {
    const at = terms.findIndex(({ key }) => key === term.key);
    if (at < 0) terms.push(term);
    else {
      const { W } = terms[at]!;
      if (!W || !term.W) return null;
      terms[at] = { ...term, W: sumOf(W, term.W, term.key) };
    }
  }
  return {
    rows: a.rows ?? b.rows,
    terms,
    b: a.b && b.b ? sumOf(a.b, b.b, "a bias") : (a.b ?? b.b),
    from: [...a.from, ...b.from],
    products: [...a.products, ...b.products],
  };
}

function negative(sum: Affine): Affine {
  const turn = (tensor: Stored) => mapped(tensor, (value) => -value);
  return {
    ...sum,
    terms: sum.terms.map((term) => ({ ...term, W: term.W && turn(term.W) })),
    b: sum.b && turn(sum.b),
  };
}
