/** One line that says where a number comes from, with its numbers put in: the operation done last, or a number pointed at. */

import type { Scalar } from "../../engine/element";
import { readoutParameters } from "../../engine/model";
import type { Run, StepView } from "../../engine/run";
import type { Derivation, Derivations, Part } from "../../explain/derive";
import { piecesOf } from "../../explain/pieces";
import type { NumberReference } from "../../explain/reference";
import { referenceText } from "../../explain/reference";
import { writeNumber, writeScalar, writeSymbol } from "../../explain/write";
import type { NowDetail, NowPiece } from "../../protocol/panel";
import type { Operation, Product } from "../../stepper/program";
import type { Stepper } from "../../stepper/stepper";
import { currentOperation, equationOf } from "./operations";
import type { Weight } from "./pile";
import { largestEntry, steepestEntry } from "./pile";

/** So many terms of a long sum fit on the line. */
const mostTerms = 3;

/** The line for the operation that was done last; null at the start. */
export function nowOf(
  stepper: Stepper,
  derivations: Derivations,
  digits: number,
  weight: Weight | null,
): NowDetail | null {
  const { t, run } = stepper;
  const operation = shownOperation(stepper, weight);
  if (!operation) return null;
  const reference = referenceOf(run, operation.product, t > 0 ? run.at(t) : null, weight);
  if (!reference) return null;
  const derivation = derivations.derive(reference);
  return lineOf(derivations, derivation, digits, equationOf(stepper, operation));
}

/** The operation done last; once the whole update is done, that of the chosen weight. */
function shownOperation(stepper: Stepper, weight: Weight | null): Operation | null {
  const { place, program, phase } = stepper;
  const own =
    weight && place && phase === "update" && stepper.isAtEnd
      ? program.sweeps[place.sweep]!.operations.find(({ key }) => key === `updated.${weight.name}`)
      : undefined;
  return own ?? currentOperation(stepper);
}

/** The line for any number of the run. @param symbols what stands for the equation in symbols; its own where it is absent */
export function lineOf(
  derivations: Derivations,
  derivation: Derivation,
  digits: number,
  symbols: string | null = null,
): NowDetail {
  const name = writeSymbol(derivation.symbol, "text");
  const expression = derivation.expression && opened(derivations, derivation.expression);
  const own = expression
    ? `${name} = ${writeScalar(expression, { notation: "text", as: "symbols", digits, most: mostTerms })}`
    : name;
  const pieces = expression ? piecesOf(expression, { digits, most: mostTerms }) : [];
  const reference = referenceText(derivation.reference);
  const sign = derivation.value < 0 ? "−" : "";
  const result: NowPiece = {
    text: writeNumber(derivation.value, { notation: "text", digits }).slice(sign.length),
    value: derivation.value,
    reference,
  };
  return {
    reference,
    symbols: symbols ?? own,
    entry: symbols === null || derivation.symbol.indices.length === 0 ? "" : name,
    numbers: [
      ...pieces.map(
        ({ text, part }): NowPiece => ({
          text,
          value: part && part.value,
          reference: part?.reference ? referenceText(part.reference) : null,
        }),
      ),
      { text: `${pieces.length > 0 ? " = " : "= "}${sign}`, value: null, reference: null },
      result,
    ],
  };
}

/** The sources of a state's gradient are sums themselves: what comes from the next step is written out, and what is above where it is alone. */
function opened(derivations: Derivations, expression: Scalar<Part>): Scalar<Part> {
  const inner = (scalar: Scalar<Part>, kinds: readonly NumberReference["kind"][]): Scalar<Part> => {
    const reference = scalar.kind === "number" ? scalar.number.reference : null;
    return (reference && kinds.includes(reference.kind) ? derivations.derive(reference).expression : null) ?? scalar;
  };
  if (expression.kind !== "sum") return inner(expression, ["above", "next"]);
  return { kind: "sum", terms: expression.terms.map((term) => inner(term, ["next"])) };
}

/** The number for which an operation stands: of a vector its target's entry or the largest, of shares those of the chosen weight. */
function referenceOf(run: Run, product: Product, step: StepView | null, weight: Weight | null): NumberReference | null {
  if (product.kind === "update") {
    const isChosen = weight?.name === product.parameter;
    const { i, j } = isChosen ? weight : steepestEntry(run, product.parameter);
    return { kind: "update", quantity: "updated", name: product.parameter, i, j };
  }
  if (!step) return null;
  const { t, target } = step;
  const output = (vector: Float64Array | null) => (typeof target === "number" ? target : largestEntry(vector ?? []));
  switch (product.kind) {
    case "input":
      return { kind: "input", t, i: step.token >= 0 && !run.model.embedding ? step.token : largestEntry(run.input(t)) };
    case "value":
    case "gradient": {
      const { layer, pass, name } = product;
      const view = step.passes[layer]![pass]!;
      const vector = (product.kind === "value" ? view.values : view.gradients)[name]!;
      const { prefix } = run.model.layers[layer]!.passes[pass]!;
      return { kind: product.kind, name: `${prefix}.${name}`, t, i: largestEntry(vector) };
    }
    case "logits":
      return { kind: "logit", t, i: output(step.logits) };
    case "output":
      return { kind: "output", t, i: output(step.output) };
    case "dLogits":
      return { kind: "dLogit", t, i: output(step.dLogits) };
    case "loss":
      return { kind: "loss", t };
    case "share": {
      const { prefix, parameters } = run.model.layers[product.layer]!.passes[product.pass]!;
      return shareOf(
        run,
        Object.keys(parameters).map((short) => `${prefix}.${short}`),
        t,
        weight,
      );
    }
    case "readoutShare":
      return shareOf(run, Object.keys(readoutParameters(run.model.output)), t, weight);
    case "embeddingShare":
      return { kind: "share", name: "embedding.E", t, i: Math.max(0, step.token), j: largestEntry(step.dx) };
  }
}

/** Of the parameters that have a share here, the chosen weight's; else of the first one the entry with the largest gradient. */
function shareOf(run: Run, names: readonly string[], t: number, weight: Weight | null): NumberReference | null {
  if (weight && names.includes(weight.name)) return { kind: "share", ...weight, t };
  const [name] = names;
  return name === undefined ? null : { kind: "share", name, t, ...steepestEntry(run, name) };
}
