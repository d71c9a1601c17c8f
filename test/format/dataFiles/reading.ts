import assert from "node:assert/strict";
import type { Problem } from "../../../src/engine/model";
import { type Reading, readProblem } from "../../../src/format/read";
import { dataOf } from "../../files";

/** Reads a model file whose data files are these. */
export function read(file: object, files: Readonly<Record<string, string | Uint8Array>>): Reading {
  return readProblem(JSON.stringify(file), {
    fileName: "case.rnn.json",
    readData: (name) => {
      const text = files[name];
      if (text === undefined) throw new Error("there is no such file");
      return dataOf(text);
    },
  });
}

/** The same of a good file. */
export function problemIn(file: object, files: Readonly<Record<string, string | Uint8Array>>): Problem {
  const { problem, diagnostics } = read(file, files);
  assert.ok(problem, diagnostics.map(({ message }) => message).join("\n"));
  return problem;
}

export function messagesOf(file: object, files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return read(file, files).diagnostics.map(({ message }) => message);
}

/** A model of numbers that reads `inputs` and predicts `outputs` numbers. */
export function numbersFile(sequences: object, outputs = 1, more: object = {}): object {
  return {
    version: 1,
    layers: [{ cell: "rnn", size: 2 }],
    output: { size: outputs, at: "every" },
    loss: { type: "mse" },
    sequences,
    ...more,
  };
}
