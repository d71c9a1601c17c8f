import assert from "node:assert/strict";
import { run } from "../../src/engine/run";
import { toNested } from "../../src/engine/tensor";
import type { Json } from "../../src/engine/trace";
import { traceOf } from "../../src/engine/trace";
import { train } from "../../src/engine/train";
import { assertAgrees } from "../agreement";
import { goldenFiles, readFile, readJson } from "../files";

interface GoldenTrace {
  readonly sequence: number;
  readonly stepCount?: number;
  readonly steps: readonly { readonly t: number; readonly parameters?: unknown }[];
}

interface GoldenTraining {
  readonly epochs: readonly unknown[];
  readonly parameters: Record<string, unknown>;
}

const folders = ["../goldens", "../goldens/documents", "../goldens/cells"].map(
  (folder) => new URL(folder, import.meta.url).pathname,
);
const filesOf = (pattern: RegExp) => folders.flatMap((folder) => goldenFiles(pattern, folder));

describe("the engine and PyTorch", () => {
  for (const [name, file] of filesOf(/\.trace\d*\.json$/))
    it(`every number of ${name} agrees within 1e-9`, () => {
      const golden = readJson(file) as GoldenTrace;
      const { problem, itemsOf } = readFile(file.replace(/\.trace\d*\.json$/, ".rnn.json"));
      const withContributions = golden.steps.some((step) => step.parameters !== undefined);
      const item = itemsOf(golden.sequence)!;
      const trace = traceOf(
        run(problem.model, problem.sequences, golden.sequence),
        golden.sequence,
        (k): Json => item(k),
        withContributions,
      );
      const steps = trace["steps"] as readonly { t: number }[];
      if (golden.stepCount !== undefined) assert.equal(steps.length, golden.stepCount);
      const { stepCount: _, steps: goldenSteps, ...rest } = golden;
      assertAgrees(trace, rest, 1e-9);
      // A golden of a long sequence holds only some of its steps.
      for (const step of goldenSteps) assertAgrees(steps[step.t - 1], step, 1e-9, `$.steps[t=${step.t}]`);
      if (golden.stepCount === undefined) assert.equal(steps.length, goldenSteps.length);
    });

  for (const [name, file] of filesOf(/\.train\.json$/))
    it(`every epoch and parameter of ${name} agrees within 1e-7`, () => {
      const golden = readJson(file) as GoldenTraining;
      const { problem } = readFile(file.replace(/\.train\.json$/, ".rnn.json"));
      const epochs = golden.epochs.length;
      const training = train({ ...problem, training: { ...problem.training, epochs } });
      const results: unknown[] = [];
      let next = training.next();
      for (; !next.done; next = training.next()) if (next.value.result) results.push(next.value.result);
      assertAgrees(results, golden.epochs, 1e-7);
      assert.equal(next.value.kind, "done");
      const parameters = Object.fromEntries(
        Object.entries(next.value.parameters).map(([key, tensor]) => [key, toNested(tensor)]),
      );
      assertAgrees(parameters, golden.parameters, 1e-7);
    });
});
