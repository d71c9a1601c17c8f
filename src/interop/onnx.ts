import {
  type Activation,
  activation,
  affine,
  elu,
  gruCell,
  hardSigmoid,
  leakyRelu,
  lstmCell,
  ownParameters,
  rnnCell,
  scaledTanh,
  sigmoid,
  tanh,
} from "./cells";
import { unpackStored } from "./gates";
import { layouts } from "./layouts";
import type { Chain, Found, ImportedLayer, ImportedPass, Left, OwnCell, ReadOut } from "./network";
import { type Constant, Constants } from "./onnxConstants";
import { type Graph, type Node, type Place, readOnnx } from "./onnxGraph";
import { decimal, functionOf, passes, producerOf, productOf, type WrittenCell, WrittenCells } from "./onnxWritten";
import { type Step, sequentialChains } from "./sequential";
import { ImportError, type Source } from "./source";
import { allOf, countOf, given, reshaped, rowsOf, type Stored, shapeText, sumOf } from "./stored";

/** A bias that stands by itself behind a product. */
type OnnxStep =
  | Step
  | { readonly kind: "bias"; readonly name: string; readonly b: Stored; readonly from: readonly string[] };

/** What the axes of a value are: steps of time, directions (1 where there is one), the batch, units; null where that is lost. */
type Axis = "T" | "D" | "1" | "B" | "H";
type Axes = readonly Axis[] | null;

/** A line of layers that reads a value. */
interface Line {
  readonly steps: OnnxStep[];
  readonly isLast: boolean;
  /** Operations on the way that change numbers and are not among the steps, the last of them where the line breaks off. */
  readonly passedOver: readonly Node[];
}

/**
 * The recurrent nodes of an ONNX model, wherever they lie, each with what is computed right behind it.
 * @throws ImportError where nothing recurrent can be read
 */
export function importOnnx(source: Source): Found {
  const { graph, producer } = readOnnx(source);
  return new Importer(graph, producer).found();
}

type Layer = Step & { readonly kind: "layer" };

/** A recurrent node and what is computed behind it. */
interface Draft {
  readonly node: Node;
  readonly name: string;
  readonly steps: readonly Step[];
  /** What the first of them reads. */
  readonly start: Place;
  readonly passedOver: readonly Node[];
}

/** What stands in front of a recurrent node. */
interface Front {
  readonly steps: readonly OnnxStep[];
  readonly start: Place;
  /** What changes the numbers there, and cannot be said here. */
  readonly passedOver?: Node;
}

const layerIn = ({ steps }: Draft): ImportedLayer => steps.find((step): step is Layer => step.kind === "layer")!.layer;

interface Recurrent {
  readonly step: Layer;
  /** Where h_t is to be found, of every step and of the last one. */
  readonly every: string;
  readonly ended: string;
  /** The graph in which these have their names. */
  readonly graph: Graph;
  readonly input: Place;
  /** Reads one step a call, as streams do. */
  readonly isOneStep: boolean;
  /** Of a cell without a node of its own: the key of h_{t−1}. */
  readonly written: { readonly h: string } | null;
}

class Importer {
  private readonly constants = new Constants();
  private readonly written = new WrittenCells(this.constants);
  /** Products that are a cell's, and where that is put together. */
  private readonly inCells = new Map<Node, Node>();
  private readonly warnings: string[] = [];
  private readonly left: Left[] = [];
  private readonly read = new Map<Node, Recurrent | null>();
  private readonly nodes: Node[];
  /** What the model gives. */
  private readonly results: ReadonlySet<string>;
  /** Initializers that came over. */
  private readonly taken = new Set<string>();

  constructor(
    graph: Graph,
    private readonly producer: string | null,
  ) {
    this.nodes = nodesIn(graph);
    this.results = new Set(graph.outputs.map((output) => this.written.key(output, graph)));
  }

  found(): Found {
    const recurrent = this.nodes.filter((node) => this.recurrent(node) !== null);
    const inside = new Set<Node>();
    const drafts: Draft[] = recurrent.map((node) => ({ node, name: "", ...this.chainFrom(node, inside) }));
    const chains: Chain[] = [];
    const passedOver = new Set<Node>();
    for (const alike of this.withSameWeights(drafts.filter(({ node }) => !inside.has(node)))) {
      const [one, ...others] = alike;
      for (const chain of sequentialChains(one!.steps, this.left, one!.start.name)) chains.push(chain);
      for (const node of one!.passedOver) passedOver.add(node);
      // Two branches of an If can hold the same layer; what is written out can be the steps of one, one after the other.
      for (const { node, name } of others)
        if (!this.recurrent(node)!.written) this.left.push({ name, why: `the same weights as ${one!.name}` });
    }
    for (const chain of chains)
      for (const name of [...chain.layers.flatMap(({ from }) => from), ...chain.output.from]) this.taken.add(name);
    this.nameTheRest();
    this.name(passedOver);
    if (chains.length === 0) {
      const reasons = this.left.filter(({ recurrent: is }) => is).map(({ name, why }) => `${name}: ${why}`);
      const ops = [...new Set(this.nodes.map(({ op }) => op))].slice(0, 12).join(", ");
      throw new ImportError(
        reasons.join("; ") || `nothing recurrent is in it: found the operations ${ops || "of an empty graph"}`,
      );
    }
    return { format: "onnx", producer: this.producer, chains, left: this.left, warnings: this.warnings };
  }

  /** Drafts whose first layers are made of the same initializers: those with the longest line behind them first. */
  private withSameWeights(drafts: readonly Draft[]): Draft[][] {
    const groups = new Map<string, Draft[]>();
    for (const draft of drafts) {
      const { from, name } = layerIn(draft);
      const key = from.length > 0 ? [...from].sort().join("\n") : `\n${name}`;
      groups.set(key, [...(groups.get(key) ?? []), { ...draft, name }]);
    }
    return [...groups.values()].map((group) => {
      const lengths = group.map(({ steps }) => steps.length);
      const most = lengths.reduce((a, b) => Math.max(a, b), 0);
      const at = lengths.indexOf(most);
      const best = group[at]!;
      const others = group.filter((draft) => draft !== best);
      // Only the last of the steps that a graph writes out one after the other is read.
      const state = this.recurrent(best.node)!.written?.h;
      const isUnrolled = others.some(({ node }) => {
        const { every, graph } = this.recurrent(node)!;
        return this.written.key(every, graph) === state;
      });
      const last = best.steps.findLastIndex(({ kind }) => kind === "layer");
      const steps = best.steps.map(
        (step, k): Step => (isUnrolled && k === last ? { ...(step as Layer), at: "last" } : step),
      );
      return [{ ...best, steps }, ...others];
    });
  }

  /** What else has weights: an encoder, a head that nobody can say here. */
  private nameTheRest(): void {
    const named = new Set(this.left.map(({ name }) => name));
    for (const node of this.nodes) {
      if (
        [
          "Loop",
          "Scan",
          "Split",
          "LSTM",
          "GRU",
          "RNN",
          "Constant",
          "If",
          "Slice",
          "Concat",
          "Unsqueeze",
          "Squeeze",
          "Reshape",
          "Gather",
          "Transpose",
          "Identity",
          "Pad",
          "Cast",
        ].includes(node.op)
      )
        continue;
      for (const name of node.inputs) {
        const constant = this.constants.of(name, node.graph);
        if (!constant || this.taken.has(name) || named.has(name) || countOf(constant.tensor.shape) < 2) continue;
        if (constant.from.every((root) => this.taken.has(root)) || isZero(constant.tensor)) continue;
        named.add(name);
        this.left.push({ name, why: `${node.op} is no part of a recurrent stack` });
      }
    }
  }

  /** What has no weights of its own that would name it, and changes the numbers all the same. */
  private name(passedOver: Iterable<Node>): void {
    const named = new Set(this.left.map(({ name }) => name));
    for (const node of passedOver) {
      const name = node.name || node.outputs.find((output) => output !== "") || node.op;
      if (named.has(name) || node.inputs.some((input) => named.has(input))) continue;
      named.add(name);
      this.left.push({ name, why: `${node.op} is no part of a recurrent stack` });
    }
  }

  // ------------------------------------------------------------------------------------------ recurrent nodes

  private recurrent(node: Node): Recurrent | null {
    const known = this.read.get(node);
    if (known !== undefined) return known;
    this.read.set(node, null);
    const name = node.name || node.outputs.find((output) => output !== "") || node.op;
    let made: Recurrent | null = null;
    try {
      if (node.domain === "" && ["LSTM", "GRU", "RNN"].includes(node.op)) made = this.fromNode(node, name);
      else if ((node.op === "Loop" || node.op === "Scan") && bodyHas(node, ["MatMul", "Gemm"]))
        made = this.fromLoop(node, name);
      else if (loopBetween(node, null) === null) made = this.fromWritten(node, name);
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      this.left.push({ name, why: error.message, recurrent: true });
    }
    this.read.set(node, made);
    return made;
  }

  private fromNode(node: Node, name: string): Recurrent {
    const { graph, inputs, attributes } = node;
    const cell = node.op.toLowerCase() as "lstm" | "gru" | "rnn";
    const need = (k: number, what: string): Constant => {
      const constant = this.constants.of(inputs[k], graph);
      if (!constant) throw new ImportError(`its ${what} are computed while it runs`);
      if (constant.tensor.shape.length < 2)
        throw new ImportError(`its ${what} are ${shapeText(constant.tensor.shape)}`);
      return constant;
    };
    const optional = (k: number) => (inputs[k] ? this.constants.of(inputs[k], graph) : null);
    const [W, R] = [need(1, "weights W"), need(2, "recurrent weights R")];
    if (inputs[3] && !optional(3)) throw new ImportError("its biases B are computed while it runs");
    const B = optional(3);
    const P = cell === "lstm" ? optional(7) : null;
    if (cell === "lstm" && inputs[7] && !P) throw new ImportError("its peepholes P are computed while it runs");
    const text = attributes.get("direction")?.text || "forward";
    const passes = text === "bidirectional" ? 2 : 1;
    const [dirs = 0] = W.tensor.shape;
    if (!["forward", "reverse", "bidirectional"].includes(text) || dirs !== passes)
      throw new ImportError(`its direction is ${text}, but its weights are of ${dirs} passes`);
    if (inputs[4] && !this.isFull(inputs[4], graph))
      this.warnings.push(`${name}: sequence_lens is left out: a sequence is as long as it is`);
    const reset = cell === "gru" && (attributes.get("linear_before_reset")?.int ?? 0) === 0 ? "before" : "after";
    if (reset === "before" && cell === "gru" && /^pytorch 2\.(9|10)\b/.test(this.producer ?? ""))
      this.warnings.push(
        `${name}: linear_before_reset is 0, which PyTorch 2.9 and 2.10 write by a fault of theirs (PyTorch's own GRU resets after): taken as written`,
      );
    const own = this.ownCell(node, cell, passes, reset, P !== null);
    const pass = (d: number): { pass: ImportedPass; size: number; inputs: number } => {
      const matrix = ({ tensor }: Constant) => reshaped(rowsOf(tensor, d, d + 1), tensor.shape.slice(1));
      const gates = layouts.onnx.gates[cell].length;
      const bias = B && reshaped(rowsOf(B.tensor, d, d + 1), [countOf(B.tensor.shape) / passes]);
      const half = bias && countOf(bias.shape) / 2;
      const packed = {
        input: matrix(W),
        recurrent: matrix(R),
        inputBias: bias && rowsOf(bias, 0, half!),
        recurrentBias: bias && rowsOf(bias, half!, 2 * half!),
      };
      const { parameters, size, inputs: X } = unpackStored(cell, layouts.onnx, packed, name, reset);
      if (half !== null && half !== gates * size) throw new ImportError(`its biases are ${shapeText(B!.tensor.shape)}`);
      const peepholes =
        P && peepholesOf(reshaped(rowsOf(P.tensor, d, d + 1), [countOf(P.tensor.shape) / passes]), size);
      const initial = {
        ...this.initial("h0", optional(5), d, size, passes),
        ...(cell === "lstm" ? this.initial("c0", optional(6), d, size, passes) : {}),
      };
      const all = { ...parameters, ...peepholes };
      return { pass: { parameters: own ? ownParameters(all, own, size) : all, initial }, size, inputs: X };
    };
    const forward = pass(0);
    const back = passes === 2 ? pass(1) : null;
    const direction = text === "bidirectional" ? "both" : text === "reverse" ? "backward" : "forward";
    const layer: ImportedLayer = {
      name,
      cell,
      size: forward.size,
      inputs: forward.inputs,
      options: own
        ? {}
        : cell === "gru"
          ? { reset }
          : cell === "rnn"
            ? { activation: this.activations(node, 1, 1)[0]![0]!.name }
            : {},
      direction,
      forward: forward.pass,
      ...(back && { reverse: back.pass }),
      from: [...new Set([W, R, B, P].flatMap((constant) => constant?.from ?? []))],
    };
    const isOneStep = this.isOneStep(inputs[0] ?? "", graph);
    return {
      step: { kind: "layer", layer, own, at: "every" },
      every: node.outputs[0] ?? "",
      ended: node.outputs[1] ?? "",
      graph,
      input: { name: inputs[0] ?? "", graph },
      isOneStep,
      written: null,
    };
  }

  /** Lengths that are those of the whole input say nothing. */
  private isFull(name: string, graph: Graph): boolean {
    const producer = producerOf(name, graph);
    return producer !== null && ["Expand", "ConstantOfShape", "Shape"].includes(producer.op);
  }

  /** The input got its axis of time just before: each call is one step of a stream. */
  private isOneStep(name: string, graph: Graph): boolean {
    const producer = producerOf(name, graph);
    if (producer?.op !== "Unsqueeze") return false;
    const axes = producer.attributes.get("axes")?.ints ?? this.constants.numbers(producer.inputs[1], graph);
    return axes?.length === 1 && axes[0] === 0;
  }

  /** An initial state that is a constant other than zero. A batch of several has one for each. */
  private initial(
    key: string,
    constant: Constant | null,
    d: number,
    size: number,
    passes: number,
  ): Record<string, Stored> {
    if (!constant || countOf(constant.tensor.shape) !== passes * size) return {};
    const numbers = allOf(constant.tensor).slice(d * size, (d + 1) * size);
    return numbers.every((value) => value === 0) ? {} : { [key]: given([size], numbers) };
  }

  /** The functions of each pass. */
  private activations(node: Node, each: number, passes: number): Activation[][] {
    const usual = { LSTM: ["Sigmoid", "Tanh", "Tanh"], GRU: ["Sigmoid", "Tanh"], RNN: ["Tanh"] }[node.op as "LSTM"];
    const named = node.attributes.get("activations")?.texts ?? [];
    const names = named.length > 0 ? named : Array.from({ length: passes }, () => usual).flat();
    if (names.length < each * passes)
      throw new ImportError(`it names ${names.length} activations, expected ${each * passes}`);
    const alphas = [...(node.attributes.get("activation_alpha")?.floats ?? [])];
    const betas = [...(node.attributes.get("activation_beta")?.floats ?? [])];
    const all = names.slice(0, each * passes).map((name) => onnxActivation(name, alphas, betas));
    return Array.from({ length: passes }, (_, d) => all.slice(d * each, (d + 1) * each));
  }

  private ownCell(
    node: Node,
    cell: "lstm" | "gru" | "rnn",
    passes: number,
    reset: "before" | "after",
    peepholes: boolean,
  ): OwnCell | null {
    const [forward, backward] = this.activations(node, { lstm: 3, gru: 2, rnn: 1 }[cell], passes);
    const clipped = node.attributes.get("clip")?.float;
    const clip = clipped === undefined || clipped === 0 ? null : clipped;
    const cellOf = ([first, second, third]: Activation[]): OwnCell | null => {
      if (cell === "rnn") return rnnCell(first!, clip);
      if (cell === "gru") return gruCell({ gates: first!, candidate: second!, reset, clip });
      const coupled = (node.attributes.get("input_forget")?.int ?? 0) !== 0;
      return lstmCell({ gates: first!, candidate: second!, output: third!, peepholes, coupled, clip });
    };
    const own = cellOf(forward!);
    if (backward && JSON.stringify(cellOf(backward)) !== JSON.stringify(own))
      throw new ImportError("its two passes have different activations");
    if (backward && cell === "rnn" && backward[0]!.name !== forward![0]!.name)
      throw new ImportError("its two passes have different activations");
    return own;
  }

  // ------------------------------------------------------------------------------------------ cells written out

  /** A cell without a node of its own, in a graph that is run once a step. */
  private fromWritten(node: Node, name: string): Recurrent | null {
    const { graph } = node;
    const [h = ""] = node.outputs;
    // tanh(W x + U h) is a cell where a model gives it and reads h: elsewhere it can be anything.
    const isResult = graph.parent === null && this.results.has(h);
    if (functionOf(node) && !isResult) return null;
    const isState = functionOf(node) ? (key: string) => this.written.isInput(key, graph) : null;
    const cell = this.written.cellOf(h, graph, isState);
    if (!cell) return null;
    for (const product of cell.products) this.inCells.set(product, node);
    const layer = layerOf(cell, name, "forward", {});
    return {
      step: stepOf(layer, cell),
      every: h,
      ended: h,
      graph,
      input: cell.input,
      isOneStep: true,
      written: cell,
    };
  }

  /** A Loop or a Scan whose body is one step of a cell. @throws ImportError where it is none */
  private fromLoop(loop: Node, name: string): Recurrent {
    const body = loop.attributes.get("body")?.graph;
    if (!body) throw new ImportError(`its ${loop.op} has no body`);
    const isScan = loop.op === "Scan";
    const scanned = isScan ? (loop.attributes.get("num_scan_inputs")?.int ?? 0) : 0;
    // The body of a Loop reads its count and its condition first, and gives its condition first.
    const before = isScan ? 0 : 2;
    const states = body.inputs.slice(before, isScan ? Math.max(0, body.inputs.length - scanned) : undefined);
    const results = body.outputs.slice(isScan ? 0 : 1);
    const keys = results.map((result) => this.written.key(result, body));
    const isState = (key: string) => states.includes(key);
    for (const [k, state] of states.entries()) {
      const cell = this.written.cellOf(results[k] ?? "", body, isState);
      if (cell?.h !== state) continue;
      const cAt = cell.c && states.indexOf(cell.c.before);
      if (cell.c && (cAt === null || cAt < 0 || keys[cAt] !== cell.c.after)) continue;
      const place = this.forwardInput(loop, cell.input);
      const initial = (key: string, at: number) =>
        this.initial(key, this.constants.of(loop.inputs[before + at], loop.graph), 0, cell.size, 1);
      const layer = layerOf(cell, name, place.isBackward ? "backward" : "forward", {
        ...initial("h0", k),
        ...(cAt === null ? {} : initial("c0", cAt)),
      });
      const every = keys.findIndex((key, at) => at >= states.length && key === keys[k]);
      return {
        step: stepOf(layer, cell),
        every: loop.outputs[every] ?? "",
        ended: loop.outputs[k] ?? "",
        graph: loop.graph,
        input: place,
        isOneStep: false,
        written: cell,
      };
    }
    throw new ImportError(
      `a ${loop.op} with MatMul in it is a recurrent layer that is written out, and its step is none of an rnn, lstm or gru that is known here`,
    );
  }

  /** What a Loop reads, and whether from its end: turned around in front of it, or by a Scan itself. */
  private forwardInput(loop: Node, input: Place): Place & { isBackward: boolean } {
    const directions = ["scan_input_directions", "scan_output_directions"].map(
      (name) => loop.attributes.get(name)?.ints ?? [],
    );
    const [reads, writes] = directions.map((list) => list.some((direction) => direction === 1));
    if (reads !== writes && loop.op === "Scan" && loop.outputs.length > 1 && reads)
      throw new ImportError("it reads a sequence from its end, and gives what it computes in that order");
    const producer = producerOf(input.name, input.graph);
    const isTurned =
      producer?.op === "ReverseSequence" ||
      (producer?.op === "Slice" && this.constants.numbers(producer.inputs[4], producer.graph)?.[0] === -1);
    if (!isTurned) return { ...input, isBackward: reads! };
    this.warnings.push(
      `${loop.name || loop.op} reads a sequence that is turned around: what it gives stands here at the steps that it belongs to`,
    );
    return { ...this.written.origin(producer.inputs[0] ?? "", producer.graph), isBackward: !reads };
  }

  // ------------------------------------------------------------------------------------------ what follows

  /** @param isFirst whether what stands in front of it belongs to the chain, too */
  private chainFrom(node: Node, inside: Set<Node>, isFirst = true): Pick<Draft, "steps" | "start" | "passedOver"> {
    const { step, every, ended, graph, isOneStep, written } = this.recurrent(node)!;
    const seen = new Set<string>();
    const isNode = written === null && (node.attributes.get("layout")?.int ?? 0) === 0;
    const oneStep: Axes = isNode ? [step.layer.direction === "both" ? "D" : "1", "B", "H"] : null;
    const after = this.after(every, graph, oneStep && ["T", ...oneStep], seen, inside, 0);
    const ends = ended !== every && ended !== "" ? [ended, ...this.partsOfStack(ended, graph, step.layer)] : [];
    const atEnd = ends
      .map((name) => this.after(name, graph, name === ended ? oneStep : null, new Set(), inside, 0))
      .reduce((best, one) => (one && (!best || one.steps.length > best.steps.length) ? one : best), null);
    const useEnd = atEnd !== null && (after === null || (after.steps.length === 0 && atEnd.steps.length > 0));
    const line = useEnd ? atEnd : after;
    const { steps = [], isLast = false, passedOver = this.readersBeyond(every, graph) } = line ?? {};
    const { direction } = step.layer;
    const at: ReadOut["at"] =
      useEnd && !isOneStep ? (direction === "forward" ? "last" : "ends") : isLast && !isOneStep ? "last" : "every";
    const front = this.inFront(node);
    return {
      steps: withBiasesFolded([...(isFirst ? front.steps : []), { ...step, at }, ...steps]),
      start: front.start,
      // The steps of what is written out one after the other are put together behind it.
      passedOver: [...(isFirst && front.passedOver ? [front.passedOver] : []), ...passedOver].filter(
        ({ op }) => written === null || op !== "Concat",
      ),
    };
  }

  /**
   * The end of a layer where it is taken out of the ends of several, as PyTorch's `h_n[-1]` is, and of both passes
   * `torch.cat([h_n[-2], h_n[-1]], 1)`: the names of it.
   */
  private partsOfStack(ended: string, graph: Graph, { direction }: ImportedLayer): string[] {
    const passes = direction === "both" ? 2 : 1;
    const readers = graph.readers.get(ended) ?? [];
    const stacks = readers.filter((node) => node.op === "Concat" && (node.attributes.get("axis")?.int ?? 0) === 0);
    const sources = [
      { name: ended, at: 0, count: passes },
      ...stacks.map(({ inputs, outputs }) => ({
        name: outputs[0] ?? "",
        at: inputs.indexOf(ended) * passes,
        count: inputs.length * passes,
      })),
    ];
    return sources.flatMap(({ name, at, count }) => {
      const outputsOf = (nodes: readonly Node[]) => nodes.map(({ outputs }) => outputs[0] ?? "");
      const taken = (pass: number) => {
        const rows = (graph.readers.get(name) ?? []).filter((node) => this.rowTaken(node, count) === at + pass);
        const squeezed = outputsOf(rows).flatMap((row) =>
          (graph.readers.get(row) ?? []).filter(({ op }) => op === "Squeeze"),
        );
        return outputsOf([...rows, ...squeezed]);
      };
      const first = taken(0);
      if (passes === 1) return first;
      const second = new Set(taken(1));
      return first.flatMap((one) =>
        (graph.readers.get(one) ?? [])
          .filter(({ op, inputs, attributes }) => {
            const axis = attributes.get("axis")?.int ?? 0;
            const isPair = inputs.length === 2 && inputs[0] === one && second.has(inputs[1] ?? "");
            return op === "Concat" && isPair && axis !== 0;
          })
          .map(({ outputs }) => outputs[0] ?? ""),
      );
    });
  }

  /** Which of so many rows a Gather or a Slice takes, counted from 0; null where it takes others, or several. */
  private rowTaken(node: Node, count: number): number | null {
    const numbers = (k: number, attribute: string) =>
      this.constants.numbers(node.inputs[k], node.graph) ?? node.attributes.get(attribute)?.ints ?? [];
    const fromStart = (row: number) => (row < 0 ? row + count : row);
    if (node.op === "Gather") {
      const rows = numbers(1, "");
      return (node.attributes.get("axis")?.int ?? 0) === 0 && rows.length === 1 ? fromStart(rows[0]!) : null;
    }
    const [starts, ends, axes] = [numbers(1, "starts"), numbers(2, "ends"), numbers(3, "axes")];
    if (node.op !== "Slice" || starts.length !== 1 || (axes.length > 0 && axes[0] !== 0)) return null;
    const row = fromStart(starts[0]!);
    return Math.min(count, fromStart(ends[0]!)) === row + 1 ? row : null;
  }

  /** The embedding and the dense layers that a recurrent node reads, or what else changes the numbers in front of it. */
  private inFront(node: Node): Front {
    const { input, step, written } = this.recurrent(node)!;
    // One step of a sequence is taken so by a cell that is written out, and by a layer in the body of a Loop.
    const readsSteps = written !== null || loopBetween(node, null) !== null;
    const isLooked = ({ op }: Node) => readsSteps && ["Slice", "Split", "SequenceAt"].includes(op);
    const steps: OnnxStep[] = [];
    /** What is behind a dense layer, if one is found. */
    const behindDense: { readonly step: OnnxStep; readonly node: Node }[] = [];
    let width = step.layer.inputs;
    let place: Place = input;
    let start: Place = this.written.bare(input);
    const front = (passedOver?: Node): Front => {
      const first = behindDense[0]?.node ?? passedOver;
      return { steps, start, ...(first && { passedOver: first }) };
    };
    for (let k = 0; k < 20; k++) {
      const producer = producerOf(place.name, place.graph);
      if (!producer) return front();
      const { op, graph, inputs } = producer;
      const name = producer.name || op;
      const product = productOf(producer, this.constants);
      const addend = op === "Add" ? inputs.find((one) => this.constants.of(one, graph) === null) : undefined;
      const bias = addend === undefined ? null : this.biasOf(producer, addend);
      if (product && product.W.shape[0] === width) {
        const { W, b, from } = product;
        steps.unshift(
          { kind: "dense", name, W, b, activation: "linear", from },
          ...behindDense.map(({ step }) => step),
        );
        behindDense.length = 0;
        width = W.shape[1]!;
        place = { name: product.input, graph };
        start = this.written.bare(place);
      } else if (bias) {
        behindDense.unshift({ step: { kind: "bias", name, b: bias.tensor, from: bias.from }, node: producer });
        place = { name: addend!, graph };
      } else if (Object.hasOwn(behind, op) && op !== "Softmax") {
        behindDense.unshift({ step: { kind: "activation", name, activation: behind[op]! }, node: producer });
        place = { name: inputs[0] ?? "", graph };
      } else if (op === "Gather") {
        const table = this.constants.of(inputs[0], graph);
        const [rows = 0, size = 0, ...more] = table?.tensor.shape ?? [];
        const isRow = (producer.attributes.get("axis")?.int ?? 0) === 0 && !this.constants.of(inputs[1], graph);
        if (!table || rows === 0 || more.length > 0 || size !== width || !isRow || behindDense.length > 0)
          return readsSteps ? front() : front(producer);
        steps.unshift({ kind: "embedding", embedding: { size, E: table.tensor, from: table.from } });
        return front();
      } else if (!passes.includes(op) || op === "ReduceMean")
        return this.recurrent(producer) || ["If", "Loop", "Scan"].includes(op) || isLooked(producer)
          ? front()
          : front(producer);
      else place = { name: inputs[0] ?? "", graph };
    }
    return front();
  }

  /** The longest line of layers that reads a value; null where nobody reads it. */
  private after(
    name: string,
    graph: Graph,
    axes: Axes,
    seen: Set<string>,
    inside: Set<Node>,
    depth: number,
  ): Line | null {
    if (name === "" || seen.has(name) || depth > 100) return null;
    seen.add(name);
    let best: Line | null = null;
    const offer = (steps: OnnxStep[], rest: Line | null, isLast = false, over: readonly Node[] = []) => {
      const all = {
        steps: [...steps, ...(rest?.steps ?? [])],
        isLast: isLast || (rest?.isLast ?? false),
        passedOver: [...over, ...(rest?.passedOver ?? [])],
      };
      if (!best || all.steps.length > best.steps.length) best = all;
    };
    // What reads it inside of a Loop, or as part of a cell that is written out, is that Loop, or that cell.
    const around = (reader: Node) => loopBetween(reader, graph) ?? this.inCells.get(reader) ?? reader;
    for (const reader of new Set((graph.readers.get(name) ?? []).map(around))) {
      const next = (to: Axes = axes): Line => {
        const [output = ""] = reader.outputs;
        const line = this.after(output, reader.graph, to, seen, inside, depth + 1);
        return line ?? { steps: [], isLast: false, passedOver: this.readersBeyond(output, reader.graph) };
      };
      const recurrent = this.recurrent(reader);
      if (recurrent && this.isInputOf(recurrent, name, graph)) {
        const { steps, passedOver } = this.chainFrom(reader, new Set(), false);
        inside.add(reader);
        offer([...steps], null, false, passedOver);
        continue;
      }
      // What a cell reads as its state, or a Loop that is no cell.
      if (recurrent?.written || ["Loop", "Scan"].includes(reader.op)) continue;
      const dense = reader.inputs[0] === name ? productOf(reader, this.constants) : null;
      if (dense) {
        const from = dense.from;
        offer(
          [{ kind: "dense", name: reader.name || reader.op, W: dense.W, b: dense.b, activation: "linear", from }],
          next(),
        );
        continue;
      }
      const bias = this.biasOf(reader, name);
      const added = reader.op === "Add" ? reader.inputs.find((other) => other !== name) : undefined;
      if (bias) offer([{ kind: "bias", name: reader.name || reader.op, b: bias.tensor, from: bias.from }], next());
      else if (added !== undefined) {
        const of = this.written.bare({ name: added, graph: reader.graph }).name;
        offer([{ kind: "sum", name: reader.name || reader.op, of }], next());
      } else if (Object.hasOwn(behind, reader.op))
        offer([{ kind: "activation", name: reader.name || reader.op, activation: behind[reader.op]! }], next());
      else if (passes.includes(reader.op) && reader.inputs[0] === name) {
        const isMeanOfSteps = reader.op === "ReduceMean" && this.axesOf(reader, axes).includes("T");
        offer([], next(this.moved(reader, axes)), false, isMeanOfSteps ? [reader] : []);
      }
      // What a Loop gives step by step, put together again.
      else if (reader.op === "ConcatFromSequence" || (reader.op === "SequenceInsert" && reader.inputs[1] === name))
        offer([], next());
      else if (reader.op === "Gather" || reader.op === "Slice") {
        if (reader.inputs[0] !== name) continue;
        // One of a batch is as good as another, and what it takes of axes that are lost cannot be said.
        const isOfBatch = ["", "B", "1"].includes(this.axesOf(reader, axes).join());
        const isLast = this.takesLast(reader) && (axes === null || !isOfBatch);
        offer([], next(this.moved(reader, axes)), isLast, isLast || isOfBatch ? [] : [reader]);
      }
    }
    // A branch's outputs are those of its If, and those of a Loop's body behind its condition are that Loop's.
    for (let around: Graph | null = graph; around; around = around.parent) {
      const { owner } = around;
      const k = around.outputs.indexOf(name) - (owner?.op === "Loop" ? 1 : 0);
      if (k < 0 || (owner?.op !== "If" && owner?.op !== "Loop")) continue;
      offer([], this.after(owner.outputs[k] ?? "", owner.graph, axes, seen, inside, depth + 1));
    }
    if (best) return best;
    const isOutput = graph.outputs.includes(name) && graph.parent === null;
    return isOutput ? { steps: [], isLast: false, passedOver: [] } : null;
  }

  /** What reads a value behind which a line breaks off. */
  private readersBeyond(name: string, graph: Graph): Node[] {
    return (graph.readers.get(name) ?? []).filter(
      (reader) =>
        !["Shape", "Size", "If", "Loop", "Scan"].includes(reader.op) &&
        !this.inCells.has(reader) &&
        this.recurrent(reader) === null,
    );
  }

  /** The axes that an operation takes numbers of, or takes away; none where that is not known. */
  private axesOf(node: Node, axes: Axes): Axis[] {
    if (!axes) return [];
    const at = node.op === "Slice" ? 3 : 1;
    const numbers =
      node.op === "Gather"
        ? [node.attributes.get("axis")?.int ?? 0]
        : (node.attributes.get("axes")?.ints ?? this.constants.numbers(node.inputs[at], node.graph) ?? []);
    return numbers.flatMap((axis) => axes.at(axis) ?? []);
  }

  /** The axes of a value behind what moves its numbers. */
  private moved(node: Node, axes: Axes): Axes {
    if (!axes) return null;
    const { op, attributes, graph, inputs } = node;
    if (["Identity", "Cast", "Dropout", "Slice"].includes(op)) return axes;
    if (op === "Transpose")
      return attributes.get("perm")?.ints.flatMap((axis) => axes[axis] ?? []) ?? [...axes].reverse();
    if (op === "Squeeze" || op === "ReduceMean" || op === "Gather") {
      const keeps = op === "ReduceMean" && (attributes.get("keepdims")?.int ?? 1) !== 0;
      const rank = op === "Gather" ? this.constants.of(inputs[1], graph)?.tensor.shape.length : 0;
      const gone = this.axesOf(node, axes);
      return keeps || rank === 1
        ? axes
        : rank === 0 && gone.length > 0
          ? axes.filter((one) => !gone.includes(one))
          : null;
    }
    // Both passes' units beside each other.
    const shape = op === "Reshape" ? this.constants.numbers(inputs[1], graph) : null;
    return shape?.join() === "0,0,-1" && /^T,B,[D1],H$/.test(axes.join()) ? ["T", "B", "H"] : null;
  }

  private isInputOf({ input, written }: Recurrent, name: string, graph: Graph): boolean {
    return input.name === (written ? this.written.origin(name, graph).name : name);
  }

  private takesLast(node: Node): boolean {
    const numbers = this.constants.numbers(node.inputs[1], node.graph) ?? node.attributes.get("starts")?.ints;
    // From the last step on; with a step of −1 it is the whole, turned around.
    const steps = node.op === "Slice" ? this.constants.numbers(node.inputs[4], node.graph) : null;
    return numbers?.length === 1 && numbers[0] === -1 && (steps?.[0] ?? 1) > 0;
  }

  private biasOf({ op, inputs, graph }: Node, name: string): Constant | null {
    if (op !== "Add") return null;
    return this.constants.of(inputs[0] === name ? inputs[1] : inputs[0], graph);
  }
}

const behind: Readonly<Record<string, string>> = {
  Relu: "relu",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Softmax: "softmax",
  Softplus: "softplus",
  Softsign: "softsign",
};

/** All nodes, those of a branch that is taken where a condition holds before the others. */
function nodesIn(graph: Graph): Node[] {
  return graph.nodes.flatMap((node) => {
    const inner = [...node.attributes].filter(([, { graph: branch }]) => branch !== null);
    inner.sort(([a], [b]) => (a < b ? 1 : -1));
    return [node, ...inner.flatMap(([, attribute]) => nodesIn(attribute.graph!))];
  });
}

function bodyHas(node: Node, ops: readonly string[]): boolean {
  return [...node.attributes.values()].some(
    ({ graph }) => graph !== null && nodesIn(graph).some((inner) => ops.includes(inner.op)),
  );
}

/** The outermost Loop or Scan in whose body a node lies, and that itself lies in a graph. */
function loopBetween(node: Node, graph: Graph | null): Node | null {
  let loop: Node | null = null;
  for (let at: Graph | null = node.graph; at && at !== graph; at = at.parent)
    if (at.owner && ["Loop", "Scan"].includes(at.owner.op)) loop = at.owner;
  return loop;
}

/** A state that a graph begins with is no weight. */
function isZero(tensor: Stored): boolean {
  return countOf(tensor.shape) <= 10_000 && allOf(tensor).every((value) => value === 0);
}

function layerOf(
  { cell, size, inputs, options, parameters, from }: WrittenCell,
  name: string,
  direction: "forward" | "backward",
  initial: Readonly<Record<string, Stored>>,
): ImportedLayer {
  // Its weights' own name says more than that of an addition.
  const title = from.map((one) => /^(.*?)[./]?weight_ih$/.exec(one)?.[1]).find((one) => one) ?? name;
  return { name: title, cell, size, inputs, options, direction, forward: { parameters, initial }, from };
}

function stepOf(layer: ImportedLayer, { own }: WrittenCell): Layer {
  return { kind: "layer", layer, own, at: "every" };
}

/** P holds the peepholes of i, o and f. */
function peepholesOf(P: Stored, H: number): Record<string, Stored> {
  if (countOf(P.shape) !== 3 * H) throw new ImportError(`its peepholes are ${shapeText(P.shape)}, expected [${3 * H}]`);
  return Object.fromEntries(["pi", "po", "pf"].map((name, k) => [name, rowsOf(P, k * H, (k + 1) * H)]));
}

/** An activation takes its α and β from the lists where it has some; ONNX Runtime's defaults hold where these are too short. */
function onnxActivation(name: string, alphas: number[], betas: number[]): Activation {
  const alpha = (usual: number) => alphas.shift() ?? usual;
  const beta = (usual: number) => betas.shift() ?? usual;
  switch (name.toLowerCase()) {
    case "sigmoid":
      return sigmoid;
    case "tanh":
      return tanh;
    case "relu":
    case "softplus":
    case "softsign":
      return activation(name.toLowerCase());
    case "leakyrelu":
      return leakyRelu(alpha(0.01));
    case "elu":
      return elu(alpha(1));
    case "affine":
      return affine(alpha(0), beta(0));
    case "scaledtanh":
      return scaledTanh(alpha(0), beta(0));
    case "hardsigmoid":
      return hardSigmoid(decimal(alpha(0.2)), decimal(beta(0.5)));
    default:
      throw new ImportError(`its activation ${name.slice(0, 40)} cannot be written in this format`);
  }
}

/** A bias that follows a product is that layer's. */
function withBiasesFolded(steps: readonly OnnxStep[]): Step[] {
  const folded: Step[] = [];
  for (const step of steps) {
    if (step.kind !== "bias") {
      folded.push(step);
      continue;
    }
    const before = folded.at(-1);
    if (before?.kind !== "dense" || countOf(step.b.shape) !== before.W.shape[0]) {
      folded.push({
        kind: "other",
        name: step.from[0] || step.name,
        why: "an addition that is no bias of a dense layer",
      });
      continue;
    }
    const b = reshaped(step.b, [before.W.shape[0]]);
    folded[folded.length - 1] = {
      ...before,
      b: before.b ? sumOf(before.b, b, before.name) : b,
      from: [...before.from, ...step.from],
    };
  }
  return folded;
}
