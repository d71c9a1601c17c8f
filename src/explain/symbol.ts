/** The symbol of a single number, as data that each notation writes in its own way. */

import { cellOf } from "../engine/cells";
import { updateText } from "../engine/expressionText";
import type { Layer, Model } from "../engine/model";
import { readoutParameters } from "../engine/model";
import { outputName } from "../engine/readout";
import type { Tensor } from "../engine/tensor";
import type { NumberReference } from "./reference";
import { latexText, quotedText, shortText, visibleText } from "./text";

export interface NumberSymbol {
  /** `h`, `Whh`, `ℓ`, `‖g‖` */
  readonly base: string;
  /** dL/d of a number of a step, d of a parameter. */
  readonly gradient: "" | "∂L/∂" | "d";
  /** Above the line: the gate of a pre-activation, the layer. */
  readonly above: readonly string[];
  /** The direction of a pass, where its layer has two. */
  readonly arrow: "" | "→" | "←";
  /** Below the line: `3`, `t−1`. */
  readonly time: string | null;
  readonly indices: readonly string[];
  /** Which part of it: `above`, `t=4`, `clipped`. */
  readonly part: string | null;
  /** The parameter after the update. */
  readonly prime: boolean;
}

/** Letters in the place of numbers, in a general term. */
export interface Letters {
  readonly i?: string | null;
  readonly j?: string | null;
  readonly t?: string | null;
}

const plain: Omit<NumberSymbol, "base"> = {
  gradient: "",
  above: [],
  arrow: "",
  time: null,
  indices: [],
  part: null,
  prime: false,
};

/** Of a hyper-parameter or another number that stands by its letter. */
export const symbolNamed = (base: string, time: string | null = null): NumberSymbol => ({ ...plain, base, time });

/** Where a name's pass stands. @throws RangeError where the model has no such pass */
export function passOf(model: Model, name: string): { layer: number; pass: number; short: string } {
  const short = name.slice(name.lastIndexOf(".") + 1);
  const prefix = name.slice(0, -short.length - 1);
  for (const [layer, { passes }] of model.layers.entries()) {
    const pass = passes.findIndex((one) => one.prefix === prefix);
    if (pass >= 0) return { layer, pass, short };
  }
  throw new RangeError(`the model has no pass ${prefix}`);
}

/** The layer, where the model has several, and the direction, where the layer has two. */
function ofPass(model: Model, layer: number, pass: number): Pick<NumberSymbol, "above" | "arrow"> {
  const { passes } = model.layers[layer]!;
  return {
    above: model.layers.length > 1 ? [`(${layer + 1})`] : [],
    arrow: passes.length === 1 ? "" : passes[pass]!.direction === "forward" ? "→" : "←",
  };
}

const isGate = (layer: Layer, short: string) =>
  cellOf(layer)
    .quantities(layer.options)
    .some(({ name, gradientOfPreActivation }) => name === short && gradientOfPreActivation);

/** A token or label so that it can be told from what is around it. */
function labelText(label: string): string {
  return /^[^\s[\]"\\^_{}|]+$/u.test(label) && visibleText(shortText(label)) === label ? label : quotedText(label);
}

export class Symbols {
  constructor(private readonly model: Model) {}

  of(reference: NumberReference, letters: Letters = {}): NumberSymbol {
    const { model } = this;
    const time = "t" in reference ? (letters.t ?? String(reference.t)) : null;
    switch (reference.kind) {
      case "input":
        return { ...plain, base: "x", time, indices: this.input(reference.i, letters.i) };
      case "target":
        return { ...plain, base: "target", time, indices: this.output(reference.i, letters.i) };
      case "logit":
        return { ...plain, base: "z", time, indices: this.output(reference.i, letters.i) };
      case "dLogit":
        return { ...plain, base: "z", gradient: "∂L/∂", time, indices: this.output(reference.i, letters.i) };
      case "output":
        return {
          ...plain,
          base: outputName(model.output.activation),
          time,
          indices: this.output(reference.i, letters.i),
        };
      case "loss":
        return { ...plain, base: "ℓ", time };
      case "totalLoss":
        return { ...plain, base: "L" };
      case "targetCount":
        return { ...plain, base: "N" };
      case "classWeight":
        return { ...plain, base: "w", indices: this.output(reference.i, letters.i) };
      case "stepWeight":
        return { ...plain, base: "ω", time };
      case "givenWeight":
        return { ...plain, base: "weights", time };
      case "sequenceWeight":
        return { ...plain, base: "weight" };
      case "divisor":
        return { ...plain, base: "D" };
      case "value":
      case "initial":
      case "gradient":
      case "initialGradient":
      case "above":
      case "next":
        return this.ofPass(reference, time, letters);
      case "inputGradient":
        return {
          ...plain,
          base: "x",
          gradient: "∂L/∂",
          time,
          indices: this.input(reference.i, letters.i),
        };
      case "parameter":
        return this.parameter(reference.name, reference, letters);
      case "parameterGradient":
        return { ...this.parameter(reference.name, reference, letters), gradient: "d" };
      case "share":
        return { ...this.parameter(reference.name, reference, letters), gradient: "d", part: letters.t ?? `t=${time}` };
      case "sumSoFar":
        return {
          ...this.parameter(reference.name, reference, letters),
          gradient: "d",
          part: `${reference.steps} step${reference.steps === 1 ? "" : "s"}`,
        };
      case "gradientNorm":
        return {
          ...plain,
          base: reference.name === null ? "‖g‖" : `‖d${textOf({ ...this.parameter(reference.name), indices: [] })}‖`,
        };
      case "update":
        return this.update(reference, letters);
      case "constant":
        return { ...plain, base: reference.name };
      case "setting":
        return { ...plain, base: reference.key };
    }
  }

  private ofPass(
    reference: NumberReference & { kind: "value" | "initial" | "gradient" | "initialGradient" | "above" | "next" },
    time: string | null,
    letters: Letters,
  ): NumberSymbol {
    const { layer: l, pass: p, short } = passOf(this.model, reference.name);
    const layer = this.model.layers[l]!;
    const { above, arrow } = ofPass(this.model, l, p);
    const isGradient = reference.kind !== "value" && reference.kind !== "initial";
    const gate = isGradient && isGate(layer, short);
    const isFirst = reference.kind === "initial" || reference.kind === "initialGradient";
    const forward = layer.passes[p]!.direction === "forward";
    return {
      ...plain,
      base: gate ? "a" : short,
      gradient: isGradient ? "∂L/∂" : "",
      above: gate ? [short, ...above] : above,
      arrow,
      // What a backward pass starts from stands after the last step; it has no number of its own
      time: isFirst ? (forward ? "0" : "start") : time,
      indices: this.unit(layer.size, reference.i, letters.i),
      part:
        reference.kind === "above"
          ? "above"
          : reference.kind === "next" && "t" in reference
            ? `t=${reference.t + (forward ? 1 : -1)}`
            : null,
    };
  }

  private unit(size: number, at: number, letter: string | null | undefined): readonly string[] {
    return letter ? [letter] : size === 1 ? [] : [String(at)];
  }

  /** An entry of x_t: a token, where there is a vocabulary. */
  private input(at: number, letter: string | null | undefined): readonly string[] {
    const { embedding, inputSize } = this.model;
    return embedding ? this.unit(inputSize, at, letter) : this.token(inputSize, at, letter);
  }

  private token(count: number, at: number, letter: string | null | undefined): readonly string[] {
    const token = letter ? undefined : this.model.vocabulary?.[at];
    return token === undefined ? this.unit(count, at, letter) : [labelText(token)];
  }

  private output(at: number, letter: string | null | undefined): readonly string[] {
    const { labels, output } = this.model;
    if (letter) return [letter];
    const label = labels?.[at];
    if (label !== undefined) return [labelText(label)];
    return output.size === 1 ? [] : [String(at)];
  }

  private tensor(name: string): { tensor: Tensor; layer: number; pass: number; short: string } {
    const { output, layers, embedding } = this.model;
    if (name === "embedding.E" && embedding) return { tensor: embedding.E, layer: -1, pass: -1, short: "E" };
    const ofReadout = readoutParameters(output)[name];
    if (ofReadout) return { tensor: ofReadout, layer: -1, pass: -1, short: name.slice("output.".length) };
    const found = passOf(this.model, name);
    const tensor = layers[found.layer]!.passes[found.pass]!.parameters[found.short];
    if (!tensor) throw new RangeError(`the model has no parameter ${name}`);
    return { ...found, tensor };
  }

  private parameter(name: string, at: { i: number; j: number } = { i: 0, j: 0 }, letters: Letters = {}): NumberSymbol {
    const { tensor, layer, pass, short } = this.tensor(name);
    const row =
      name === "embedding.E"
        ? this.token(tensor.rows, at.i, letters.i)
        : layer < 0
          ? this.output(at.i, letters.i)
          : this.unit(tensor.rows, at.i, letters.i);
    return {
      ...plain,
      ...(layer < 0 ? {} : ofPass(this.model, layer, pass)),
      base: short,
      indices:
        tensor.rank === 1
          ? row
          : [...(tensor.rows === 1 ? [] : row), ...this.column(layer, short, tensor, at.j, letters.j)],
    };
  }

  /** Columns of the first layer's input weights are tokens, where there is a vocabulary. */
  private column(
    layer: number,
    short: string,
    { cols }: Tensor,
    at: number,
    letter: string | null | undefined,
  ): readonly string[] {
    if ((layer === 0 && (short.startsWith("Wx") || short === "W")) || short === "Wxy") return this.input(at, letter);
    return this.unit(cols, at, letter);
  }

  private update(reference: NumberReference & { kind: "update" }, letters: Letters): NumberSymbol {
    const parameter = this.parameter(reference.name, reference, letters);
    if (reference.quantity === "updated") return { ...parameter, prime: true };
    if (reference.quantity === "clipped") return { ...parameter, gradient: "d", part: "clipped" };
    return { ...parameter, base: updateText(reference.quantity, parameter.base) };
  }
}

/** In plain text: `dL/dh_3`, `Whh[0][1]`, `dL/da^i_3[0]`, `h^{(2)}←_3[1]`, `dWhh|t=4` */
export function textOf({ base, gradient, above, arrow, time, indices, part, prime }: NumberSymbol): string {
  const exponent = above.length === 0 ? "" : `^${grouped(above.join(","))}`;
  const sub = time === null ? "" : `_${grouped(time)}`;
  const entry = indices.map((index) => `[${index}]`).join("");
  return `${gradient}${base}${prime ? "′" : ""}${arrow}${exponent}${sub}${entry}${part === null ? "" : `|${part}`}`;
}

function grouped(text: string): string {
  return /^[A-Za-z]$|^\d+$/.test(text) ? text : `{${text}}`;
}

const latexNames: Readonly<Record<string, string>> = {
  ℓ: "\\ell",
  η: "\\eta",
  λ: "\\lambda",
  μ: "\\mu",
  ε: "\\varepsilon",
  α: "\\alpha",
  θ: "\\theta",
  ω: "\\omega",
  "β₁": "\\beta_1",
  "β₂": "\\beta_2",
  m̂: "\\hat{m}",
  v̂: "\\hat{v}",
  "‖g‖": "\\lVert g\\rVert",
  target: "\\text{target}",
  weight: "\\text{weight}",
  weights: "\\text{weights}",
};

/** In LaTeX: `\frac{\partial L}{\partial h_{3}}`, `W_{hh}[0,1]` */
export function latexOf({ base, gradient, above, arrow, time, indices, part, prime }: NumberSymbol): string {
  const weight = /^([Wb])(\w+)$/.exec(base);
  const norm = /^‖d(.+)‖$/.exec(base);
  let name = latexNames[base] ?? base;
  if (norm) name = `\\lVert \\mathrm{d}${latexText(norm[1]!)}\\rVert`;
  const down = [...(weight ? [weight[2]!] : []), ...(time === null ? [] : [time.replaceAll("−", "-")])];
  if (weight) name = weight[1]!;
  if (arrow !== "") name = `\\${arrow === "→" ? "overrightarrow" : "overleftarrow"}{${name}}`;
  if (prime) name += "'";
  const exponent = above.length === 0 ? "" : prime ? `{}^{${above.join(",")}}` : `^{${above.join(",")}}`;
  const sub = down.length === 0 ? "" : `_{${down.map((one) => (one === "start" ? "\\text{start}" : one)).join(",")}}`;
  const entry = indices.length === 0 ? "" : `[${indices.map(latexIndex).join(",")}]`;
  const whole = `${name}${exponent}${sub}${entry}`;
  const derived = gradient === "" ? whole : `\\frac{\\partial L}{\\partial ${whole}}`;
  return part === null ? derived : `\\left.${derived}\\right|_{${latexPart(part)}}`;
}

function latexIndex(index: string): string {
  return /^(\d+|[a-z])$/.test(index) ? index : latexText(index);
}

function latexPart(part: string): string {
  return part === "t" || part.startsWith("t=") ? part.replaceAll("−", "-") : latexText(part);
}
