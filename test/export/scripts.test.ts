import assert from "node:assert/strict";
import fc from "fast-check";
import type { OptimizerType, Problem } from "../../src/engine/model";
import { parametersOf } from "../../src/engine/model";
import { hasReadout } from "../../src/engine/network";
import type { Tensor } from "../../src/engine/tensor";
import { updateOnce } from "../../src/engine/train";
import { exportText } from "../../src/export";
import type { Stepper } from "../../src/stepper/stepper";
import { problems } from "../engine/arbitrary";
import { ownCellProblems } from "../engine/arbitraryCells";
import { goldenFiles, readFile } from "../files";
import { itWith, printedBy } from "../python";
import { sourceOf } from "./cases";

type Nested = number | null | readonly Nested[];

/** Numbers agree within 1e-9 of their size. */
function assertClose(actual: unknown, expected: Nested, where: string): void {
  if (typeof expected === "number") {
    assert.ok(typeof actual === "number", `${where}: found ${String(actual)}`);
    const size = Math.max(1, Math.abs(expected));
    assert.ok(Math.abs(actual - expected) <= 1e-9 * size, `${where}: found ${actual}, expected ${expected}`);
  } else if (expected === null) assert.equal(actual, null, where);
  else {
    assert.ok(Array.isArray(actual), where);
    assert.equal(actual.length, expected.length, where);
    for (const [k, one] of expected.entries()) assertClose(actual[k], one, `${where}[${k}]`);
  }
}

function rowsOf({ rank, rows, cols, data }: Tensor): Nested {
  if (rank === 1) return [...data];
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
}

/** What the engine says of everything that a script prints. */
function expectedOf({ run, problem }: Stepper): Record<string, Nested | Record<string, Nested>> {
  const steps = Array.from({ length: run.length }, (_, k) => k + 1);
  const { model } = run;
  const ofPasses = (kind: "values" | "gradients") =>
    Object.fromEntries(
      model.layers.flatMap(({ passes }, l) =>
        passes.flatMap(({ prefix }, p) =>
          Object.keys(run.at(1).passes[l]![p]!.values).map((name) => [
            `${prefix}.${name}`,
            steps.map((t) => [...run.at(t).passes[l]![p]![kind][name]!]),
          ]),
        ),
      ),
    );
  const tensors = (named: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, rowsOf(tensor)]));
  const read = (t: number) => hasReadout(model, run.sequence, t - 1);
  return {
    values: ofPasses("values"),
    logits: steps.map((t) => (read(t) ? [...run.at(t).logits!] : null)),
    outputs: steps.map((t) => (read(t) ? [...run.at(t).output!] : null)),
    losses: steps.map((t) => run.at(t).loss),
    loss: run.loss,
    logitGradients: steps.map((t) => (run.at(t).target === null ? null : [...run.at(t).dLogits!])),
    valueGradients: ofPasses("gradients"),
    gradients: tensors(run.gradients),
    updated: tensors(updateOnce(model, run.sequence, run.gradients, problem.training)),
  };
}

function assertAgrees(printed: Record<string, unknown>, stepper: Stepper): void {
  const expected = expectedOf(stepper);
  for (const [key, found] of Object.entries(printed)) {
    const numbers = expected[key];
    assert.ok(numbers !== undefined, key);
    if (numbers === null || typeof numbers === "number" || Array.isArray(numbers))
      assertClose(found, numbers as Nested, key);
    else
      for (const [name, one] of Object.entries(numbers))
        assertClose((found as Record<string, unknown>)[name], one, `${key}.${name}`);
  }
  for (const key of ["values", "logits", "outputs", "losses", "loss", "gradients", "updated"])
    assert.ok(key in printed, key);
}

/** Every optimizer, with what it reads. */
const trained: fc.Arbitrary<Problem> = fc
  .record({
    problem: problems,
    type: fc.constantFrom<OptimizerType>("sgd", "adagrad", "rmsprop", "adam", "adamw"),
    momentum: fc.constantFrom(0, 0.9),
    nesterov: fc.boolean(),
    weightDecay: fc.constantFrom(0, 0.1),
    clip: fc.constantFrom(null, { type: "norm", at: 0.5 } as const, { type: "value", at: 0.05 } as const),
  })
  .map(({ problem, clip, nesterov, momentum, ...chosen }) => ({
    ...problem,
    training: {
      ...problem.training,
      clip,
      // An update that divides by a gradient's size is rough where the gradient is all but 0; a larger ε smooths it
      optimizer: {
        ...problem.training.optimizer,
        ...chosen,
        momentum,
        nesterov: nesterov && momentum > 0,
        epsilon: 1e-2,
      },
    },
  }));

/** What can be said of a script without running it. */
function assertStructure(script: string, problem: Problem): void {
  for (const name of Object.keys(parametersOf(problem.model))) assert.ok(script.includes(`"${name}": `), name);
  for (const { data } of Object.values(parametersOf(problem.model)))
    for (const number of data) assert.ok(script.includes(String(number)), `${number} has all its digits`);
  assert.match(script, /^def \w+_forward\(weights, x, start, order\):$|^class \w+\(torch\.nn\.Module\):$/m);
  assert.match(script, /^print\(json\.dumps\(result/m);
}

/** Some problems, whose scripts run in one process; where one fails, a smaller one would take another process, so none is looked for. */
const batches = (of: fc.Arbitrary<Problem>, count: number) =>
  fc.array(of, { minLength: 1, maxLength: count, size: "max" });

const libraries = [
  { format: "numpy", library: "numpy", name: "NumPy" },
  { format: "pytorch", library: "torch", name: "PyTorch" },
] as const;

for (const { format, library, name } of libraries) {
  const stepperOf = (file: string) => sourceOf(readFile(file).problem);
  /** Runs the scripts of some runs, all in one process. */
  const assertAllAgree = (python: string, steppers: readonly Stepper[]) => {
    const scripts = steppers.map((stepper) => exportText(format, stepper, 4));
    for (const [k, text] of printedBy(python, scripts).entries())
      assertAgrees(JSON.parse(text) as Record<string, unknown>, steppers[k]!);
  };

  describe(`the ${name} script of every random model`, () => {
    it("holds every parameter with all its digits", () =>
      fc.assert(
        fc.property(trained, (problem) => assertStructure(exportText(format, sourceOf(problem), 4), problem)),
        { numRuns: 30 },
      ));

    itWith(
      library,
      "prints the engine's numbers: states, outputs, losses, gradients and updated parameters",
      (python) =>
        fc.assert(
          fc.property(batches(trained, 30), (problems) => assertAllAgree(python, problems.map(sourceOf))),
          { numRuns: 1, endOnFailure: true },
        ),
    );

    itWith(library, "prints the engine's numbers of drawn cells, whatever their quantities are called", (python) =>
      fc.assert(
        fc.property(batches(ownCellProblems, 10), (problems) => assertAllAgree(python, problems.map(sourceOf))),
        { numRuns: 1, endOnFailure: true },
      ),
    );

    itWith(
      library,
      "prints the numbers of read-outs, losses, layers and frozen parameters that others computed",
      (python) => {
        const files = goldenFiles(/\.rnn\.json$/).map(([, file]) => file);
        assertAllAgree(python, files.map(stepperOf));
      },
    );

    itWith(library, "prints the numbers of a file's own cells that others computed", (python) => {
      const files = goldenFiles(/\.rnn\.json$/, new URL("../goldens/cells", import.meta.url).pathname);
      assertAllAgree(
        python,
        files.map(([, file]) => stepperOf(file)),
      );
    });
  });
}
