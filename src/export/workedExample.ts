/**
 * One sequence worked out from the model to the update, as a document. Every equation and every number is a derivation's;
 * here is only their order, and the words between them.
 */

import type { CellOperation } from "../engine/cell";
import { cellOf } from "../engine/cells";
import type { Expression } from "../engine/expression";
import type { Layer, Pass, Problem } from "../engine/model";
import { trainableOf } from "../engine/model";
import { hasReadout, ownerOf } from "../engine/network";
import { updateOperations } from "../engine/optimizer";
import {
  countsDifferently,
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  outputExpression,
  outputName,
  readoutShares,
  stateGradientExpression,
  targetKindOf,
} from "../engine/readout";
import type { Run } from "../engine/run";
import type { Unit, UnitSweep } from "../engine/sweeps";
import { sweepsOf } from "../engine/sweeps";
import type { Tensor } from "../engine/tensor";
import { type Derivation, Derivations } from "../explain/derive";
import { stagesOf } from "../explain/print";
import type { NumberReference } from "../explain/reference";
import { latexOf } from "../explain/symbol";
import { shortText } from "../explain/text";
import { Values } from "../explain/values";
import { latexNumber } from "../explain/write";
import type { Block, Document, Equation, Inline } from "./document";
import { expressionLatex, plainNaming, quantityLatex, updateLatex } from "./equations";
import { isCut, matrixLatex, shownEntries, shownSteps, shownUnits } from "./sizes";

/** A run and the problem that it is of; a stepper is one. */
export interface Source {
  readonly run: Run;
  readonly problem: Problem;
}

export interface WorkedExampleOptions {
  /** Significant digits. */
  readonly digits: number;
  /** Of the steps that are written, only these; null for all of them. */
  readonly steps?: readonly number[] | null;
}

/** The whole document. @throws RangeError where the run is not one of the problem's model */
export function workedExample(source: Source, options: WorkedExampleOptions): Document {
  return new WorkedExample(source, options).document();
}

/** How many terms of a long sum are written. */
const mostTerms = 8;

/** Characters of a name that are written. */
export const mostOfName = 200;

const readPlaces = { every: "every step", last: "the last step", ends: "where the passes end" } as const;
const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What a worked example and a worksheet are made of. */
export class WorkedExample {
  protected readonly derivations: Derivations;
  protected readonly values: Values;
  protected readonly sweeps: readonly UnitSweep[];
  protected readonly steps: readonly number[];
  protected blocks: Block[] = [];

  constructor(
    protected readonly source: Source,
    protected readonly options: WorkedExampleOptions,
  ) {
    this.derivations = new Derivations(source);
    this.values = new Values(source.run, source.problem);
    this.sweeps = sweepsOf(source.run.model);
    const { steps } = options;
    this.steps = shownSteps(source.run.length).filter((t) => steps?.includes(t) ?? true);
  }

  document(): Document {
    const { run, problem } = this.source;
    this.introduction();
    this.model();
    this.forward();
    if (run.loss === null) this.say("No step has a target, so there is no loss, and nothing goes back.");
    else {
      this.loss();
      this.backward();
      this.gradients();
      this.update();
    }
    return { title: `${shortText(problem.name, mostOfName)}: worked example`, blocks: this.blocks };
  }

  // Pieces

  protected heading(level: 2 | 3, ...text: Inline[]): void {
    this.blocks.push({ kind: "heading", level, text });
  }

  protected say(...text: Inline[]): void {
    this.blocks.push({ kind: "paragraph", text });
  }

  protected formula(left: string, right: string): void {
    this.blocks.push({ kind: "equation", equation: { left, stages: [right] } });
  }

  /** Derives numbers one after the other, says each of their notes once, and how many more there are. */
  protected derive(references: readonly NumberReference[], left = 0): void {
    const notes = new Set<string>();
    for (const reference of references) {
      const derivation = this.derivations.derive(reference);
      this.blocks.push({ kind: "equation", equation: this.equation(derivation) });
      if (derivation.note !== null) notes.add(derivation.note);
    }
    for (const note of notes) this.say(`${capitalised(note)}.`);
    if (left > 0) this.say(`Left out: ${left} more, in the same way.`);
  }

  /** A number with the way to it. */
  private equation(derivation: Derivation): Equation {
    const [left = "", ...stages] = stagesOf(derivation, "latex", { digits: this.options.digits, mostTerms });
    return { left, stages };
  }

  /** The entries of a vector of so many. */
  protected vector(count: number, reference: (i: number) => NumberReference, always: number | null = null): void {
    const shown = shownUnits(count, always);
    this.derive(shown.map(reference), count - shown.length);
  }

  protected matrix(left: string, { rows, cols, data }: Tensor): void {
    this.matrixOf(left, rows, cols, (i, j) => data[i * cols + j]!);
  }

  protected matrixOf(left: string, rows: number, cols: number, entry: (i: number, j: number) => number): void {
    this.formula(
      left,
      matrixLatex(rows, cols, (i, j) => latexNumber(entry(i, j), this.options.digits)),
    );
    if (isCut(rows, cols)) this.say(`Left out: the rest of ${rows} × ${cols} numbers.`);
  }

  /** A parameter's or a vector's name, without an entry. */
  protected nameOf(reference: NumberReference): string {
    return latexOf({ ...this.derivations.symbol(reference), indices: [] });
  }

  protected tokenOrVector(t: number): Inline {
    const { run } = this.source;
    const token = this.values.token(t);
    const word = token < 0 ? undefined : run.model.vocabulary?.[token];
    if (word !== undefined) return { code: word };
    return { math: this.list(run.input(t)) };
  }

  protected target(t: number): Inline {
    const target = this.values.target(t);
    if (target === null) return "none";
    if (typeof target !== "number") return { math: this.list(target) };
    const label = this.source.run.model.labels?.[target];
    return label === undefined ? `class ${target}` : { code: label };
  }

  /** A vector on one line. */
  protected list(vector: Float64Array): string {
    const shown = shownUnits(vector.length).map((i) => latexNumber(vector[i]!, this.options.digits));
    return `[${[...shown, ...(shown.length < vector.length ? ["\\dots"] : [])].join(",\\, ")}]`;
  }

  // The parts

  protected introduction(): void {
    const { run, problem } = this.source;
    const { length, model, sequence } = run;
    const index = problem.sequences.indexOf(sequence);
    const name = sequence.name === null ? "" : ` (${shortText(sequence.name, mostOfName)})`;
    const which = index < 0 ? "One sequence" : `Sequence ${index + 1}${name}`;
    const numbers = `Numbers stand with ${counted(this.options.digits, "significant digit")}, and are computed in double precision.`;
    this.say(
      `${which}, ${counted(length, "step")}: ${run.loss === null ? "forward" : "forward, back through time, and through one update"}. `,
      numbers,
    );
    const isLarge = [model.inputSize, model.output.size, ...model.layers.map(({ size }) => size)].some(
      (size) => shownUnits(size).length < size,
    );
    if (isLarge) this.say("The model is large: of a long vector only some entries are written out.");
    if (this.steps.length < length) this.say(`The sequence is long: ${this.leftOutSteps()}`);
  }

  protected leftOutSteps(): string {
    const half = this.steps.length / 2;
    return `steps ${this.steps[half - 1]! + 1} to ${this.steps[half]! - 1} are left out.`;
  }

  protected model(): void {
    this.equations();
    const { model, length } = this.source.run;
    if (model.vocabulary && !model.embedding) this.vocabulary(model.vocabulary);
    this.heading(3, "The sequence");
    this.blocks.push({
      kind: "table",
      head: [[{ math: "t" }], ["input"], ["target"]],
      rows: this.steps.map((t) => [[{ math: String(t) }], [this.tokenOrVector(t)], [this.target(t)]]),
    });
    if (this.steps.length < length) this.say(capitalised(this.leftOutSteps()));
    this.heading(3, "Parameters and initial states");
    this.parameters();
  }

  protected equations(): void {
    const { model } = this.source.run;
    this.heading(2, "The model");
    for (const [l, layer] of model.layers.entries()) this.layer(layer, l);
    this.readout();
    if (model.embedding)
      this.say("The first layer reads rows of the embedding E: a token picks its row, and x_t = E[token].");
  }

  protected parameters(): void {
    const { model, start } = this.source.run;
    for (const [name, tensor] of Object.entries(this.values.parameters)) this.matrix(this.parameterName(name), tensor);
    for (const [l, { passes }] of model.layers.entries())
      for (const [p, { prefix }] of passes.entries())
        for (const [short, data] of Object.entries(start[l]![p]!))
          this.matrix(this.nameOf({ kind: "initial", name: `${prefix}.${short}`, i: 0 }), {
            rows: data.length,
            cols: 1,
            rank: 1,
            data,
          });
  }

  protected parameterName(name: string): string {
    return this.nameOf({ kind: "parameter", name, i: 0, j: 0 });
  }

  protected layerName(l: number): string {
    return this.source.run.model.layers.length > 1 ? `Layer ${l + 1}` : "The layer";
  }

  protected layer(layer: Layer, l: number): void {
    const { cell, options, size, inputSize, direction, passes } = layer;
    const { title, options: known } = cellOf(layer);
    const choices = Object.entries(known).map(([key, option]) => option.title(options[key] ?? option.default));
    const reads = l === 0 ? "x_t" : `h_t of layer ${l}`;
    this.say(
      `${this.layerName(l)}: ${[cell, ...choices].join(" ")}, a ${title}. `,
      `${counted(size, "unit")}, reads ${counted(inputSize, "number")} (${reads})`,
      direction === "both"
        ? ", in both directions; what reads it gets the forward state followed by the backward one."
        : direction === "backward"
          ? ", backward in time: the step before is the one after in time."
          : ".",
    );
    this.operations(cellOf(layer).forwardOperations(options), layer, passes[0]!, "value");
  }

  /** The equations of a cell; those of a backward pass alone count time its way. */
  protected operations(operations: readonly CellOperation[], layer: Layer, pass: Pass, of: "value" | "gradient"): void {
    const gates = new Set(
      cellOf(layer)
        .quantities(layer.options)
        .filter(({ gradientOfPreActivation }) => gradientOfPreActivation)
        .map(({ name }) => name),
    );
    const naming = { ...plainNaming, direction: pass.direction, gates };
    for (const { name, expression } of operations)
      this.formula(quantityLatex(name, of, naming), expressionLatex(expression, naming));
  }

  protected readout(): void {
    const { model, sequence } = this.source.run;
    const { layers, output, loss } = model;
    const hasGateZ = layers.some((layer) =>
      cellOf(layer)
        .quantities(layer.options)
        .some(({ name }) => name === "z"),
    );
    const write = (name: string, expression: Expression) =>
      this.formula(quantityLatex(name, "value", plainNaming), expressionLatex(expression, plainNaming));
    this.say(`Read-out of ${readPlaces[output.at]}, ${counted(output.size, "output")}:`);
    write("z", logitsExpression(model));
    write(outputName(output.activation), outputExpression(output.activation));
    if (hasGateZ) this.say("Here and in the loss z are the logits, in a layer the gate.");
    if (!loss) return;
    const counts = countsDifferently(loss, sequence);
    this.say(`Loss: ${loss.type}, ${loss.reduction === "mean" ? "the mean over the steps with a target" : "summed"}:`);
    write("ℓ", lossExpression(loss, output.activation, targetKindOf(sequence), output.size));
    if (loss.classWeights) this.say("w is what each class counts: ", { math: this.list(loss.classWeights) }, ".");
    const mean = loss.reduction === "mean" && !counts ? "\\frac{1}{N} " : "";
    this.formula("L", `${mean}\\sum_{t} ${counts ? "\\omega_{t} " : ""}\\ell_{t}`);
    if (counts)
      this.say(
        "ω_t is what a step counts: its own weight times its sequence's",
        loss.reduction === "mean" ? ", divided by the sum of what all steps with a target count." : ".",
      );
  }

  protected vocabulary(vocabulary: readonly string[]): void {
    this.heading(3, "Vocabulary");
    const shown = shownUnits(vocabulary.length);
    const oneHot = (k: number) => this.list(Float64Array.from(vocabulary, (_, i) => Number(i === k)));
    this.blocks.push({
      kind: "list",
      items: shown.map((k) => [{ code: vocabulary[k]! }, " is ", { math: oneHot(k) }]),
    });
    if (shown.length < vocabulary.length) this.say(`Left out: ${vocabulary.length - shown.length} more tokens.`);
    this.say("The product of a matrix with such a vector is the matrix's column of that token.");
  }

  /** The steps of a sweep, in its order or the other way round; those left out are named. */
  protected goOver(sweeps: readonly UnitSweep[], isBack: boolean, visit: (unit: Unit, t: number) => void): void {
    for (const sweep of sweeps) {
      const isAscending = sweep.ascending !== isBack;
      const steps = isAscending ? this.steps : this.steps.toReversed();
      const units = isBack ? sweep.units.toReversed() : sweep.units;
      let before: number | null = null;
      for (const t of steps) {
        const mine = units.filter(
          ({ kind }) => kind !== "readout" || hasReadout(this.source.run.model, this.source.run.sequence, t - 1),
        );
        if (mine.length === 0) continue;
        if (before !== null && Math.abs(t - before) > 1) this.say(capitalised(this.leftOutSteps()));
        before = t;
        const names = sweeps.length > 1 ? `, ${mine.map((unit) => this.unitName(unit)).join(" and ")}` : "";
        this.heading(3, "Step ", { math: `t = ${t}` }, `${names}: input `, this.tokenOrVector(t));
        for (const unit of mine) {
          if (mine.length > 1 && this.source.run.model.layers.length > 1)
            this.say(`${capitalised(this.unitName(unit))}:`);
          visit(unit, t);
        }
      }
    }
  }

  protected unitName({ kind, layer, pass }: Unit): string {
    if (kind === "readout") return "read-out";
    if (kind === "embedding") return "embedding";
    const { passes } = this.source.run.model.layers[layer]!;
    const direction = passes.length > 1 ? ` ${passes[pass]!.direction}` : "";
    return `layer ${layer + 1}${direction}`;
  }

  protected passOf({ layer: l, pass: p }: Unit): { layer: Layer; pass: Pass } {
    const layer = this.source.run.model.layers[l]!;
    return { layer, pass: layer.passes[p]! };
  }

  protected forward(): void {
    const { model } = this.source.run;
    const { size } = model.output;
    this.heading(2, "Forward pass");
    this.goOver(this.sweeps, false, (unit, t) => {
      if (unit.kind === "embedding") return;
      if (unit.kind === "pass") {
        const { layer, pass } = this.passOf(unit);
        for (const { name } of cellOf(layer).forwardOperations(layer.options))
          this.vector(layer.size, (i) => ({ kind: "value", name: `${pass.prefix}.${name}`, t, i }));
        return;
      }
      const target = this.values.target(t);
      const always = typeof target === "number" ? target : null;
      this.vector(size, (i) => ({ kind: "logit", t, i }), always);
      this.vector(size, (i) => ({ kind: "output", t, i }), always);
      if (target === null) return;
      this.say("The target is ", this.target(t), ".");
      this.derive([{ kind: "loss", t }]);
    });
  }

  protected loss(): void {
    this.heading(2, "Loss");
    this.derive([{ kind: "totalLoss" }]);
  }

  protected backward(): void {
    const { model, sequence } = this.source.run;
    const { loss, output } = model;
    this.heading(2, "Backward pass");
    if (loss)
      this.formula(
        quantityLatex("z", "gradient", plainNaming),
        expressionLatex(
          logitGradientExpression(loss, output.activation, targetKindOf(sequence), output.size, sequence),
          plainNaming,
        ),
      );
    const top = latexOf({
      ...this.derivations.symbol({ kind: "dLogit", t: 1, i: 0 }),
      base: "h",
      time: "t",
      indices: [],
      part: "above",
    });
    this.formula(top, expressionLatex(stateGradientExpression(output), plainNaming));
    for (const [l, layer] of model.layers.entries()) {
      this.say(`${this.layerName(l)}:`);
      this.operations(cellOf(layer).backwardOperations(layer.options), layer, layer.passes[0]!, "gradient");
    }
    this.goOver(this.sweeps.toReversed(), true, (unit, t) => {
      if (unit.kind === "embedding") this.backToRow(t);
      else if (unit.kind === "pass") this.backThrough(unit, t);
      else if (this.values.target(t) === null)
        this.say(`Step ${t} has no target, so nothing comes back from its logits.`);
      else {
        const target = this.values.target(t);
        this.vector(output.size, (i) => ({ kind: "dLogit", t, i }), typeof target === "number" ? target : null);
        const names = Object.keys(readoutShares(model));
        if (names.length > 0) this.shares("output", names, t);
      }
    });
  }

  /** The row of the embedding that step t has read: its share of the gradient is dL/dx_t. */
  protected backToRow(t: number): void {
    const { inputSize } = this.source.run.model;
    const token = this.values.token(t);
    this.say("This step's share of the gradient of its row of the embedding:");
    const shown = shownUnits(inputSize);
    this.derive(
      shown.map((j) => ({ kind: "share", name: "embedding.E", t, i: token, j })),
      inputSize - shown.length,
    );
  }

  protected backThrough(unit: Unit, t: number): void {
    const { layer, pass } = this.passOf(unit);
    const { options, size } = layer;
    const h = `${pass.prefix}.h`;
    const shown = shownUnits(size);
    this.derive(
      shown.flatMap((i) => [
        ...(["above", "next"] as const)
          .map((kind): NumberReference => ({ kind, name: h, t, i }))
          .filter((reference) => this.derivations.derive(reference).expression !== null),
        { kind: "gradient", name: h, t, i } satisfies NumberReference,
      ]),
      size - shown.length,
    );
    for (const { name } of cellOf(layer).backwardOperations(options))
      if (name !== "h") this.vector(size, (i) => ({ kind: "gradient", name: `${pass.prefix}.${name}`, t, i }));
    this.shares(pass.prefix, Object.keys(pass.parameters), t);
  }

  /** A step's share of the gradients, of the entries that the step uses. */
  protected shares(prefix: string, names: readonly string[], t: number): void {
    this.say("This step's share of the gradients:");
    for (const short of names) {
      const name = `${prefix}.${short}`;
      const token = this.readsTokens(name) ? this.values.token(t) : -1;
      const { entries, left } = this.entriesOf(name, token < 0 ? null : token);
      this.derive(
        entries.map(({ i, j }) => ({ kind: "share", name, t, i, j })),
        left,
      );
    }
  }

  /** Whether a parameter is one of the first layer's weights of x_t: of a token only its column counts. */
  protected readsTokens(name: string): boolean {
    const { layer: l } = ownerOf(this.source.run.model, name);
    const { layers, embedding } = this.source.run.model;
    if (embedding) return false;
    const short = name.slice(name.lastIndexOf(".") + 1);
    if (short === "Wxy") return true;
    const layer = layers[l];
    if (l !== 0 || !layer) return false;
    return cellOf(layer)
      .parameters(layer.options)
      .some(({ name, cols }) => name === short && cols === "input");
  }

  /** The entries of a parameter, or of one of its columns, that are written, and how many are left. */
  protected entriesOf(
    name: string,
    column: number | null = null,
  ): { entries: { i: number; j: number }[]; left: number } {
    const { rows, cols } = this.values.parameters[name]!;
    const count = column === null ? rows * cols : rows;
    const shown = shownEntries(count);
    const entry = (k: number) => (column === null ? { i: Math.floor(k / cols), j: k % cols } : { i: k, j: column });
    return { entries: Array.from({ length: shown }, (_, k) => entry(k)), left: count - shown };
  }

  protected gradients(): void {
    this.heading(2, "Gradients");
    this.say("The gradient of a parameter is the sum of the steps' shares.");
    for (const [name, gradient] of Object.entries(this.source.run.gradients)) {
      this.heading(3, { math: this.parameterName(name) });
      const { entries, left } = this.entriesOf(name);
      this.derive(
        entries.map(({ i, j }) => ({ kind: "parameterGradient", name, i, j })),
        left,
      );
      if (entries.length > 1) this.matrix(this.nameOf({ kind: "parameterGradient", name, i: 0, j: 0 }), gradient);
    }
  }

  protected update(): void {
    const { optimizer, clip } = this.source.problem.training;
    const { model } = this.source.run;
    const operations = updateOperations(optimizer, clip);
    this.heading(2, "Update");
    this.say(`One update by a fresh ${optimizer.type}, of each parameter p:`);
    for (const { quantity, expression } of operations)
      this.formula(updateLatex(quantity, "p"), expressionLatex(expression, plainNaming));
    if (clip?.type === "norm")
      this.derive([
        ...Object.keys(trainableOf(model, this.source.run.gradients)).map(
          (name): NumberReference => ({ kind: "gradientNorm", name }),
        ),
        { kind: "gradientNorm", name: null },
      ]);
    for (const [name, tensor] of Object.entries(this.values.parameters)) {
      this.heading(3, { math: this.parameterName(name) });
      if (model.frozen.has(name)) {
        this.say("It is held fixed: no update moves it.");
        continue;
      }
      const { entries, left } = this.entriesOf(name);
      this.derive(
        entries.flatMap(({ i, j }) =>
          operations.map(({ quantity }): NumberReference => ({ kind: "update", quantity, name, i, j })),
        ),
        left,
      );
      if (entries.length > 1) this.oldAndNew(name, tensor);
    }
  }

  protected oldAndNew(name: string, tensor: Tensor): void {
    const { rows, cols } = tensor;
    const updated = (i: number, j: number): NumberReference & { kind: "update" } => ({
      kind: "update",
      quantity: "updated",
      name,
      i,
      j,
    });
    this.matrix(this.parameterName(name), tensor);
    this.matrixOf(this.nameOf(updated(0, 0)), rows, cols, (i, j) => this.values.updated(updated(i, j)));
  }
}
