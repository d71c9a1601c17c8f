import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkProblem } from "../../src/check/check";
import { Stepper } from "../../src/stepper/stepper";
import { problemOf, readSample, sampleNames, sampleText, trained } from "./samples";

describe("Every sample", () => {
  it("is one of eleven", () => assert.equal(sampleNames.length, 11));

  for (const name of sampleNames) {
    describe(name, () => {
      it("reads without an error or a warning", () => assert.deepEqual(readSample(name).diagnostics, []));

      it("tells a learner what it is in a comment before its first brace", () =>
        assert.match(sampleText(name), /^\/\/ \S.{20,}\n/));

      it("steps through its first sequence to the end, into every operation", () => {
        const stepper = new Stepper(problemOf(name), 0);
        let last = stepper.position;
        let steps = 0;
        while (!stepper.isAtEnd) {
          stepper.stepInto();
          assert.ok(stepper.position > last);
          last = stepper.position;
          steps++;
        }
        assert.ok(steps >= stepper.run.length);
      });

      it("trains one epoch with a finite loss, where it has one", () => {
        const problem = problemOf(name);
        const { losses, end } = trained({ ...problem, training: { ...problem.training, epochs: 1 } });
        assert.equal(end.kind, "done");
        assert.equal(losses.length, 1);
        assert.ok(Number.isFinite(losses[0]));
        if (problem.model.loss) assert.ok(losses[0]! > 0);
      });

      it("has gradients that agree with central differences within 1e-6", () => {
        const problem = problemOf(name);
        // Two sequences have every gate and every parameter in use.
        const few = { ...problem, sequences: problem.sequences.slice(0, 2) };
        const { worst } = checkProblem(few, null).gradientCheck;
        if (problem.model.loss) assert.ok(worst !== null && worst < 1e-6, String(worst));
        else assert.equal(worst, null);
      });
    });
  }
});
