import assert from "node:assert/strict";
import fc from "fast-check";
import { checkGradients } from "../../src/engine/gradientCheck";
import { finish, run } from "../../src/engine/run";
import { problems, smoothProblems } from "./arbitrary";

describe("gradients of random architectures", () => {
  it("agree with central differences within 1e-6, for every parameter", () => {
    fc.assert(
      fc.property(smoothProblems, ({ model, sequences }) => {
        const { worst, parameter, byParameter } = finish(checkGradients(model, sequences));
        assert.ok(worst !== null && worst < 1e-6, `${parameter}: ${worst}`);
        assert.ok(byParameter.length >= 1 && byParameter.every(({ kinks }) => kinks === 0));
      }),
      { numRuns: 150 },
    );
  });

  it("are the sums of the steps' shares", () => {
    fc.assert(
      fc.property(problems, ({ model, sequences }) => {
        const whole = run(model, sequences, 1);
        for (const [name, gradient] of Object.entries(whole.gradients)) {
          const sum = new Float64Array(gradient.data.length);
          for (let t = 1; t <= whole.length; t++)
            whole.share(name, t).data.forEach((share, k) => {
              sum[k]! += share;
            });
          gradient.data.forEach((value, k) =>
            assert.ok(Math.abs(value - sum[k]!) <= 1e-12 * Math.max(1, Math.abs(value)), `${name}[${k}]`),
          );
          assert.deepEqual(whole.partialGradient(name, whole.length).data, gradient.data, `${name}: all shares`);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("of the initial state agree with central differences within 1e-6", () => {
    fc.assert(
      fc.property(smoothProblems, ({ model, sequences }) => {
        const { startGradients, start } = run(model, sequences, 0);
        const step = 1e-5;
        start.forEach((passes, l) =>
          passes.forEach((state, p) => {
            for (const [name, vector] of Object.entries(state))
              vector.forEach((value, i) => {
                const at = (moved: number) => {
                  vector[i] = moved;
                  const loss = run(model, sequences, 0).loss!;
                  vector[i] = value;
                  return loss;
                };
                const n = (at(value + step) - at(value - step)) / (2 * step);
                const a = startGradients[l]![p]![name]![i]!;
                assert.ok(Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n)) < 1e-6, `${name}0: ${a} and ${n}`);
              });
          }),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("by the inputs agree with central differences within 1e-6", () => {
    fc.assert(
      fc.property(smoothProblems, ({ model, sequences }) => {
        const vectors = sequences[0]!.inputs.vectors;
        fc.pre(vectors !== null);
        const whole = run(model, sequences, 0);
        const step = 1e-5;
        vectors.forEach((value, k) => {
          const at = (moved: number) => {
            vectors[k] = moved;
            const loss = run(model, sequences, 0).loss!;
            vectors[k] = value;
            return loss;
          };
          const n = (at(value + step) - at(value - step)) / (2 * step);
          const a = whole.at(1 + Math.floor(k / model.inputSize)).dx[k % model.inputSize]!;
          assert.ok(Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n)) < 1e-6, `dx[${k}]: ${a} and ${n}`);
        });
      }),
      { numRuns: 60 },
    );
  });
});
