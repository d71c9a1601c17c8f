/** Where a number of a run comes from, as the webview shows it: one equation at a time. */

import type { Scalar } from "../../engine/element";
import type { Model } from "../../engine/model";
import type { Derivation, Part } from "../../explain/derive";
import { Derivations } from "../../explain/derive";
import { differingOf } from "../../explain/differing";
import { isKnown } from "../../explain/known";
import { printLatex, printLatexLines, printMarkdown, printText } from "../../explain/print";
import type { NumberReference } from "../../explain/reference";
import { parseReference, referenceText } from "../../explain/reference";
import { passOf } from "../../explain/symbol";
import { longSums, partsOf, termsOf } from "../../explain/terms";
import type { FilePath } from "../../explain/values";
import { writeNumber, writeSymbol } from "../../explain/write";
import { largestOf } from "../../protocol/extremes";
import { formatExact } from "../../protocol/numbers";
import type { DerivationDetail, DerivationPart, NowDetail, SymbolText, WrittenNumber } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";
import { lineOf } from "./now";
import type { Weight } from "./pile";
import { passWord, quantityInSentence, quantityTitles } from "./words";

/** Of a long sum so many terms are shown at first. */
const mostTerms = 8;

/** How a derivation is asked for. */
export interface ExplainOptions {
  /** Significant digits. */
  readonly digits: number;
  /** Of long sums: `count` terms after the first `offset`. */
  readonly offset?: number;
  readonly count?: number;
  /** The words for a place in the file, null where the file does not have it. */
  readonly locate: (path: FilePath) => string | null;
  /** The author's number where it is wrong. */
  readonly written?: (reference: string) => Written | null;
}

/** A wrong number of the author's. */
export interface Written {
  readonly value: number;
  readonly tolerance: number;
  /** What explains it, or may; null where nothing comes to mind. */
  readonly says: string | null;
}

/** The derivations of one run, at the place where the user stands in it. */
export class Explainer {
  readonly derivations: Derivations;

  constructor(private readonly stepper: Stepper) {
    this.derivations = new Derivations(stepper);
  }

  /** @param name a number's name, as `referenceText` writes it; or `probability@3` for that of step 3's target */
  explain(name: string, options: ExplainOptions): DerivationDetail {
    const reference = this.parse(name);
    if (reference === null) return { kind: "gone", reference: name, reason: `there is no number ${name}` };
    try {
      const derivation = this.derivations.derive(reference);
      if (isKnown(this.stepper, reference)) return this.known(derivation, options);
      return {
        kind: "notYet",
        reference: referenceText(reference),
        symbol: symbolText(this.derivations, reference),
        title: titleOf(this.stepper.run.model, reference),
      };
    } catch (error) {
      if (error instanceof RangeError) return { kind: "gone", reference: name, reason: error.message };
      throw error;
    }
  }

  /** One line about a number; null where it is not known where the user stands, or is none of the run. */
  now(name: string, digits: number): NowDetail | null {
    const reference = this.parse(name);
    if (reference === null) return null;
    try {
      const derivation = this.derivations.derive(reference);
      return isKnown(this.stepper, reference) ? lineOf(this.derivations, derivation, digits) : null;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** The weight of which a number is, its gradient, a share or the updated value; null where it is of none. */
  weightOf(name: string): Weight | null {
    const reference = this.parse(name);
    const isOfWeight =
      reference?.kind === "parameter" ||
      reference?.kind === "parameterGradient" ||
      reference?.kind === "share" ||
      reference?.kind === "sumSoFar" ||
      reference?.kind === "update";
    return isOfWeight ? { name: reference.name, i: reference.i, j: reference.j } : null;
  }

  /** Where the file gives a number; null where it is computed, or given at no one place. */
  pathOf(name: string): FilePath | null {
    const reference = this.parse(name);
    return reference && this.derivations.derive(reference).path;
  }

  private parse(name: string): NumberReference | null {
    const [, t] = /^probability@(\d+)$/.exec(name) ?? [];
    if (t === undefined) return parseReference(name);
    const { run } = this.stepper;
    const target = Number(t) >= 1 && Number(t) <= run.length ? run.at(Number(t)).target : null;
    return typeof target === "number" ? { kind: "output", t: Number(t), i: target } : null;
  }

  private known(derivation: Derivation, options: ExplainOptions): DerivationDetail {
    const { reference, symbol, value, expression, path } = derivation;
    const { digits, offset = 0, count = mostTerms, locate } = options;
    const print = { digits, mostTerms };
    const parts = expression ? pageOf(expression, offset, count) : [];
    return {
      kind: "known",
      reference: referenceText(reference),
      symbol: { latex: writeSymbol(symbol, "latex"), text: writeSymbol(symbol, "text") },
      title: titleOf(this.stepper.run.model, reference),
      value,
      number: writeNumber(value, { notation: "text", digits }),
      equation: expression && printLatexLines(derivation, print),
      copies: {
        latex: printLatex(derivation, print),
        markdown: printMarkdown(derivation, print),
        text: printText(derivation, print),
      },
      note: derivation.note,
      parts: parts.map((part) => this.part(part, options)),
      more: expression
        ? largestOf(
            longSums(expression, mostTerms).map((series) => series.count - offset - count),
            0,
          )
        : 0,
      place: path && locate(path),
      written: this.written(derivation, options),
    };
  }

  private written({ reference, expression }: Derivation, { written }: ExplainOptions): WrittenNumber | null {
    const own = written?.(referenceText(reference));
    if (!own) return null;
    const fits = (value: number) => Math.abs(value - own.value) <= own.tolerance;
    const found = expression && differingOf(expression, fits);
    return {
      number: formatExact(own.value),
      says: own.says,
      differing: found && { symbols: found.parts.map(({ symbol }) => writeSymbol(symbol, "text")), how: found.how },
    };
  }

  private part({ reference, symbol, value }: Part, { digits, locate }: ExplainOptions): DerivationPart {
    const isGiven = reference !== null && givenKinds.has(reference.kind);
    const path = isGiven ? this.derivations.derive(reference).path : null;
    return {
      reference: reference && referenceText(reference),
      symbol: { latex: writeSymbol(symbol, "latex"), text: writeSymbol(symbol, "text") },
      title: reference ? titleOf(this.stepper.run.model, reference) : "",
      value,
      number: writeNumber(value, { notation: "text", digits }),
      isGiven: isGiven || reference === null,
      place: path && locate(path),
    };
  }
}

/** What nothing computes. */
const givenKinds: ReadonlySet<NumberReference["kind"]> = new Set([
  "input",
  "target",
  "initial",
  "parameter",
  "setting",
  "constant",
  "targetCount",
]);

/** The numbers of an equation; on a later page those of the next terms of its long sums. */
function pageOf(expression: Scalar<Part>, offset: number, count: number): readonly Part[] {
  if (offset === 0) return partsOf(expression, count);
  const terms = longSums(expression, mostTerms).flatMap((series) =>
    termsOf(series, offset, count).map(({ scalar }) => scalar),
  );
  return partsOf({ kind: "sum", terms }, count);
}

function symbolText(derivations: Derivations, reference: NumberReference): SymbolText {
  const symbol = derivations.symbol(reference);
  return { latex: writeSymbol(symbol, "latex"), text: writeSymbol(symbol, "text") };
}

/** What a number is, in words. */
export function titleOf(model: Model, reference: NumberReference): string {
  const at = "t" in reference ? ` at t = ${reference.t}` : "";
  switch (reference.kind) {
    case "input":
      return `input${at}`;
    case "target":
      return `target${at}`;
    case "constant":
      return "constant of the cell";
    case "classWeight":
      return "what a class counts";
    case "stepWeight":
      return `what the loss counts in L${at}`;
    case "givenWeight":
      return `weight of the step${at}`;
    case "sequenceWeight":
      return "weight of the sequence";
    case "divisor":
      return "what the mean divides by";
    case "value":
      return quantityTitle(model, reference.name) + at;
    case "initial":
      return `initial ${quantityTitle(model, reference.name)}`;
    case "logit":
      return `logit${at}`;
    case "output":
      return `${model.output.activation === "softmax" ? "probability" : "output"}${at}`;
    case "loss":
      return `loss${at}`;
    case "totalLoss":
      return "loss of the sequence";
    case "targetCount":
      return "how many steps have a target";
    case "dLogit":
      return `gradient of the logit${at}`;
    case "gradient":
      return `gradient of ${inSentence(model, reference.name)}${at}`;
    case "above":
      return `gradient of ${inSentence(model, reference.name)}${at}, from above`;
    case "next":
      return `gradient of ${inSentence(model, reference.name)}${at}, from the next step`;
    case "inputGradient":
      return `gradient of the input${at}`;
    case "initialGradient":
      return `gradient of the initial ${quantityTitle(model, reference.name)}`;
    case "parameter":
      return "parameter";
    case "parameterGradient":
      return "gradient of the parameter";
    case "share":
      return `share of the step t = ${reference.t} in the gradient of the parameter`;
    case "sumSoFar":
      return "gradient of the parameter so far";
    case "gradientNorm":
      return reference.name === null ? "norm of the whole gradient" : "norm of the gradient of the parameter";
    case "update":
      return reference.quantity === "updated" ? "parameter after the update" : "part of the parameter's update";
    case "setting":
      return "setting of the training";
  }
}

/** "hidden state, forward pass" */
function quantityTitle(model: Model, name: string): string {
  const { layer, short } = passOf(model, name);
  return (quantityTitles(model.layers[layer]!).get(short) ?? short) + whereIs(model, name);
}

/** "the hidden state, forward pass" */
function inSentence(model: Model, name: string): string {
  const { layer, short } = passOf(model, name);
  return quantityInSentence(model.layers[layer]!, short) + whereIs(model, name);
}

/** " of layer 2, forward pass", where there are more than one. */
function whereIs(model: Model, name: string): string {
  const { layer, pass } = passOf(model, name);
  const inLayer = model.layers.length > 1 ? ` of layer ${layer + 1}` : "";
  return inLayer + passWord(model.layers[layer]!, pass);
}
