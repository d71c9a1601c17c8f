import type { Problem, Sequence } from "../engine/model";
import { drawTask, type Task, taskInputSize } from "../engine/tasks";
import { inputParameterNames, stateNames } from "../engine/variants";
import { readDataLines, type Written } from "./data";
import { counted, type Draft } from "./draft";
import type { Sequence as FileSequence, RnnFile } from "./file.generated";
import { NodeTable } from "./nodeTable";
import { bad, parseInSlices } from "./parse";
import { type Expect, readExpect } from "./readExpect";
import { type ModelFacts, mostNumbers, readFacts, readModel } from "./readModel";
import { type ItemReader, itemsOf, readSequences, SequenceContext, sizeOfItem } from "./readSequences";
import { readTraining } from "./readTraining";
import { Collector, type Diagnostic } from "./report";
import { run, type Slices } from "./slices";
import { SourceMap } from "./sourceMap";
import { checkFileInSlices } from "./structure";

export type { ExpectedNumber } from "./expectedNumbers";
export type { Expect } from "./readExpect";
export type { ItemReader } from "./readSequences";
export type { Diagnostic } from "./report";

export interface ReadOptions {
  /** The file's name, from which the problem is called where it has no `name`. */
  readonly fileName: string;
  /** Reads a data file, named relative to this one. Throws where it cannot. */
  readonly readData?: (relativePath: string) => string;
}

export interface Reading {
  /** Everything that was found, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceMap;
  /** Null where there is an error. */
  readonly problem: Problem | null;
  /** For each sequence of the problem, its input items as the file has them. */
  readonly items: readonly ItemReader[];
  /** What the author expects, null where he says nothing or there is an error. */
  readonly expect: Expect | null;
}

/** What stands in for the reading of a text that has not been read yet. */
export const nothingRead: Reading = {
  diagnostics: [],
  source: new SourceMap(new NodeTable(0)),
  problem: null,
  items: [],
  expect: null,
};

type DraftFile = Exclude<Draft<RnnFile>, typeof bad>;

/**
 * Reads a file whole: every error and warning at its exact place, and, where there is no error, the problem with every
 * default filled in. Never throws for what somebody wrote.
 */
export function readProblem(text: string, options: ReadOptions): Reading {
  return run(readInSlices(text, options));
}

/** The same, with pauses in which somebody else may work. */
export function* readInSlices(text: string, options: ReadOptions): Slices<Reading> {
  const parsed = yield* parseInSlices(text);
  const source = new SourceMap(parsed.nodes);
  const report = new Collector(text, source);
  for (const fault of parsed.faults) report.errorAt(fault.code, fault, fault.message);
  const nothing = () => ({ diagnostics: report.diagnostics(), source, problem: null, items: [], expect: null });
  if (!parsed.structured) return nothing();

  const file = (yield* checkFileInSlices(parsed.value, report)) as Draft<RnnFile>;
  if (file === bad) return nothing();
  const facts = readFacts(file, report);
  const written = yield* readWritten(file, options, report);
  const inputSize = readInputSize(file, facts, written, report);
  const model = readModel(file, facts, inputSize, report);
  const context = new SequenceContext(facts, inputSize, model?.layers ?? null, file.vocabulary === bad);
  const sequences = yield* readAllSequences(file, written, context, report);
  checkTokens(file, context, report);
  const training = readTraining(file.training, facts, report);
  checkCarry(file, facts, written);
  const expect = yield* readExpect(file.expect, facts, inputSize, sequences, report);

  if (report.hasErrors || model === null || training === null || sequences === null || file.name === bad)
    return nothing();
  const name = file.name ?? baseName(options.fileName);
  const problem = { name, model, sequences: sequences as Sequence[], training };
  const drafts = written && "drafts" in written ? written.drafts : null;
  return goodReading(report.diagnostics(), source, problem, drafts, facts, expect);
}

function goodReading(
  diagnostics: readonly Diagnostic[],
  source: SourceMap,
  problem: Problem,
  drafts: readonly Draft<FileSequence>[] | null,
  facts: ModelFacts,
  expect: Expect | null,
): Reading {
  let items: readonly ItemReader[] | null = null;
  return {
    diagnostics,
    source,
    problem,
    // Nobody asks for those of a hundred thousand sequences before he looks at one.
    get items() {
      return (items ??= problem.sequences.map((sequence, k) =>
        drafts ? itemsOf(drafts[k]!, sequence, facts) : drawnItems(sequence, problem.model.inputSize, facts),
      ));
    },
    expect,
  };
}

/** Sequences as they are written in the file or its data file, a task, or null where that is unusable. */
type WrittenSequences =
  | {
      readonly drafts: readonly Draft<FileSequence>[];
      /** The path of the k-th in the text that its report knows. */
      readonly placeOf: (k: number) => Pick<Written, "base" | "report">;
    }
  | { readonly task: Draft<Task>; readonly count: number; readonly length: number; readonly seed: number }
  | null;

function* readWritten(file: DraftFile, options: ReadOptions, report: Collector): Slices<WrittenSequences> {
  const { sequences } = file;
  const placeOf = (k: number) => ({ base: ["sequences", k], report });
  if (sequences === undefined) return { drafts: [], placeOf };
  if (sequences === bad) return null;
  if (Array.isArray(sequences)) return { drafts: sequences, placeOf };
  const { task, file: data, count, length, seed = 0 } = sequences;
  if (task !== undefined && data !== undefined)
    report.error(
      "sequences",
      ["sequences", "file"],
      'sequences has both "task" and "file": expected one of them',
      "key",
    );
  if (task !== undefined) {
    for (const key of ["count", "length"] as const)
      if (sequences[key] === undefined) report.error("missing-key", ["sequences"], `a task has no "${key}"`, "opening");
    if (task === bad || count === bad || length === bad || seed === bad || count === undefined || length === undefined)
      return null;
    return { task, count, length, seed };
  }
  if (data === undefined) {
    report.error(
      "missing-key",
      ["sequences"],
      'sequences is an object without "task" and "file": expected one of them',
      "opening",
    );
    return null;
  }
  for (const key of ["count", "length", "seed"] as const)
    if (sequences[key] !== undefined)
      report.warning("unused-key", ["sequences", key], `${key} means nothing beside "file"`, "key");
  if (data === bad) return null;
  const path = ["sequences", "file"];
  if (options.readData === undefined) {
    report.error("data-file", path, `${data} cannot be read here`);
    return null;
  }
  let text: string;
  try {
    text = options.readData(data);
  } catch (error) {
    report.error(
      "data-file",
      path,
      `${data} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
  const lines = yield* readDataLines(text, data, path, report);
  return { drafts: lines.map(({ draft }) => draft), placeOf: (k) => lines[k]! };
}

/** X: given, the vocabulary's size, or what the first sequence or the first layer's input weights show. */
function readInputSize(
  file: DraftFile,
  facts: ModelFacts,
  written: WrittenSequences,
  report: Collector,
): number | null {
  if (file.inputSize === bad) return null;
  if (file.inputSize !== undefined) return file.inputSize;
  if (facts.vocabulary) return facts.vocabulary.words.length;
  if (file.vocabulary === bad) return null;
  if (written === null) return null;
  if ("task" in written) return written.task === bad ? null : taskInputSize[written.task];

  const [draft] = written.drafts;
  const inputs = draft === undefined || draft === bad ? undefined : draft.inputs;
  if (Array.isArray(inputs)) {
    // A bad or an unknown item at the start does not hide the size of those that follow.
    for (const item of inputs) {
      const size = item === bad ? null : sizeOfItem(item, null);
      if (size !== null && size > 0) return size;
    }
    return null;
  }
  const layer = file.layers === bad ? undefined : file.layers?.[0];
  if (draft !== undefined || layer === undefined || layer === bad) return null;
  const reverse = layer.reverse === bad ? undefined : layer.reverse;
  const names = new Set(inputParameterNames());
  for (const pass of [layer, reverse])
    for (const [key, value] of Object.entries(pass ?? {})) {
      if (!names.has(key) || !Array.isArray(value)) continue;
      const row: unknown = value[0];
      if (Array.isArray(row) && row.length > 0) return row.length;
    }
  report.error(
    "missing-key",
    [],
    'the file has no "inputSize", and neither a vocabulary, a sequence nor input weights to read it from',
    "opening",
  );
  return null;
}

/** Null where something is wrong with them as a whole; an entry is null where something is wrong with it. */
function* readAllSequences(
  file: DraftFile,
  written: WrittenSequences,
  context: SequenceContext,
  report: Collector,
): Slices<readonly (Sequence | null)[] | null> {
  if (written === null) return null;
  if ("drafts" in written) return yield* readSequences(written.drafts, written.placeOf, context);
  const { task, count, length, seed } = written;
  const { outputSize, at, lossType } = context.facts;
  if (task === bad || context.inputSize === null) return null;
  const size = taskInputSize[task];
  if (context.inputSize !== size) {
    const place = file.inputSize === undefined ? ["sequences", "task"] : ["inputSize"];
    report.error(
      "shape",
      place,
      `the task ${task} gives ${counted(size, "number")} a step, but the model reads ${context.inputSize}: expected an inputSize of ${size}`,
    );
    return null;
  }
  if (count * length * size > mostNumbers) {
    report.error(
      "too-large",
      ["sequences", "count"],
      `${count.toLocaleString("en")} sequences of ${length.toLocaleString("en")} steps are more than ${mostNumbers.toLocaleString("en")} numbers, which do not fit`,
    );
    return null;
  }
  if (outputSize === null || at === null || lossType === null) return null;
  try {
    return drawTask({ task, count, length, seed }, { size: outputSize, at }, lossType ?? null);
  } catch (error) {
    report.error("task", ["sequences", "task"], error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** The items of a drawn sequence: a token of the vocabulary where there is one, else the vector. */
function drawnItems(sequence: Sequence, inputSize: number, facts: ModelFacts): ItemReader {
  const { tokens, vectors } = sequence.inputs;
  return (k) => {
    const token = tokens?.[k] ?? -1;
    const word = facts.vocabulary?.words[token];
    if (typeof word === "string") return word;
    if (token >= 0) return Array.from({ length: inputSize }, (_, j) => (j === token ? 1 : 0));
    return Array.from(vectors!.subarray(k * inputSize, (k + 1) * inputSize));
  };
}

/** Token k is the vector with a 1 at k: where tokens are read, the vocabulary must be as long as the input. */
function checkTokens(file: DraftFile, context: SequenceContext, report: Collector): void {
  const size = context.facts.vocabulary?.words.length;
  if (!context.usesTokens || size === undefined || context.inputSize === null || size === context.inputSize) return;
  if (file.inputSize !== undefined)
    report.error(
      "shape",
      ["inputSize"],
      `inputSize is ${context.inputSize}, but the vocabulary has ${counted(size, "token")}, each a vector of that length: expected ${size}`,
    );
}

/** Carried state, and what cannot go with it. */
function checkCarry(file: DraftFile, facts: ModelFacts, written: WrittenSequences): void {
  if (written === null || "task" in written) return;
  const { drafts, placeOf } = written;
  drafts.forEach((draft, k) => {
    if (k === 0 || draft === bad || draft.state !== "carry") return;
    const { base, report } = placeOf(k);
    for (const key of stateNames().map((state) => `${state}0`))
      if (key in draft)
        report.warning(
          "unused-key",
          [...base, key],
          `${key} is not used: the sequence starts from the state in which the one before ended`,
          "key",
        );
  });
  const first = drafts.findIndex((draft) => draft !== bad && draft.state === "carry");
  if (first < 0) return;
  const { base, report } = placeOf(first);
  const conflict = (reason: string) => report.error("carry", [...base, "state"], `state is "carry", but ${reason}`);
  const backward = facts.layers?.findIndex(({ direction }) => direction === "backward" || direction === "both") ?? -1;
  if (backward >= 0)
    conflict(
      `layers[${backward}] reads the sequence backward, so that its state ends at the first step: expected forward layers alone`,
    );
  const training = file.training;
  if (training === undefined || training === bad) return;
  if (training.shuffle === true)
    conflict("training.shuffle puts the sequences into another order: expected no shuffle");
  const { truncate, batchSize } = training;
  if (typeof truncate === "number" && typeof batchSize === "number" && batchSize > 1)
    conflict(
      `training.truncate takes the chunks of ${batchSize} sequences together: expected a batchSize of 1, or no truncate`,
    );
}

function baseName(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1);
  return name.replace(/\.rnn\.json$|\.json$/, "") || fileName;
}
