import type { Problem, Sequence } from "../engine/model";
import { drawTask, taskInputSize } from "../engine/tasks";
import { inputParameterNames, stateNames } from "../engine/variants";
import type { NumericSequences } from "./dataFiles/numeric";
import { checkReach } from "./dataFiles/reach";
import { counted, type Draft } from "./draft";
import type { RnnFile } from "./file.generated";
import { NodeTable } from "./nodeTable";
import { OwnCells } from "./ownCells";
import { openParameters, type ParameterFile } from "./parameterFile";
import { bad, parseInSlices } from "./parse";
import { type Expect, readExpect } from "./readExpect";
import { type DraftFile, type ModelFacts, mostNumbers, readFacts, readModel } from "./readModel";
import { checkSinglePrecision } from "./readPrecision";
import { type ItemReader, itemsOf, readSequences, SequenceContext, sizeOfItem } from "./readSequences";
import { openSource, type ReadData, type Source, tokensOf } from "./readSources";
import { readTraining } from "./readTraining";
import { checkHeldBack, checkWaits, heldBackOf, openValidation, type Validation } from "./readValidation";
import { Collector, type Diagnostic } from "./report";
import { bytesOfSequence, mostSequenceBytes } from "./sequenceLimit";
import { longFrom, run, type Slices } from "./slices";
import { type Path, SourceMap } from "./sourceMap";
import { checkInSlices } from "./structure";

export type { ExpectedNumber } from "./expectedNumbers";
export type { Expect } from "./readExpect";
export type { ItemReader } from "./readSequences";
export type { Diagnostic } from "./report";

export interface ReadOptions {
  /** The file's name, from which the problem is called where it has no `name`. */
  readonly fileName: string;
  /** Whether U+FFFD may stand in the text for bytes that were no UTF-8, as editors put it there: then it is warned of. */
  readonly marksLostBytes?: boolean;
  /** As `openData` does. */
  readonly readData?: ReadData;
}

export interface Reading {
  /** Everything that was found, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceMap;
  /** Null where there is an error. */
  readonly problem: Problem | null;
  /** The input items of a sequence of the problem as the file has them; null where there is no such sequence. */
  readonly itemsOf: (sequence: number) => ItemReader | null;
  /** What the author expects, null where he says nothing or there is an error. */
  readonly expect: Expect | null;
  /** Parameters that lie in a file beside the text, null where there is none. */
  readonly beside: ParameterFile | null;
}

/** What stands in for the reading of a text that has not been read yet. */
export const nothingRead: Reading = {
  diagnostics: [],
  source: new SourceMap(new NodeTable(0)),
  problem: null,
  itemsOf: () => null,
  expect: null,
  beside: null,
};

/** Of very many places the first. */
const mostLost = 100;

function warnOfLostBytes(text: string, report: Collector): void {
  let offset = -1;
  for (let count = 0; count < mostLost; count++) {
    offset = text.indexOf("\uFFFD", offset + 1);
    if (offset < 0) return;
    report.warningAt(
      "encoding",
      { offset, length: 1 },
      "U+FFFD stands here, as it does where a file has bytes that are no UTF-8; saved, it replaces them. Reopen the file with its encoding, or write what belongs here",
    );
  }
}

type WholeFile = Exclude<Draft<RnnFile>, typeof bad>;

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
  if (options.marksLostBytes) warnOfLostBytes(text, report);
  const nothing = () => ({
    diagnostics: report.diagnostics(),
    source,
    problem: null,
    itemsOf: () => null,
    expect: null,
    beside: null,
  });
  if (!parsed.structured) return nothing();

  const cells = new OwnCells(parsed.value);
  const whole = (yield* checkInSlices(parsed.value, "file", [], cells, report)) as Draft<RnnFile>;
  if (whole === bad) return nothing();
  const written = yield* openSource(whole.sequences, ["sequences"], options.readData, cells, report);
  const validation = yield* openValidation(whole.validation, options.readData, cells, report);
  const file = yield* withVocabulary(whole, written, validation, report);
  const beside = yield* openParameters(file.parameters, options.readData, report);
  cells.read(file, report);
  const facts = readFacts(file, cells, beside, report);
  const inputSize = readInputSize(file, facts, written, report);
  const model = beside === null ? null : readModel(file, facts, inputSize, beside ?? null, report);
  const context = new SequenceContext(facts, inputSize, model?.layers ?? null, file.vocabulary === bad, cells.states);
  const own = yield* readAllSequences(file, written, context, validation, report);
  const sequences = own?.sequences ?? null;
  const watched = yield* readWatched(file, validation, own, context, report);
  checkTokens(file, context, report);
  const training = readTraining(file.training, facts, file.validation !== undefined, report);
  const all = [...(sequences ?? []), ...(watched?.sequences ?? [])];
  if (training?.precision === "float32" && model !== null) yield* checkSinglePrecision(model, all, report);
  checkCarry(file, facts, written, validation, cells.states);
  const ownCount = sequences?.length ?? 0;
  checkHeldBack(validation, ownCount, report);
  const heldBack = heldBackOf(validation, ownCount, watched?.sequences.length ?? 0, overlaps(written));
  if (!report.hasErrors && validation && training)
    checkWaits(
      training,
      heldBack.map((k) => all[k] as Sequence),
      report,
    );
  const expect = yield* readExpect(
    file.expect,
    facts,
    inputSize,
    sequences,
    (path) => {
      const rangeOf = source.locateItems(path);
      return (k) => {
        const { offset, length } = rangeOf(k);
        return text.slice(offset, offset + length);
      };
    },
    report,
  );

  if (report.hasErrors || model === null || training === null || own === null || file.name === bad) return nothing();
  if (own.table) checkReach(model, own.sequences as Sequence[], own.table, report);
  const name = file.name ?? baseName(options.fileName);
  const problem: Problem = {
    name,
    model,
    sequences: all as Sequence[],
    ...(validation && { ownCount, heldBack }),
    ...(own.table && { table: own.table }),
    training,
  };
  return goodReading(report.diagnostics(), source, problem, own, watched, expect, beside ?? null);
}

function goodReading(
  diagnostics: readonly Diagnostic[],
  source: SourceMap,
  problem: Problem,
  own: ReadSequences,
  watched: ReadSequences | null,
  expect: Expect | null,
  beside: ParameterFile | null,
): Reading {
  const ownCount = own.sequences.length;
  return {
    diagnostics,
    source,
    problem,
    itemsOf: (k) => (!problem.sequences[k] ? null : k < ownCount ? own.itemOf(k) : watched!.itemOf(k - ownCount)),
    expect,
    beside,
  };
}

/** The file with the vocabulary that it takes from its sequences. */
function* withVocabulary(
  file: WholeFile,
  written: Source | null,
  validation: Validation | null,
  report: Collector,
): Slices<DraftFile> {
  const { vocabulary } = file;
  if (vocabulary === undefined || vocabulary === bad || Array.isArray(vocabulary)) return { ...file, vocabulary };
  if (vocabulary.from !== "sequences") return { ...file, vocabulary: bad };
  const isClassifier = file.loss !== bad && file.loss?.type === "cross-entropy";
  const sources = [written, validation?.source ?? null];
  const tokens = yield* tokensOf(sources, isClassifier, file.labels === bad ? [] : (file.labels ?? []));
  if (tokens.length > 0) return { ...file, vocabulary: tokens };
  // Where the sequences cannot be read, that has been said.
  if (written !== null)
    report.error("vocabulary", ["vocabulary"], "the vocabulary is to be that of the sequences, which have no token");
  return { ...file, vocabulary: bad };
}

function overlaps(source: Source | null): boolean {
  return source?.kind === "numeric" && source.overlaps;
}

/** X: given, the vocabulary's size, or what the first sequence or the first layer's input weights show. */
function readInputSize(file: DraftFile, facts: ModelFacts, written: Source | null, report: Collector): number | null {
  if (facts.embedding) return facts.embedding.size;
  if (file.inputSize === bad) return null;
  if (file.inputSize !== undefined) return file.inputSize;
  if (facts.vocabulary) return facts.vocabulary.words.length;
  if (file.vocabulary === bad) return null;
  if (written === null) return null;
  if (written.kind === "task") return written.task === bad ? null : taskInputSize[written.task];
  if (written.kind === "numeric") return written.inputSize;

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
  const names = new Set(inputParameterNames(facts.layers?.[0]?.own ?? null));
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

/** Sequences with their items; an entry is null where something is wrong with it. */
interface ReadSequences {
  readonly sequences: readonly (Sequence | null)[];
  readonly itemOf: (k: number) => ItemReader;
  readonly table: NumericSequences["table"];
}

/** Null where something is wrong with them as a whole. */
function* readAllSequences(
  file: DraftFile,
  written: Source | null,
  context: SequenceContext,
  validation: Validation | null,
  report: Collector,
): Slices<ReadSequences | null> {
  if (written?.kind === "numeric") {
    const { facts, inputSize } = context;
    if (facts.embedding) return refuseVectors("the file", ["sequences", "file"], report);
    const heldBack = (count: number) => heldBackOf(validation, count, 0, true).length;
    return yield* written.read({ facts, inputSize, heldBack, table: null });
  }
  return yield* readUnscaled(file, written, ["sequences"], context, report);
}

/** Those that `validation` has beside the file's own; null where there are none, or something is wrong. */
function* readWatched(
  file: DraftFile,
  validation: Validation | null,
  own: ReadSequences | null,
  context: SequenceContext,
  report: Collector,
): Slices<ReadSequences | null> {
  if (!validation?.source || own === null) return null;
  const { source, path } = validation;
  if (source.kind === "numeric") {
    const { facts, inputSize } = context;
    if (facts.embedding) return refuseVectors("the file", [...path, "file"], report);
    return yield* source.read({ facts, inputSize, heldBack: () => 0, table: own.table });
  }
  const watched = yield* readUnscaled(file, source, path, context, report);
  if (!watched) return null;
  // Nothing is carried into the first of them.
  const [first, ...others] = watched.sequences;
  return first?.carry ? { ...watched, sequences: [{ ...first, carry: false }, ...others] } : watched;
}

function* readUnscaled(
  file: DraftFile,
  written: Exclude<Source, { kind: "numeric" }> | null,
  path: Path,
  context: SequenceContext,
  report: Collector,
): Slices<ReadSequences | null> {
  if (written === null) return null;
  const { facts } = context;
  if (written.kind === "drafts") {
    const sequences = yield* readSequences(written.drafts, written.placeOf, context);
    return { sequences, itemOf: (k) => itemsOf(written.drafts[k]!, sequences[k]!, facts), table: null };
  }
  const sequences = yield* drawSequences(file, written, path, context, report);
  if (!sequences) return null;
  return { sequences, itemOf: (k) => drawnItems(sequences[k]!, context.inputSize!, facts), table: null };
}

function refuseVectors(what: string, path: Path, report: Collector): null {
  report.error(
    "shape",
    path,
    `${what} gives vectors, but the model has an embedding, which reads tokens: expected one of the two`,
  );
  return null;
}

function* drawSequences(
  file: DraftFile,
  written: Extract<Source, { kind: "task" }>,
  path: Path,
  context: SequenceContext,
  report: Collector,
): Slices<readonly Sequence[] | null> {
  const { task, count, length, seed } = written;
  const { outputSize, at, lossType } = context.facts;
  if (task === bad || context.inputSize === null) return null;
  const size = taskInputSize[task];
  const { embedding } = context.facts;
  if (embedding !== null) {
    // The symbols of the copy task are ids as well.
    if (task !== "copy") return refuseVectors(`the task ${task}`, [...path, "task"], report);
    if (embedding.tokens === null) return null;
    if (embedding.tokens !== size) {
      const message = `the task copy has ${size} tokens, but the embedding has ${embedding.tokens}: expected as many`;
      report.error("shape", [...path, "task"], message);
      return null;
    }
  } else if (context.inputSize !== size) {
    const place = file.inputSize === undefined ? [...path, "task"] : ["inputSize"];
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
      [...path, "count"],
      `${count.toLocaleString("en")} sequences of ${length.toLocaleString("en")} steps are more than ${mostNumbers.toLocaleString("en")} numbers, which do not fit`,
    );
    return null;
  }
  if (outputSize === null || at === null || lossType === null) return null;
  const bytes = count * (bytesOfSequence + 8 * length * (size + outputSize + 1));
  if (bytes > mostSequenceBytes) {
    const [needed, most] = [bytes, mostSequenceBytes].map((one) => `${(one / 1e9).toFixed(1)} GB`);
    report.error(
      "too-large",
      [...path, "count"],
      `${count.toLocaleString("en")} sequences of ${length.toLocaleString("en")} steps take ${needed} of memory: more than ${most} do not fit`,
    );
    return null;
  }
  try {
    if (count * length > longFrom) yield "long";
    return yield* drawTask({ task, count, length, seed }, { size: outputSize, at }, lossType ?? null);
  } catch (error) {
    report.error("task", [...path, "task"], error instanceof Error ? error.message : String(error));
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
    if (token >= 0) return facts.embedding ? token : Array.from({ length: inputSize }, (_, j) => (j === token ? 1 : 0));
    return Array.from(vectors!.subarray(k * inputSize, (k + 1) * inputSize));
  };
}

/** Token k is the vector with a 1 at k: where tokens are read, the vocabulary must be as long as the input. */
function checkTokens(file: DraftFile, context: SequenceContext, report: Collector): void {
  const size = context.facts.vocabulary?.words.length;
  if (context.facts.embedding) return;
  if (!context.usesTokens || size === undefined || context.inputSize === null || size === context.inputSize) return;
  if (file.inputSize !== undefined)
    report.error(
      "shape",
      ["inputSize"],
      `inputSize is ${context.inputSize}, but the vocabulary has ${counted(size, "token")}, each a vector of that length: expected ${size}`,
    );
}

/** Carried state, and what cannot go with it. */
function checkCarry(
  file: DraftFile,
  facts: ModelFacts,
  written: Source | null,
  validation: Validation | null,
  ownStates: readonly string[],
): void {
  if (written?.kind !== "drafts") return;
  const { drafts, placeOf } = written;
  drafts.forEach((draft, k) => {
    if (k === 0 || draft === bad || draft.state !== "carry") return;
    const { base, report } = placeOf(k);
    for (const key of [...stateNames(), ...ownStates].map((state) => `${state}0`))
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
  if (validation && validation.fraction !== null)
    conflict("validation.fraction holds sequences back, between which it would be carried: expected no fraction");
  const training = file.training;
  if (training === undefined || training === bad) return;
  if (training.shuffle === true)
    conflict("training.shuffle puts the sequences into another order: expected no shuffle");
  const { truncate, batchSize } = training;
  if (truncate === undefined && typeof batchSize === "number" && batchSize > 1)
    report.warning(
      "carry",
      [...base, "state"],
      `state is "carry": each sequence begins where the one before it in the file ended, in the same batch too; rows of a batch of ${batchSize} do not carry from row to row here`,
    );
  if (typeof truncate === "number" && typeof batchSize === "number" && batchSize > 1)
    conflict(
      `training.truncate takes the chunks of ${batchSize} sequences together: expected a batchSize of 1, or no truncate`,
    );
}

function baseName(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1);
  return name.replace(/\.rnn\.json$|\.json$/, "") || fileName;
}
