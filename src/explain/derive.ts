/**
 * Where does a number of a run come from? Its equation, from the engine's own description of every operation, over the numbers
 * that it is made of; each of them can be derived in turn, down to the file.
 */

import type { CellOperation } from "../engine/cell";
import { cellOf } from "../engine/cells";
import type { Entries, Index, Scalar } from "../engine/element";
import { constantOf, elementOf, entryOf, evaluateScalar, indexOf, productOf, seriesOf, sumOf } from "../engine/element";
import type { Expression, Leaf } from "../engine/expression";
import { gradient, now, sum } from "../engine/expression";
import { expressionText } from "../engine/expressionText";
import { crossEntropyWeight } from "../engine/loss";
import type { Loss, Pass, Problem } from "../engine/model";
import { trainableOf } from "../engine/model";
import { comesBackAscending, hasReadout, ownerOf, readsEnds } from "../engine/network";
import { updateOperations } from "../engine/optimizer";
import {
  countsDifferently,
  inputGradientOfReadout,
  kindOfTarget,
  logitGradientExpression,
  logitsExpression,
  lossExpression,
  lossOfLogitsExpression,
  outputExpression,
  readoutShares,
  stateGradientExpression,
} from "../engine/readout";
import type { Run } from "../engine/run";
import type { NumberReference } from "./reference";
import type { Letters, NumberSymbol } from "./symbol";
import { passOf, Symbols, symbolNamed, textOf } from "./symbol";
import type { FilePath } from "./values";
import { carries, Values } from "./values";

/** A number in an equation. */
export interface Part {
  /** What to derive to open it; null where nothing is behind it. */
  readonly reference: NumberReference | null;
  readonly symbol: NumberSymbol;
  readonly value: number;
}

export interface Derivation {
  readonly reference: NumberReference;
  readonly symbol: NumberSymbol;
  /** The engine's number. */
  readonly value: number;
  /** What it is made of; null for a leaf. */
  readonly expression: Scalar<Part> | null;
  /** Of a leaf: where the file gives it, where it does. */
  readonly path: FilePath | null;
  /** A word that helps: what the sources are, why something is 0. */
  readonly note: string | null;
}

/** What `derive` makes of a reference. */
interface Origin {
  readonly expression: Scalar<Part> | null;
  readonly note?: string | null;
}

const zero: Scalar<Part> = constantOf<Part>(0);

/** Below it an output's −log shows no digits any more, and the loss is explained by the logits, as it is computed. */
const almostNothing = 1e-3;

/** The derivations of one run. Made once for a run; deriving costs what the equation costs. */
export class Derivations {
  private readonly values: Values;
  private readonly symbols: Symbols;
  private readonly shareExpressions = new Map<string, Expression>();

  /** @param source a stepper, or a run and its problem */
  constructor(source: { readonly run: Run; readonly problem: Problem }) {
    this.values = new Values(source.run, source.problem);
    this.symbols = new Symbols(source.run.model);
  }

  /** @throws RangeError where the run has no such number */
  value(reference: NumberReference): number {
    if (reference.kind === "share" || reference.kind === "sumSoFar") return this.computed(reference);
    if (reference.kind !== "update") return this.values.of(reference);
    return reference.quantity === "updated" ? this.values.updated(reference) : this.computed(reference);
  }

  /** A number that the run does not hold. */
  private computed(reference: NumberReference): number {
    return evaluateScalar(this.origin(reference).expression ?? zero);
  }

  symbol(reference: NumberReference): NumberSymbol {
    return this.symbols.of(reference);
  }

  /** @throws RangeError where the run has no such number */
  derive(reference: NumberReference): Derivation {
    const value = this.value(reference);
    const { expression, note = null } = this.origin(reference);
    return {
      reference,
      symbol: this.symbols.of(reference),
      value,
      expression,
      path: expression === null ? this.values.pathOf(reference) : null,
      note,
    };
  }

  /** A number that stands in an equation. */
  private number(reference: NumberReference, letters?: Letters): Scalar<Part> {
    const { symbols } = this;
    const value = this.value(reference);
    return {
      kind: "number",
      number: {
        reference,
        value,
        // Of the thousands of numbers of a long sum only a few are ever written
        get symbol() {
          return symbols.of(reference, letters);
        },
      },
    };
  }

  private origin(reference: NumberReference): Origin {
    const { run } = this.values;
    const { model } = run;
    switch (reference.kind) {
      case "input":
        return this.input(reference.t, reference.i);
      case "target":
      case "parameter":
      case "setting":
      case "constant":
      case "classWeight":
      case "givenWeight":
      case "sequenceWeight":
        return { expression: null };
      case "divisor":
        return {
          expression: null,
          note: "the sum, over the steps with a target, of the step's weight times its class's",
        };
      case "stepWeight":
        return this.stepWeight(reference.t);
      case "targetCount":
        return { expression: null, note: "the number of steps with a target" };
      case "initial":
        return {
          expression: null,
          note: carries(run.sequence, this.values.problem.sequences.indexOf(run.sequence))
            ? "the state in which the sequence before ended"
            : null,
        };
      case "logit":
        return this.ofReadout(logitsExpression(model), reference.t, reference.i);
      case "output":
        return this.ofReadout(outputExpression(model.output.activation), reference.t, reference.i);
      case "loss":
        return this.loss(reference.t);
      case "totalLoss":
        return this.totalLoss();
      case "dLogit":
        if (!model.loss || this.values.target(reference.t) === null)
          return { expression: null, note: `step ${reference.t} has no target, so nothing comes back from its logits` };
        return this.ofReadout(this.logitGradient(model.loss, reference.t), reference.t, reference.i);
      case "value":
        return this.ofPass(reference.name, reference.t, reference.i, "forward");
      case "gradient":
        return this.gradient(reference);
      case "next":
        return this.next(reference);
      case "above": {
        const { layer, pass } = passOf(model, reference.name);
        return this.fromAbove(layer, reference.t, pass * model.layers[layer]!.size + reference.i);
      }
      case "inputGradient":
        return this.inputGradient(reference.t, reference.i);
      case "initialGradient": {
        const { layer, pass } = passOf(model, reference.name);
        const isForward = model.layers[layer]!.passes[pass]!.direction === "forward";
        return this.ofPass(reference.name, isForward ? 0 : run.length + 1, reference.i, "backward");
      }
      case "parameterGradient":
        return {
          expression: this.sumOfShares(reference, run.length),
          note: `the sum of every step's share: ${this.shareText(reference.name)}`,
        };
      case "sumSoFar":
        return {
          expression: reference.steps === 0 ? null : this.sumOfShares(reference, reference.steps),
          note: "the shares of the steps that the backward pass has come to",
        };
      case "share":
        return this.share(reference);
      case "gradientNorm":
        return { expression: this.norm(reference.name) };
      case "update":
        return this.update(reference);
    }
  }

  // Forward and back through a pass

  private ofPass(name: string, t: number, i: number, way: "forward" | "backward"): Origin {
    const { model } = this.values.run;
    const { layer: l, pass: p, short } = passOf(model, name);
    const layer = model.layers[l]!;
    const cell = cellOf(layer);
    const operations =
      way === "forward" ? cell.forwardOperations(layer.options) : cell.backwardOperations(layer.options);
    const operation = operations.find((one) => one.name === short);
    if (!operation) throw new RangeError(`the cell computes no ${short}`);
    const expression = way === "forward" ? withPreActivation(operation, operations) : operation.expression;
    return { expression: elementOf(expression, indexOf(i), this.passEntries(l, p, t)) };
  }

  private gradient(reference: NumberReference & { kind: "gradient" }): Origin {
    const { name, t, i } = reference;
    const short = name.slice(name.lastIndexOf(".") + 1);
    if (short !== "h") return this.ofPass(name, t, i, "backward");
    const after = this.stepAfter(name, t);
    const above = this.number({ kind: "above", name, t, i });
    if (after === null) return { expression: above, note: `no step comes after t = ${t}: all of it comes from above` };
    const isTop = passOf(this.values.run.model, name).layer === this.values.run.model.layers.length - 1;
    return {
      expression: sumOf([above, this.number({ kind: "next", name, t, i })]),
      note: `${textOf(this.symbols.of(reference))} has two sources: ${isTop ? "this step's loss" : "the layer above"} and step ${after}`,
    };
  }

  /** The step to which a pass's state goes on; null after the last. */
  private stepAfter(name: string, t: number): number | null {
    const { model, length } = this.values.run;
    const { layer, pass } = passOf(model, name);
    const after = t + (model.layers[layer]!.passes[pass]!.direction === "forward" ? 1 : -1);
    return after >= 1 && after <= length ? after : null;
  }

  private next({ name, t, i }: NumberReference & { kind: "above" | "next" }): Origin {
    const { model } = this.values.run;
    const { layer: l, pass: p } = passOf(model, name);
    const layer = model.layers[l]!;
    const whole = cellOf(layer).backwardOperations(layer.options)[0]!.expression;
    const terms = whole.kind === "sum" ? whole.terms.filter(({ kind }) => kind !== "above") : [];
    const expression = elementOf(sum(...terms), indexOf(i), this.passEntries(l, p, t));
    return { expression, note: expression ? null : `no step comes after t = ${t}` };
  }

  /** dL/d(entry `at` of layer l's h_t), or with l = −1 dL/dx_t, from what reads it at t. */
  private fromAbove(l: number, t: number, at: number): Origin {
    const { model, sequence } = this.values.run;
    const reader = model.layers[l + 1];
    if (reader) {
      const expression = cellOf(reader).inputGradient(reader.options);
      const parts = reader.passes.map((_, p) => elementOf(expression, indexOf(at), this.passEntries(l + 1, p, t)));
      return { expression: sumOf(parts) };
    }
    if (readsEnds(model)) return this.fromEnds(t, at);
    if (!hasReadout(model, sequence, t - 1)) return { expression: null, note: `step ${t} is not read out` };
    if (this.values.target(t) === null) return { expression: null, note: `step ${t} has no target` };
    return this.ofReadout(stateGradientExpression(model.output), t, at);
  }

  /** The same where the read-out reads the ends of the top layer's passes: it stands at step T. */
  private fromEnds(t: number, at: number): Origin {
    const { model, length } = this.values.run;
    const { size, passes } = model.layers.at(-1)!;
    const { direction } = passes[Math.floor(at / size)]!;
    if (t !== endOf(direction, length))
      return {
        expression: null,
        note: `of the ${direction} pass, the state at step ${endOf(direction, length)} is read out`,
      };
    if (this.values.target(length) === null) return { expression: null, note: "the sequence has no target" };
    return this.ofReadout(stateGradientExpression(model.output), length, at);
  }

  /** x_t: an embedding's row is made of its parameters, everything else stands in the file. */
  private input(t: number, i: number): Origin {
    if (!this.values.run.model.embedding) return { expression: null };
    const token = this.values.token(t);
    return {
      expression: this.parameter("embedding.E", indexOf(token), indexOf(i)),
      note: `row ${token} of the embedding, which the token picks`,
    };
  }

  /** dL/dx_t, from the first layer and, where it reads the input, from the read-out. */
  private inputGradient(t: number, i: number): Origin {
    const { model, sequence } = this.values.run;
    const ofLayers = this.fromAbove(-1, t, i);
    const expression = inputGradientOfReadout(model.output);
    if (!expression || !hasReadout(model, sequence, t - 1) || this.values.target(t) === null) return ofLayers;
    return { expression: sumOf([ofLayers.expression, this.ofReadout(expression, t, i).expression]) };
  }

  private logitGradient(loss: Loss, t: number): Expression {
    const { model, sequence } = this.values.run;
    const { activation, size } = model.output;
    return logitGradientExpression(loss, activation, kindOfTarget(this.values.target(t)!), size, sequence);
  }

  /** What ℓ_t counts in L. */
  private stepWeight(t: number): Origin {
    const { model, sequence } = this.values.run;
    const { loss } = model;
    const factors = [
      ...(sequence.weights ? [this.number({ kind: "givenWeight", t })] : []),
      ...(sequence.weight === 1 ? [] : [this.number({ kind: "sequenceWeight" })]),
    ];
    const product = factors.length > 0 ? productOf(factors) : constantOf<Part>(1);
    if (loss?.reduction !== "mean") return { expression: product, note: "the step's weight, and its sequence's" };
    const divisor = this.number({ kind: "divisor" });
    return {
      expression: this.value({ kind: "divisor" }) === 0 ? zero : { kind: "quotient", over: product, under: divisor },
      note: "D is the sum, over the steps with a target, of the step's weight times its class's",
    };
  }

  private passEntries(l: number, p: number, t: number): Entries<Part> {
    const { run } = this.values;
    const { model, length } = run;
    const layer = model.layers[l]!;
    const pass = layer.passes[p]!;
    const sign = pass.direction === "forward" ? 1 : -1;
    const isStep = (s: number) => s >= 1 && s <= length;
    const { states } = cellOf(layer);
    /** Where the initial state stands. */
    const start = sign > 0 ? 0 : length + 1;
    const token = l === 0 && isStep(t) ? this.values.oneHot(t) : -1;
    const parameter = (short: string, i: Index, j: Index) => this.parameter(`${pass.prefix}.${short}`, i, j);
    return {
      token: token < 0 ? null : token,
      targetClass: null,
      length: layer.size,
      shape: (matrix) => pass.parameters[matrix]!,
      entry: parameter,
      leaf: (leaf, { at, letter }) => {
        const letters = { i: letter };
        switch (leaf.kind) {
          case "value": {
            const s = t + sign * timeSteps[leaf.time];
            const name = `${pass.prefix}.${leaf.name}`;
            if (isStep(s)) return this.number({ kind: "value", name, t: s, i: at }, letters);
            return s === start && states.includes(leaf.name)
              ? this.number({ kind: "initial", name, i: at }, letters)
              : null;
          }
          case "gradient": {
            const s = t + sign * timeSteps[leaf.time];
            if (!isStep(s)) return null;
            return this.number({ kind: "gradient", name: `${pass.prefix}.${leaf.name}`, t: s, i: at }, letters);
          }
          case "above":
            return isStep(t) ? this.number({ kind: "above", name: `${pass.prefix}.h`, t, i: at }, letters) : null;
          case "input": {
            const s = t + sign * timeSteps[leaf.time];
            if (!isStep(s)) return null;
            return l === 0
              ? this.number({ kind: "input", t: s, i: at }, letters)
              : this.hidden(l - 1, s, { at, letter });
          }
          case "bias":
            return parameter(leaf.name, { at, letter }, indexOf(0));
          case "named":
            return this.number({ kind: "constant", layer: l, name: leaf.name });
          case "target":
          case "classWeight":
          case "targetCount":
          case "stepWeight":
          case "ends":
          case "setting":
          case "update":
          case "memory":
            throw unexpected(leaf, "a cell");
        }
      },
    };
  }

  /** Entry of a layer's h_t, or of where its passes end: of its one pass, or of both, one behind the other. */
  private hidden(l: number, step: number | "end", { at, letter }: Index): Scalar<Part> {
    const { model, length } = this.values.run;
    const { size, passes } = model.layers[l]!;
    const p = Math.floor(at / size);
    const t = step === "end" ? endOf(passes[p]!.direction, length) : step;
    const number = this.number({ kind: "value", name: `${passes[p]!.prefix}.h`, t, i: at % size }, { i: letter });
    // A general entry is one of either pass
    if (letter === null || number.kind !== "number" || passes.length === 1) return number;
    return { kind: "number", number: { ...number.number, symbol: { ...number.number.symbol, arrow: "" } } };
  }

  private parameter(name: string, row: Index, col: Index): Scalar<Part> {
    return this.number({ kind: "parameter", name, i: row.at, j: col.at }, { i: row.letter, j: col.letter });
  }

  // The read-out and the loss

  private ofReadout(expression: Expression, t: number, i: number): Origin {
    return { expression: elementOf(expression, indexOf(i), this.readoutEntries(t)) };
  }

  private readoutEntries(t: number): Entries<Part> {
    const { model } = this.values.run;
    const target = this.values.target(t);
    const token = this.values.oneHot(t);
    return {
      token: token < 0 ? null : token,
      targetClass: typeof target === "number" ? target : null,
      length: model.output.size,
      shape: (matrix) => this.values.parameters[`output.${matrix}`]!,
      entry: (matrix, row, col) => this.parameter(`output.${matrix}`, row, col),
      leaf: (leaf, index) => {
        const { at, letter } = index;
        const letters = { i: letter };
        switch (leaf.kind) {
          case "value":
            if (leaf.name === "h") return this.hidden(model.layers.length - 1, t, index);
            return this.number({ kind: leaf.name === "z" ? "logit" : "output", t, i: at }, letters);
          case "gradient":
            return this.number({ kind: "dLogit", t, i: at }, letters);
          case "bias":
            return this.parameter(`output.${leaf.name}`, index, indexOf(0));
          case "target":
            return this.number({ kind: "target", t, i: at }, letters);
          case "targetCount":
            return this.number({ kind: "targetCount" });
          case "classWeight":
            return this.number({ kind: "classWeight", i: at }, letters);
          case "stepWeight":
            return this.number({ kind: "stepWeight", t });
          case "ends":
            return this.hidden(model.layers.length - 1, "end", index);
          case "input":
            return this.number({ kind: "input", t, i: at }, letters);
          case "above":
          case "named":
          case "setting":
          case "update":
          case "memory":
            throw unexpected(leaf, "the read-out");
        }
      },
    };
  }

  private loss(t: number): Origin {
    const { run } = this.values;
    const { loss, output } = run.model;
    const target = this.values.target(t);
    if (!loss || target === null) throw new RangeError(`step ${t} has no target, and so no loss`);
    const kind = kindOfTarget(target);
    const ofLogits = lossOfLogitsExpression(loss, kind, output.size);
    const y = run.at(t).output ?? new Float64Array(0);
    const hidesDigits =
      loss.type === "cross-entropy"
        ? y.some(
            (y_j, j) =>
              !(y_j > Number.MIN_VALUE / Number.EPSILON) && crossEntropyWeight(loss, target, y.length, j) !== 0,
          )
        : y.some((y_j) => y_j < almostNothing || y_j > 1 - almostNothing);
    if (!ofLogits || !hidesDigits)
      return this.ofReadout(lossExpression(loss, output.activation, kind, output.size), t, 0);
    return {
      ...this.ofReadout(ofLogits, t, 0),
      note: "of the logits, as it is computed: an output is all but 0 or 1, and its logarithm would have lost its digits",
    };
  }

  private totalLoss(): Origin {
    const { run } = this.values;
    const steps: number[] = [];
    for (let t = 1; t <= run.length; t++) if (this.values.target(t) !== null) steps.push(t);
    const { loss } = run.model;
    const weighted = loss !== null && countsDifferently(loss, run.sequence);
    const term = (t: number, letters?: Letters) => {
      const ofStep = this.number({ kind: "loss", t }, letters);
      return weighted ? productOf([this.number({ kind: "stepWeight", t }, letters), ofStep]) : ofStep;
    };
    const total = seriesOf(
      "t",
      steps.length,
      (k) => term(steps[k]!),
      () => term(steps[0]!, { t: "t" }),
    );
    if (weighted) return { expression: total, note: "each step's loss times what it counts" };
    if (loss?.reduction !== "mean") return { expression: total };
    return {
      expression: { kind: "quotient", over: total, under: this.number({ kind: "targetCount" }) },
      note: "the mean over the steps with a target",
    };
  }

  // Gradients of the parameters

  private share({ name, t, i, j }: NumberReference & { kind: "share" }): Origin {
    this.checkEntry({ kind: "parameter", name, i, j });
    const { run } = this.values;
    run.at(t);
    const owner = ownerOf(run.model, name);
    const isReadout = owner.kind === "readout";
    if (owner.kind === "embedding") {
      const expression = this.values.token(t) === i ? this.number({ kind: "inputGradient", t, i: j }) : null;
      return { expression, note: expression ? null : `step ${t} reads another token, so it does not use this row` };
    }
    if (isReadout && this.values.target(t) === null) return { expression: null, note: `step ${t} has no target` };
    const entries = isReadout ? this.readoutEntries(t) : this.passEntries(owner.layer, owner.pass, t);
    const expression = entryOf(this.shareExpression(name), indexOf(i), indexOf(j), entries);
    return { expression, note: expression ? null : `step ${t} reads another token, so it does not use this weight` };
  }

  private shareExpression(name: string): Expression {
    let expression = this.shareExpressions.get(name);
    if (!expression) {
      expression = this.findShareExpression(name);
      this.shareExpressions.set(name, expression);
    }
    return expression;
  }

  private findShareExpression(name: string): Expression {
    const { model } = this.values.run;
    const owner = ownerOf(model, name);
    const short = name.slice(name.lastIndexOf(".") + 1);
    if (owner.kind === "readout") return readoutShares(model)[short]!;
    if (owner.kind === "embedding") return gradient("x");
    const layer = model.layers[owner.layer]!;
    return cellOf(layer).shares(layer.options)[short]!;
  }

  private shareText(name: string): string {
    const { model } = this.values.run;
    const owner = ownerOf(model, name);
    const layer = model.layers[owner.layer];
    const gates = layer
      ? cellOf(layer)
          .quantities(layer.options)
          .filter((quantity) => quantity.gradientOfPreActivation)
      : [];
    return expressionText(this.shareExpression(name), { preActivations: new Set(gates.map((gate) => gate.name)) });
  }

  /** The first `steps` shares, in the order of the backward computation. */
  private sumOfShares(
    { name, i, j }: { readonly name: string; readonly i: number; readonly j: number },
    steps: number,
  ): Scalar<Part> {
    const { run } = this.values;
    this.checkEntry({ kind: "parameter", name, i, j });
    if (steps > run.length) throw new RangeError(`a run of ${run.length} steps has no sum of ${steps} shares`);
    const owner = ownerOf(run.model, name);
    const ascending = comesBackAscending(run.model, owner);
    const t = (k: number) => (ascending ? k + 1 : run.length - k);
    return seriesOf(
      "t",
      steps,
      (k) => this.number({ kind: "share", name, t: t(k), i, j }),
      () => this.number({ kind: "share", name, t: t(0), i, j }, { t: "t" }),
    );
  }

  private checkEntry(reference: NumberReference & { kind: "parameter" }): void {
    this.values.of(reference);
  }

  // The update

  private norm(name: string | null): Scalar<Part> {
    const square = (of: Scalar<Part>): Scalar<Part> => ({ kind: "apply", function: "square", of });
    const root = (of: Scalar<Part>): Scalar<Part> => ({ kind: "apply", function: "√", of });
    if (name === null) {
      const norms = Object.keys(trainableOf(this.values.run.model, this.values.parameters)).map((one) =>
        square(this.number({ kind: "gradientNorm", name: one })),
      );
      return this.inUpdate(root(sumOf(norms) ?? zero));
    }
    const tensor = this.values.parameters[name]!;
    const entry = (k: number, letters?: Letters) =>
      square(
        this.number({ kind: "parameterGradient", name, i: Math.floor(k / tensor.cols), j: k % tensor.cols }, letters),
      );
    const letters = { i: tensor.rows > 1 ? "i" : null, j: tensor.cols > 1 ? "j" : null };
    return root(
      seriesOf(
        tensor.rows > 1 && tensor.cols > 1 ? "i,j" : tensor.rows > 1 ? "i" : "j",
        tensor.data.length,
        entry,
        () => entry(0, letters),
      ),
    );
  }

  /** A gradient as the update has it: where that is made of the mean over all targets, L's is another. */
  private inUpdate(ofLoss: Scalar<Part>): Scalar<Part> {
    const { updateFactor } = this.values;
    return updateFactor === 1 ? ofLoss : productOf([constantOf<Part>(updateFactor), ofLoss]);
  }

  private update({ quantity, name, i, j }: NumberReference & { kind: "update" }): Origin {
    const entry = { name, i, j };
    this.checkEntry({ kind: "parameter", ...entry });
    if (this.values.run.model.frozen.has(name))
      return { expression: this.number({ kind: "parameter", ...entry }), note: "held fixed: no update moves it" };
    const { optimizer, clip } = this.values.problem.training;
    const operations = updateOperations(optimizer, clip);
    const operation = operations.find((one) => one.quantity === quantity);
    if (!operation) throw new RangeError(`${optimizer.type} computes no ${quantity} here`);
    let remembers = false;
    const from: Entries<Part> = {
      token: null,
      targetClass: null,
      length: 0,
      shape: () => this.values.parameters[name]!,
      entry: () => {
        throw new TypeError("an update goes entry by entry");
      },
      leaf: (leaf) => {
        switch (leaf.kind) {
          case "update":
            if (leaf.name === "p") return this.number({ kind: "parameter", ...entry });
            if (leaf.name === "gradient") return this.inUpdate(this.number({ kind: "parameterGradient", ...entry }));
            if (leaf.name === "norm") return this.number({ kind: "gradientNorm", name: null });
            return this.number({ kind: "update", quantity: leaf.name, ...entry });
          case "memory":
            remembers = true;
            return { kind: "number", number: { reference: null, symbol: symbolNamed(leaf.name, "0"), value: 0 } };
          case "setting":
            return {
              kind: "number",
              number: {
                reference: { kind: "setting", key: leaf.key },
                symbol: symbolNamed(leaf.symbol),
                value: leaf.value,
              },
            };
          case "value":
          case "gradient":
          case "above":
          case "input":
          case "bias":
          case "named":
          case "target":
          case "classWeight":
          case "targetCount":
          case "stepWeight":
          case "ends":
            throw unexpected(leaf, "an update");
        }
      },
    };
    const expression = elementOf(operation.expression, indexOf(0), from);
    return { expression, note: remembers ? "a fresh optimizer remembers nothing of an update before" : null };
  }
}

/** The step at which a pass ends. */
const endOf = (direction: Pass["direction"], length: number) => (direction === "forward" ? length : 1);

const timeSteps = { now: 0, before: -1, after: 1 } as const;

const unexpected = (leaf: Leaf, where: string) => new TypeError(`${where} reads no ${leaf.kind}`);

/** h_t = tanh(a_t) with the sum that a_t is, where the cell has it as an operation of its own. */
function withPreActivation({ expression }: CellOperation, operations: readonly CellOperation[]): Expression {
  const inner = expression.kind === "apply" ? expression.of : expression;
  if (inner.kind !== "value" || inner.time !== "now") return expression;
  const before = operations.find(({ name }) => name === inner.name)?.expression ?? now(inner.name);
  return expression.kind === "apply" ? { ...expression, of: before } : before;
}
