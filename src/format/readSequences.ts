import { softTarget } from "../engine/loss";
import type { Sequence, SequenceInputs, SequenceTargets } from "../engine/model";
import { suggestion } from "../engine/nearest";
import type { State } from "../engine/step";
import { cellsWithState, stateNames, stateTitle } from "../engine/variants";
import { counted, type Draft, describe, listed, nameOf, withArticle } from "./draft";
import type { Sequence as FileSequence } from "./file.generated";
import { bad } from "./parse";
import { cellOfFacts, type LayerFacts, type ModelFacts, mostNumbers, type Vocabulary } from "./readModel";
import type { Report } from "./report";
import { type Slices, shareBetween, writtenShare } from "./slices";
import type { Path } from "./sourceMap";
import { readVector } from "./tensors";

/** The input item of step k, counted from 0, as the file has it: a token, a number or a vector. */
export type ItemReader = (k: number) => string | number | readonly number[];

/** Initial states as a sequence gives them: one entry a layer, one a pass, those that are given by their names. */
type GivenStates = readonly (readonly Record<string, Float64Array>[] | null)[];

/** The model's layers, which have the states that a sequence leaves open. */
type LayersWithStates = readonly { readonly passes: readonly { readonly initial: State }[] }[];

type DraftSequence = Exclude<Draft<FileSequence>, typeof bad>;
type Item = Draft<string | number | number[]> | null;

/** A vocabulary larger than this is not searched for the word that somebody meant. */
const mostSuggestions = 2000;

/** Numbers that JSON does not have, written as texts. */
const notFinite = /^[-+]?(nan|inf|infinity)$/i;

/** Room for the numbers of sequences: short ones share an array, as one of its own takes longer to make than to fill. */
class Room<Numbers extends Int32Array | Float64Array | Uint8Array> {
  private shared: Numbers;
  private used = 0;

  constructor(private readonly make: (length: number) => Numbers) {
    this.shared = make(0);
  }

  take(length: number): Numbers {
    if (length > sharedLength / 16) return this.make(length);
    if (this.used + length > this.shared.length) {
      this.shared = this.make(sharedLength);
      this.used = 0;
    }
    this.used += length;
    return this.shared.subarray(this.used - length, this.used) as Numbers;
  }
}

/** Numbers in an array that short sequences share. */
const sharedLength = 1 << 14;

/** What all sequences of a file share; also what has been said once and need not be said again, or has been looked up once. */
export class SequenceContext {
  /** Whether a sequence named a token, so that the vocabulary's size must be the input's. */
  usesTokens = false;
  saidMissingLoss = false;
  saidOutputSize = false;
  /** The keys of initial states, with their states. */
  readonly states: readonly { readonly state: string; readonly key: string }[];
  /** The classes that words name; null for a word that names none. */
  readonly classes = new Map<string, number | null>();
  readonly integers = new Room((length) => new Int32Array(length));
  readonly numbers = new Room((length) => new Float64Array(length));
  readonly flags = new Room((length) => new Uint8Array(length));
  private readonly hints = new Map<string, string>();
  private readonly knownWords: readonly string[];
  private codes: Int32Array | null = null;
  private tokens: Int32Array | null = null;

  /**
   * @param inputSize X, null where it is not known
   * @param layers null where something is wrong with the model
   * @param saidMissingVocabulary whether something has been reported of the vocabulary
   * @param ownStates those of the file's own cells that no built-in cell has
   */
  constructor(
    readonly facts: ModelFacts,
    readonly inputSize: number | null,
    readonly layers: LayersWithStates | null,
    public saidMissingVocabulary: boolean,
    ownStates: readonly string[] = [],
  ) {
    this.states = [...stateNames(), ...ownStates].map((state) => ({ state, key: `${state}0` }));
    this.knownWords = facts.vocabulary?.words.filter((word) => word !== bad) ?? [];
  }

  /** The word that somebody may have meant, as a message says it. */
  hint(word: string): string {
    let hint = this.hints.get(word);
    if (hint === undefined) {
      hint = this.knownWords.length > mostSuggestions ? "" : suggestion(word, this.knownWords);
      this.hints.set(word, hint);
    }
    return hint;
  }

  /** Of each token, the class that its word names, as far as it has been asked; −1 where it has not. */
  get tokenClasses(): Int32Array {
    return (this.tokens ??= new Int32Array(this.facts.vocabulary?.words.length ?? 0).fill(-1));
  }

  /** Of each UTF-16 unit that is a character by itself, its token; −1 where it has none. */
  get codeTokens(): Int32Array {
    if (this.codes === null) {
      this.codes = new Int32Array(0x10000).fill(-1);
      for (const [word, token] of this.facts.vocabulary?.indices ?? [])
        if (word.length === 1) this.codes[word.charCodeAt(0)] = token;
    }
    return this.codes;
  }
}

/** Items between two pauses, and how many of them a sequence is worth in itself. */
const itemsInSlice = 1 << 15;
const itemsForSequence = 32;

/**
 * Reads sequences and checks them against the model. There may be a million short ones, and one may have millions of items.
 * @param placeOf the path of the k-th in the text that its report knows
 * @returns null in the place of one of which something has been reported, here or before
 */
export function* readSequences(
  drafts: readonly Draft<FileSequence>[],
  placeOf: (k: number) => { readonly base: Path; readonly report: Report },
  context: SequenceContext,
): Slices<(Sequence | null)[]> {
  const sequences: (Sequence | null)[] = [];
  let sincePause = 0;
  for (let k = 0; k < drafts.length; k++) {
    const draft = drafts[k]!;
    if (draft === bad) {
      sequences.push(null);
      continue;
    }
    const { base, report } = placeOf(k);
    const inputReading = inputsOf(draft, base, context, report);
    if (inputReading !== null) while (!inputReading.advance()) yield;
    const inputs = inputReading && inputReading.result();
    const targetReading = targetsOf(draft, base, inputs, context, report);
    if (targetReading) while (!targetReading.advance()) yield;
    const targets = targetReading && targetReading.result();
    const states = readAllStates(draft, base, context, report);
    const weights = readWeights(draft, base, inputs?.length ?? null, context, report);
    const { name = null, weight = 1, state } = draft;
    const values = inputs === null ? null : inputs.values;
    const isBad = name === bad || state === bad || weight === bad;
    if (values === null || targets === undefined || weights === undefined || !areGood(states) || isBad)
      sequences.push(null);
    else {
      const carry = state === "carry";
      // A carried state replaces what the sequence itself says; the first has nothing to carry.
      const initial = carry && k > 0 ? null : initialOf(states, context.layers);
      sequences.push({ name, length: inputs!.length, inputs: values, targets, weights, weight, initial, carry });
    }
    sincePause += itemsForSequence + (inputs?.length ?? 0);
    if (sincePause >= itemsInSlice) {
      sincePause = 0;
      yield shareBetween(writtenShare, 1, k / drafts.length);
    }
  }
  return sequences;
}

/** A list of a sequence that is being read. A generator for each of a million short ones would take longer than what it does. */
abstract class ListReading<Result> {
  private at = 0;

  /** @param end where the list ends */
  constructor(private readonly end: number) {}

  /** Reads on for a slice. @returns whether the list has been read whole */
  advance(): boolean {
    this.at = this.read(this.at, Math.min(this.end, this.at + itemsInSlice));
    return this.at >= this.end;
  }

  /** Of the whole list. */
  abstract result(): Result;

  /** @returns where to read on: at `to`, or behind an item that goes over it */
  protected abstract read(from: number, to: number): number;
}

/** What each step counts. `undefined` where something is wrong, null where the sequence says nothing. */
function readWeights(
  draft: DraftSequence,
  base: Path,
  length: number | null,
  { facts }: SequenceContext,
  report: Report,
): Float64Array | null | undefined {
  const { weights } = draft;
  if (weights === undefined) return null;
  const path = [...base, "weights"];
  if (facts.at === "last" || facts.at === "ends") {
    report.error(
      "weights",
      path,
      `weights belongs to output.at "every", but output.at is "${facts.at}", which has one loss: expected "weight", a number`,
      "key",
    );
    return undefined;
  }
  const steps = length === null ? "" : `inputs has ${counted(length, "item")}`;
  return readVector(weights, path, length, steps, report) ?? undefined;
}

/** Those that the sequence gives. */
function readAllStates(
  draft: DraftSequence,
  base: Path,
  context: SequenceContext,
  report: Report,
): readonly OneState<LayerStates | null | undefined>[] {
  const states: OneState<LayerStates | null | undefined>[] = [];
  for (const { state, key } of context.states) {
    const given = (draft as Readonly<Record<string, DraftSequence["h0"]>>)[key];
    if (given !== undefined)
      states.push({ state, layers: readStates(given, state, [...base, key], context.facts.layers, report) });
  }
  return states;
}

/** The input items of a sequence in which there is no error. */
export function itemsOf(draft: Draft<FileSequence>, sequence: Sequence, facts: ModelFacts): ItemReader {
  const inputs = draft === bad ? undefined : draft.inputs;
  if (inputs !== undefined) return (k) => (inputs as readonly (string | number | readonly number[])[])[k]!;
  return (k) => facts.vocabulary!.words[sequence.inputs.tokens![k]!] as string;
}

interface ReadInputs {
  readonly length: number;
  /** Null where something is wrong. */
  readonly values: SequenceInputs | null;
  readonly raw: readonly Item[] | null;
  /** −1 where an item is no token; null where none is. */
  readonly tokens: Int32Array | null;
}

/** Null where something is wrong with them as a whole. */
function inputsOf(
  draft: DraftSequence,
  base: Path,
  context: SequenceContext,
  report: Report,
): ListReading<ReadInputs> | null {
  const { inputs, text } = draft;
  if (inputs !== undefined && text !== undefined)
    report.error("inputs", [...base, "text"], 'a sequence has both "inputs" and "text": expected one of them', "key");
  if (inputs !== undefined) {
    if (inputs === bad) return null;
    if (inputs.length > 0) return new ItemInputs(inputs, base, context, report);
    report.error("empty", [...base, "inputs"], "inputs is empty, expected at least one item");
    return null;
  }
  if (text !== undefined) {
    if (text === bad) return null;
    const path = [...base, "text"];
    if (text === "") {
      report.error("empty", path, "text is empty, expected at least one character");
      return null;
    }
    context.usesTokens = true;
    const { vocabulary } = context.facts;
    if (vocabulary !== null) return new TextInputs(text, vocabulary, path, context, report);
    sayMissingVocabulary(path, "a text", context, report);
    return null;
  }
  report.error(
    "missing-key",
    base,
    `${base.length === 0 ? "the sequence" : nameOf(base)} has no "inputs": expected "inputs" or "text"`,
    "opening",
  );
  return null;
}

/** Tokens, vectors and numbers. */
class ItemInputs extends ListReading<ReadInputs> {
  private tokens: Int32Array | null = null;
  private vectors: Float64Array | null = null;
  private failed: boolean;

  constructor(
    private readonly items: readonly Item[],
    private readonly base: Path,
    private readonly context: SequenceContext,
    private readonly report: Report,
  ) {
    super(items.length);
    this.failed = context.inputSize === null;
  }

  result(): ReadInputs {
    const { items, tokens, vectors } = this;
    return { length: items.length, values: this.failed ? null : { tokens, vectors }, raw: items, tokens };
  }

  protected read(from: number, to: number): number {
    const { items } = this;
    for (let k = from; k < to; k++) {
      const item = items[k]!;
      const isGood =
        typeof item === "string"
          ? this.putToken(k, item)
          : typeof item === "number" && (this.context.facts.ids !== null || this.context.facts.embedding !== null)
            ? this.putId(k, item)
            : this.putVector(k, item);
      if (!isGood) this.failed = true;
    }
    return to;
  }

  private pathOf(k: number): Path {
    return [...this.base, "inputs", k];
  }

  /** False where it is wrong. */
  private putToken(k: number, word: string): boolean {
    const { context, report } = this;
    const { vocabulary } = context.facts;
    context.usesTokens = true;
    const token = vocabulary?.indices.get(word) ?? -1;
    if (token >= 0) {
      this.tokens ??= context.integers.take(this.items.length).fill(-1);
      this.tokens[k] = token;
      return true;
    }
    const written = JSON.stringify(word);
    if (vocabulary === null && notFinite.test(word))
      report.error("type", this.pathOf(k), `inputs[${k}] is the text ${written}, expected a finite number`);
    else if (vocabulary === null) sayMissingVocabulary(this.pathOf(k), written, context, report);
    else report.error("unknown-token", this.pathOf(k), `${written} is not in the vocabulary${context.hint(word)}`);
    return false;
  }

  /** Puts the index of a token. False where it is wrong. */
  private putId(k: number, id: number): boolean {
    const { ids, vocabulary } = this.context.facts;
    this.context.usesTokens = true;
    if (ids === null) return false;
    if (Number.isInteger(id) && id >= 0 && id < ids) {
      this.tokens ??= this.context.integers.take(this.items.length).fill(-1);
      this.tokens[k] = id;
      return true;
    }
    this.report.error(
      "id-range",
      this.pathOf(k),
      `inputs[${k}] is ${describe(id)}, expected ${vocabulary ? "a token or its index" : "an id"}, 0 to ${ids - 1}`,
    );
    return false;
  }

  /** False where it is wrong. */
  private putVector(k: number, item: Exclude<Item, string>): boolean {
    const { context, report } = this;
    const { inputSize } = context;
    const { length } = this.items;
    if (inputSize === null || item === null || item === bad) return false;
    if (context.facts.embedding !== null) {
      report.error(
        "type",
        this.pathOf(k),
        `inputs[${k}] is ${describe(item)}, but the model has an embedding: expected ${context.facts.vocabulary ? "a token or its index" : "an id"}`,
      );
      return false;
    }
    if (typeof item === "number" ? inputSize !== 1 : item.length !== inputSize) {
      const found = typeof item === "number" ? `the number ${describe(item)}` : `[${item.length}]`;
      const choice = context.facts.vocabulary === null ? "" : "a token or ";
      report.error(
        "shape",
        this.pathOf(k),
        `inputs[${k}] is ${found}, but the input size is ${inputSize}: expected ${choice}${inputSize === 1 ? "a number" : `a vector [${inputSize}]`}`,
      );
      return false;
    }
    if (this.failed) return false;
    if (this.vectors === null) {
      if (length * inputSize > mostNumbers) {
        report.error(
          "too-large",
          [...this.base, "inputs"],
          `inputs would hold ${(length * inputSize).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
        );
        return false;
      }
      this.vectors = context.numbers.take(length * inputSize);
    }
    if (typeof item === "number") this.vectors[k] = item;
    else if (item.includes(bad)) return false;
    else this.vectors.set(item as number[], k * inputSize);
    return true;
  }
}

/** A text, each of whose characters is a token. */
class TextInputs extends ListReading<ReadInputs> {
  private readonly tokens: Int32Array;
  private length = 0;
  /** Characters without a token. Null where there are none, as a map for each of many short texts would take a while. */
  private unknown: Map<string, { from: number; to: number; count: number }> | null = null;

  constructor(
    private readonly text: string,
    private readonly vocabulary: Vocabulary,
    private readonly path: Path,
    private readonly context: SequenceContext,
    private readonly report: Report,
  ) {
    super(text.length);
    this.tokens = context.integers.take(text.length);
  }

  result(): ReadInputs {
    const { text, path, length, unknown } = this;
    // Once for each character, at its first place: a text of a million letters may lack one.
    for (const [character, { from, to, count }] of unknown ?? []) {
      const times = count > 1 ? ` (${count} times in this text)` : "";
      const message = `${JSON.stringify(character)} is not in the vocabulary${times}`;
      this.report.error("unknown-token", path, message, { from, to });
    }
    const tokens = length === text.length ? this.tokens : this.tokens.slice(0, length);
    const isWrong = unknown !== null || this.context.inputSize === null;
    return { length, values: isWrong ? null : { tokens, vectors: null }, raw: null, tokens };
  }

  protected read(start: number, end: number): number {
    const { text, vocabulary, tokens } = this;
    const { codeTokens } = this.context;
    let { length } = this;
    let k = start;
    for (; k < end; length++) {
      const code = text.charCodeAt(k);
      const from = k++;
      let token = codeTokens[code]!;
      // Characters of two units are rare, and so are those that nobody knows.
      if (code >= 0xd800 && code < 0xdc00 && text.codePointAt(from)! > 0xffff)
        token = vocabulary.indices.get(text.slice(from, ++k)) ?? -1;
      if (token >= 0) {
        tokens[length] = token;
        continue;
      }
      const character = text.slice(from, k);
      this.unknown ??= new Map();
      const known = this.unknown.get(character);
      if (known) known.count++;
      else this.unknown.set(character, { from, to: k, count: 1 });
    }
    this.length = length;
    return k;
  }
}

function sayMissingVocabulary(path: Path, what: string, context: SequenceContext, report: Report): void {
  // Wrongly written, it has been reported; missing, once is enough.
  if (context.saidMissingVocabulary) return;
  context.saidMissingVocabulary = true;
  report.error("missing-vocabulary", path, `${what} needs a vocabulary, and the file has none: expected "vocabulary"`);
}

/** `undefined` where something is wrong with them as a whole, null where the sequence has none. */
function targetsOf(
  draft: DraftSequence,
  base: Path,
  inputs: ReadInputs | null,
  context: SequenceContext,
  report: Report,
): ListReading<SequenceTargets | undefined> | null | undefined {
  const { at, lossType, outputSize } = context.facts;
  const { target, targets } = draft;
  if (target === undefined && targets === undefined) return null;
  const length = inputs?.length ?? (Array.isArray(draft.inputs) ? draft.inputs.length : null);
  const key = targets === undefined ? "target" : "targets";
  const once = at === "last" || at === "ends";
  const misplaced = (at === "every" && target !== undefined) || (once && targets !== undefined);
  if (at === "every" && target !== undefined)
    report.error(
      "targets",
      [...base, "target"],
      'target belongs to output.at "last" or "ends", but output.at is "every": expected "targets" with one item an input',
      "key",
    );
  if (once && targets !== undefined)
    report.error(
      "targets",
      [...base, "targets"],
      `targets belongs to output.at "every", but output.at is "${at}": expected "target" with one item`,
      "key",
    );
  if (lossType === undefined && !context.saidMissingLoss) {
    context.saidMissingLoss = true;
    report.error("missing-loss", [...base, key], `${key} needs a loss, and the file has none: expected "loss"`, "key");
  }
  if (targets !== undefined && targets !== bad && targets !== "next" && !Array.isArray(targets)) {
    report.error(
      "value",
      [...base, "targets"],
      `targets is ${describe(targets)}, expected an array with one item an input, or "next"`,
    );
    return undefined;
  }
  let failed = false;
  if (Array.isArray(targets) && length !== null && targets.length !== length && !misplaced) {
    report.error(
      "length",
      [...base, "targets"],
      `targets has ${counted(targets.length, "item")}, but inputs has ${length}: expected one item an input`,
    );
    failed = true;
  }
  if (misplaced || !lossType || outputSize === null || at === null || targets === bad || target === bad)
    return undefined;

  if (length !== null && lossType !== "cross-entropy" && length * outputSize > mostNumbers) {
    report.error(
      "too-large",
      [...base, key],
      `targets would hold ${(length * outputSize).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
    );
    return undefined;
  }
  const reading = { base, context, report, lossType, outputSize };
  if (target !== undefined) return new LastTarget(target, length ?? 1, reading);
  if (Array.isArray(targets)) return new ListedTargets(targets, length ?? 1, failed, reading);
  return inputs === null ? undefined : new NextTargets(inputs, reading);
}

/** What targets are read from and for. */
interface TargetsOf {
  readonly base: Path;
  readonly context: SequenceContext;
  readonly report: Report;
  readonly lossType: NonNullable<ModelFacts["lossType"]>;
  readonly outputSize: number;
}

/** Target items as the loss takes them; `undefined` where something is wrong with one. */
abstract class TargetReading extends ListReading<SequenceTargets | undefined> {
  protected readonly facts: ModelFacts;
  private readonly filled: SequenceTargets;
  /** [steps × O], of a classifier's targets that are probabilities; null where none is. */
  private probabilities: Float64Array | null = null;

  /** @param steps there is room for */
  constructor(
    items: number,
    private readonly steps: number,
    protected failed: boolean,
    protected readonly of: TargetsOf,
  ) {
    super(items);
    const { context, lossType, outputSize } = of;
    this.facts = context.facts;
    this.filled =
      lossType === "cross-entropy"
        ? { kind: "classes", classes: context.integers.take(steps).fill(-1), probabilities: null }
        : {
            kind: "vectors",
            vectors: context.numbers.take(steps * outputSize),
            present: context.flags.take(steps),
          };
  }

  result(): SequenceTargets | undefined {
    if (this.failed) return undefined;
    const { filled, probabilities } = this;
    return filled.kind === "classes" && probabilities ? { ...filled, probabilities } : filled;
  }

  /** Where the target of step k stands. */
  protected abstract pathOf(k: number): Path;

  /** What is wrong with the target of step k, as "is …" says. */
  protected sentence(_k: number, target: string, is: string): string {
    return `${target} ${is}`;
  }

  /** What is said of a target of step k of another size. */
  protected sizeSentence(k: number, found: string, but: string): string {
    return `${nameOf(this.pathOf(k))} is ${found}, ${but}`;
  }

  /** Reports that the target of step k is a token of the vocabulary for which the output has no class. */
  protected failBeyondOutput(k: number, word: string, token: number): void {
    const { outputSize: size } = this.of;
    const classes = `but the output has ${size} classes, 0 to ${size - 1}`;
    this.fail("class-range", k, JSON.stringify(word), `is token ${token} of the vocabulary, ${classes}`);
  }

  /** Puts the target of step k into its place. False where it is wrong. */
  protected put(k: number, item: Item): boolean {
    if (item === bad || item === null) return false;
    const { filled } = this;
    if (filled.kind === "classes") {
      if (Array.isArray(item)) return this.putProbabilities(filled.classes, k, item);
      const index = this.classOf(k, item);
      if (index !== null) filled.classes[k] = index;
      return index !== null;
    }
    return this.putVector(filled, k, item);
  }

  /** Puts a token of the vocabulary whose class is known. */
  protected putToken(k: number, token: number): boolean {
    const { filled } = this;
    const { context, outputSize } = this.of;
    if (filled.kind !== "classes") return false;
    const index = context.tokenClasses[token]!;
    if (index < 0) {
      const word = this.facts.vocabulary!.words[token]!;
      const known = word === bad ? undefined : context.classes.get(word);
      if (known === undefined || known === null || known >= outputSize) return false;
      context.tokenClasses[token] = known;
      filled.classes[k] = known;
    } else filled.classes[k] = index;
    return true;
  }

  /** Probabilities need not sum to 1. False where something is wrong with them. */
  private putProbabilities(classes: Int32Array, k: number, item: Draft<number[]>): boolean {
    const { context, outputSize: size, base, report } = this.of;
    if (item === bad) return false;
    if (item.length !== size) {
      const but = `but the output has ${size} classes: expected a class or [${size}] probabilities`;
      report.error("shape", this.pathOf(k), this.sizeSentence(k, `[${item.length}]`, but));
      return false;
    }
    if (item.includes(bad)) return false;
    if (this.probabilities === null && this.steps * size > mostNumbers) {
      report.error(
        "too-large",
        base,
        `targets would hold ${(this.steps * size).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
      );
      return false;
    }
    this.probabilities ??= context.numbers.take(this.steps * size);
    this.probabilities.set(item as number[], k * size);
    classes[k] = softTarget;
    return true;
  }

  private classOf(k: number, item: Exclude<Item, null | typeof bad | readonly unknown[]>): number | null {
    const { context, outputSize: size } = this.of;
    if (typeof item === "number") {
      if (Number.isInteger(item) && item >= 0 && item < size) return item;
      this.fail(
        "class-range",
        k,
        `class index ${describe(item)}`,
        `is out of range: the output has ${size} classes, 0 to ${size - 1}`,
      );
      return null;
    }
    const { labels, vocabulary } = this.facts;
    const { classes } = context;
    let index = classes.get(item);
    if (index === undefined) {
      const label = labels?.indices.get(item);
      const token = vocabulary?.indices.get(item);
      index = label ?? (token !== undefined && token < size ? token : null);
      classes.set(item, index);
    }
    if (index !== null && index < size) return index;
    const token = vocabulary?.indices.get(item);
    if (token !== undefined) this.failBeyondOutput(k, item, token);
    else if (this.facts.hasUnreadableWords) return null;
    else if (labels === null && vocabulary === null)
      this.fail("unknown-token", k, JSON.stringify(item), `names no class: the file has neither vocabulary nor labels`);
    else {
      const known = [labels, vocabulary].flatMap((words) => words?.words.filter((word) => word !== bad) ?? []);
      const hint = known.length > mostSuggestions ? "" : suggestion(item, known);
      const where = listed(
        [...(labels && labels !== vocabulary ? ["a label"] : []), ...(vocabulary ? ["in the vocabulary"] : [])],
        "nor",
      );
      this.fail(
        "unknown-token",
        k,
        JSON.stringify(item),
        `is ${where.includes("nor") ? "neither" : "not"} ${where}${hint}`,
      );
    }
    return null;
  }

  private putVector(
    filled: Extract<SequenceTargets, { kind: "vectors" }>,
    k: number,
    item: Exclude<Item, null | typeof bad>,
  ): boolean {
    const { report, lossType, outputSize: size } = this.of;
    const expected = size === 1 ? "expected a number" : `expected a vector [${size}]`;
    if (typeof item === "string") {
      this.fail("target", k, JSON.stringify(item), `is no target of ${lossType}: ${expected}`);
      return false;
    }
    if (typeof item === "number" ? size !== 1 : item.length !== size) {
      const found = typeof item === "number" ? `the number ${describe(item)}` : `[${item.length}]`;
      const but = `but the output has ${counted(size, "number")}: ${expected}`;
      report.error("shape", this.pathOf(k), this.sizeSentence(k, found, but));
      return false;
    }
    filled.present[k] = 1;
    for (let j = 0; j < size; j++) {
      const number = typeof item === "number" ? item : item[j]!;
      if (number === bad) return false;
      if (lossType === "binary-cross-entropy" && (number < 0 || number > 1))
        report.warning(
          "probability",
          typeof item === "number" ? this.pathOf(k) : [...this.pathOf(k), j],
          `a target of binary-cross-entropy is a probability, found ${describe(number)}: expected 0 to 1`,
        );
      filled.vectors[k * size + j] = number;
    }
    return true;
  }

  private fail(code: string, k: number, target: string, is: string): void {
    this.of.report.error(code, this.pathOf(k), this.sentence(k, target, is));
  }
}

/** One item an input, null where a step has none. */
class ListedTargets extends TargetReading {
  constructor(
    private readonly items: readonly Item[],
    length: number,
    failed: boolean,
    of: TargetsOf,
  ) {
    super(items.length, Math.max(length, items.length), failed, of);
  }

  protected pathOf(k: number): Path {
    return [...this.of.base, "targets", k];
  }

  protected read(from: number, to: number): number {
    const { items } = this;
    for (let k = from; k < to; k++) {
      const item = items[k]!;
      if (item !== null && !this.put(k, item)) this.failed = true;
    }
    return to;
  }
}

/** The next input at every step but the last. */
class NextTargets extends TargetReading {
  constructor(
    private readonly inputs: ReadInputs,
    of: TargetsOf,
  ) {
    super(inputs.length - 1, inputs.length, false, of);
  }

  protected pathOf(): Path {
    return [...this.of.base, "targets"];
  }

  protected override sentence(k: number, target: string, is: string): string {
    return `"next" makes ${target} the target of step ${k + 1}, which ${is}`;
  }

  protected override sizeSentence(k: number, found: string, but: string): string {
    return `"next" makes ${found} the target of step ${k + 1}, ${but}`;
  }

  /** That is not about one word, but about the output's size: once for all sequences. */
  protected override failBeyondOutput(k: number, word: string, token: number): void {
    const { base, context, outputSize, report } = this.of;
    // A line of a data file has no place for it.
    if (base.length === 0) {
      super.failBeyondOutput(k, word, token);
      return;
    }
    if (context.saidOutputSize) return;
    context.saidOutputSize = true;
    const path = ["output", "size"];
    const size = this.facts.vocabulary!.words.length;
    const message = `size is ${outputSize}, but with "next" the targets are tokens of the vocabulary, which has ${size}: expected ${size}`;
    report.error("class-range", path, message, "value", { kind: "set", set: [[path, size]] });
  }

  protected read(from: number, to: number): number {
    const { tokens, raw } = this.inputs;
    const words = this.facts.vocabulary?.words ?? [];
    // One report is enough: what stands there is one word.
    for (let k = from; k < to && !this.failed; k++) {
      const token = tokens?.[k + 1] ?? -1;
      const hasWord = token >= 0 && token < words.length;
      if (hasWord && this.putToken(k, token)) continue;
      this.failed = !this.put(k, hasWord ? words[token]! : (raw?.[k + 1] ?? bad));
    }
    return to;
  }
}

/** The one of a sequence whose output is read at the last step. */
class LastTarget extends TargetReading {
  constructor(
    private readonly item: Item,
    private readonly length: number,
    of: TargetsOf,
  ) {
    super(1, length, false, of);
  }

  protected pathOf(): Path {
    return [...this.of.base, "target"];
  }

  protected read(_from: number, to: number): number {
    this.failed = !this.put(this.length - 1, this.item);
    return to;
  }
}

type LayerStates = readonly (readonly (Float64Array | null)[] | null)[];

/** One entry a layer, one a pass. `undefined` where something is wrong, null where the sequence says nothing. */
function readStates(
  draft: DraftSequence["h0"],
  state: string,
  path: Path,
  layers: readonly LayerFacts[] | null,
  report: Report,
): LayerStates | null | undefined {
  if (draft === undefined) return null;
  if (draft === bad || layers === null || layers.length === 0) return undefined;
  const name = `${state}0`;
  const has = (layer: LayerFacts) => cellOfFacts(layer)?.states.includes(state) ?? true;
  if (!layers.some(has)) {
    report.error(
      "foreign-key",
      path,
      `${name} is a ${stateTitle(state)}, which ${listed(cellsWithState(state))} layers alone have, and the model has none`,
      "key",
    );
    return undefined;
  }
  const [first] = layers;
  if (layers.length === 1 && first!.direction === null) return undefined;
  if (layers.length === 1 && first!.direction !== "both") {
    const wrong = draft.findIndex((entry) => entry !== bad && typeof entry !== "number");
    if (wrong >= 0) {
      report.error(
        "shape",
        [...path, wrong],
        `${name}[${wrong}] is ${describe(draft[wrong])}, but the model is one one-way layer: expected ${first!.size ?? "its"} numbers`,
      );
      return undefined;
    }
    const numbers = readVector(draft as Draft<number[]>, path, first!.size, unitsOf(first!), report);
    return numbers === null ? undefined : [[numbers]];
  }
  if (draft.length !== layers.length) {
    report.error(
      "length",
      path,
      `${name} has ${counted(draft.length, "entry").replace("entrys", "entries")}, but the model has ${counted(layers.length, "layer")}: expected one entry a layer`,
    );
    return undefined;
  }
  let failed = false;
  const states = layers.map((layer, l) => {
    const entry = draft[l]!;
    const at = [...path, l];
    if (entry === bad || layer.direction === null) {
      failed = true;
      return null;
    }
    if (entry === null) return null;
    if (!has(layer)) {
      report.error(
        "foreign-key",
        at,
        `${name}[${l}] is ${describe(entry)}, but layers[${l}] is ${withArticle(layer.cell!)}, which has no ${stateTitle(state)}: expected null`,
      );
      failed = true;
      return null;
    }
    const read = (value: Draft<number[]> | undefined, where: Path) => {
      if (value === undefined) return null;
      const numbers = readVector(value, where, layer.size, unitsOf(layer), report);
      if (numbers === null) failed = true;
      return numbers;
    };
    if (layer.direction === "both" ? Array.isArray(entry) || typeof entry === "number" : !Array.isArray(entry)) {
      const expected =
        layer.direction === "both" ? 'an object with "forward" and "backward"' : `${layer.size ?? "its"} numbers`;
      report.error(
        "shape",
        at,
        `${name}[${l}] is ${describe(entry)}, but layers[${l}] reads ${layer.direction === "both" ? "both ways" : "one way"}: expected ${expected}`,
      );
      failed = true;
      return null;
    }
    if (Array.isArray(entry)) return [read(entry, at)];
    const both = entry as { forward?: Draft<number[]>; backward?: Draft<number[]> };
    return [read(both.forward, [...at, "forward"]), read(both.backward, [...at, "backward"])];
  });
  return failed ? undefined : states;
}

function unitsOf(layer: LayerFacts): string {
  return `the layer has ${layer.size === null ? "" : counted(layer.size, "unit")}`;
}

/** What a sequence gives of one state. */
interface OneState<Layers> {
  readonly state: string;
  readonly layers: Layers;
}

function areGood(
  states: readonly OneState<LayerStates | null | undefined>[],
): states is readonly OneState<LayerStates | null>[] {
  return states.every(({ layers }) => layers !== undefined);
}

function mergeStates(states: readonly OneState<LayerStates | null>[]): GivenStates | null {
  const given = states.find(({ layers }) => layers !== null)?.layers;
  if (!given) return null;
  const merged = given.map((_, l) => {
    const passes = Math.max(...states.map(({ layers }) => layers?.[l]?.length ?? 0));
    if (passes === 0) return null;
    return Array.from({ length: passes }, (_, p) =>
      Object.fromEntries(
        states.flatMap(({ state, layers }) => {
          const vector = layers?.[l]?.[p];
          return vector ? [[state, vector] as const] : [];
        }),
      ),
    );
  });
  return merged.every((entry) => entry === null) ? null : merged;
}

/** The initial states of a sequence; what it leaves open has the layers' own. */
function initialOf(
  states: readonly OneState<LayerStates | null>[],
  layers: LayersWithStates | null,
): Sequence["initial"] {
  const given = layers === null ? null : mergeStates(states);
  if (given === null) return null;
  return given.map((entry, l) => entry && entry.map((state, p) => ({ ...layers![l]!.passes[p]!.initial, ...state })));
}

/** Length of an input vector as an item shows it, null where it shows none. */
export function sizeOfItem(item: unknown, vocabulary: Vocabulary | null): number | null {
  if (typeof item === "number") return 1;
  if (Array.isArray(item)) return item.length;
  return typeof item === "string" && vocabulary ? vocabulary.words.length : null;
}
