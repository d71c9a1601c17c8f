/**
 * Where printed arrays belong in a file: which parameters, gradients, states or outputs they are, by their names and shapes, in the
 * layout of the program that printed them.
 * Dimensions: N sequences · T steps · X inputs · H hidden units · O outputs · k gates of a cell
 */
import { cellOf } from "../engine/cells";
import type { Layer, Model, Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import type { Tensor } from "../engine/tensor";
import { Literal } from "../format/layout";
import type { Layout, PackedCell } from "./layouts";
import { columnsOf, layouts, transposed, unstack } from "./layouts";
import type { PrintedArray } from "./printed";
import { filled } from "./printed";

/** How the program that printed the numbers lays them out. */
export type PrintLayout = "own" | "pytorch" | "keras" | "cs231n" | "deeplearning" | "onnx";

export const printLayouts: readonly { readonly id: PrintLayout; readonly title: string; readonly detail: string }[] = [
  { id: "own", title: "This file's", detail: "Wxi [H × X], Whi [H × H], bi [H]; steps [T × H]" },
  {
    id: "pytorch",
    title: "PyTorch's",
    detail: "weight_ih_l0 [4H × X], gates i f g o and r z n, two biases; [T × N × H]",
  },
  { id: "keras", title: "Keras'", detail: "kernel [X × 4H], gates i f c o and z r h; [N × T × H]" },
  { id: "cs231n", title: "CS231n's", detail: "Wx [X × 4H], gates i f o g, one bias; [N × T × H]" },
  {
    id: "deeplearning",
    title: "DeepLearning.AI's",
    detail: "Wf [H × (H + X)] on [a; x], a column a sequence; [H × N × T]",
  },
  { id: "onnx", title: "ONNX's", detail: "W [1 × 4H × X], gates i o f c and z r h; [T × N × H]" },
];

/** One way to put arrays into a file. */
export interface Placement {
  /** What they are then: "Wxi, Wxf, Wxg, Wxo", "h_2 of sequence 0". */
  readonly label: string;
  /** Where they go: "parameters of the file", "expected gradients of sequence 0". */
  readonly detail: string;
  /** A part of the file, with null where nothing is changed. */
  readonly wanted: object;
}

/** The numbers of a tensor as JSON, null for one that was not printed. */
type Texts = readonly (string | null)[];

interface NamedTexts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly texts: Texts;
}

/**
 * Every place that the arrays can take, the likeliest first.
 * @param sequence whose steps and gradients may be meant
 */
export function placementsOf(
  arrays: readonly PrintedArray[],
  layout: PrintLayout,
  problem: Problem,
  sequence: number,
): Placement[] {
  const ofParameters = parameterPlacements(arrays, layout, problem, sequence);
  const [first] = arrays;
  const ofSteps = arrays.length === 1 && first ? stepPlacements(first, layout, problem, sequence) : [];
  const isStep = first !== undefined && ofSteps.some(({ isNamed }) => isNamed);
  return [...(isStep ? [] : ofParameters), ...ofSteps, ...(isStep ? ofParameters : [])];
}

// ---------------------------------------------------------------------------------------------- parameters

/** What an array can be: parameters that are parts of it. */
interface Role {
  /** Names that the program gives it, without a `d` for a gradient. */
  readonly names: RegExp;
  /** Shapes that it may be printed in, all with the same numbers in the same order. */
  readonly shapes: readonly (readonly number[])[];
  /** Each parameter's entries, as places in the array. */
  readonly parts: readonly { readonly name: string; readonly places: Tensor }[];
}

function parameterPlacements(
  arrays: readonly PrintedArray[],
  layout: PrintLayout,
  problem: Problem,
  sequence: number,
): Placement[] {
  const roles = rolesOf(problem.model, layout);
  const taken = new Set<Role>();
  const found: { readonly role: Role; readonly array: PrintedArray }[] = [];
  for (const array of arrays) {
    const role = roles.find((role) => !taken.has(role) && fits(array, role) && isCalled(array, role, roles));
    if (!role) continue;
    taken.add(role);
    found.push({ role, array });
  }
  if (found.length === 0 || (arrays.length > 1 && found.length < arrays.length)) return [];
  // Of one array without a telling name, there may be several things that it can be.
  const [only] = found;
  const choices =
    arrays.length > 1
      ? [found]
      : roles
          .filter((role) => fits(only!.array, role) && isCalled(only!.array, role, roles))
          .map((role) => [{ role, array: only!.array }]);
  const isGradient = arrays.every(({ name }) => name !== null && baseName(name) !== name);
  return choices.flatMap((chosen) => {
    const tensors = together(chosen);
    const label = labelOf(tensors.map(({ name }) => name));
    const gradients = byName(tensors.map((tensor) => (tensor.sum ? { ...tensor, texts: tensor.first } : tensor)));
    const parameters = {
      label,
      detail: "parameters of the file",
      wanted: asParameters(tensors),
    };
    const expected = [
      {
        label: `∂L/∂ of ${label}`,
        detail: `expected gradients of sequence ${sequence + 1}`,
        wanted: inSequence(sequence, { gradients }),
      },
      {
        label: `∂L/∂ of ${label}`,
        detail: "expected gradients of all sequences as one batch",
        wanted: { expect: { batch: { gradients } } },
      },
    ];
    const updated = {
      label: `${label} after one update`,
      detail: `expected of sequence ${sequence + 1}`,
      wanted: inSequence(sequence, { updated: byName(tensors) }),
    };
    return isGradient ? [...expected, parameters, updated] : [parameters, ...expected, updated];
  });
}

/** A name without what says that it is a gradient: `dWx`, `grad_Wx`, `weight_ih_l0.grad`. */
function baseName(name: string): string {
  return name.replace(/\.grad$/, "").replace(/^(?:grads?[._]|d_?)(?=[A-Zbwk])/, "");
}

function fits(array: PrintedArray, { shapes }: Role): boolean {
  return shapes.some((shape) => filled(array, shape) !== null);
}

/** Whether an array's name is the role's, or says nothing. */
function isCalled({ name }: PrintedArray, role: Role, roles: readonly Role[]): boolean {
  if (name === null) return true;
  const base = baseName(name);
  return role.names.test(base) || !roles.some(({ names }) => names.test(base));
}

/** The parameters of all arrays; what two of them give, as the biases of PyTorch, is summed. */
function together(
  chosen: readonly { readonly role: Role; readonly array: PrintedArray }[],
): (NamedTexts & { readonly sum: boolean; readonly first: Texts })[] {
  const all = new Map<string, NamedTexts & { sum: boolean; first: Texts }>();
  for (const { role, array } of chosen) {
    const texts = role.shapes.map((shape) => filled(array, shape)).find((texts) => texts !== null)!;
    for (const { name, places } of role.parts) {
      const own = Array.from(places.data, (place) => texts[place] ?? null);
      const before = all.get(name);
      const shape = places.rank === 1 ? [places.rows] : [places.rows, places.cols];
      if (before) {
        const sum = own.map((text, k) => sumOf(before.texts[k] ?? null, text));
        all.set(name, { ...before, texts: sum, sum: true });
      } else all.set(name, { name, shape, texts: own, sum: false, first: own });
    }
  }
  return [...all.values()];
}

/** With no more digits than the two had: 0.1 + 0.2 is 0.3. */
function sumOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return String(Number((Number(a) + Number(b)).toPrecision(15)));
}

/** "Wxi, Wxf, Wxg, Wxo", "Wxi … bo (12)" */
function labelOf(names: readonly string[]): string {
  const short = names.map((name) => name.replace(/^layers\.0\.|^output\.|^embedding\./, ""));
  return short.length <= 6 ? short.join(", ") : `${short[0]} … ${short.at(-1)} (${short.length})`;
}

function rolesOf(model: Model, layout: PrintLayout): Role[] {
  const roles = model.layers.flatMap((layer, l) => {
    if (layout === "onnx") return onnxRoles(layer, l);
    return layer.passes.flatMap((_, p) => {
      if (layout === "deeplearning") return jointRoles(layer, p);
      return layout === "own" ? ownRoles(layer, p) : packedRoles(layer, l, p, layout);
    });
  });
  const { embedding } = model;
  return [
    ...roles,
    ...outputRoles(model, layout),
    ...(embedding
      ? [
          {
            names: /^(?:.*[./])?(?:E|W_?embed|embeddings?(?:[./]weight)?)$/,
            ...whole("embedding.E", embedding.E, false),
          },
        ]
      : []),
  ];
}

/** Programs in which x stands before a matrix, x W, have the read-out's and a dense layer's that way too. */
const standsBehind = (layout: PrintLayout) => layout === "keras" || layout === "cs231n";

/** A parameter that is no stack of gates. @param turned whether it is printed as [inputs × units] */
function whole(name: string, tensor: Tensor, turned: boolean): Pick<Role, "shapes" | "parts"> {
  if (tensor.rank === 1 || !turned) return { shapes: shapesOf(tensor), parts: [{ name, places: places(tensor) }] };
  const printed = matrixOf(tensor.cols, tensor.rows);
  return { shapes: shapesOf(printed), parts: [{ name, places: transposed(printed) }] };
}

const escaped = (text: string) => text.replaceAll(".", "\\.");

function ownRoles(layer: Layer, p: number, turned = false): Role[] {
  const { prefix, parameters } = layer.passes[p]!;
  return Object.entries(parameters).map(([short, tensor]) => ({
    names: new RegExp(`^(?:${escaped(prefix)}\\.)?${short}$`),
    ...whole(`${prefix}.${short}`, tensor, turned),
  }));
}

/** As a matrix, or a vector, which may be printed as a column or a row too. */
function shapesOf({ rank, rows, cols }: Pick<Tensor, "rank" | "rows" | "cols">): number[][] {
  return rank === 1 ? [[rows], [rows, 1], [1, rows]] : [[rows, cols]];
}

/** A tensor of a shape whose entries are their own places, to be cut and turned as numbers are. */
function places({ rank, rows, cols }: Pick<Tensor, "rank" | "rows" | "cols">, from = 0): Tensor {
  return { rank, rows, cols, data: Float64Array.from({ length: rows * cols }, (_, k) => from + k) };
}

const matrixOf = (rows: number, cols: number, from = 0) => places({ rank: 2, rows, cols }, from);
const vectorOf = (rows: number, from = 0) => places({ rank: 1, rows, cols: 1 }, from);

function packedCell({ cell }: Layer): PackedCell | null {
  return cell === "rnn" || cell === "lstm" || cell === "gru" ? cell : null;
}

/** Names of the parameters of a stacked matrix or bias, by gate. */
function partsOf(packed: Tensor, cell: PackedCell, layout: Layout, name: (gate: string) => string): Role["parts"] {
  return Object.entries(unstack("the array", packed, cell, layout)).map(([gate, places]) => ({
    name: name(gate),
    places,
  }));
}

/** Of the second bias of a gru with reset after, the candidate's stands inside of the reset product. */
const recurrentBias = (prefix: string, isSplit: boolean) => (gate: string) =>
  isSplit && gate === "n" ? `${prefix}.bhn` : `${prefix}.b${gate}`;

function packedRoles(layer: Layer, l: number, p: number, name: "pytorch" | "keras" | "cs231n"): Role[] {
  const cell = packedCell(layer);
  if (cell === null) return ownRoles(layer, p, standsBehind(name));
  const layout: Layout = layouts[name];
  const { prefix, parameters } = layer.passes[p]!;
  const { inputSize: X, size: H } = layer;
  const k = layout.gates[cell].length;
  const stacked = (cols: number) => (layout.stacked === "rows" ? matrixOf(k * H, cols) : matrixOf(cols, k * H));
  const suffix = `(?:_l${l}${p === 1 ? "_reverse" : ""})?$`;
  const names = {
    pytorch: [`(?:^|\\.)weight_ih${suffix}`, `(?:^|\\.)weight_hh${suffix}`, `(?:^|\\.)bias_ih${suffix}`],
    keras: ["(?:^|/)kernel$", "(?:^|/)recurrent_kernel$", "(?:^|/)bias$"],
    cs231n: ["^Wx$", "^Wh$", "^b$"],
  }[name];
  const role = (pattern: string, packed: Tensor, part: (gate: string) => string): Role => ({
    names: new RegExp(pattern),
    shapes: shapesOf(packed),
    parts: partsOf(packed, cell, layout, part),
  });
  const isSplit = parameters["bhn"] !== undefined;
  const biases: Role[] = [role(names[2]!, vectorOf(k * H), (gate) => `${prefix}.b${gate}`)];
  if (name === "pytorch")
    biases.push(role(`(?:^|\\.)bias_hh${suffix}`, vectorOf(k * H), recurrentBias(prefix, isSplit)));
  if (name === "keras" && isSplit)
    biases.unshift({
      names: new RegExp(names[2]!),
      shapes: [[2, k * H]],
      parts: [
        ...partsOf(vectorOf(k * H), cell, layout, (gate) => `${prefix}.b${gate}`),
        ...partsOf(vectorOf(k * H, k * H), cell, layout, recurrentBias(prefix, isSplit)),
      ],
    });
  return [
    role(names[0]!, stacked(X), (gate) => `${prefix}.Wx${gate}`),
    role(names[1]!, stacked(H), (gate) => `${prefix}.Wh${gate}`),
    ...(Object.keys(parameters).some((short) => short.startsWith("b")) ? biases : []),
  ];
}

/** W [directions × kH × X], R [directions × kH × H], B [directions × 2kH]: both biases of a direction after each other. */
function onnxRoles(layer: Layer, l: number): Role[] {
  const cell = packedCell(layer);
  if (cell === null) return layer.passes.flatMap((_, p) => ownRoles(layer, p));
  const { inputSize: X, size: H, passes } = layer;
  const layout: Layout = layouts.onnx;
  const kH = layout.gates[cell].length * H;
  const each = (count: number, parts: (from: number, prefix: string) => Role["parts"]) =>
    passes.flatMap(({ prefix }, p) => parts(p * count, prefix));
  const matrix = (name: RegExp, cols: number, letter: string): Role => ({
    names: name,
    shapes: [[passes.length, kH, cols], ...(passes.length === 1 ? [[kH, cols]] : [])],
    parts: each(kH * cols, (from, prefix) =>
      partsOf(matrixOf(kH, cols, from), cell, layout, (gate) => `${prefix}.${letter}${gate}`),
    ),
  });
  const isSplit = passes[0]!.parameters["bhn"] !== undefined;
  return [
    matrix(l === 0 ? /^W$/ : /^W(?:_l?\d+)?$/, X, "Wx"),
    matrix(/^R$/, H, "Wh"),
    {
      names: /^B$/,
      shapes: [[passes.length, 2 * kH], ...(passes.length === 1 ? [[2 * kH]] : [])],
      parts: each(2 * kH, (from, prefix) => [
        ...partsOf(vectorOf(kH, from), cell, layout, (gate) => `${prefix}.b${gate}`),
        ...partsOf(vectorOf(kH, from + kH), cell, layout, recurrentBias(prefix, isSplit)),
      ]),
    },
  ];
}

/** The course's letters of an lstm's gates: forget, update, candidate, output; old notebooks call the update gate i. */
const courseGates: readonly (readonly [string, string])[] = [
  ["f", "f"],
  ["[iu]", "i"],
  ["c", "g"],
  ["o", "o"],
];

/** Of an lstm one matrix a gate, on [a; x]; of an rnn Waa, Wax and ba. */
function jointRoles(layer: Layer, p: number): Role[] {
  const { prefix } = layer.passes[p]!;
  const { inputSize: X, size: H } = layer;
  const vector = (names: RegExp, name: string): Role => ({
    names,
    shapes: shapesOf(vectorOf(H)),
    parts: [{ name, places: vectorOf(H) }],
  });
  if (layer.cell === "rnn")
    return [
      { names: /^Wax$/, shapes: [[H, X]], parts: [{ name: `${prefix}.Wxh`, places: matrixOf(H, X) }] },
      { names: /^Waa$/, shapes: [[H, H]], parts: [{ name: `${prefix}.Whh`, places: matrixOf(H, H) }] },
      vector(/^ba?$/, `${prefix}.bh`),
    ];
  if (layer.cell !== "lstm") return ownRoles(layer, p);
  const joint = matrixOf(H, H + X);
  return courseGates.flatMap(([letter, gate]): Role[] => [
    {
      names: new RegExp(`^W${letter}$`),
      shapes: [[H, H + X]],
      parts: [
        { name: `${prefix}.Wx${gate}`, places: columnsOf(joint, H, H + X) },
        { name: `${prefix}.Wh${gate}`, places: columnsOf(joint, 0, H) },
      ],
    },
    vector(new RegExp(`^b${letter}$`), `${prefix}.b${gate}`),
  ]);
}

function outputRoles(model: Model, layout: PrintLayout): Role[] {
  const parameters = parametersOf(model);
  const names: Readonly<Record<PrintLayout, readonly [RegExp, RegExp]>> = {
    own: [/^(?:output\.)?Why$/, /^(?:output\.)?by$/],
    pytorch: [/(?:^|\.)weight$/, /(?:^|\.)bias$/],
    keras: [/dense.*kernel$/, /dense.*bias$/],
    cs231n: [/^W_?(?:vocab|hy)$/, /^b_?(?:vocab|y)$/],
    deeplearning: [/^Wya?$/, /^by$/],
    onnx: [/weight$/, /bias$/],
  };
  const { "output.Why": Why, "output.by": by } = parameters;
  const roles: Role[] = [];
  if (Why) roles.push({ names: names[layout][0], ...whole("output.Why", Why, standsBehind(layout)) });
  if (by) roles.push({ names: names[layout][1], ...whole("output.by", by, false) });
  return roles;
}

// ---------------------------------------------------------------------------------------------- steps

/** A vector, or a number, that every step of a run has. */
interface StepQuantity {
  /** "h", "dL/dx" */
  readonly symbol: string;
  /** Names that programs give it. */
  readonly names: RegExp;
  /** null for a number */
  readonly size: number | null;
  /** Whether the last step alone has it. */
  readonly atLast: boolean;
  /** A step's part of `expect` that says it. */
  readonly step: (value: unknown) => object;
}

/** Of more steps than these, the first and the last are offered alone. */
const mostSteps = 12;

function stepPlacements(
  array: PrintedArray,
  layout: PrintLayout,
  problem: Problem,
  sequence: number,
): (Placement & { readonly isNamed: boolean })[] {
  const name = array.name;
  const all = quantitiesOf(problem.model).flatMap((quantity) =>
    placementsOfQuantity(array, layout, problem, sequence, quantity).map((placement) => ({
      ...placement,
      isNamed: name !== null && quantity.names.test(name),
    })),
  );
  const whole = lossPlacements(array, problem, sequence);
  const placements = [...whole, ...all];
  return [...placements.filter(({ isNamed }) => isNamed), ...placements.filter(({ isNamed }) => !isNamed)];
}

function lossPlacements(array: PrintedArray, { model, sequences }: Problem, sequence: number) {
  const [text] = filled(array, []) ?? [];
  if (text === undefined || text === null || !model.loss) return [];
  const loss = new Literal(text);
  const isNamed = array.name !== null && /loss|cost|^L$/i.test(array.name);
  return [
    {
      label: "L",
      detail: `expected loss of sequence ${sequence + 1}`,
      wanted: inSequence(sequence, { loss }),
      isNamed,
    },
    ...(sequences.length > 1
      ? [
          {
            label: "L",
            detail: "expected loss of all sequences as one batch",
            wanted: { expect: { batch: { loss } } },
            isNamed,
          },
        ]
      : []),
  ];
}

function quantitiesOf(model: Model): StepQuantity[] {
  const quantities: StepQuantity[] = [];
  const isAlone = model.layers.length === 1;
  for (const [l, layer] of model.layers.toReversed().entries()) {
    const index = model.layers.length - 1 - l;
    const put = (value: object) =>
      index === 0 ? value : { layers: [...Array.from({ length: index }, () => null), value] };
    const suffix = isAlone ? "" : ` of layer ${index + 1}`;
    const traced =
      layer.passes.length > 1
        ? ["h"]
        : cellOf(layer)
            .quantities(layer.options)
            .flatMap((q) => (q.traced ? [q.name] : []));
    const size = layer.size * layer.passes.length;
    for (const name of traced.toReversed()) {
      const names = {
        h: /^(?:next_?)?[ha](?:s|_n|_next|_T)?$|^outputs?$|^expected_next_h$/,
        c: /^(?:next_?)?c(?:s|_n|_next)?$/,
      }[name];
      quantities.push({
        symbol: `${name}${suffix}`,
        names: names ?? new RegExp(`^${name}t?$`),
        size,
        atLast: false,
        step: (value) => put({ [name]: value }),
      });
      quantities.push({
        symbol: `∂L/∂${name}${suffix}`,
        names: new RegExp(`^d(?:L_?d)?${name}s?$`),
        size,
        atLast: false,
        step: (value) => ({ gradients: put({ [name]: value }) }),
      });
    }
  }
  const atLast = model.output.at !== "every";
  const O = model.output.size;
  quantities.push(
    { symbol: "logits", names: /^(?:logits|scores|z)$/, size: O, atLast, step: (logits) => ({ logits }) },
    {
      symbol: "output",
      names: /^(?:y|yt?_?(?:pred|hat)?|yt|probs?|preds?)$/,
      size: O,
      atLast,
      step: (output) => ({ output }),
    },
    { symbol: "∂L/∂x", names: /^dx[ts]?$/, size: model.inputSize, atLast: false, step: (x) => ({ gradients: { x } }) },
    {
      symbol: "∂L/∂logits",
      names: /^d(?:logits|scores|z|y)$/,
      size: O,
      atLast,
      step: (logits) => ({ gradients: { logits } }),
    },
  );
  if (model.loss) quantities.push({ symbol: "ℓ", names: /^losses$/, size: null, atLast, step: (loss) => ({ loss }) });
  return quantities;
}

function placementsOfQuantity(
  array: PrintedArray,
  layout: PrintLayout,
  { sequences }: Problem,
  sequence: number,
  { symbol, size, atLast, step }: StepQuantity,
): Placement[] {
  const placements: Placement[] = [];
  const T = sequences[sequence]?.length ?? 0;
  const N = sequences.length;
  if (T === 0) return [];
  const S = size === null ? [] : [size];
  const featuresFirst = layout === "deeplearning";
  const value = (texts: Texts, from: number): unknown => {
    const literals = texts.slice(from, from + (size ?? 1)).map((text) => (text === null ? null : new Literal(text)));
    return size === null ? literals[0] : literals;
  };
  /** Puts vectors, one after the other in `texts`, to steps counted from 0. */
  const add = (label: string, detail: string, texts: Texts, at: readonly (readonly [n: number, k: number])[]) => {
    const bySequence: (unknown[] | undefined)[] = [];
    for (const [i, [n, k]] of at.entries()) (bySequence[n] ??= [])[k] = step(value(texts, i * (size ?? 1)));
    const expected = Array.from(bySequence, (steps) =>
      steps ? { steps: Array.from(steps, (one) => one ?? null) } : null,
    );
    placements.push({ label, detail, wanted: { expect: { sequences: expected } } });
  };
  /** The numbers with their axes in the order of this file: sequences, steps, units. */
  const ordered = (axes: readonly number[], order: readonly number[]): Texts | null => {
    const printed = order.map((axis) => axes[axis]!);
    const texts = filled(array, printed);
    return texts && reordered(texts, printed, order);
  };
  const one =
    size === null ? filled(array, []) : firstOf(filled(array, S), filled(array, [size, 1]), filled(array, [1, size]));
  const steps = atLast ? [T - 1] : T <= mostSteps ? Array.from({ length: T }, (_, k) => k) : [0, T - 1];
  if (one)
    for (const k of steps)
      add(`${symbol}_${k + 1}`, `expected at step t = ${k + 1} of sequence ${sequence + 1}`, one, [[sequence, k]]);
  const last = sequences.map(({ length }, n) => [n, length - 1] as const);
  const vectors = [0, 1].slice(0, 1 + S.length);
  const order = featuresFirst ? vectors.toReversed() : vectors;
  const ofSteps = atLast ? null : (ordered([T, ...S], order) ?? (size === 1 ? filled(array, [T]) : null));
  if (ofSteps && T > 1)
    add(
      `${symbol}_t`,
      `expected at every step of sequence ${sequence + 1}`,
      ofSteps,
      Array.from({ length: T }, (_, k) => [sequence, k] as const),
    );
  const ofSequences = ordered([N, ...S], order) ?? (size === 1 ? filled(array, [N]) : null);
  if (ofSequences && N > 1) add(`${symbol}_T`, "expected at the last step of every sequence", ofSequences, last);
  const equal = sequences.every(({ length }) => length === T);
  if (!equal || atLast || array.shape.length !== 2 + S.length) return placements;
  const everywhere = sequences.flatMap((_, n) => Array.from({ length: T }, (_, k) => [n, k] as const));
  const three = [0, 1, 2].slice(0, 2 + S.length);
  const stepsFirst = [1, 0, 2].slice(0, 2 + S.length);
  const unitsFirst = S.length === 0 ? three : [2, 0, 1];
  const orders = {
    own: [three, stepsFirst],
    pytorch: [stepsFirst, three],
    onnx: [stepsFirst, three],
    keras: [three, stepsFirst],
    cs231n: [three, stepsFirst],
    deeplearning: [unitsFirst],
  }[layout];
  const seen = new Set<string>();
  for (const order of orders) {
    const texts = ordered([N, T, ...S], order);
    const axes = order.map((axis) => "NTH"[axis]).join(" × ");
    if (!texts || seen.has(axes)) continue;
    seen.add(axes);
    add(`${symbol}_t`, `expected at every step of every sequence, printed as [${axes}]`, texts, everywhere);
  }
  return placements;
}

function firstOf<T>(...values: (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null;
}

/** Entries in the order of the axes 0, 1, 2; printed axis d is axis `order[d]`. */
function reordered(texts: Texts, printed: readonly number[], order: readonly number[]): Texts {
  const axes = order.map((_, axis) => printed[order.indexOf(axis)]!);
  return texts.map((_, place) => {
    const index: number[] = [];
    let rest = place;
    for (const size of axes.toReversed()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return texts[order.reduce((at, axis, d) => at * printed[d]! + index[axis]!, 0)] ?? null;
  });
}

// ---------------------------------------------------------------------------------------------- parts of a file

function inSequence(sequence: number, values: object): object {
  return { expect: { sequences: [...Array.from({ length: sequence }, () => null), values] } };
}

function nested({ shape, texts }: NamedTexts): unknown {
  const literals = texts.map((text) => (text === null ? null : new Literal(text)));
  const [rows, cols] = shape;
  return cols === undefined
    ? literals
    : Array.from({ length: rows! }, (_, i) => literals.slice(i * cols, (i + 1) * cols));
}

function byName(tensors: readonly NamedTexts[]): object {
  return Object.fromEntries(tensors.map((tensor) => [tensor.name, nested(tensor)]));
}

/** Parameters in their places: the embedding, layers, the second pass of a layer, the read-out. */
function asParameters(tensors: readonly NamedTexts[]): object {
  const layers: (Record<string, unknown> | null)[] = [];
  const output: Record<string, unknown> = {};
  const embedding: Record<string, unknown> = {};
  for (const tensor of tensors) {
    const [, index, reverse, short] = /^layers\.(\d+)\.(reverse\.)?(.+)$/.exec(tensor.name) ?? [];
    if (index === undefined) {
      const [holder, key] = tensor.name.split(".");
      (holder === "embedding" ? embedding : output)[key!] = nested(tensor);
      continue;
    }
    while (layers.length <= Number(index)) layers.push(null);
    const layer = (layers[Number(index)] ??= {});
    const holder = reverse === undefined ? layer : ((layer["reverse"] ??= {}) as Record<string, unknown>);
    holder[short!] = nested(tensor);
  }
  const has = (holder: object) => Object.keys(holder).length > 0;
  return { ...(has(embedding) && { embedding }), ...(layers.length > 0 && { layers }), ...(has(output) && { output }) };
}

/** Half a unit of the last digit of the number that was printed with the fewest, among those that the arrays hold. */
export function roundingOf(arrays: readonly PrintedArray[]): number {
  let largest = 0;
  const look = (item: PrintedArray["items"]): void => {
    if (Array.isArray(item)) for (const inner of item as readonly PrintedArray["items"][]) look(inner);
    else if (typeof item === "string") {
      const [mantissa, exponent = "0"] = item.split("e");
      const point = mantissa!.indexOf(".");
      if (point >= 0) largest = Math.max(largest, 0.5 * 10 ** (Number(exponent) - (mantissa!.length - point - 1)));
    }
  };
  for (const { items } of arrays) look(items);
  return largest;
}

/** What is wanted, with a tolerance that the file gives made as wide as what the numbers were rounded to. */
export function withTolerance(wanted: object, tolerance: number | null, rounding: number): object {
  const { expect } = wanted as { readonly expect?: object };
  if (!expect || tolerance === null || tolerance >= rounding) return wanted;
  return { ...wanted, expect: { tolerance: Number(rounding.toPrecision(3)), ...expect } };
}
