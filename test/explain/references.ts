import { cellOf } from "../../src/engine/cells";
import type { UpdateQuantity } from "../../src/engine/expression";
import { weightAt } from "../../src/engine/loss";
import { parametersOf, trainableOf } from "../../src/engine/model";
import { clipGradients, gradientNorm, updateOperations } from "../../src/engine/optimizer";
import type { Run } from "../../src/engine/run";
import type { NamedTensors } from "../../src/engine/tensor";
import { factorOfUpdate, updateOnce } from "../../src/engine/train";
import type { NumberReference } from "../../src/explain/reference";
import type { Stepper } from "../../src/stepper/stepper";

/** A number of a run, and what the engine itself says that it is; null where it keeps no such number. */
export interface Known {
  readonly reference: NumberReference;
  readonly engine: number | null;
}

/** Every number that a run has, of every kind. */
export function* everyNumber({ run, problem }: Stepper): Generator<Known> {
  yield* numbersOfSteps(run);
  yield* numbersOfPasses(run);
  const { optimizer, clip } = problem.training;
  const parameters = parametersOf(run.model);
  const updated = updateOnce(run.model, run.sequence, run.gradients, problem.training);
  const factor = factorOfUpdate(run.model, run.sequence, problem.training);
  const clipped = copies(trainableOf(run.model, run.gradients));
  for (const { data } of Object.values(clipped)) for (let k = 0; k < data.length; k++) data[k]! *= factor;
  const whole = gradientNorm(clipped);
  if (clip) clipGradients(clipped, clip, whole);
  const engineUpdates: Partial<Record<UpdateQuantity, NamedTensors>> = { updated, clipped };
  yield { reference: { kind: "gradientNorm", name: null }, engine: whole };
  for (const [name, { rows, cols, data }] of Object.entries(parameters)) {
    const gradient = run.gradients[name]!;
    yield { reference: { kind: "gradientNorm", name }, engine: gradientNorm({ gradient }) };
    const shares = Array.from({ length: run.length }, (_, k) => run.share(name, k + 1).data);
    const sums = Array.from({ length: run.length + 1 }, (_, n) => run.partialGradient(name, n).data);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        const at = i * cols + j;
        yield { reference: { kind: "parameter", name, i, j }, engine: data[at]! };
        yield { reference: { kind: "parameterGradient", name, i, j }, engine: gradient.data[at]! };
        for (const [k, share] of shares.entries())
          yield { reference: { kind: "share", name, t: k + 1, i, j }, engine: share[at]! };
        for (const [steps, sum] of sums.entries())
          yield { reference: { kind: "sumSoFar", name, steps, i, j }, engine: sum[at]! };
        for (const { quantity } of updateOperations(optimizer, clip))
          yield {
            reference: { kind: "update", quantity, name, i, j },
            engine: engineUpdates[quantity]?.[name]?.data[at] ?? null,
          };
      }
  }
}

function* numbersOfSteps(run: Run): Generator<Known> {
  const { length } = run;
  yield { reference: { kind: "targetCount" }, engine: run.targetCount };
  if (run.loss !== null) yield { reference: { kind: "totalLoss" }, engine: run.loss };
  for (let t = 1; t <= length; t++) {
    const { logits, output, dLogits, loss, dx } = run.at(t);
    for (const [i, engine] of run.input(t).entries()) yield { reference: { kind: "input", t, i }, engine };
    for (const [i, engine] of dx.entries()) yield { reference: { kind: "inputGradient", t, i }, engine };
    for (const [i, engine] of (logits ?? []).entries()) yield { reference: { kind: "logit", t, i }, engine };
    for (const [i, engine] of (output ?? []).entries()) yield { reference: { kind: "output", t, i }, engine };
    for (const [i, engine] of (dLogits ?? []).entries()) yield { reference: { kind: "dLogit", t, i }, engine };
    if (loss === null) continue;
    yield { reference: { kind: "loss", t }, engine: loss };
    yield { reference: { kind: "stepWeight", t }, engine: weightAt(run.weights, t - 1) };
  }
}

function* numbersOfPasses(run: Run): Generator<Known> {
  for (const [l, layer] of run.model.layers.entries())
    for (const [p, { prefix }] of layer.passes.entries()) {
      for (const state of cellOf(layer).states) {
        const name = `${prefix}.${state}`;
        for (const [i, engine] of run.start[l]![p]![state]!.entries())
          yield { reference: { kind: "initial", name, i }, engine };
        for (const [i, engine] of run.startGradients[l]![p]![state]!.entries())
          yield { reference: { kind: "initialGradient", name, i }, engine };
      }
      for (let t = 1; t <= run.length; t++) {
        const { values, gradients, above, next } = run.at(t).passes[l]![p]!;
        for (const { name } of cellOf(layer).quantities(layer.options))
          for (let i = 0; i < layer.size; i++) {
            const reference = { name: `${prefix}.${name}`, t, i };
            yield { reference: { kind: "value", ...reference }, engine: values[name]![i]! };
            yield { reference: { kind: "gradient", ...reference }, engine: gradients[name]![i]! };
          }
        for (let i = 0; i < layer.size; i++) {
          yield { reference: { kind: "above", name: `${prefix}.h`, t, i }, engine: above[i]! };
          yield { reference: { kind: "next", name: `${prefix}.h`, t, i }, engine: next[i]! };
        }
      }
    }
}

function copies(tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}
