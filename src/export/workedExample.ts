/**
 * One sequence worked out from the model to the update, as a document. Every equation and every number is a derivation's;
 * here is only their order, and the words between them.
 */

import type { CellOperation } from "../engine/cell";
import { cells } from "../engine/cells";
import type { Expression } from "../engine/expression";
import type { Layer, Pass, Problem } from "../engine/model";
import { hasReadout, ownerOf } from "../engine/network";
import { updateOperations } from "../engine/optimizer";
import {
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  outputExpression,
  outputName,
  readoutShares,
  stateGradientExpression,
} from "../engine/readout";
import type { Run } from "../engine/run";
import type { Unit, UnitSweep } from "../engine/sweeps";
import { sweepsOf } from "../engine/sweeps";
import type { Tensor } from "../engine/tensor";
import { Derivations } from "../explain/derive";
import type { NumberReference } from "../explain/reference";
import { latexOf } from "../explain/symbol";
import { Values } from "../explain/values";
import { latexNumber } from "../explain/write";
import type { Block, Document, Inline } from "./document";
import { expressionLatex, plainNaming, quantityLatex, updateLatex } from "./equations";
import type { Results } from "./results";
import { asked, shownResults } from "./results";
import { isCut, matrixLatex, shownEntries, shownSteps, shownUnits } from "./sizes";

/** A run and the problem that it is of; a stepper is one. */
export interface Source {
  readonly run: Run;
  readonly problem: Problem;
}

export interface WorkedExampleOptions {
  /** Significant digits. */
  readonly digits: number;
  /** `solved`, or with a numbered gap for every number and an answer key. */
  readonly as: "solved" | "worksheet";
}

/** The whole document. @throws RangeError where the run is not one of the problem's model */
export function workedExample(source: Source, options: WorkedExampleOptions): Document {
  return new WorkedExample(source, options).document();
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

class WorkedExample {
  private readonly derivations: Derivations;
  private readonly values: Values;
  private readonly results: Results;
  private readonly sweeps: readonly UnitSweep[];
  private readonly steps: readonly number[];
  private readonly blocks: Block[] = [];

  constructor(
    private readonly source: Source,
    private readonly options: WorkedExampleOptions,
  ) {
    this.derivations = new Derivations(source);
    this.values = new Values(source.run, source.problem);
    const resultOptions = { digits: options.digits, mostTerms: 8 };
    this.results = options.as === "worksheet" ? asked(resultOptions) : shownResults(resultOptions);
    this.sweeps = sweepsOf(source.run.model);
    this.steps = shownSteps(source.run.length);
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
    this.blocks.push(...this.results.end());
    const title = this.options.as === "worksheet" ? `${problem.name}: worksheet` : `${problem.name}: worked example`;
    return { title, blocks: this.blocks };
  }

  // Pieces

  private heading(level: 2 | 3, ...text: Inline[]): void {
    this.blocks.push({ kind: "heading", level, text });
  }

  private say(...text: Inline[]): void {
    this.blocks.push({ kind: "paragraph", text });
  }

  private formula(left: string, right: string): void {
    this.blocks.push({ kind: "equation", equation: { left, stages: [right] } });
  }

  /** Derives numbers one after the other, says each of their notes once, and how many more there are. */
  private derive(references: readonly NumberReference[], left = 0): void {
    const notes = new Set<string>();
    for (const reference of references) {
      const derivation = this.derivations.derive(reference);
      this.blocks.push({ kind: "equation", equation: this.results.equation(derivation) });
      if (derivation.note !== null) notes.add(derivation.note);
    }
    for (const note of notes) this.say(`${capitalised(note)}.`);
    if (left > 0) this.say(`Left out: ${left} more, in the same way.`);
  }

  /** The entries of a vector of so many. */
  private vector(count: number, reference: (i: number) => NumberReference, always: number | null = null): void {
    const shown = shownUnits(count, always);
    this.derive(shown.map(reference), count - shown.length);
  }

  private matrix(left: string, { rows, cols, data }: Tensor): void {
    this.matrixOf(left, rows, cols, (i, j) => data[i * cols + j]!);
  }

  private matrixOf(left: string, rows: number, cols: number, entry: (i: number, j: number) => number): void {
    this.formula(
      left,
      matrixLatex(rows, cols, (i, j) => latexNumber(entry(i, j), this.options.digits)),
    );
    if (isCut(rows, cols)) this.say(`Left out: the rest of ${rows} × ${cols} numbers.`);
  }

  /** A parameter's or a vector's name, without an entry. */
  private nameOf(reference: NumberReference): string {
    return latexOf({ ...this.derivations.symbol(reference), indices: [] });
  }

  private tokenOrVector(t: number): Inline {
    const { run } = this.source;
    const token = this.values.token(t);
    const word = token < 0 ? undefined : run.model.vocabulary?.[token];
    if (word !== undefined) return { code: word };
    return { math: this.list(run.input(t)) };
  }

  private target(t: number): Inline {
    const target = this.values.target(t);
    if (target === null) return "none";
    if (typeof target !== "number") return { math: this.list(target) };
    const label = this.source.run.model.labels?.[target];
    return label === undefined ? `class ${target}` : { code: label };
  }

  /** A vector on one line. */
  private list(vector: Float64Array): string {
    const shown = shownUnits(vector.length).map((i) => latexNumber(vector[i]!, this.options.digits));
    return `[${[...shown, ...(shown.length < vector.length ? ["\\dots"] : [])].join(",\\, ")}]`;
  }

  // The parts

  private introduction(): void {
    const { run, problem } = this.source;
    const { length, model, sequence } = run;
    const index = problem.sequences.indexOf(sequence);
    const name = sequence.name === null ? "" : ` (${sequence.name})`;
    const which = index < 0 ? "One sequence" : `Sequence ${index + 1}${name}`;
    const numbers = `Numbers stand with ${counted(this.options.digits, "significant digit")}, and are computed in double precision.`;
    this.say(
      `${which}, ${counted(length, "step")}: ${run.loss === null ? "forward" : "forward, back through time, and through one update"}. `,
      this.results.areShown
        ? numbers
        : "Work out each number and write it into its gap; the key stands on a page of its own at the end.",
    );
    const isLarge = [model.inputSize, model.output.size, ...model.layers.map(({ size }) => size)].some(
      (size) => shownUnits(size).length < size,
    );
    if (isLarge) this.say("The model is large: of a long vector only some entries are written out.");
    if (this.steps.length < length) this.say(`The sequence is long: ${this.leftOutSteps()}`);
  }

  private leftOutSteps(): string {
    const half = this.steps.length / 2;
    return `steps ${this.steps[half - 1]! + 1} to ${this.steps[half]! - 1} are left out.`;
  }

  private model(): void {
    const { model, sequence, start } = this.source.run;
    this.heading(2, "The model");
    for (const [l, layer] of model.layers.entries()) this.layer(layer, l);
    this.readout();
    if (model.vocabulary) this.vocabulary(model.vocabulary);

    this.heading(3, "The sequence");
    this.blocks.push({
      kind: "table",
      head: [[{ math: "t" }], ["input"], ["target"]],
      rows: this.steps.map((t) => [[{ math: String(t) }], [this.tokenOrVector(t)], [this.target(t)]]),
    });
    if (this.steps.length < sequence.length) this.say(capitalised(this.leftOutSteps()));

    this.heading(3, "Parameters and initial states");
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

  private parameterName(name: string): string {
    return this.nameOf({ kind: "parameter", name, i: 0, j: 0 });
  }

  private layerName(l: number): string {
    return this.source.run.model.layers.length > 1 ? `Layer ${l + 1}` : "The layer";
  }

  private layer(layer: Layer, l: number): void {
    const { cell, options, size, inputSize, direction, passes } = layer;
    const { title, options: known } = cells[cell];
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
    this.operations(cells[cell].forwardOperations(options), layer, passes[0]!, "value");
  }

  /** The equations of a cell; those of a backward pass alone count time its way. */
  private operations(operations: readonly CellOperation[], layer: Layer, pass: Pass, of: "value" | "gradient"): void {
    const gates = new Set(
      cells[layer.cell]
        .quantities(layer.options)
        .filter(({ gradientOfPreActivation }) => gradientOfPreActivation)
        .map(({ name }) => name),
    );
    const naming = { ...plainNaming, direction: pass.direction, gates };
    for (const { name, expression } of operations)
      this.formula(quantityLatex(name, of, naming), expressionLatex(expression, naming));
  }

  private readout(): void {
    const { layers, output, loss } = this.source.run.model;
    const hasGateZ = layers.some(({ cell, options }) =>
      cells[cell].quantities(options).some(({ name }) => name === "z"),
    );
    const write = (name: string, expression: Expression) =>
      this.formula(quantityLatex(name, "value", plainNaming), expressionLatex(expression, plainNaming));
    this.say(
      `Read-out of ${output.at === "last" ? "the last step" : "every step"}, ${counted(output.size, "output")}:`,
    );
    write("z", logitsExpression);
    write(outputName(output.activation), outputExpression(output.activation));
    if (hasGateZ) this.say("Here and in the loss z are the logits, in a layer the gate.");
    if (!loss) return;
    this.say(`Loss: ${loss.type}, ${loss.reduction === "mean" ? "the mean over the steps with a target" : "summed"}:`);
    write("ℓ", lossExpression(loss.type, output.activation));
    this.formula("L", `${loss.reduction === "mean" ? "\\frac{1}{N} " : ""}\\sum_{t} \\ell_{t}`);
  }

  private vocabulary(vocabulary: readonly string[]): void {
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
  private goOver(sweeps: readonly UnitSweep[], isBack: boolean, visit: (unit: Unit, t: number) => void): void {
    for (const sweep of sweeps) {
      const isAscending = sweep.ascending !== isBack;
      const steps = isAscending ? this.steps : this.steps.toReversed();
      const units = isBack ? sweep.units.toReversed() : sweep.units;
      let before: number | null = null;
      for (const t of steps) {
        const mine = units.filter(
          ({ kind }) => kind === "pass" || hasReadout(this.source.run.model, this.source.run.sequence, t - 1),
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

  private unitName({ kind, layer, pass }: Unit): string {
    if (kind === "readout") return "read-out";
    const { passes } = this.source.run.model.layers[layer]!;
    const direction = passes.length > 1 ? ` ${passes[pass]!.direction}` : "";
    return `layer ${layer + 1}${direction}`;
  }

  private passOf({ layer: l, pass: p }: Unit): { layer: Layer; pass: Pass } {
    const layer = this.source.run.model.layers[l]!;
    return { layer, pass: layer.passes[p]! };
  }

  private forward(): void {
    const { model } = this.source.run;
    const { size } = model.output;
    this.heading(2, "Forward pass");
    this.goOver(this.sweeps, false, (unit, t) => {
      if (unit.kind === "pass") {
        const { layer, pass } = this.passOf(unit);
        for (const { name } of cells[layer.cell].forwardOperations(layer.options))
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

  private loss(): void {
    this.heading(2, "Loss");
    this.derive([{ kind: "totalLoss" }]);
  }

  private backward(): void {
    const { model } = this.source.run;
    const { loss, output } = model;
    this.heading(2, "Backward pass");
    if (loss)
      this.formula(
        quantityLatex("z", "gradient", plainNaming),
        expressionLatex(logitGradientExpression(loss, output.activation), plainNaming),
      );
    const top = latexOf({
      ...this.derivations.symbol({ kind: "dLogit", t: 1, i: 0 }),
      base: "h",
      time: "t",
      indices: [],
      part: "above",
    });
    this.formula(top, expressionLatex(stateGradientExpression, plainNaming));
    for (const [l, layer] of model.layers.entries()) {
      this.say(`${this.layerName(l)}:`);
      this.operations(cells[layer.cell].backwardOperations(layer.options), layer, layer.passes[0]!, "gradient");
    }
    this.goOver(this.sweeps.toReversed(), true, (unit, t) => {
      if (unit.kind === "pass") this.backThrough(unit, t);
      else if (this.values.target(t) === null)
        this.say(`Step ${t} has no target, so nothing comes back from its logits.`);
      else {
        const target = this.values.target(t);
        this.vector(output.size, (i) => ({ kind: "dLogit", t, i }), typeof target === "number" ? target : null);
        this.shares("output", Object.keys(readoutShares), t);
      }
    });
  }

  private backThrough(unit: Unit, t: number): void {
    const { layer, pass } = this.passOf(unit);
    const { cell, options, size } = layer;
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
    for (const { name } of cells[cell].backwardOperations(options))
      if (name !== "h") this.vector(size, (i) => ({ kind: "gradient", name: `${pass.prefix}.${name}`, t, i }));
    this.shares(pass.prefix, Object.keys(pass.parameters), t);
  }

  /** A step's share of the gradients, of the entries that the step uses. */
  private shares(prefix: string, names: readonly string[], t: number): void {
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
  private readsTokens(name: string): boolean {
    const { layer: l } = ownerOf(this.source.run.model, name);
    const layer = this.source.run.model.layers[l];
    if (l !== 0 || !layer) return false;
    const short = name.slice(name.lastIndexOf(".") + 1);
    return cells[layer.cell].parameters(layer.options).some(({ name, cols }) => name === short && cols === "input");
  }

  /** The entries of a parameter, or of one of its columns, that are written, and how many are left. */
  private entriesOf(name: string, column: number | null = null): { entries: { i: number; j: number }[]; left: number } {
    const { rows, cols } = this.values.parameters[name]!;
    const count = column === null ? rows * cols : rows;
    const shown = shownEntries(count);
    const entry = (k: number) => (column === null ? { i: Math.floor(k / cols), j: k % cols } : { i: k, j: column });
    return { entries: Array.from({ length: shown }, (_, k) => entry(k)), left: count - shown };
  }

  private gradients(): void {
    this.heading(2, "Gradients");
    this.say("The gradient of a parameter is the sum of the steps' shares.");
    for (const [name, gradient] of Object.entries(this.source.run.gradients)) {
      this.heading(3, { math: this.parameterName(name) });
      const { entries, left } = this.entriesOf(name);
      this.derive(
        entries.map(({ i, j }) => ({ kind: "parameterGradient", name, i, j })),
        left,
      );
      if (this.results.areShown && entries.length > 1)
        this.matrix(this.nameOf({ kind: "parameterGradient", name, i: 0, j: 0 }), gradient);
    }
  }

  private update(): void {
    const { optimizer, clip } = this.source.problem.training;
    const operations = updateOperations(optimizer, clip);
    this.heading(2, "Update");
    this.say(`One update by a fresh ${optimizer.type}, of each parameter p:`);
    for (const { quantity, expression } of operations)
      this.formula(updateLatex(quantity, "p"), expressionLatex(expression, plainNaming));
    if (clip?.type === "norm")
      this.derive([
        ...Object.keys(this.source.run.gradients).map((name): NumberReference => ({ kind: "gradientNorm", name })),
        { kind: "gradientNorm", name: null },
      ]);
    for (const [name, tensor] of Object.entries(this.values.parameters)) {
      this.heading(3, { math: this.parameterName(name) });
      const { entries, left } = this.entriesOf(name);
      this.derive(
        entries.flatMap(({ i, j }) =>
          operations.map(({ quantity }): NumberReference => ({ kind: "update", quantity, name, i, j })),
        ),
        left,
      );
      if (this.results.areShown && entries.length > 1) this.oldAndNew(name, tensor);
    }
  }

  private oldAndNew(name: string, tensor: Tensor): void {
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
