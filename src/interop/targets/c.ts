import { cellOf } from "../../engine/cells";
import type { ElementFunction, Expression } from "../../engine/expression";
import type { Layer, Model, Problem, Sequence } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import { predict, sequenceOfInputs } from "../../engine/predict";
import type { Tensor } from "../../engine/tensor";
import type { Exported } from "../../format/exported";
import { ExportError } from "../../format/exported";
import { hasInitialState, refuse } from "./parts";

/** Steps of the first sequence that are test vectors. */
const mostTestSteps = 32;

/** Of one number, as C writes it. `square` and what has no name in C are functions of the file. */
const functions: Readonly<Record<ElementFunction, string>> = {
  tanh: "tanh",
  σ: "sigmoid",
  relu: "relu",
  exp: "exp",
  log: "log",
  "√": "sqrt",
  abs: "fabs",
  sin: "sin",
  cos: "cos",
  softplus: "softplus",
  silu: "silu",
  hardsigmoid: "hardsigmoid",
  hardsigmoid2: "hardsigmoid2",
  square: "square",
  positive: "positive",
  step: "step",
  sign: "sign",
  within3: "within3",
  "within2.5": "within2_5",
};

const definitions: Readonly<Record<string, string>> = {
  sigmoid: "v >= 0 ? 1 / (1 + exp(-v)) : exp(v) / (1 + exp(v))",
  relu: "v <= 0 ? 0 : v",
  softplus: "fmax(v, 0) + log1p(exp(-fabs(v)))",
  silu: "v >= 0 ? v / (1 + exp(-v)) : v * exp(v) / (1 + exp(v))",
  hardsigmoid: "fmin(fmax((v + 3) / 6, 0), 1)",
  hardsigmoid2: "fmin(fmax(0.2 * v + 0.5, 0), 1)",
  square: "v * v",
  positive: "v > 0 ? 1 : 0",
  step: "v > 0 ? 1 : v == 0 ? 0.5 : 0",
  sign: "v > 0 ? 1 : v < 0 ? -1 : 0",
  within3: "v > -3 && v < 3 ? 1 : 0",
  within2_5: "v >= -2.5 && v <= 2.5 ? 1 : 0",
};

/**
 * One file of C99 that computes a step, without allocation: `unroll_reset`, `unroll_step`, and under `UNROLL_TEST` a `main` that
 * holds it against what this engine computes. All in double precision; cells are written from their own equations.
 */
export function exportC(problem: Problem): Exported {
  const { model } = problem;
  refuse(model, "C", ["layer that goes backward", "layer of both directions"]);
  for (const [name, { data }] of Object.entries(parametersOf(model)))
    if (data.some((value) => !Number.isFinite(value)))
      throw new ExportError(`${name} holds a number that is not finite`);
  const layers = model.layers.map((layer, l) => new LayerWriter(layer, l));
  const bodies = layers.map((layer) => layer.function());
  const { inputSize: X, output, embedding, vocabulary } = model;
  const O = output.size;
  const readout = readoutLines(model);
  const used = [...bodies, ...readout].join("\n");
  const helpers = Object.entries(definitions).filter(([name]) => used.includes(`${name}(`));
  const input = embedding ? "int token" : "const double x[UNROLL_INPUTS]";
  const lines = [
    `/* ${plain(problem.name)}: a recurrent network, written by Unroll. C99, no allocation, double precision.`,
    " *",
    " *   unroll_state state;",
    " *   unroll_reset(&state);",
    ` *   unroll_step(&state, ${embedding ? "token" : "x"}, y);   once for each step`,
    " *",
    " * Test: cc -std=c99 -DUNROLL_TEST FILE.c -lm && ./a.out",
    " */",
    "#include <math.h>",
    "#include <string.h>",
    "",
    `#define UNROLL_INPUTS ${X}`,
    `#define UNROLL_OUTPUTS ${O}`,
    "",
    "typedef struct {",
    ...layers.flatMap((layer) => layer.stateLines()),
    ...(layers.every(({ states }) => states.length === 0) ? ["    char none;"] : []),
    "} unroll_state;",
    "",
    ...Object.entries(parametersOf(model)).flatMap(([name, tensor]) => array(identifier(name), tensor)),
    ...helpers.map(([name, body]) => `static double ${name}(double v) { return ${body}; }`),
    "",
    ...bodies.flatMap((body) => [body, ""]),
    "/* The state before the first step. */",
    "void unroll_reset(unroll_state *s)",
    "{",
    "    memset(s, 0, sizeof *s);",
    ...layers.flatMap((layer) => layer.resetLines()),
    "}",
    "",
    `/* One step: reads ${embedding ? "a token's id" : "x"}, moves the state on, and writes y. */`,
    `void unroll_step(unroll_state *s, ${input}, double y[UNROLL_OUTPUTS])`,
    "{",
    ...(embedding ? [`    const double *x = ${identifier("embedding.E")}[token];`] : []),
    ...layers.map(({ l, size }) => `    double h_${l}[${size}];`),
    ...layers.map(({ l }) => `    layer_${l}(s, ${l === 0 ? "x" : `h_${l - 1}`}, h_${l});`),
    ...readout,
    "}",
    ...(vocabulary && !embedding ? ["", ...tokenLines(X)] : []),
    "",
    ...testLines(problem),
  ];
  const warnings =
    output.at === "every" ? [] : ["y is written at every step: the read-out of the file is that of the last one"];
  return { files: [{ name: "", content: `${lines.join("\n")}\n` }], warnings };
}

/** A text of the user's in a comment: nothing of it ends the comment or its line. */
function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 _.,()-]/g, "_").slice(0, 100);
}

/** Names of C have letters of ASCII alone. */
function identifier(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/gu, (sign) => (sign === "." ? "_" : `u${sign.codePointAt(0)!.toString(16)}_`));
}

function number(value: number): string {
  const text = Object.is(value, -0) ? "-0.0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function list(data: ArrayLike<number>): string {
  return Array.from(data, number).join(", ");
}

function array(name: string, { rank, rows, cols, data }: Tensor): string[] {
  if (rank === 1) return [`static const double ${name}[${rows}] = {${list(data)}};`];
  return [
    `static const double ${name}[${rows}][${cols}] = {`,
    ...Array.from({ length: rows }, (_, i) => `    {${list(data.subarray(i * cols, (i + 1) * cols))}},`),
    "};",
  ];
}

/** Writes a layer's step: its operations unit by unit, and before each the products with matrices that it needs. */
class LayerWriter {
  readonly size: number;
  readonly states: readonly string[];
  private lines: string[] = [];
  private temporaries = 0;

  constructor(
    private readonly layer: Layer,
    readonly l: number,
  ) {
    this.size = layer.size;
    this.states = cellOf(layer).states;
  }

  stateLines(): string[] {
    return this.states.map((name) => `    double ${this.state(name)}[${this.size}];`);
  }

  resetLines(): string[] {
    if (!hasInitialState(this.layer)) return [];
    return Object.entries(this.layer.passes[0]!.initial).flatMap(([name, values]) => [
      `    static const double ${this.state(name)}[${this.size}] = {${list(values)}};`,
      `    memcpy(s->${this.state(name)}, ${this.state(name)}, sizeof ${this.state(name)});`,
    ]);
  }

  function(): string {
    const { size: H, l } = this;
    this.lines = [];
    for (const { name, expression } of cellOf(this.layer).forwardOperations(this.layer.options)) {
      const value = this.write(expression);
      this.lines.push(
        `    double ${this.local(name)}[${H}];`,
        `    for (int i = 0; i < ${H}; i++) ${this.local(name)}[i] = ${value};`,
      );
    }
    return [
      `static void layer_${l}(unroll_state *s, const double *x, double *h_out)`,
      "{",
      ...(this.states.length === 0 ? ["    (void)s;"] : []),
      ...this.lines,
      ...this.states.map(
        (name) => `    memcpy(s->${this.state(name)}, ${this.local(name)}, sizeof ${this.local(name)});`,
      ),
      `    memcpy(h_out, ${this.local("h")}, sizeof ${this.local("h")});`,
      "}",
    ].join("\n");
  }

  private local(name: string): string {
    return `v_${identifier(name)}`;
  }

  private state(name: string): string {
    return `s${this.l}_${identifier(name)}`;
  }

  private parameter(name: string): string {
    return identifier(`${this.layer.passes[0]!.prefix}.${name}`);
  }

  /** A vector of its own, for what is read unit by unit. */
  private vector(expression: Expression): string {
    const value = this.write(expression);
    const name = `t${this.temporaries++}`;
    this.lines.push(
      `    double ${name}[${this.size}];`,
      `    for (int i = 0; i < ${this.size}; i++) ${name}[i] = ${value};`,
    );
    return name;
  }

  /** The number of unit i; what has to be there before goes into lines of its own. */
  private write(expression: Expression): string {
    const of = (part: Expression) => this.write(part);
    switch (expression.kind) {
      case "value":
        return expression.time === "now" ? `${this.local(expression.name)}[i]` : `s->${this.state(expression.name)}[i]`;
      case "input":
        return "x[i]";
      case "bias":
        return `${this.parameter(expression.name)}[i]`;
      case "named":
      case "constant":
        return expression.value < 0 ? `(${number(expression.value)})` : number(expression.value);
      case "product":
        return this.product(expression);
      case "sum":
        return `(${expression.terms.map(of).join(" + ")})`;
      case "difference":
        return `(${of(expression.from)} - ${of(expression.minus)})`;
      case "negative":
        return `(-${of(expression.of)})`;
      case "times":
        return expression.factors.map(of).join(" * ");
      case "quotient":
        return `(${of(expression.over)} / (${of(expression.under)}))`;
      case "power":
        return `pow(${of(expression.of)}, ${of(expression.exponent)})`;
      case "extreme": {
        const name = expression.which === "min" ? "fmin" : "fmax";
        return expression.of.map(of).reduce((left, right) => `${name}(${left}, ${right})`);
      }
      case "apply":
        return `${functions[expression.function]}(${of(expression.of)})`;
      case "pool":
        return this.pool(expression);
      case "softmax":
        return this.softmax(expression.of);
      case "gradient":
      case "above":
      case "target":
      case "classWeight":
      case "targetCount":
      case "stepWeight":
      case "ends":
      case "setting":
      case "update":
      case "memory":
      case "outer":
      case "logSumExp":
      case "atTarget":
      case "total":
        throw new TypeError(`a cell's step forward has no ${expression.kind}`);
    }
  }

  private product({ matrix, of }: Expression & { kind: "product" }): string {
    const cols = this.layer.passes[0]!.parameters[matrix]!.cols;
    const vector =
      of.kind === "input"
        ? "x"
        : of.kind === "value"
          ? of.time === "now"
            ? this.local(of.name)
            : `s->${this.state(of.name)}`
          : this.vector(of);
    const name = `t${this.temporaries++}`;
    this.lines.push(
      `    double ${name}[${this.size}];`,
      `    for (int i = 0; i < ${this.size}; i++) {`,
      `        ${name}[i] = 0;`,
      `        for (int j = 0; j < ${cols}; j++) ${name}[i] += ${this.parameter(matrix)}[i][j] * ${vector}[j];`,
      "    }",
    );
    return `${name}[i]`;
  }

  private pool({ over, of }: Expression & { kind: "pool" }): string {
    const vector = this.vector(of);
    const name = `t${this.temporaries++}`;
    this.lines.push(
      `    double ${name} = 0;`,
      `    for (int i = 0; i < ${this.size}; i++) ${name} += ${vector}[i];`,
      ...(over === "mean" ? [`    ${name} /= ${this.size};`] : []),
    );
    return name;
  }

  private softmax(of: Expression): string {
    const vector = this.vector(of);
    this.lines.push(...softmaxLines(vector, String(this.size), `t${this.temporaries++}`));
    return `${vector}[i]`;
  }
}

/** p_j = e^z_j / Σ e^z, in place; the largest is taken out first. */
function softmaxLines(vector: string, size: string, name: string): string[] {
  return [
    `    double ${name}_most = ${vector}[0], ${name}_sum = 0;`,
    `    for (int i = 1; i < ${size}; i++) ${name}_most = fmax(${name}_most, ${vector}[i]);`,
    `    for (int i = 0; i < ${size}; i++) ${name}_sum += ${vector}[i] = exp(${vector}[i] - ${name}_most);`,
    `    for (int i = 0; i < ${size}; i++) ${vector}[i] /= ${name}_sum;`,
  ];
}

function readoutLines({ output, layers, inputSize }: Model): string[] {
  const { size: O, Why, by, Wxy, skip, activation } = output;
  const top = `h_${layers.length - 1}`;
  const product = (name: string, cols: number, vector: string) =>
    `        for (int j = 0; j < ${cols}; j++) y[i] += ${identifier(name)}[i][j] * ${vector}[j];`;
  return [
    `    for (int i = 0; i < ${O}; i++) {`,
    `        y[i] = ${[...(Why ? [] : [`${top}[i]`]), ...(by ? [`${identifier("output.by")}[i]`] : []), ...(skip ? ["x[i]"] : [])].join(" + ") || "0"};`,
    ...(Why ? [product("output.Why", Why.cols, top)] : []),
    ...(Wxy ? [product("output.Wxy", inputSize, "x")] : []),
    ...(activation === "sigmoid" || activation === "tanh" ? [`        y[i] = ${activation}(y[i]);`] : []),
    "    }",
    ...(activation === "softmax" ? softmaxLines("y", String(O), "p") : []),
  ];
}

function tokenLines(X: number): string[] {
  return [
    "/* One step that reads the token of this id: the vector with a 1 at it. */",
    "void unroll_step_token(unroll_state *s, int token, double y[UNROLL_OUTPUTS])",
    "{",
    `    double x[${X}] = {0};`,
    "    x[token] = 1;",
    "    unroll_step(s, x, y);",
    "}",
  ];
}

/** The first steps of the first sequence, or of a sine where the file has none, from the model's own initial state. */
function testSequence({ model, sequences }: Problem): Sequence {
  const [first] = sequences;
  const { inputSize: X, embedding } = model;
  if (!first) {
    const T = 8;
    if (embedding)
      return sequenceOfInputs(
        { tokens: Int32Array.from({ length: T }, (_, k) => k % embedding.E.rows), vectors: null },
        T,
      );
    return sequenceOfInputs(
      { tokens: null, vectors: Float64Array.from({ length: T * X }, (_, k) => Math.sin(k + 1)) },
      T,
    );
  }
  const T = Math.min(first.length, mostTestSteps);
  const { tokens, vectors } = first.inputs;
  return sequenceOfInputs({ tokens: tokens && tokens.slice(0, T), vectors: vectors && vectors.slice(0, T * X) }, T);
}

function testLines(problem: Problem): string[] {
  const { model } = problem;
  const sequence = testSequence(problem);
  const { length: T, inputs } = sequence;
  const { inputSize: X, embedding } = model;
  const expected = predict({ ...model, output: { ...model.output, at: "every" } }, sequence).outputs;
  const row = (k: number) => {
    const token = inputs.tokens ? inputs.tokens[k]! : -1;
    const vector = new Float64Array(X);
    if (token >= 0) vector[token] = 1;
    else vector.set(inputs.vectors!.subarray(k * X, (k + 1) * X));
    return vector;
  };
  const steps = Array.from({ length: T }, (_, k) => k);
  return [
    "#ifdef UNROLL_TEST",
    "#include <stdio.h>",
    "",
    embedding
      ? `static const int test_inputs[${T}] = {${steps.map((k) => inputs.tokens![k]).join(", ")}};`
      : `static const double test_inputs[${T}][${X}] = {\n${steps.map((k) => `    {${list(row(k))}},`).join("\n")}\n};`,
    `static const double test_outputs[${T}][${model.output.size}] = {`,
    ...expected.map((outputs) => `    {${list(outputs)}},`),
    "};",
    "",
    "int main(void)",
    "{",
    "    unroll_state s;",
    "    double worst = 0;",
    "    unroll_reset(&s);",
    `    for (int t = 0; t < ${T}; t++) {`,
    "        double y[UNROLL_OUTPUTS];",
    "        unroll_step(&s, test_inputs[t], y);",
    "        for (int j = 0; j < UNROLL_OUTPUTS; j++) {",
    "            double far = fabs(y[j] - test_outputs[t][j]);",
    "            if (!(far <= worst)) worst = far;",
    "        }",
    "    }",
    '    printf("largest difference: %g\\n", worst);',
    "    return worst <= 1e-9 ? 0 : 1;",
    "}",
    "#endif",
  ];
}
