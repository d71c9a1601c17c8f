// Large files as somebody may open them, of 20 MB each, made from a seed: how long the reader takes, and how long it keeps
// the thread to itself.

import { performance } from "node:perf_hooks";
import { Random } from "../../src/engine/random";
import { readInSlices, readProblem } from "../../src/format/read";

/** Characters of each file; all of them are ASCII. */
export const openFileSize = 20_000_000;

/** A kind of file. */
export interface OpenFileKind {
  readonly name: string;
  /** A file of about as many characters, the same each time. */
  readonly text: (size: number) => string;
  /** How many findings it has. */
  readonly findings: number;
}

/** Something to time; it throws where what it measures went wrong. */
export interface OpenFileCase {
  readonly name: string;
  readonly run: () => void;
}

const words = ["hi", "there", "class", "how", "are", "you", "today", "!"];

/** Texts until they fill `size` characters. */
function fill(size: number, next: (k: number) => string, between = ",\n"): string {
  const pieces: string[] = [];
  for (let length = 0; length < size; ) {
    const piece = next(pieces.length);
    pieces.push(piece);
    length += piece.length + between.length;
  }
  return pieces.join(between);
}

const wholeFile = (top: string, layers: string, sequences: string, rest = "") =>
  `{\n  "version": 1,\n  // Made from a seed.\n  ${top}"layers": [\n${layers}\n  ],\n` +
  `  "output": { "size": 8, "at": "every" },\n  "loss": { "type": "cross-entropy" },\n` +
  `  "sequences": [\n${sequences}\n  ]${rest}\n}\n`;

const vocabulary = `"vocabulary": ${JSON.stringify(words)},\n  `;
const oneLayer = '    { "cell": "rnn", "size": 4 }';

/** Whh of as many units as fill the file, with the digits of a trained weight. */
function weights(random: Random, size: number): string {
  const number = () => String(random.uniform() - 0.5);
  const units = Math.floor(Math.sqrt(size / 21.5));
  const row = () => `[${Array.from({ length: units }, number).join(", ")}]`;
  const Whh = Array.from({ length: units }, row).join(",\n      ");
  return wholeFile(
    vocabulary,
    `    { "cell": "rnn", "size": ${units},\n      "Whh": [${Whh}] }`,
    '    { "inputs": ["hi", "there"], "targets": ["there", "class"] }',
  );
}

function tinySequences(random: Random, size: number, last = ""): string {
  const word = () => JSON.stringify(words[random.below(words.length)]);
  const list = () => `[${word()}, ${word()}, ${word()}, ${word()}]`;
  const sequences = fill(size, () => `    { "inputs": ${list()}, "targets": ${list()} }`);
  return wholeFile(vocabulary, oneLayer, last === "" ? sequences : `${sequences},\n${last}`);
}

/** Vectors of short numbers, one a line. */
function vectors(random: Random, size: number): string {
  const number = () => String(Math.round((random.uniform() - 0.5) * 2000) / 1000);
  const vector = () => `[${Array.from({ length: 8 }, number).join(", ")}]`;
  const sequences = Array.from(
    { length: 4 },
    () => `    { "inputs": [\n${fill(size / 4, () => `      ${vector()}`)}\n    ] }`,
  );
  return wholeFile("", oneLayer, sequences.join(",\n"));
}

/** Numbers of a single digit: as many as a file of this size can hold. */
function digits(random: Random, size: number): string {
  const vector = () => `[${Array.from({ length: 16 }, () => random.below(2)).join(",")}]`;
  return wholeFile("", oneLayer, `    { "inputs": [\n${fill(size, vector)}\n    ] }`);
}

const letters = "abcdefghijklmnopqrstuvwxyz ,.";

/** Texts of so many letters, one a sequence. */
function texts(random: Random, size: number, length: number): string {
  const letter = () => letters[random.below(letters.length)];
  const text = () => Array.from({ length }, letter).join("");
  return wholeFile(
    `"vocabulary": ${JSON.stringify(letters.split(""))},\n  `,
    oneLayer,
    fill(size, () => `    { "text": "${text()}", "targets": "next" }`),
  ).replace('"size": 8', `"size": ${letters.length}`);
}

/** Expected values of many steps. */
function expected(random: Random, size: number): string {
  const number = () => (random.uniform() - 0.5).toFixed(6);
  const vector = (n: number) => `[${Array.from({ length: n }, number).join(", ")}]`;
  const step = (k: number) =>
    `        { "t": ${k + 1}, "h": ${vector(4)}, "logits": ${vector(8)}, "output": ${vector(8)}, "loss": ${number()}, "gradients": { "h": ${vector(4)}, "logits": ${vector(8)} } }`;
  const steps = fill(size * 0.97, step);
  const count = steps.split("\n").length;
  const items = (n: number) => Array.from({ length: n }, () => random.below(8)).join(",");
  const sequence = `    { "inputs": [${Array.from({ length: count }, () => '"hi"').join(",")}], "targets": [${items(count)}] }`;
  return wholeFile(
    vocabulary,
    oneLayer,
    sequence,
    `,\n  "expect": { "sequences": [\n    { "steps": [\n${steps}\n    ] } ] }`,
  );
}

export const openFileKinds: readonly OpenFileKind[] = [
  { name: "one weight matrix", text: (size) => weights(new Random(1), size), findings: 0 },
  { name: "tiny sequences", text: (size) => tinySequences(new Random(1), size), findings: 0 },
  { name: "long sequences of vectors", text: (size) => vectors(new Random(1), size), findings: 0 },
  { name: "numbers of one digit", text: (size) => digits(new Random(1), size), findings: 0 },
  { name: "one long text", text: (size) => texts(new Random(1), size, size), findings: 0 },
  { name: "tiny texts", text: (size) => texts(new Random(1), size, 10), findings: 0 },
  {
    name: "an error at the end",
    text: (size) => tinySequences(new Random(1), size, '    { "inputs": ["hi", "their"], "targets": ["hi", 1.5] }'),
    findings: 2,
  },
  { name: "expected numbers", text: (size) => expected(new Random(1), size), findings: 0 },
];

/** Reads a file whole, as the command line does. @throws where it has other findings than it should */
export function readWhole({ name, findings }: OpenFileKind, text: string): void {
  const { diagnostics } = readProblem(text, { fileName: "large.rnn.json" });
  if (diagnostics.length !== findings)
    throw new Error(`${name}: ${diagnostics.length} findings, expected ${findings}: ${diagnostics[0]?.message}`);
}

/** One case a kind of file: it reads the file whole. */
export function openFileCases(size = openFileSize): OpenFileCase[] {
  return openFileKinds.map((kind) => {
    const text = kind.text(size);
    return { name: `open ${size / 1e6} MB: ${kind.name}`, run: () => readWhole(kind, text) };
  });
}

/** The longest that a reading in slices keeps the thread to itself, and how long it takes in all; milliseconds. */
export function slicesOf(text: string): { readonly longestMs: number; readonly allMs: number } {
  const slices = readInSlices(text, { fileName: "large.rnn.json" });
  const start = performance.now();
  let longestMs = 0;
  for (let began = start; ; ) {
    const { done } = slices.next();
    const now = performance.now();
    longestMs = Math.max(longestMs, now - began);
    if (done) return { longestMs, allMs: now - start };
    began = now;
  }
}
