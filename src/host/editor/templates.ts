import { parse } from "jsonc-parser";
import { cellLibrary } from "../../format/cellLibrary";
import { modelOfCell } from "../../format/copyCell";

/** What a new model file can begin as. */
export interface Template {
  readonly title: string;
  readonly description: string;
  /** `hello.rnn.json` */
  readonly fileName: string;
  readonly text: string;
}

/** The smallest file that can be stepped through at once. */
export const minimal: Template = {
  title: "A small network",
  description: "Two words, one layer of two units, drawn parameters: the least that can be stepped through",
  fileName: "model.rnn.json",
  text: `{
  "version": 1,
  "name": "my network",
  "vocabulary": ["hello", "world"],
  "layers": [
    // Parameters that are left out are drawn from the seed under "initial".
    { "cell": "rnn", "size": 2, "activation": "tanh" },
  ],
  "output": { "size": 2, "at": "every" },
  // L is the sum of the steps' losses; PyTorch's default is their "mean".
  "loss": { "type": "cross-entropy", "reduction": "sum" },
  "sequences": [
    {
      "inputs": ["hello", "world", "hello"],
      "targets": ["world", "hello", "world"],
    },
  ],
  "initial": { "scheme": "xavier", "seed": 0 },
  "training": { "optimizer": { "type": "sgd", "learningRate": 0.1 }, "epochs": 100 },
}
`,
};

/** What a first language model learns: the letters of one word. */
export const word: Template = {
  title: "A word",
  description:
    "Learns the letters of one word, each from those before it; write another word, and a quick fix adds its letters",
  fileName: "word.rnn.json",
  text: `{
  "version": 1,
  "name": "hello",
  "vocabulary": ["h", "e", "l", "o"],
  "layers": [{ "cell": "rnn", "size": 8, "activation": "tanh" }],
  // One output a letter of the vocabulary.
  "output": { "size": 4, "at": "every" },
  // PyTorch's default reduction would be "mean", over the steps that have a target.
  "loss": { "type": "cross-entropy", "reduction": "sum" },
  // "text" is one token a letter; with "next" each letter's target is the one that follows it.
  "sequences": [{ "text": "hello", "targets": "next" }],
  "initial": { "scheme": "xavier", "seed": 0 },
  "training": { "optimizer": { "type": "adam", "learningRate": 0.05 }, "epochs": 100 },
}
`,
};

/** A small model of each cell of the library. */
export function cellTemplates(): Template[] {
  return cellLibrary.map((one) => ({
    title: one.name,
    description: `${one.cell.title}. ${one.doc} ${one.source}.`,
    fileName: `${one.name.replaceAll(" ", "-")}.rnn.json`,
    text: modelOfCell(one),
  }));
}

/** A sample with its own name, and its own description or the first sentence of the comment on top. */
export function templateOf(fileName: string, text: string): Template {
  const file: unknown = parse(text);
  const say = (key: string): string | null => {
    const value = typeof file === "object" && file !== null ? (file as Record<string, unknown>)[key] : null;
    return typeof value === "string" ? value : null;
  };
  return { title: say("name") ?? fileName, description: say("description") ?? firstSentence(text), fileName, text };
}

function firstSentence(text: string): string {
  const comment = /^(?:\s*\/\/[^\n]*\n)+/.exec(text)?.[0] ?? "";
  const words = comment
    .replaceAll(/^\s*\/\/\s*/gm, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return /^.*?[.?!](?= |$)/.exec(words)?.[0] ?? words;
}

/** `hello.rnn.json`, or `hello-2.rnn.json` … where that is taken. */
export function freeName(fileName: string, isTaken: (name: string) => boolean): string {
  const base = fileName.replace(/\.rnn\.json$/, "");
  let name = fileName;
  for (let k = 2; isTaken(name); k++) name = `${base}-${k}.rnn.json`;
  return name;
}
