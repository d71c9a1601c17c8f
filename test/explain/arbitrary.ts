import fc from "fast-check";
import type { Problem, TrainingSettings } from "../../src/engine/model";
import { problems } from "../engine/arbitrary";

const trainings: fc.Arbitrary<Pick<TrainingSettings, "optimizer" | "clip">> = fc.record({
  optimizer: fc.record({
    type: fc.constantFrom("sgd", "adagrad", "rmsprop", "adam", "adamw"),
    learningRate: fc.constantFrom(0.001, 0.05, 1),
    momentum: fc.constantFrom(0, 0.9),
    nesterov: fc.boolean(),
    beta1: fc.constantFrom(0.9, 0.5),
    beta2: fc.constantFrom(0.999, 0.9),
    alpha: fc.constantFrom(0.99, 0.5),
    epsilon: fc.constantFrom(1e-8, 1e-3),
    weightDecay: fc.constantFrom(0, 0.01),
  }),
  clip: fc.constantFrom(null, { type: "norm", at: 0.1 }, { type: "norm", at: 1e3 }, { type: "value", at: 0.05 }),
});

/** Those with every optimizer, with weight decay and clipping. */
export const trainedProblems: fc.Arbitrary<Problem> = fc
  .tuple(problems, trainings)
  .map(([problem, training]) => ({ ...problem, training: { ...problem.training, ...training } }));
