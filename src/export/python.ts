/** The engine's own equations as lines of Python, over whole vectors. */

import { cells } from "../engine/cells";
import type { ElementFunction, Expression, Leaf, UpdateQuantity } from "../engine/expression";
import { symbolsIn } from "../engine/expression";
import type { CellOptions, Layer } from "../engine/model";

/** What NumPy and PyTorch call by different names. */
export interface Library {
  readonly functions: Readonly<Record<ElementFunction, (v: string) => string>>;
  readonly exp: string;
  readonly sum: string;
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
  },
  exp: "np.exp",
  sum: "np.sum",
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
    softplus: (v) => `F.softplus(${v})`,
  },
  exp: "torch.exp",
  sum: "torch.sum",
  outer: "torch.outer",
  max: "torch.maximum",
  min: "torch.minimum",
  stack: "torch.stack",
};

const strengths = { sum: 0, product: 1, unary: 2, atom: 3 } as const;

interface Written {
  readonly text: string;
  readonly strength: number;
}

const bracketed = ({ text, strength }: Written, least: number) => (strength < least ? `(${text})` : text);
const atom = (text: string): Written => ({ text, strength: strengths.atom });

/** `Wxh @ x_t + Whh @ h_before + bh` */
export function expressionPython(expression: Expression, library: Library): string {
  return write(expression, library).text;
}

function write(expression: Expression, library: Library): Written {
  const of = (part: Expression) => write(part, library);
  switch (expression.kind) {
    case "value":
    case "gradient":
    case "above":
    case "input":
    case "bias":
    case "target":
    case "targetCount":
    case "setting":
    case "update":
    case "memory":
      return atom(nameOf(expression));
    case "constant":
      return atom(pythonNumber(expression.value));
    case "product":
      return {
        text: `${expression.matrix}${expression.transposed ? ".T" : ""} @ ${bracketed(of(expression.of), strengths.unary)}`,
        strength: strengths.product,
      };
    case "outer":
      return atom(`${library.outer}(${of(expression.left).text}, ${of(expression.right).text})`);
    case "sum":
      return { text: expression.terms.map((term) => of(term).text).join(" + "), strength: strengths.sum };
    case "difference":
      return {
        text: `${of(expression.from).text} - ${bracketed(of(expression.minus), strengths.product)}`,
        strength: strengths.sum,
      };
    case "negative":
      return { text: `-${bracketed(of(expression.of), strengths.unary)}`, strength: strengths.unary };
    case "times":
      return {
        text: expression.factors.map((factor) => bracketed(of(factor), strengths.unary)).join(" * "),
        strength: strengths.product,
      };
    case "quotient":
      return {
        text: `${bracketed(of(expression.over), strengths.product)} / ${bracketed(of(expression.under), strengths.unary)}`,
        strength: strengths.product,
      };
    case "extreme":
      return atom(
        expression.of
          .map((one) => of(one).text)
          .reduce((left, right) => `${expression.which === "max" ? library.max : library.min}(${left}, ${right})`),
      );
    case "apply":
      return atom(library.functions[expression.function](of(expression.of).text));
    case "softmax":
      return atom(`softmax(${of(expression.of).text})`);
    case "logSumExp":
      return atom(`log_sum_exp(${of(expression.of).text})`);
    case "atTarget":
      return atom(`${bracketed(of(expression.of), strengths.atom)}[target_class]`);
    case "total":
      return atom(`${library.sum}(${of(expression.of).text})`);
  }
}

const memoryNames = { b: "b_before", s: "s_before", m: "m_before", v: "v_before" } as const;

/** A leaf as a variable: `h_before`, `da`, `dh_after`, `learning_rate`. */
export function nameOf(leaf: Leaf): string {
  switch (leaf.kind) {
    case "value":
      return `${leaf.name}${leaf.time === "now" ? "" : `_${leaf.time}`}`;
    case "gradient":
      return `d${leaf.name}${leaf.time === "now" ? "" : `_${leaf.time}`}`;
    case "above":
      return "above[t]";
    case "input":
      return "x_t";
    case "bias":
      return leaf.name;
    case "target":
      return "target";
    case "targetCount":
      return "N";
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

/** A text as a Python literal; JSON's are ones. */
export const pythonText = (text: string): string => JSON.stringify(text);

/** A cell with its choices, as a name: `rnn_tanh`, `lstm`. */
export function cellName({ cell, options }: Pick<Layer, "cell" | "options">): string {
  const choices = Object.entries(cells[cell].options).map(([key, option]) => options[key] ?? option.default);
  return [cell, ...choices].join("_");
}

/** The lines that give a cell's parameters their short names, some on a line. */
export function unpackParameters(
  { cell, options }: Pick<Layer, "cell" | "options">,
  used: readonly Expression[],
): string[] {
  const read = new Set<string>();
  for (const expression of used) collectParameters(expression, read);
  const names = cells[cell]
    .parameters(options)
    .map(({ name }) => name)
    .filter((name) => read.has(name));
  const lines: string[] = [];
  for (let k = 0; k < names.length; k += 3) {
    const some = names.slice(k, k + 3);
    lines.push(`    ${some.join(", ")} = ${some.map((name) => `p["${name}"]`).join(", ")}`);
  }
  return lines;
}

function collectParameters(expression: Expression, into: Set<string>): void {
  if (expression.kind === "product") into.add(expression.matrix);
  for (const leaf of symbolsIn(expression)) if (leaf.kind === "bias") into.add(leaf.name);
  for (const child of childrenOf(expression)) collectParameters(child, into);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "product":
    case "negative":
    case "apply":
    case "softmax":
    case "logSumExp":
    case "atTarget":
    case "total":
      return [expression.of];
    case "extreme":
      return expression.of;
    case "sum":
      return expression.terms;
    case "times":
      return expression.factors;
    case "difference":
      return [expression.from, expression.minus];
    case "quotient":
      return [expression.over, expression.under];
    case "outer":
      return [expression.left, expression.right];
    case "constant":
    case "value":
    case "gradient":
    case "above":
    case "input":
    case "bias":
    case "target":
    case "targetCount":
    case "setting":
    case "update":
    case "memory":
      return [];
  }
}

/** A cell's pass forward, as a function of Python. */
export function forwardFunction(
  layer: { readonly cell: Layer["cell"]; readonly options: CellOptions },
  library: Library,
): string {
  const { cell, options } = layer;
  const { states } = cells[cell];
  const operations = cells[cell].forwardOperations(options);
  const names = operations.map(({ name }) => name);
  const expressions = operations.map(({ expression }) => expression);
  const readsInput = expressions.some((one) => symbolsIn(one).some(({ kind }) => kind === "input"));
  return [
    `def ${cellName(layer)}_forward(p, x, start, order):`,
    `    """Every value of a pass, each [T, H], by its name."""`,
    ...unpackParameters(layer, expressions),
    `    values = {${names.map((name) => `"${name}": [None] * len(x)`).join(", ")}}`,
    ...states.map((state) => `    ${state}_before = start["${state}"]`),
    `    for t in order:`,
    ...(readsInput ? [`        x_t = x[t]`] : []),
    ...operations.map(({ name, expression }) => `        ${name} = ${expressionPython(expression, library)}`),
    ...names.map((name) => `        values["${name}"][t] = ${name}`),
    ...states.map((state) => `        ${state}_before = ${state}`),
    `    return {name: ${library.stack}(steps) for name, steps in values.items()}`,
  ].join("\n");
}
