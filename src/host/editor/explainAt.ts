/** Which number of a run stands at a place in the text. */

import type { Model } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { Tensor } from "../../engine/tensor";
import type { Reading } from "../../format/read";
import { parameterPath } from "../../format/sourceMap";
import type { Stepper } from "../../stepper/stepper";
import { startStatesOf } from "./inlineValues";
import { characterIndex } from "./literal";

/** A number to explain, by its reference, in one of the file's sequences. */
export interface Question {
  readonly reference: string;
  /** Null where it is of no one sequence. */
  readonly sequence: number | null;
}

/**
 * What to explain at an offset of the text: of a parameter's entry its updated value or, before the update, its gradient; of an
 * input h_t of the top layer; of a target the loss; of an initial state its gradient. Where several numbers are meant, the first.
 * @param stepper the run that is stepped through; null where nobody steps
 * @returns null where no number stands there
 */
export function explainAt(reading: Reading, stepper: Stepper | null, text: string, offset: number): Question | null {
  const { source, problem } = reading;
  const path = problem && source.pathAt(offset);
  if (!problem || !path) return null;
  for (const [name, parameter] of Object.entries(parametersOf(problem.model))) {
    const own = parameterPath(name);
    if (startsWith(path, own))
      return {
        reference: parameterReference(stepper, name, entryAt(parameter, path.slice(own.length))),
        sequence: null,
      };
  }
  const start = stepper && startStatesOf(stepper, source).find((state) => startsWith(path, state.path));
  if (stepper && start) {
    const { prefix } = stepper.run.model.layers[start.layer]!.passes[start.pass]!;
    const i = path.slice(start.path.length).find((key) => typeof key === "number") ?? 0;
    return { reference: `gradients.initial.${prefix}.${start.state}[${i}]`, sequence: null };
  }
  const [top, sequence, key, index] = path;
  if (top !== "sequences" || typeof sequence !== "number") return null;
  const length = problem.sequences[sequence]?.length ?? 0;
  if (key === "target") return { reference: `loss@${length}`, sequence };
  let k = typeof index === "number" && (key === "inputs" || key === "targets") ? index : null;
  const literal = key === "text" ? source.locate(path) : null;
  if (literal) {
    k = characterIndex(text.slice(literal.offset, literal.offset + literal.length), offset - literal.offset);
  }
  if (k === null || k >= length) return null;
  return { reference: stepReference(problem.model, key === "targets" ? "target" : "input", k + 1), sequence };
}

/** What is explained of a step of a sequence: of its input h_t of the top layer, of its target the loss. */
export function stepReference(model: Model, of: "input" | "target", t: number): string {
  return of === "target" ? `loss@${t}` : `${model.layers.at(-1)!.passes[0]!.prefix}.h@${t}[0]`;
}

/** What is explained of a parameter's entry where the user stands: its updated value, or its gradient as far as it is known. */
export function parameterReference(stepper: Stepper | null, name: string, entry: string): string {
  if (stepper?.known(`updated.${name}`)) return `updated.${name}${entry}`;
  const steps = stepper?.sharesKnown(name) ?? null;
  const isWhole = stepper === null || steps === null || steps === stepper.run.length || isOfLastStep(stepper, name);
  return isWhole ? `gradients.${name}${entry}` : `sums.${name}@${steps}${entry}`;
}

/** The read-out of the last step alone has one share. */
const isOfLastStep = ({ run }: Stepper, name: string) => name.startsWith("output.") && run.model.output.at === "last";

/** `[0][2]`: of a row, or of the whole parameter, the first entry. */
function entryAt({ rank }: Tensor, rest: readonly (string | number)[]): string {
  const [i = 0, j = 0] = rest.filter((key) => typeof key === "number");
  return rank === 1 ? `[${i}][0]` : `[${i}][${j}]`;
}

function startsWith(path: readonly (string | number)[], start: readonly (string | number)[]): boolean {
  return start.length <= path.length && start.every((segment, k) => path[k] === segment);
}
