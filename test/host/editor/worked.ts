import { LineIndex } from "../../../src/format/position";
import type { Reading } from "../../../src/format/read";
import { readProblem } from "../../../src/format/read";
import type { TextLines } from "../../../src/host/editor/textLines";
import { Stepper } from "../../../src/stepper/stepper";

/** The worked example, one hidden unit and four steps, each parameter and each input on a line of its own. */
export const worked = `{
  "version": 1,
  "vocabulary": ["hi", "there", "class", "!"],
  "layers": [
    {
      "cell": "rnn",
      "size": 1,
      "Wxh": [[0.5, -0.3, 0.8, 0.0]],
      "Whh": [[0.2]],
      "bh": [0],
      "h0": [0]
    }
  ],
  "output": {
    "size": 4,
    "Why": [
      [1.0],
      [0.5],
      [-0.5], [0.0]
    ],
    "by": [0, 0, 0, 0]
  },
  "loss": { "type": "cross-entropy" },
  "sequences": [
    {
      "inputs": [
        "hi",
        "there",
        "class",
        "!"
      ],
      "targets": ["there", "class", "!", "!"]
    }
  ],
  "training": { "optimizer": { "type": "sgd", "learningRate": 0.1 } }
}
`;

export function read(text: string): Reading {
  return readProblem(text, { fileName: "worked.rnn.json" });
}

/** The stepper of a text's sequence, moved. */
export function stepperOf(text: string, move: (stepper: Stepper) => void = () => undefined, sequence = 0): Stepper {
  const { problem, diagnostics } = read(text);
  if (!problem) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const stepper = new Stepper(problem, sequence);
  move(stepper);
  return stepper;
}

export function linesOf(text: string): TextLines {
  const index = new LineIndex(text);
  return {
    lineAt: (offset) => index.position(offset).line - 1,
    slice: ({ offset, length }) => text.slice(offset, offset + length),
  };
}

/** The line of a text, counted from 0, that holds some words. */
export function lineOf(text: string, words: string): number {
  const line = text.split("\n").findIndex((line) => line.includes(words));
  if (line < 0) throw new Error(`no line holds ${words}`);
  return line;
}
