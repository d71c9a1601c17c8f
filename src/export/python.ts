/** The engine's own equations as lines of Python, over whole vectors. */

import { cellOf } from "../engine/cells";
import type { ElementFunction, Expression, Leaf, UpdateQuantity } from "../engine/expression";
import { childrenOf, isLeaf, isNumber, symbolsIn } from "../engine/expression";
import type { Layer } from "../engine/model";
import type { Notation, Part, Written } from "../engine/printer";
import { atom, bracketed, strengths, writeExpression } from "../engine/printer";
import { variable } from "./pythonNames";

/** What NumPy and PyTorch call by different names. */
export interface Library {
  readonly functions: Readonly<Record<ElementFunction, (v: string) => string>>;
  readonly exp: string;
  readonly sum: string;
  readonly mean: string;
  softmax(v: string): string;
  /** A number where a function wants an array. */
  number(v: string): string;
  /** A vector with the same number for each unit. */
  full(v: string): string;
  readonly outer: string;
  /** Entry by entry the larger, the smaller of two. */
  readonly max: string;
  readonly min: string;
  readonly stack: string;
}

export const numpy: Library = {
  functions: {
    tanh: (v) => `np.tanh(${v})`,
    σ: (v) => `sigmoid(${v})`,
    relu: (v) => `np.maximum(${v}, 0)`,
    square: (v) => `np.square(${v})`,
    positive: (v) => `np.where(${v} > 0, 1.0, 0.0)`,
    log: (v) => `np.log(${v})`,
    "√": (v) => `np.sqrt(${v})`,
    softplus: (v) => `np.logaddexp(0, ${v})`,
    exp: (v) => `np.exp(${v})`,
    abs: (v) => `np.abs(${v})`,
    sign: (v) => `np.sign(${v})`,
    sin: (v) => `np.sin(${v})`,
    cos: (v) => `np.cos(${v})`,
    silu: (v) => `silu(${v})`,
    hardsigmoid: (v) => `np.clip((${v} + 3) / 6, 0, 1)`,
    hardsigmoid2: (v) => `np.clip(0.2 * (${v}) + 0.5, 0, 1)`,
    step: (v) => `np.heaviside(${v}, 0.5)`,
    within3: (v) => `np.where(np.abs(${v}) < 3, 1.0, 0.0)`,
    "within2.5": (v) => `np.where(np.abs(${v}) <= 2.5, 1.0, 0.0)`,
  },
  exp: "np.exp",
  sum: "np.sum",
  mean: "np.mean",
  softmax: (v) => `softmax(${v})`,
  number: (v) => v,
  full: (v) => `np.full(H, ${v})`,
  outer: "np.outer",
  max: "np.maximum",
  min: "np.minimum",
  stack: "np.stack",
};

export const torch: Library = {
  functions: {
    tanh: (v) => `torch.tanh(${v})`,
    σ: (v) => `torch.sigmoid(${v})`,
    relu: (v) => `torch.relu(${v})`,
    square: (v) => `torch.square(${v})`,
    positive: (v) => `torch.where(${v} > 0, 1.0, 0.0)`,
    log: (v) => `torch.log(${v})`,
    "√": (v) => `torch.sqrt(${v})`,
    // From its own threshold of 20 on it leaves 2e-9 out
    softplus: (v) => `F.softplus(${v}, threshold=50)`,
    exp: (v) => `torch.exp(${v})`,
    abs: (v) => `torch.abs(${v})`,
    sign: (v) => `torch.sign(${v})`,
    sin: (v) => `torch.sin(${v})`,
    cos: (v) => `torch.cos(${v})`,
    silu: (v) => `F.silu(${v})`,
    // The slope of its own F.hardsigmoid is 1/6 in single precision, whatever the numbers are
    hardsigmoid: (v) => `(F.relu6(${v} + 3) / 6)`,
    hardsigmoid2: (v) => `torch.clamp(0.2 * (${v}) + 0.5, 0, 1)`,
    step: (v) => `torch.heaviside(${v}, torch.tensor(0.5, dtype=torch.float64))`,
    within3: (v) => `torch.where(torch.abs(${v}) < 3, 1.0, 0.0)`,
    "within2.5": (v) => `torch.where(torch.abs(${v}) <= 2.5, 1.0, 0.0)`,
  },
  exp: "torch.exp",
  sum: "torch.sum",
  mean: "torch.mean",
  softmax: (v) => `torch.softmax(${v}, dim=0)`,
  number: (v) => `torch.tensor(${v}, dtype=torch.float64)`,
  full: (v) => `torch.full((H,), 1.0, dtype=torch.float64).mul(${v})`,
  outer: "torch.outer",
  max: "torch.maximum",
  min: "torch.minimum",
  stack: "torch.stack",
};

const brackets = (text: string) => `(${text})`;
const grouped = (part: Written, least: number) => bracketed(part, least, { brackets });
const product = (text: string): Written => ({ text, strength: strengths.product });

const numberAtom = (value: number): Written => ({
  text: pythonNumber(value),
  strength: value < 0 ? strengths.unary : strengths.atom,
});

/** The same as a vector, also where it is one number for every unit. */
export function fullPython(expression: Expression, library: Library): string {
  return full({ ...writeExpression(expression, notationOf(library)), expression }, library);
}

const full = ({ text, expression }: Part, library: Library) => (isOneNumber(expression) ? library.full(text) : text);

function isOneNumber(expression: Expression): boolean {
  if (expression.kind === "pool" || isNumber(expression)) return true;
  return expression.kind !== "product" && !isLeaf(expression) && childrenOf(expression).every(isOneNumber);
}

/** `Wxh @ x_t + Whh @ h_before + bh` */
export function expressionPython(expression: Expression, library: Library): string {
  return writeExpression(expression, notationOf(library)).text;
}

function notationOf(library: Library): Notation {
  const argument = ({ text, expression }: Part) => (isNumber(expression) ? library.number(text) : text);
  return {
    plus: " + ",
    minus: " - ",
    brackets,
    leaf: (leaf) => (leaf.kind === "named" ? numberAtom(leaf.value) : atom(nameOf(leaf))),
    constant: numberAtom,
    product: (matrix, isTransposed, of) => {
      const vector = isOneNumber(of.expression) ? full(of, library) : grouped(of, strengths.unary);
      return product(`${variable(matrix)}${isTransposed ? ".T" : ""} @ ${vector}`);
    },
    outer: (left, right) => atom(`${library.outer}(${full(left, library)}, ${full(right, library)})`),
    negative: (of) => ({ text: `-${grouped(of, strengths.unary)}`, strength: strengths.unary }),
    factor: strengths.unary,
    between: () => " * ",
    quotient: (over, under) => product(`${grouped(over, strengths.product)} / ${grouped(under, strengths.unary)}`),
    power: (of, exponent) => ({
      text: `${grouped(of, strengths.atom)} ** ${grouped(exponent, strengths.unary)}`,
      strength: strengths.unary,
    }),
    extreme: (which, of) => atom(of.map(argument).reduce((left, right) => `${library[which]}(${left}, ${right})`)),
    apply: (name, of) => atom(library.functions[name](argument(of))),
    softmax: (of) => atom(library.softmax(full(of, library))),
    pool: (over, of) => atom(`${library[over]}(${full(of, library)})`),
    logSumExp: ({ text }) => atom(`log_sum_exp(${text})`),
    atTarget: (of) => atom(`${grouped(of, strengths.atom)}[target_class]`),
    total: ({ text }) => atom(`${library.sum}(${text})`),
  };
}

const memoryNames = { b: "b_before", s: "s_before", m: "m_before", v: "v_before" } as const;

/** A leaf as a variable: `h_before`, `da`, `dh_after`, `learning_rate`. */
export function nameOf(leaf: Leaf): string {
  switch (leaf.kind) {
    case "value":
      return `${variable(leaf.name)}${leaf.time === "now" ? "" : `_${leaf.time}`}`;
    case "gradient":
      return `d${variable(leaf.name)}${leaf.time === "now" ? "" : `_${leaf.time}`}`;
    case "above":
      return "above[t]";
    case "input":
      return leaf.time === "now" ? "x_t" : "x_after";
    case "bias":
    case "named":
      return variable(leaf.name);
    case "target":
      return "target";
    case "classWeight":
      return "class_weights";
    case "targetCount":
      return "N";
    case "stepWeight":
      return "counts[t]";
    case "ends":
      return "h";
    case "setting":
      return settingName(leaf.key);
    case "update":
      return updateName(leaf.name);
    case "memory":
      return memoryNames[leaf.name];
  }
}

/** `optimizer.learningRate` as `learning_rate`, `clip.at` as `clip_at`. */
export function settingName(key: string): string {
  return key
    .replace(/^optimizer\./, "")
    .replaceAll(".", "_")
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function updateName(name: "p" | "gradient" | "norm" | UpdateQuantity): string {
  return name === "gradient" ? "g" : name === "mHat" ? "m_hat" : name === "vHat" ? "v_hat" : name;
}

/** A number with all its digits. */
export function pythonNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : `float("${String(value).replace("Infinity", "inf")}")`;
}

/** A list of numbers, or of rows of them, a row on a line. */
export function pythonList(data: ArrayLike<number>, cols: number | null = null): string {
  const numbers = Array.from(data, pythonNumber);
  if (cols === null) return `[${numbers.join(", ")}]`;
  const rows = Array.from({ length: numbers.length / cols }, (_, i) => numbers.slice(i * cols, (i + 1) * cols));
  const lines = rows.map((row) => `[${row.join(", ")}]`);
  return lines.length === 1 ? `[${lines[0]}]` : `[\n${lines.map((line) => `        ${line},\n`).join("")}    ]`;
}

/** A text as a Python literal of ASCII signs, whatever is in it: nothing else of the user's stands in a script. */
export function pythonText(text: string): string {
  const escaped = text.replaceAll(/[^ !#-[\]-~]/gu, (sign) => {
    const code = sign.codePointAt(0)!;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** What a script says of a layer once for all that are alike. */
export type CellLayer = Pick<Layer, "cell" | "options" | "own">;

/** A cell with its choices, as a name: `rnn_tanh`, `lstm`. */
export function cellName(layer: CellLayer): string {
  const { cell, options, own } = layer;
  if (own) return ownCellName(cell, Object.values(own.constants));
  const choices = Object.entries(cellOf(layer).options).map(([key, option]) => options[key] ?? option.default);
  return [cell, ...choices, ...(options["bias"] === "false" ? ["without_bias"] : [])].join("_");
}

/** A cell of the file's own may be called anything; layers with other constants have other functions. */
function ownCellName(cell: string, constants: readonly number[]): string {
  const name = cell.replaceAll(/[^A-Za-z0-9_]/gu, (sign) => `_${sign.codePointAt(0)!.toString(16)}_`);
  return ["own", name, ...constants.map((value) => String(value).replaceAll("-", "m").replaceAll(/\W/g, "_"))].join(
    "_",
  );
}

/** The parameters that expressions read, in the cell's order. */
export function parametersIn(layer: CellLayer, used: readonly Expression[]): string[] {
  const read = new Set<string>();
  for (const expression of used) collectParameters(expression, read);
  return cellOf(layer)
    .parameters(layer.options)
    .map(({ name }) => name)
    .filter((name) => read.has(name));
}

/** The lines that give a cell's parameters their short names, some on a line. */
export function unpackLines(names: readonly string[], from: (name: string) => string): string[] {
  const lines: string[] = [];
  for (let k = 0; k < names.length; k += 3) {
    const some = names.slice(k, k + 3);
    lines.push(`${some.map(variable).join(", ")} = ${some.map(from).join(", ")}`);
  }
  return lines;
}

export const fromWeights = (name: string): string => `weights["${name}"]`;

function collectParameters(expression: Expression, into: Set<string>): void {
  if (expression.kind === "product") into.add(expression.matrix);
  for (const leaf of symbolsIn(expression)) if (leaf.kind === "bias") into.add(leaf.name);
  for (const child of childrenOf(expression)) collectParameters(child, into);
}

/** Where a cell of the file's own may have one number for all units, how many there are. */
export function unitsLine({ own }: CellLayer, from: (name: string) => string): string[] {
  if (!own) return [];
  const [first] = own.parameters;
  return [`H = ${first ? `len(${from(first.name)})` : "x.shape[1]"}`];
}

/** A cell's pass forward over `x`, from `start`, in the `order` of its steps: every value of it, each [T, H], by its name. */
export function forwardBody(layer: CellLayer, library: Library, from: (name: string) => string): string[] {
  const cell = cellOf(layer);
  const { states } = cell;
  const operations = cell.forwardOperations(layer.options);
  const names = operations.map(({ name }) => name);
  const expressions = operations.map(({ expression }) => expression);
  const readsInput = expressions.some((one) => symbolsIn(one).some(({ kind }) => kind === "input"));
  return [
    ...unpackLines(parametersIn(layer, expressions), from),
    `values = {${names.map((name) => `"${name}": [None] * len(x)`).join(", ")}}`,
    ...states.map((state) => `${variable(state)}_before = start["${state}"]`),
    ...unitsLine(layer, from),
    `for t in order:`,
    ...(readsInput ? [`    x_t = x[t]`] : []),
    ...operations.map(({ name, expression }) => `    ${variable(name)} = ${fullPython(expression, library)}`),
    ...names.map((name) => `    values["${name}"][t] = ${variable(name)}`),
    ...states.map((state) => `    ${variable(state)}_before = ${variable(state)}`),
    `return {name: ${library.stack}(steps) for name, steps in values.items()}`,
  ];
}

export const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => `${" ".repeat(by)}${line}`);

/** A cell's pass forward, as a function of Python. */
export function forwardFunction(layer: CellLayer, library: Library): string {
  return [
    `def ${cellName(layer)}_forward(weights, x, start, order):`,
    `    """Every value of a pass, each [T, H], by its name."""`,
    ...indented(forwardBody(layer, library, fromWeights), 4),
  ].join("\n");
}
