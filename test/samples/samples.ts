import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { Problem } from "../../src/engine/model";
import { withParameters } from "../../src/engine/model";
import type { TrainingEnd } from "../../src/engine/train";
import { train } from "../../src/engine/train";
import { type Reading, readProblem } from "../../src/format/read";

const folder = path.join(import.meta.dirname, "../../media/samples");

export const sampleNames = readdirSync(folder)
  .filter((name) => name.endsWith(".rnn.json"))
  .toSorted();

export function sampleText(name: string): string {
  return readFileSync(path.join(folder, name), "utf8");
}

export function readSample(name: string): Reading {
  return readProblem(sampleText(name), { fileName: name });
}

/** A sample's problem, after its text has been changed in some places. Each must be there, or the test would test nothing. */
export function problemOf(name: string, changes: readonly (readonly [from: string, to: string])[] = []): Problem {
  let text = sampleText(name);
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    text = text.replace(from, to);
  }
  const { problem, diagnostics } = readProblem(text, { fileName: name });
  if (!problem) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return problem;
}

/** Trains to the end. @returns the trained problem and the mean loss of each epoch */
export function trained(problem: Problem): { problem: Problem; losses: number[]; end: TrainingEnd } {
  const losses: number[] = [];
  const training = train(problem);
  let next = training.next();
  while (!next.done) {
    if (next.value.result) losses.push(next.value.result.loss);
    next = training.next();
  }
  return {
    problem: { ...problem, model: withParameters(problem.model, next.value.parameters) },
    losses,
    end: next.value,
  };
}
