import { cells } from "../engine/cells";
import type { Sequence, SequenceInputs, SequenceTargets, State } from "../engine/model";
import { cellsWithState, stateNames, stateTitle } from "../engine/variants";
import { counted, type Draft, describe, listed, nameOf, withArticle } from "./draft";
import type { Sequence as FileSequence } from "./file.generated";
import { suggestion } from "./nearest";
import { bad } from "./parse";
import { type LayerFacts, type ModelFacts, mostNumbers, type Vocabulary } from "./readModel";
import type { Report } from "./report";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";
import { readVector } from "./tensors";

/** The input item of step k, counted from 0, as the file has it: a token, a number or a vector. */
export type ItemReader = (k: number) => string | number | readonly number[];

/** Initial states as a sequence gives them: one entry a layer, one a pass, those that are given by their names. */
export type GivenStates = readonly (readonly Record<string, Float64Array>[] | null)[];

export interface ReadSequence {
  /** Without the states that the model fills in. */
  readonly sequence: Sequence;
  readonly states: GivenStates | null;
}

type DraftSequence = Exclude<Draft<FileSequence>, typeof bad>;
type Item = Draft<string | number | number[]> | null;

/** A vocabulary larger than this is not searched for the word that somebody meant. */
const mostSuggestions = 2000;

/** Numbers that JSON does not have, written as texts. */
const notFinite = /^[-+]?(nan|inf|infinity)$/i;

/** What all sequences of a file share; also what has been said once and need not be said again, or has been looked up once. */
export class SequenceContext {
  /** Whether a sequence named a token, so that the vocabulary's size must be the input's. */
  usesTokens = false;
  saidMissingLoss = false;
  /** The keys of initial states, with their states. */
  readonly states = stateNames().map((state) => ({ state, key: `${state}0` }));
  /** The classes that words name; null for a word that names none. */
  readonly classes = new Map<string, number | null>();
  private readonly hints = new Map<string, string>();
  private readonly knownWords: readonly string[];
  private codes: Int32Array | null = null;
  private tokens: Int32Array | null = null;
  private shared: ArrayBuffer | null = null;
  private sharedCount = 0;

  /**
   * @param inputSize X, null where it is not known
   * @param saidMissingVocabulary whether something has been reported of the vocabulary
   */
  constructor(
    readonly facts: ModelFacts,
    readonly inputSize: number | null,
    public saidMissingVocabulary: boolean,
  ) {
    this.knownWords = facts.vocabulary?.words.filter((word) => word !== bad) ?? [];
  }

  /** Room for the numbers of a sequence; short ones share a buffer, for one of its own takes longer to make than to fill. */
  room(length: number): Int32Array {
    if (length > roomShared / 16) return new Int32Array(length);
    if (this.shared === null || this.sharedCount + length > roomShared) {
      this.shared = new ArrayBuffer(4 * roomShared);
      this.sharedCount = 0;
    }
    const room = new Int32Array(this.shared, 4 * this.sharedCount, length);
    this.sharedCount += length;
    return room;
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

/** Numbers in a buffer that short sequences share. */
const roomShared = 1 << 14;

/** Items of a sequence between two pauses. */
const itemsInSlice = 1 << 15;
const isPause = (k: number) => (k & (itemsInSlice - 1)) === itemsInSlice - 1;

/**
 * Reads one sequence and checks it against the model.
 * @param base its path in the text that `report` knows
 * @returns null where something has been reported, here or before
 */
export function* readSequence(
  draft: Draft<FileSequence>,
  base: Path,
  context: SequenceContext,
  report: Report,
): Slices<ReadSequence | null> {
  if (draft === bad) return null;
  const inputs = yield* readInputs(draft, base, context, report);
  const length = inputs?.length ?? (Array.isArray(draft.inputs) ? draft.inputs.length : null);
  const targets = yield* readTargets(draft, base, length, inputs, context, report);
  const states = readAllStates(draft, base, context, report);
  if (inputs === null || inputs.values === null || targets === undefined || !areGood(states)) return null;
  if (draft.name === bad || draft.state === bad) return null;
  return {
    sequence: {
      name: draft.name ?? null,
      length: inputs.length,
      inputs: inputs.values,
      targets,
      initial: null,
      carry: draft.state === "carry",
    },
    states: states.length === 0 ? null : mergeStates(states),
  };
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

function* readInputs(
  draft: DraftSequence,
  base: Path,
  context: SequenceContext,
  report: Report,
): Slices<ReadInputs | null> {
  const { inputs, text } = draft;
  if (inputs !== undefined && text !== undefined)
    report.error("inputs", [...base, "text"], 'a sequence has both "inputs" and "text": expected one of them', "key");
  if (inputs !== undefined)
    return inputs === bad ? null : yield* readItems(inputs, [...base, "inputs"], context, report);
  if (text !== undefined) return text === bad ? null : yield* readText(text, [...base, "text"], context, report);
  report.error(
    "missing-key",
    base,
    `${base.length === 0 ? "the sequence" : nameOf(base)} has no "inputs": expected "inputs" or "text"`,
    "opening",
  );
  return null;
}

function* readItems(
  items: readonly Item[],
  path: Path,
  context: SequenceContext,
  report: Report,
): Slices<ReadInputs | null> {
  const { facts, inputSize } = context;
  const { vocabulary } = facts;
  const length = items.length;
  if (length === 0) {
    report.error("empty", path, "inputs is empty, expected at least one item");
    return null;
  }
  let tokens: Int32Array | null = null;
  let vectors: Float64Array | null = null;
  let failed = inputSize === null;

  for (let k = 0; k < length; k++) {
    if (isPause(k)) yield;
    const item = items[k]!;
    if (item === bad) {
      failed = true;
      continue;
    }
    if (typeof item === "string") {
      context.usesTokens = true;
      const token = vocabulary?.indices.get(item) ?? -1;
      if (token >= 0) {
        tokens ??= context.room(length).fill(-1);
        tokens[k] = token;
        continue;
      }
      failed = true;
      if (vocabulary === null && notFinite.test(item))
        report.error(
          "type",
          [...path, k],
          `inputs[${k}] is the text ${JSON.stringify(item)}, expected a finite number`,
        );
      else if (vocabulary === null) sayMissingVocabulary([...path, k], JSON.stringify(item), context, report);
      else
        report.error(
          "unknown-token",
          [...path, k],
          `${JSON.stringify(item)} is not in the vocabulary${context.hint(item)}`,
        );
      continue;
    }
    if (inputSize === null || item === null) {
      failed = true;
      continue;
    }
    if (typeof item === "number" ? inputSize !== 1 : item.length !== inputSize) {
      const found = typeof item === "number" ? `the number ${describe(item)}` : `[${item.length}]`;
      const choice = vocabulary === null ? "" : "a token or ";
      report.error(
        "shape",
        [...path, k],
        `inputs[${k}] is ${found}, but the input size is ${inputSize}: expected ${choice}${inputSize === 1 ? "a number" : `a vector [${inputSize}]`}`,
      );
      failed = true;
      continue;
    }
    if (failed) continue;
    if (vectors === null) {
      if (length * inputSize > mostNumbers) {
        report.error(
          "too-large",
          path,
          `inputs would hold ${(length * inputSize).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
        );
        failed = true;
        continue;
      }
      vectors = new Float64Array(length * inputSize);
    }
    if (typeof item === "number") vectors[k] = item;
    else if (item.includes(bad)) failed = true;
    else vectors.set(item as number[], k * inputSize);
  }
  return {
    length,
    values: failed ? null : { tokens, vectors },
    raw: items,
    tokens,
  };
}

function* readText(text: string, path: Path, context: SequenceContext, report: Report): Slices<ReadInputs | null> {
  const { vocabulary } = context.facts;
  if (text === "") {
    report.error("empty", path, "text is empty, expected at least one character");
    return null;
  }
  context.usesTokens = true;
  if (vocabulary === null) {
    sayMissingVocabulary(path, "a text", context, report);
    return null;
  }
  const { codeTokens } = context;
  const tokens = new Int32Array(text.length);
  const unknown = new Map<string, { from: number; to: number; count: number }>();
  let length = 0;
  for (let k = 0; k < text.length; length++) {
    if (isPause(length)) yield;
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
    const known = unknown.get(character);
    if (known) known.count++;
    else unknown.set(character, { from, to: k, count: 1 });
  }
  // Once for each character, at its first place: a text of a million letters may lack one.
  for (const [character, { from, to, count }] of unknown) {
    const times = count > 1 ? ` (${count} times in this text)` : "";
    report.error("unknown-token", path, `${JSON.stringify(character)} is not in the vocabulary${times}`, { from, to });
  }
  const used = length === text.length ? tokens : tokens.slice(0, length);
  return {
    length,
    values: unknown.size > 0 || context.inputSize === null ? null : { tokens: used, vectors: null },
    raw: null,
    tokens: used,
  };
}

function sayMissingVocabulary(path: Path, what: string, context: SequenceContext, report: Report): void {
  // Wrongly written, it has been reported; missing, once is enough.
  if (context.saidMissingVocabulary) return;
  context.saidMissingVocabulary = true;
  report.error("missing-vocabulary", path, `${what} needs a vocabulary, and the file has none: expected "vocabulary"`);
}

/** `undefined` where something is wrong, null where the sequence has none. */
function* readTargets(
  draft: DraftSequence,
  base: Path,
  length: number | null,
  inputs: ReadInputs | null,
  context: SequenceContext,
  report: Report,
): Slices<SequenceTargets | null | undefined> {
  const { at, lossType, outputSize } = context.facts;
  const { target, targets } = draft;
  if (target === undefined && targets === undefined) return null;
  const key = targets === undefined ? "target" : "targets";
  const misplaced = (at === "every" && target !== undefined) || (at === "last" && targets !== undefined);
  if (at === "every" && target !== undefined)
    report.error(
      "targets",
      [...base, "target"],
      'target belongs to output.at "last", but output.at is "every": expected "targets" with one item an input',
      "key",
    );
  if (at === "last" && targets !== undefined)
    report.error(
      "targets",
      [...base, "targets"],
      'targets belongs to output.at "every", but output.at is "last": expected "target" with one item',
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

  const items = new TargetItems(context, lossType, outputSize, report);
  if (length !== null && lossType !== "cross-entropy" && length * outputSize > mostNumbers) {
    report.error(
      "too-large",
      [...base, key],
      `targets would hold ${(length * outputSize).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} do not fit`,
    );
    return undefined;
  }
  const filled = items.room(Math.max(length ?? 1, Array.isArray(targets) ? targets.length : 1));
  const last = (length ?? 1) - 1;
  const path = [...base, key];
  if (target !== undefined) failed ||= !items.put(filled, last, target, { path });
  else if (Array.isArray(targets)) {
    const place = { path, index: 0 };
    for (let k = 0; k < targets.length; k++) {
      if (isPause(k)) yield;
      const item = targets[k] as Item;
      place.index = k;
      if (item !== null && !items.put(filled, k, item, place)) failed = true;
    }
  } else {
    if (inputs === null) return undefined;
    failed ||= !(yield* putNext(inputs, items, filled, path, context));
  }
  return failed ? undefined : filled;
}

/** The next input at every step but the last. */
function* putNext(
  inputs: ReadInputs,
  items: TargetItems,
  filled: SequenceTargets,
  path: Path,
  context: SequenceContext,
): Slices<boolean> {
  const words = context.facts.vocabulary?.words ?? [];
  for (let k = 0; k + 1 < inputs.length; k++) {
    if (isPause(k)) yield;
    const token = inputs.tokens?.[k + 1] ?? -1;
    if (token >= 0 && items.putToken(filled, k, token)) continue;
    const item: Item = token >= 0 ? words[token]! : (inputs.raw?.[k + 1] ?? bad);
    // One report is enough: what stands there is one word.
    if (item === bad || !items.put(filled, k, item, { path, prefix: `"next" gives step ${k + 1} the target ` }))
      return false;
  }
  return true;
}

/** Where a target stands, and what a message about it begins with. */
interface TargetPlace {
  readonly path: Path;
  /** In the array at the path. */
  readonly index?: number;
  readonly prefix?: string;
}

const pathOf = ({ path, index }: TargetPlace): Path => (index === undefined ? path : [...path, index]);

/** Target items as the loss takes them. */
class TargetItems {
  private readonly facts: ModelFacts;

  constructor(
    private readonly context: SequenceContext,
    private readonly lossType: NonNullable<ModelFacts["lossType"]>,
    private readonly outputSize: number,
    private readonly report: Report,
  ) {
    this.facts = context.facts;
  }

  room(length: number): SequenceTargets {
    if (this.lossType === "cross-entropy") return { kind: "classes", classes: this.context.room(length).fill(-1) };
    return { kind: "vectors", vectors: new Float64Array(length * this.outputSize), present: new Uint8Array(length) };
  }

  /** Puts the target of step k into its place. False where it is wrong. */
  put(filled: SequenceTargets, k: number, item: Item, place: TargetPlace): boolean {
    if (item === bad || item === null) return false;
    if (filled.kind === "classes") {
      const index = this.classOf(item, place);
      if (index !== null) filled.classes[k] = index;
      return index !== null;
    }
    return this.putVector(filled, k, item, place);
  }

  /** Puts a token of the vocabulary whose class is known. */
  putToken(filled: SequenceTargets, k: number, token: number): boolean {
    if (filled.kind !== "classes") return false;
    const index = this.context.tokenClasses[token]!;
    if (index < 0) {
      const word = this.facts.vocabulary!.words[token]!;
      const known = word === bad ? undefined : this.context.classes.get(word);
      if (known === undefined || known === null || known >= this.outputSize) return false;
      this.context.tokenClasses[token] = known;
      filled.classes[k] = known;
    } else filled.classes[k] = index;
    return true;
  }

  private classOf(item: Exclude<Item, null | typeof bad>, place: TargetPlace): number | null {
    const size = this.outputSize;
    if (typeof item === "number") {
      if (Number.isInteger(item) && item >= 0 && item < size) return item;
      this.fail(
        "class-range",
        place,
        `class index ${describe(item)}`,
        `is out of range: the output has ${size} classes, 0 to ${size - 1}`,
      );
      return null;
    }
    if (Array.isArray(item)) {
      this.fail(
        "target",
        place,
        "a vector",
        `is no target of ${this.lossType}: expected a token, a label or a class index`,
      );
      return null;
    }
    const { labels, vocabulary } = this.facts;
    const { classes } = this.context;
    let index = classes.get(item);
    if (index === undefined) {
      const label = labels?.indices.get(item);
      const token = vocabulary?.indices.get(item);
      index = label ?? (token !== undefined && token < size ? token : null);
      classes.set(item, index);
    }
    if (index !== null && index < size) return index;
    const token = vocabulary?.indices.get(item);
    if (token !== undefined)
      this.fail(
        "class-range",
        place,
        JSON.stringify(item),
        `is token ${token} of the vocabulary, but the output has ${size} classes, 0 to ${size - 1}`,
      );
    else if (labels === null && vocabulary === null)
      this.fail(
        "unknown-token",
        place,
        JSON.stringify(item),
        `names no class: the file has neither vocabulary nor labels`,
      );
    else {
      const known = [labels, vocabulary].flatMap((words) => words?.words.filter((word) => word !== bad) ?? []);
      const hint = known.length > mostSuggestions ? "" : suggestion(item, known);
      const where = listed(
        [...(labels && labels !== vocabulary ? ["a label"] : []), ...(vocabulary ? ["in the vocabulary"] : [])],
        "nor",
      );
      this.fail(
        "unknown-token",
        place,
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
    place: TargetPlace,
  ): boolean {
    const size = this.outputSize;
    const expected = size === 1 ? "expected a number" : `expected a vector [${size}]`;
    if (typeof item === "string") {
      this.fail("target", place, JSON.stringify(item), `is no target of ${this.lossType}: ${expected}`);
      return false;
    }
    if (typeof item === "number" ? size !== 1 : item.length !== size) {
      const found = typeof item === "number" ? `the number ${describe(item)}` : `[${item.length}]`;
      this.fail(
        "shape",
        place,
        `${nameOf(pathOf(place))} is ${found}`,
        `but the output has ${counted(size, "number")}: ${expected}`,
        ", ",
      );
      return false;
    }
    filled.present[k] = 1;
    for (let j = 0; j < size; j++) {
      const number = typeof item === "number" ? item : item[j]!;
      if (number === bad) return false;
      if (this.lossType === "binary-cross-entropy" && (number < 0 || number > 1))
        this.report.warning(
          "probability",
          typeof item === "number" ? pathOf(place) : [...pathOf(place), j],
          `a target of binary-cross-entropy is a probability, found ${describe(number)}: expected 0 to 1`,
        );
      filled.vectors[k * size + j] = number;
    }
    return true;
  }

  private fail(code: string, place: TargetPlace, what: string, why: string, between = " "): void {
    this.report.error(code, pathOf(place), `${place.prefix ?? ""}${what}${between}${why}`);
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
  const has = (layer: LayerFacts) => layer.cell === null || cells[layer.cell].states.includes(state);
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

/** Fills in from the layers' own states what a sequence leaves open. */
export function completeStates(
  given: GivenStates | null,
  layers: readonly { readonly passes: readonly { readonly initial: State }[] }[],
): Sequence["initial"] {
  if (given === null) return null;
  return given.map((entry, l) => entry && entry.map((state, p) => ({ ...layers[l]!.passes[p]!.initial, ...state })));
}

/** Length of an input vector as an item shows it, null where it shows none. */
export function sizeOfItem(item: unknown, vocabulary: Vocabulary | null): number | null {
  if (typeof item === "number") return 1;
  if (Array.isArray(item)) return item.length;
  return typeof item === "string" && vocabulary ? vocabulary.words.length : null;
}
