import { activation as activationOf } from "./cells";
import {
  bare,
  type Chain,
  type Embedding,
  type ImportedLayer,
  isRecurrent,
  type Left,
  lengthOf,
  type OwnCell,
  type ReadOut,
} from "./network";
import { allOf, countOf, identity, made, reshaped, type Stored } from "./stored";

/** One module of a network that runs its modules one after the other. */
export type Step =
  | { readonly kind: "layer"; readonly layer: ImportedLayer; readonly own: OwnCell | null; readonly at: ReadOut["at"] }
  | {
      readonly kind: "dense";
      readonly name: string;
      /** [out × in] */
      readonly W: Stored;
      readonly b: Stored | null;
      readonly activation: string;
      readonly from: readonly string[];
    }
  | { readonly kind: "activation"; readonly name: string; readonly activation: string }
  | { readonly kind: "embedding"; readonly embedding: Embedding }
  /** Adds a value of the source, `of` being the name of it: the input alone can be said here, behind the last layer. */
  | { readonly kind: "sum"; readonly name: string; readonly of: string }
  /** Does nothing when a trained network runs: dropout. */
  | { readonly kind: "nothing" }
  /** What this format has not. */
  | { readonly kind: "other"; readonly name: string; readonly why: string };

const denseActivations = ["linear", "tanh", "relu", "sigmoid"] as const;
const outputActivations = ["linear", "tanh", "softmax", "sigmoid"] as const;
function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

interface Draft {
  embedding: Embedding | undefined;
  layers: ImportedLayer[];
  cells: Record<string, OwnCell>;
  at: ReadOut["at"];
  /** Whether the input is added to what the last layer gives. */
  skip: boolean;
}

/**
 * The recurrent chains of modules that run one after the other: each begins behind a module that this format has not.
 * The last dense layer is the read-out where its activation is one of a read-out's.
 * @param input the name of what the first module reads; null where nothing is added up
 */
export function sequentialChains(steps: readonly Step[], left: Left[], input: string | null = null): Chain[] {
  const chains: Chain[] = [];
  let draft: Draft | null = null;
  const close = () => {
    if (draft?.layers.some(isRecurrent)) chains.push(chainOf(draft));
    else
      for (const { name } of draft?.layers ?? [])
        left.push({ name, why: "it does not stand beside a recurrent layer" });
    draft = null;
  };
  const start = (): Draft => (draft ??= { embedding: undefined, layers: [], cells: {}, at: "every", skip: false });
  const merged = foldedEnds(mergedActivations(steps));
  for (const [k, step] of merged.entries())
    switch (step.kind) {
      case "nothing":
        break;
      case "other":
        if (step.name !== "") left.push({ name: step.name, why: step.why });
        close();
        break;
      case "embedding":
        close();
        start().embedding = step.embedding;
        break;
      case "layer": {
        // What was read once cannot be read step by step by the next one.
        if (draft !== null && (draft as Draft).at !== "every") close();
        const into = start();
        const layer = step.own ? withOwnCell(step.layer, step.own, into.cells) : step.layer;
        into.layers.push(layer);
        into.at = step.at;
        break;
      }
      case "dense": {
        const into = start();
        const top = into.layers.at(-1);
        const more = merged
          .slice(k + 1)
          .some(({ kind }) => kind === "dense" || kind === "layer" || kind === "activation");
        // Where passes backward end is no h of the last step: a dense layer can only read it as the read-out does.
        const isBackward = top !== undefined && top.direction !== "forward";
        if (isBackward && into.at === "ends" && (more || !isOneOf(outputActivations, step.activation))) {
          left.push({ name: step.name, why: "it reads where a pass backward ends, which a read-out alone can" });
          close();
          break;
        }
        const dense = denseLayer(step, into.cells);
        if (dense) into.layers.push(dense);
        else {
          left.push({ name: step.name, why: `its activation ${step.activation} is none of a dense layer` });
          close();
        }
        break;
      }
      case "sum": {
        const { layers, embedding } = draft ?? { layers: [] as ImportedLayer[], embedding: undefined };
        const top = layers.at(-1);
        const isReadOut = top?.cell === "dense" && top.options["activation"] === "linear" && layers.some(isRecurrent);
        const isLast = k === merged.length - 1;
        if (step.of === input && isReadOut && isLast && !embedding && layers[0]!.inputs === top.size)
          start().skip = true;
        else {
          left.push({
            name: step.name,
            why: "an addition that is neither a bias nor that of the input to the read-out",
          });
          close();
        }
        break;
      }
      case "activation":
        left.push({ name: step.name, why: `the activation ${step.activation} does not stand behind a layer` });
        close();
    }
  close();
  return chains;
}

/** An activation behind a dense layer is that layer's; behind a recurrent one it is a dense layer that leaves h_t as it is. */
function mergedActivations(steps: readonly Step[]): Step[] {
  const merged: Step[] = [];
  for (const step of steps) {
    if (step.kind === "nothing") continue;
    const before = merged.at(-1);
    if (step.kind !== "activation") merged.push(step);
    else if (step.activation === "linear") continue;
    else if (before?.kind === "dense" && before.activation === "linear")
      merged[merged.length - 1] = { ...before, activation: step.activation };
    else if (before?.kind === "layer" || before?.kind === "dense") {
      const size = before.kind === "layer" ? lengthOf(before.layer) : before.W.shape[0]!;
      merged.push({
        kind: "dense",
        name: step.name,
        W: identity(size),
        b: null,
        activation: step.activation,
        from: [],
      });
    } else merged.push(step);
  }
  return merged;
}

/**
 * What reads where passes end, and only adds them up, goes into the dense layer behind it: W (V h) + b is (W V) h + b, and V is
 * two scaled identities, so that the product is exact.
 */
function foldedEnds(steps: readonly Step[]): Step[] {
  const folded: Step[] = [];
  for (const step of steps) {
    const [ends, sum] = folded.slice(-2);
    const isSum = ends?.kind === "layer" && ends.at === "ends" && sum?.kind === "dense" && sum.from.length === 0;
    if (isSum && step.kind === "dense" && sum.b === null && sum.activation === "linear")
      folded[folded.length - 1] = { ...step, W: productOf(step.W, sum.W) };
    else folded.push(step);
  }
  return folded;
}

function productOf(A: Stored, B: Stored): Stored {
  const [rows = 0, inner = 0] = A.shape;
  const [, cols = 0] = B.shape;
  return made([rows, cols], () => {
    const [a, b] = [allOf(A), allOf(B)];
    const product = new Float64Array(rows * cols);
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < inner; k++)
        for (let j = 0; j < cols; j++) product[i * cols + j]! += a[i * inner + k]! * b[k * cols + j]!;
    return product;
  });
}

/** A dense layer may be given by its matrix as [out × in] alone; softmax is a read-out's. Null where its activation cannot be said. */
function denseLayer(step: Step & { kind: "dense" }, cells: Record<string, OwnCell>): ImportedLayer | null {
  const [size = 0, inputs = 0] = step.W.shape;
  const parameters = { W: step.W, ...(step.b && { b: reshaped(step.b, [countOf(step.b.shape)]) }) };
  const layer: ImportedLayer = {
    name: step.name,
    cell: "dense",
    size,
    inputs,
    options: { activation: step.activation },
    direction: "forward",
    forward: { parameters },
    from: step.from,
  };
  if (isOneOf(denseActivations, step.activation) || step.activation === "softmax") return layer;
  try {
    const { write } = activationOf(step.activation);
    const equations = [`a = W x${step.b ? " + b" : ""}`, `h = ${write("a")}`];
    return withOwnCell({ ...layer, options: {} }, { title: `dense ${step.activation}`, equations }, cells);
  } catch {
    return null;
  }
}

/** Gives a layer a cell of the file's own; layers with the same one share it. */
export function withOwnCell(layer: ImportedLayer, own: OwnCell, cells: Record<string, OwnCell>): ImportedLayer {
  const base = layer.cell;
  const text = JSON.stringify(own);
  const known = Object.entries(cells).find(([, cell]) => JSON.stringify(cell) === text);
  if (known) return { ...layer, cell: known[0] };
  let name = `${base}-of-source`;
  for (let k = 2; name in cells; k++) name = `${base}-of-source-${k}`;
  cells[name] = own;
  return { ...layer, cell: name };
}

function chainOf({ embedding, layers, cells, at, skip }: Draft): Chain {
  const top = layers.at(-1)!;
  const below = layers.slice(0, -1);
  const activation: string = String(top.options["activation"] ?? "linear");
  if (top.cell === "dense" && below.some(isRecurrent) && isOneOf(outputActivations, activation)) {
    const { W, b } = top.forward.parameters;
    return {
      ...(embedding && { embedding }),
      layers: below,
      cells,
      output: { size: top.size, at, activation, dense: { Why: W!, by: b ?? null }, skip, from: top.from },
    };
  }
  return { ...(embedding && { embedding }), layers, cells, output: bare(lengthOf(top), at) };
}
