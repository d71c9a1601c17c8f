/** What an update has brought: the same sequence run with the updated parameters. */

import { parametersOf, withParameters } from "../../engine/model";
import type { Run } from "../../engine/run";
import { run as runOf } from "../../engine/run";
import { countNumbers } from "../../engine/tensor";
import type { AfterUpdate } from "../../protocol/panel";
import type { Stepper } from "../../stepper/stepper";
import { outputLabel, targetText } from "./words";

/** Multiplications of a run that nobody has to wait for. */
const mostWork = 5e6;
const mostOutputs = 8;

/** Null where the run is too long to be made again at once, or says no loss. */
export function afterUpdate(stepper: Stepper, digits: number): AfterUpdate | null {
  const { run, problem, sequenceIndex } = stepper;
  const { model, length, loss } = run;
  const numbers = countNumbers(parametersOf(model));
  if (loss === null || numbers * length > mostWork) return null;
  const updated = withParameters(model, stepper.updatedParameters());
  const again = runOf(updated, problem.sequences, sequenceIndex);
  if (again.loss === null) return null;
  const losses = new Float64Array(length).fill(Number.NaN);
  const probabilities = new Float64Array(length).fill(Number.NaN);
  let isClasses = model.output.activation === "softmax";
  let most = { t: 0, change: -1 };
  for (let t = 1; t <= length; t++) {
    const { target, output, loss: after } = again.at(t);
    if (after === null || output === null) continue;
    losses[t - 1] = after;
    if (typeof target === "number") probabilities[t - 1] = output[target]!;
    else isClasses = false;
    const change = Math.abs(after - (run.at(t).loss ?? after));
    if (change > most.change) most = { t, change };
  }
  return {
    lossBefore: loss,
    loss: again.loss,
    losses,
    probabilities: isClasses ? probabilities : null,
    step: most.t === 0 ? null : stepOf(run, again, most.t, digits),
  };
}

function stepOf(run: Run, again: Run, t: number, digits: number): AfterUpdate["step"] {
  const { model } = run;
  const { target, output } = run.at(t);
  const before = output?.slice() ?? new Float64Array();
  const after = again.at(t).output ?? before;
  const order = Array.from(before, (_, j) => j);
  const shown =
    order.length <= mostOutputs
      ? order
      : order
          .toSorted(
            (a, b) =>
              Number(b === target) - Number(a === target) ||
              Math.abs(after[b]! - before[b]!) - Math.abs(after[a]! - before[a]!),
          )
          .slice(0, mostOutputs);
  return {
    t,
    target: targetText(model, target, digits),
    outputs: shown.map((j) => ({
      label: outputLabel(model, j),
      isTarget: j === target,
      before: before[j]!,
      after: after[j]!,
    })),
  };
}
