import { unpackStored } from "./gates";
import { layouts, type PackedCell } from "./layouts";
import {
  bare,
  type Chain,
  type Embedding,
  type Found,
  type ImportedLayer,
  type Left,
  lengthOf,
  type ReadOut,
} from "./network";
import { ImportError } from "./source";
import { allOf, countOf, made, reshaped, type Stored, shapeText } from "./stored";

/** Tensors by their names in the source, in its order. */
export type NamedStored = Readonly<Record<string, Stored>>;

/** What a module is, where the file says more of it than its tensors' names do: by the module's name. */
export interface ModuleFacts {
  readonly kind?: "lstm" | "gru" | "rnn";
  readonly activation?: "tanh" | "relu";
}

/** Wrappers of PyTorch put these before every name. */
const wrappers = [
  "module.",
  "_orig_mod.",
  "model.",
  "_forward_module.",
  "state_dict.",
  "net.",
  "_fsdp_wrapped_module.",
];

const weightName = /^(.*?)(?:^|(?<=\.))(weight|bias)_(ih|hh|hr)(?:_l(\d+)(_reverse)?)?$/;

/** The weights and biases of one pass of one layer of a recurrent module. */
interface PassTensors {
  ih?: Stored;
  hh?: Stored;
  bih?: Stored;
  bhh?: Stored;
  readonly names: string[];
}

interface RecurrentModule {
  readonly name: string;
  /** By the layer: its pass forward and backward. */
  readonly layers: Map<number, LayerPasses>;
}

interface LayerPasses {
  readonly forward: PassTensors;
  reverse?: PassTensors;
  readonly keys: string[];
}

/** What stands in a file, in its order. */
type Item =
  | { readonly kind: "recurrent"; readonly name: string; readonly layers: readonly ImportedLayer[] }
  | {
      readonly kind: "matrix";
      readonly name: string;
      /** [out × in] */
      readonly weight: Stored;
      readonly bias: Stored | null;
      readonly from: readonly string[];
    }
  /** One weight for each number of a vector: a normalisation, which this format has not. */
  | { readonly kind: "scale"; readonly name: string; readonly size: number };

/**
 * The recurrent layers of PyTorch's names (`lstm.weight_ih_l0`), with the embedding before them and the linear layers that
 * follow. Names say neither what a layer's activation is nor in which order modules run: that is the order of the file,
 * where sizes go together, and everything guessed is a warning.
 * @throws ImportError where nothing recurrent is in it
 */
export function found(
  format: string,
  producer: string | null,
  tensors: NamedStored,
  facts: Readonly<Record<string, ModuleFacts>> = {},
  refused: readonly Left[] = [],
): Found {
  const plain = withoutWeightNorm(tensors);
  const { modules, rest, left } = sorted(plain);
  for (const one of refused) left.push(one);
  const reasons = () => left.map(({ name, why }) => `${name}: ${why}`).join("; ");
  if (modules.length === 0)
    throw new ImportError(
      left.some(({ recurrent }) => recurrent)
        ? reasons()
        : `nothing recurrent is in it: found ${someNames(Object.keys(tensors))}`,
    );
  const warnings: string[] = [];
  const items: { at: number; item: Item }[] = [];
  const places = new Map(Object.keys(plain).map((name, k) => [name, k]));
  for (const module of modules) {
    const first = [...module.layers.values()].flatMap(({ keys }) => keys).map((key) => places.get(key)!);
    items.push({
      at: first.reduce((least, place) => Math.min(least, place), Number.POSITIVE_INFINITY),
      item: recurrentItem(module, facts[module.name] ?? facts[`${module.name}.`] ?? {}, warnings),
    });
  }
  for (const [name, { tensor, from }] of Object.entries(rest)) {
    const item = matrixItem(name, tensor, from, rest);
    if (item === "bias") continue;
    if (item) items.push({ at: places.get(name)!, item });
    if (!item || item.kind === "scale")
      left.push({ name, why: `${shapeText(tensor.shape)} is no part of a recurrent stack` });
  }
  items.sort((a, b) => a.at - b.at);
  const names = Object.keys(tensors);
  // Some writers sort the names, which says nothing of the order in which modules run.
  const isSorted = names.length > 1 && names.every((name, k) => k === 0 || names[k - 1]! <= name);
  const order = items.map(({ item }) => item);
  const chains = chainsOf(isSorted ? recurrentFirst(order, warnings) : order, left, isSorted);
  return { format, producer, chains, left, warnings };
}

/** Several models in one file, each under the names that it has there. @throws ImportError where none of them can be taken */
export function foundInEach(
  format: string,
  models: readonly {
    readonly tensors: NamedStored;
    readonly facts: Readonly<Record<string, ModuleFacts>>;
    readonly refused: readonly Left[];
  }[],
): Found {
  const each: Found[] = [];
  const left: Left[] = [];
  let first: ImportError | null = null;
  for (const { tensors, facts, refused } of models)
    try {
      each.push(found(format, null, tensors, facts, refused));
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      first ??= error;
      left.push({ name: Object.keys(tensors)[0] ?? "a model", why: error.message, recurrent: true });
    }
  if (first && each.length === 0) throw first;
  return {
    format,
    producer: null,
    chains: each.flatMap(({ chains }) => chains),
    left: [...each.flatMap((one) => one.left), ...left],
    warnings: each.flatMap(({ warnings }) => warnings),
  };
}

/** `layers.2` before `layers.10`. */
const inCount = new Intl.Collator("en", { numeric: true });

function recurrentFirst(items: readonly Item[], warnings: string[]): Item[] {
  const recurrent = items
    .filter((item): item is Item & { kind: "recurrent" } => item.kind === "recurrent")
    .sort((a, b) => inCount.compare(a.name, b.name));
  const inputs = recurrent[0]?.layers[0]?.inputs;
  const isEmbedding = (item: Item) =>
    item.kind === "matrix" &&
    item.bias === null &&
    (isEmbeddingName(item.name) || (item.weight.shape[1] === inputs && !isHeadName(item.name)));
  for (const item of items)
    if (item.kind === "scale")
      warnings.push(`${item.name}, a normalisation, is left out: the file does not say what it stands behind`);
  return [
    ...items.filter(isEmbedding),
    ...recurrent,
    ...items
      .filter((item) => item.kind === "matrix" && !isEmbedding(item))
      .sort((a, b) => inCount.compare(a.name, b.name)),
  ];
}

const isEmbeddingName = (name: string) => /emb|wte|lookup|vocab/i.test(name);
const isHeadName = (name: string) => /dec|out|head|proj|fc|lin|class|logit|pred/i.test(name);

function matrixItem(name: string, tensor: Stored, from: readonly string[], rest: Tensors): Item | "bias" | null {
  const match = /^(.*?)(weight|bias)$/.exec(name);
  if (!match) return null;
  const [, base = "", what] = match;
  const weight = rest[`${base}weight`];
  const matrix = weight && asMatrix(weight.tensor);
  const [size = 0, ...more] = tensor.shape;
  if (what === "weight" && more.length === 0 && size > 1) return { kind: "scale", name: moduleName(base), size };
  if (!matrix) return null;
  const bias = rest[`${base}bias`];
  const fits = bias !== undefined && countOf(bias.tensor.shape) === matrix.shape[0];
  if (what === "bias") return fits ? "bias" : null;
  return {
    kind: "matrix",
    name: moduleName(base),
    weight: matrix,
    bias: fits ? reshaped(bias.tensor, [matrix.shape[0]!]) : null,
    from: [...from, ...(fits ? bias.from : [])],
  };
}

/** A linear layer's matrix; a convolution over one step is one too. */
function asMatrix(tensor: Stored): Stored | null {
  const [rows, cols, ...kernel] = tensor.shape;
  if (rows === undefined || cols === undefined || rows * cols === 0) return null;
  return kernel.every((size) => size === 1) ? reshaped(tensor, [rows, cols]) : null;
}

const kinds: Readonly<Record<number, PackedCell>> = { 1: "rnn", 3: "gru", 4: "lstm" };

function recurrentItem(module: RecurrentModule, facts: ModuleFacts, warnings: string[]): Item {
  const name = moduleName(module.name) || "rnn";
  const layers = [...module.layers]
    .sort(([a], [b]) => a - b)
    .map(([number, { forward, reverse }], l): ImportedLayer => {
      if (number !== l) throw new ImportError(`${name} has no layer ${l}, but a layer ${number}`);
      const title = module.layers.size === 1 ? name : `${name}.${l}`;
      const passes = [forward, ...(reverse ? [reverse] : [])].map((pass) => {
        const { ih, hh, bih = null, bhh = null } = pass;
        if (!ih || !hh) throw new ImportError(`${title} has no ${ih ? "weight_hh" : "weight_ih"}`);
        const gates = (hh.shape[0] ?? 0) / (hh.shape[1] ?? 1);
        const cell = kinds[gates];
        if (!cell)
          throw new ImportError(`${title} has recurrent weights ${shapeText(hh.shape)}, which are no rnn, gru or lstm`);
        const packed = { input: ih, recurrent: hh, inputBias: bih, recurrentBias: bhh };
        return { cell, ...unpackStored(cell, layouts.pytorch, packed, title) };
      });
      const [one, back] = passes as [(typeof passes)[0], (typeof passes)[0] | undefined];
      if (back && (back.cell !== one.cell || back.size !== one.size || back.inputs !== one.inputs))
        throw new ImportError(`${title} has two passes of different shapes`);
      if (one.cell === "rnn" && !facts.activation && l === 0)
        warnings.push(`${name}: whether it is tanh or relu is not in the file: taken as tanh`);
      return {
        name: title,
        cell: one.cell,
        size: one.size,
        inputs: one.inputs,
        options:
          one.cell === "rnn"
            ? { activation: facts.activation ?? "tanh" }
            : one.cell === "gru"
              ? { reset: "after" }
              : {},
        direction: back ? "both" : "forward",
        forward: { parameters: one.parameters },
        ...(back && { reverse: { parameters: back.parameters } }),
        from: [...forward.names, ...(reverse?.names ?? [])],
      };
    });
  return { kind: "recurrent", name, layers };
}

/** Items that read each other by their sizes, in order. */
function chainsOf(items: readonly Item[], left: Left[], isSorted: boolean): Chain[] {
  interface Draft {
    embedding: Embedding | undefined;
    layers: ImportedLayer[];
    /** Linear layers behind the last recurrent one. */
    tail: (Item & { kind: "matrix" })[];
    length: number;
    /** What stood in front of it, and is not its own. */
    readonly seen: number;
    /** What stands behind it that this format has not. */
    end: string | null;
    readonly warnings: string[];
  }
  const drafts: Draft[] = [];
  let before: (Item & { kind: "matrix" })[] = [];
  for (const item of items) {
    const draft = drafts.at(-1);
    if (item.kind === "scale") {
      if (draft?.length === item.size) draft.end ??= item.name;
      continue;
    }
    if (item.kind === "matrix") {
      const [rows = 0, cols = 0] = item.weight.shape;
      const isBehind = draft && cols === draft.length && !(isEmbeddingName(item.name) && item.bias === null);
      if (isBehind && draft.end !== null)
        left.push({
          name: item.name,
          why: `it stands behind ${draft.end}, a normalisation, which this format has not`,
        });
      else if (isBehind) {
        draft.tail.push(item);
        draft.length = rows;
      } else before.push(item);
      continue;
    }
    const first = item.layers[0]!;
    item.layers.forEach((layer, l) => {
      if (l > 0 && layer.inputs !== lengthOf(item.layers[l - 1]!))
        throw new ImportError(
          `${layer.name} reads ${layer.inputs} numbers, the layer below it gives ${lengthOf(item.layers[l - 1]!)}`,
        );
    });
    const length = lengthOf(item.layers.at(-1)!);
    const isTable = ({ weight, bias }: Item & { kind: "matrix" }) => bias === null && weight.shape[1] === first.inputs;
    // A table of its own in front of it is what it reads, whatever stands before that.
    const own = draft && before.slice(draft.seen).some((other) => isTable(other) && isEmbeddingName(other.name));
    if (draft && draft.length === first.inputs && draft.end === null && !own) {
      const below = draft.tail.at(-1)?.name ?? draft.layers.at(-1)!.name;
      draft.warnings.push(
        `${item.name} is taken to read ${below}: the file says it only by the order of its ${isSorted ? "sorted names" : "parameters"}`,
      );
      draft.layers.push(...draft.tail.map(denseLayer), ...item.layers);
      draft.tail = [];
      draft.length = length;
      continue;
    }
    const table = before.findLast(isTable);
    before = before.filter((other) => other !== table);
    const embedding = table && { size: first.inputs, E: table.weight, from: table.from };
    drafts.push({
      embedding,
      layers: [...item.layers],
      tail: [],
      length,
      seen: before.length,
      end: null,
      warnings: [],
    });
  }
  for (const { name, weight } of before)
    left.push({
      name,
      why: `a linear layer ${shapeText(weight.shape)} that does not stand behind the recurrent layers`,
    });
  return drafts.map(({ embedding, layers, tail, warnings }) => {
    const last = tail.at(-1);
    const between = tail.slice(0, -1);
    const after = [...layers, ...between.map(denseLayer)];
    const unsure = [
      ...layers.filter(({ cell }) => cell === "dense").map(({ name }) => name),
      ...between.map(({ name }) => name),
    ];
    const [rows = 0] = last?.weight.shape ?? [];
    const output: ReadOut = last
      ? {
          size: rows,
          at: "every",
          activation: "linear",
          dense: { Why: last.weight, by: last.bias },
          skip: false,
          from: last.from,
        }
      : bare(lengthOf(layers.at(-1)!));
    return {
      ...(embedding && { embedding }),
      layers: after,
      output,
      cells: {},
      warnings: [
        ...warnings,
        ...unsure.map((name) => `${name}: its activation is not in the file: taken as linear`),
        ...(last ? [`${last.name} is taken as the read-out of every step, linear: the file says neither`] : []),
      ],
    };
  });
}

/** A linear layer as a `dense` one. */
function denseLayer({ name, weight, bias, from }: Item & { kind: "matrix" }): ImportedLayer {
  const [size = 0, inputs = 0] = weight.shape;
  return {
    name,
    cell: "dense",
    size,
    inputs,
    options: { activation: "linear" },
    direction: "forward",
    forward: { parameters: { W: weight, ...(bias && { b: bias }) } },
    from,
  };
}

export function someNames(names: readonly string[]): string {
  if (names.length === 0) return "no tensors";
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown}, and ${names.length - 8} more` : shown;
}

/** Prefixes that all names share and that say nothing are taken off by whoever shows a name; here the longest wrapper counts. */
function moduleName(prefix: string): string {
  let name = prefix.replace(/\.$/, "");
  for (let again = true; again; ) {
    again = false;
    for (const wrapper of wrappers)
      if (name.startsWith(wrapper)) {
        name = name.slice(wrapper.length);
        again = true;
      }
  }
  return name;
}

/** `weight_g` and `weight_v` multiplied out: w = g · v / ‖v‖, the norm of what has one index in the dimension in which g is long (PyTorch's `dim`). */
function withoutWeightNorm(tensors: NamedStored): Record<string, { tensor: Stored; from: string[] }> {
  const result: Record<string, { tensor: Stored; from: string[] }> = Object.create(null) as never;
  for (const [name, tensor] of Object.entries(tensors)) {
    const old = /^(.*(?:weight|bias)[^.]*)_([gv])$/.exec(name);
    // PyTorch ≥ 2.0 keeps both under `parametrizations.weight.original0` and `original1`.
    const newer = /^(.*?)parametrizations\.([^.]+)\.original([01])$/.exec(name);
    const base = old ? old[1]! : newer ? newer[1]! + newer[2]! : null;
    const names = old ? [`${base}_g`, `${base}_v`] : newer ? [0, 1].map((k) => name.replace(/[01]$/, String(k))) : [];
    const [g, v] = names.map((one) => tensors[one]);
    if (base === null || !g || !v) {
      result[name] = { tensor, from: [name] };
      continue;
    }
    if (name === names[0] || !(base in result)) result[base] = { tensor: weightNorm(g, v, base), from: names };
  }
  return result;
}

function weightNorm(g: Stored, v: Stored, name: string): Stored {
  const count = countOf(g.shape);
  // With dim None there is one norm; a single number of a matrix of one row is the same.
  const dim = count === 1 ? null : g.shape.findIndex((size, k) => size === count && v.shape[k] === size);
  if (dim === -1 || (dim !== null && g.shape.length !== v.shape.length))
    throw new ImportError(
      `${name} has a weight_norm of ${shapeText(g.shape)} over ${shapeText(v.shape)}: one norm for each index of one dimension is expected`,
    );
  const inner = dim === null ? countOf(v.shape) : countOf(v.shape.slice(dim + 1));
  return made(v.shape, () => {
    const size = allOf(g);
    const numbers = Float64Array.from(allOf(v));
    const sliceOf = (at: number) => Math.floor(at / inner) % count;
    const squares = new Float64Array(count);
    numbers.forEach((x, at) => {
      squares[sliceOf(at)]! += x * x;
    });
    return numbers.map((x, at) => x * (size[sliceOf(at)]! / Math.sqrt(squares[sliceOf(at)]!)));
  });
}

type Tensors = Record<string, { tensor: Stored; from: string[] }>;

/** Recurrent modules by their names, and everything else. */
function sorted(tensors: Tensors): { modules: RecurrentModule[]; rest: Tensors; left: Left[] } {
  const modules = new Map<string, RecurrentModule>();
  const rest: Tensors = {};
  const left: Left[] = [];
  const projected = new Set<string>();
  for (const [name, entry] of Object.entries(tensors)) {
    const match = weightName.exec(name);
    if (!match) {
      rest[name] = entry;
      continue;
    }
    const [, prefix = "", kind, side, layerText = "0", reverse] = match;
    const layer = Number(layerText);
    if (layer > 1000) throw new ImportError(`${name}: no network has ${layer} layers`);
    const module = modules.get(prefix) ?? { name: prefix, layers: new Map() };
    modules.set(prefix, module);
    const passes: LayerPasses = module.layers.get(layer) ?? { forward: { names: [] }, keys: [] };
    passes.keys.push(name);
    module.layers.set(layer, passes);
    if (reverse) passes.reverse ??= { names: [] };
    const pass = reverse ? passes.reverse! : passes.forward;
    pass.names.push(...entry.from);
    if (side === "hr") {
      left.push({
        name,
        why: "a projection (proj_size): h_t is then shorter than c_t, which this format has not",
        recurrent: true,
      });
      projected.add(prefix);
    } else if (kind === "weight") pass[side as "ih" | "hh"] = entry.tensor;
    else pass[side === "ih" ? "bih" : "bhh"] = entry.tensor;
  }
  for (const prefix of projected) modules.delete(prefix);
  return { modules: [...modules.values()], rest, left };
}
