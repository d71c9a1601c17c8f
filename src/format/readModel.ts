import type { Cell } from "../engine/cell";
import type { CellKind } from "../engine/cells";
import { cellOf, cells, isCellKind } from "../engine/cells";
import { drawParameters, type InitialSettings, type ParameterShape } from "../engine/initial";
import type { Embedding, Layer, Loss, LossType, Model, OutputActivation, Pass, ReadAt } from "../engine/model";
import { suggestion } from "../engine/nearest";
import type { OwnCell } from "../engine/ownCell";
import { withConstants } from "../engine/ownCell";
import type { CellOptions } from "../engine/step";
import { shapeText, type Tensor } from "../engine/tensor";
import { cellKinds, defaultOptions, optionKeys, optionsOf, parametersOfAny } from "../engine/variants";
import { libraryCell } from "./cellLibrary";
import { counted, type Draft, describe, listed, withArticle } from "./draft";
import type { Layer as FileLayer, RnnFile } from "./file.generated";
import type { OwnCells } from "./ownCells";
import type { ParameterFile } from "./parameterFile";
import { bad } from "./parse";
import type { Report } from "./report";
import type { Path } from "./sourceMap";
import { readMatrix, readVector } from "./tensors";
import { translateValue } from "./translate";

/** More numbers than this in one file's parameters, or in its drawn sequences, are a slip of the hand, and no machine's memory. */
export const mostNumbers = 100_000_000;

/** A layer as far as the file says it; null where it says it wrongly. */
export interface LayerFacts {
  readonly cell: string | null;
  /** Of a cell that the file defines: what it is, with the layer's constants. */
  readonly own: OwnCell | null;
  readonly options: CellOptions;
  readonly size: number | null;
  readonly direction: "forward" | "backward" | "both" | null;
  /** Length of its h_t. */
  readonly outputSize: number | null;
}

/** An embedding as far as the file says it; null where it says it wrongly. */
export interface EmbeddingFacts {
  /** V */
  readonly tokens: number | null;
  /** D */
  readonly size: number | null;
}

/** What is known of the model before its parameters are read: enough to check sequences and expectations. */
export interface ModelFacts {
  /** With `bad` for entries that are no text. */
  readonly vocabulary: Vocabulary | null;
  /** Given or by default. */
  readonly labels: Vocabulary | null;
  /** Whether vocabulary or labels are there and cannot be read, which has been reported: any word may name a class. */
  readonly hasUnreadableWords: boolean;
  /** Null where the file has none. */
  readonly embedding: EmbeddingFacts | null;
  /** How many tokens an id may name; null where an item that is a number is no id. */
  readonly ids: number | null;
  readonly layers: readonly LayerFacts[] | null;
  readonly outputSize: number | null;
  /** What the read-out has, by its parameters' names. */
  readonly readout: ReadoutFacts;
  readonly at: ReadAt | null;
  /** `undefined` where the file has no loss, null where it is wrong. */
  readonly lossType: LossType | null | undefined;
}

/** Which parameters a read-out has. */
export interface ReadoutFacts {
  readonly Why: boolean;
  readonly by: boolean;
  readonly Wxy: boolean;
}

/** Words and the numbers that they stand for. */
export interface Vocabulary {
  readonly words: readonly (string | typeof bad)[];
  readonly indices: ReadonlyMap<string, number>;
}

type WholeFile = Exclude<Draft<RnnFile>, typeof bad>;
/** A file whose vocabulary is a list of words, wherever it comes from. */
export type DraftFile = Omit<WholeFile, "vocabulary"> & { readonly vocabulary?: Draft<string[]> | undefined };
type DraftOutput = Exclude<Draft<NonNullable<RnnFile["output"]>>, typeof bad>;
type DraftLayer = Exclude<Draft<FileLayer>, typeof bad>;

const usable = <T>(value: T | typeof bad | undefined): T | null =>
  value === bad || value === undefined ? null : value;

/**
 * Reads what the file says of the model's form.
 * @param beside the parameters beside the file, null where they cannot be read
 */
export function readFacts(
  file: DraftFile,
  own: OwnCells,
  beside: ParameterFile | null | undefined,
  report: Report,
): ModelFacts {
  const output = usable(file.output);
  const vocabulary = readWords(file.vocabulary, "vocabulary", "error", report);
  const layers = usable(file.layers)?.map((layer, l) => layerFacts(layer, l, own, report)) ?? null;
  const isIdentity = output?.Why === "identity";
  const outputSize = isIdentity ? (layers?.at(-1)?.outputSize ?? null) : usable(output?.size);
  const embedding = readEmbeddingFacts(file, vocabulary, beside, report);
  return {
    vocabulary,
    labels: readLabels(file, vocabulary, outputSize, report),
    hasUnreadableWords: file.vocabulary === bad || file.labels === bad,
    embedding,
    ids: embedding ? embedding.tokens : vocabulary && file.inputSize !== 1 ? vocabulary.words.length : null,
    layers,
    outputSize,
    readout: {
      Why: !isIdentity,
      by: !isIdentity && output?.bias !== false,
      Wxy: !isIdentity && output?.readsInput === true,
    },
    at: output?.at === bad ? null : (output?.at ?? "every"),
    lossType: file.loss === undefined ? undefined : usable(usable(file.loss)?.type),
  };
}

/** V of an embedding: the vocabulary's size, else its rows, else `inputSize`. */
function readEmbeddingFacts(
  file: DraftFile,
  vocabulary: Vocabulary | null,
  beside: ParameterFile | null | undefined,
  report: Report,
): EmbeddingFacts | null {
  if (file.embedding === undefined) return null;
  if (file.embedding === bad) return { tokens: null, size: null };
  const { size, E } = file.embedding;
  const given = usable(file.inputSize);
  const besideRows = beside?.tensors.get("embedding.E")?.rows ?? null;
  const rows = E === undefined ? besideRows : E === bad || E.length === 0 ? null : E.length;
  const known = vocabulary?.words.length ?? rows;
  if (
    known === null &&
    given === null &&
    E === undefined &&
    beside !== null &&
    file.vocabulary === undefined &&
    file.inputSize === undefined
  )
    report.error(
      "missing-key",
      ["embedding"],
      'embedding has neither "E" nor a vocabulary that says how many tokens there are: expected one of them, or "inputSize"',
      "opening",
    );
  if (known !== null && given !== null && given !== known)
    report.error(
      "shape",
      ["inputSize"],
      `inputSize is ${given}, but ${vocabulary ? `the vocabulary has ${counted(known, "token")}` : `E has ${counted(known, "row")}`}, and with an embedding it is their number: expected ${known}, or none`,
    );
  return { tokens: known ?? given, size: usable(size) };
}

function layerFacts(layer: Draft<FileLayer>, l: number, own: OwnCells, report: Report): LayerFacts {
  if (layer === bad)
    return {
      cell: null,
      own: null,
      options: defaultOptions(null),
      size: null,
      direction: null,
      outputSize: null,
    };
  const { cell, own: ownCell } = readCell(layer, l, own, report);
  const size = usable(layer.size);
  const direction = layer.direction === bad ? null : (layer.direction ?? "forward");
  const given = Object.entries(choicesOf(layer)).filter(([, value]) => typeof value === "string");
  return {
    cell,
    own: ownCell,
    options: ownCell
      ? {}
      : {
          ...defaultOptions(cell !== null && isCellKind(cell) ? cell : null),
          ...(Object.fromEntries(given) as Record<string, string>),
          bias: layer.bias === false ? "false" : "true",
        },
    size,
    direction,
    outputSize: size === null || direction === null ? null : direction === "both" ? 2 * size : size,
  };
}

/** The cell of a layer: built in, or one of the file's own, with the layer's constants. */
function readCell(layer: DraftLayer, l: number, own: OwnCells, report: Report): Pick<LayerFacts, "cell" | "own"> {
  const none = { cell: null, own: null };
  const name = usable(layer.cell);
  if (name === null || isCellKind(name)) return { cell: name, own: null };
  if (!own.has(name)) {
    const ofLibrary = libraryCell(name);
    if (ofLibrary) {
      const message = `${JSON.stringify(name)} is a cell of the library: expected its equations under "cells", where a quick fix copies them`;
      report.error("library-cell", ["layers", l, "cell"], message);
      return none;
    }
    const translation = translateValue(["layers", l, "cell"], name);
    if (translation !== null) {
      report.error("other-word", ["layers", l, "cell"], translation.message, "value", translation.remedy);
      return none;
    }
    const known = [...cellKinds(), ...own.names];
    const choices = listed(
      known.map((cell) => JSON.stringify(cell)),
      "or",
    );
    report.error(
      "value",
      ["layers", l, "cell"],
      `cell is ${JSON.stringify(name)}, expected one of ${choices}${suggestion(name, known)}`,
    );
    return none;
  }
  const cell = own.cell(name);
  if (!cell) return none;
  const values = layer as Readonly<Record<string, unknown>>;
  const given = Object.keys(cell.constants).flatMap((key) => (key in values ? [[key, values[key]] as const] : []));
  if (given.some(([, value]) => typeof value !== "number")) return none;
  return { cell: name, own: withConstants(cell, Object.fromEntries(given) as Record<string, number>) };
}

/** The cell of a layer; null where the file says it wrongly. */
export function cellOfFacts({ cell, own }: LayerFacts): Cell | null {
  return cell === null ? null : cellOf({ cell, own });
}

/** What a layer chooses, by the keys of the cells' options. */
function choicesOf(layer: DraftLayer): Readonly<Record<string, unknown>> {
  const values = layer as Readonly<Record<string, unknown>>;
  return Object.fromEntries(optionKeys().flatMap((key) => (key in values ? [[key, values[key]]] : [])));
}

function readWords(
  words: Draft<string[]> | undefined,
  key: string,
  severity: "error" | "warning",
  report: Report,
): Vocabulary | null {
  if (words === undefined || words === bad) return null;
  const indices = new Map<string, number>();
  words.forEach((word, k) => {
    if (word === bad) return;
    const first = indices.get(word);
    if (first === undefined) indices.set(word, k);
    else
      report[severity](
        "repeated-word",
        [key, k],
        `${key}[${k}] is ${JSON.stringify(word)}, as ${key}[${first}] is: expected distinct strings`,
      );
  });
  return { words, indices };
}

function readLabels(
  file: DraftFile,
  vocabulary: Vocabulary | null,
  outputSize: number | null,
  report: Report,
): Vocabulary | null {
  if (file.labels === undefined) return vocabulary && vocabulary.words.length === outputSize ? vocabulary : null;
  const labels = readWords(file.labels, "labels", "warning", report);
  if (labels && outputSize !== null && labels.words.length !== outputSize)
    report.error(
      "shape",
      ["labels"],
      `labels has ${counted(labels.words.length, "string")}, but output.size is ${outputSize}: expected ${outputSize}`,
    );
  return labels;
}

/** The role of a cell's parameter, by what its columns are. */
const roles = { input: "input", hidden: "recurrent" } as const;

/**
 * Reads the parameters and draws those that the file leaves out.
 * @param inputSize X, null where it is not known
 * @returns the model, or null where something has been reported, here or before
 */
export function readModel(
  file: DraftFile,
  facts: ModelFacts,
  inputSize: number | null,
  beside: ParameterFile | null,
  report: Report,
): Model | null {
  const parameters = new Parameters(report, beside);
  const embedding = readEmbedding(file, facts, parameters);
  const layers = facts.layers?.map((layer, l) => readLayer(file, facts, layer, l, inputSize, parameters, report)) ?? [];
  const output = readOutput(file, facts, inputSize, parameters, report);
  const loss = readLoss(file, facts, report);
  const frozen = readFrozen(file, facts, report);
  const settings = readInitial(file, report);
  if (output === null || loss === undefined || settings === null || inputSize === null || facts.layers === null)
    return null;
  parameters.nameTheUnused();
  if (!parameters.complete(settings)) return null;
  const finished = layers.map((layer) => layer?.() ?? null);
  if (finished.includes(null)) return null;
  const vocabulary = facts.vocabulary && wholeWords(facts.vocabulary);
  const labels = facts.labels && wholeWords(facts.labels);
  if (vocabulary === undefined || labels === undefined) return null;
  return {
    inputSize,
    vocabulary,
    labels,
    embedding: embedding?.() ?? null,
    layers: finished as Layer[],
    output: output(),
    loss,
    frozen,
  };
}

/** `undefined` where one of them is no text. */
function wholeWords({ words }: Vocabulary): readonly string[] | undefined {
  return words.includes(bad) ? undefined : (words as readonly string[]);
}

/** Parameters as they are read: those of the file now, those that it leaves out once all of them are known. */
class Parameters {
  private readonly shapes: ParameterShape[] = [];
  private drawn: Tensor[] = [];
  private total = 0;
  private failed = false;
  /** Parameters that stand in the file itself. */
  private readonly given = new Set<string>();

  /** Names of what lies beside the file that belongs to no parameter. */
  private readonly unused: Set<string>;

  constructor(
    private readonly report: Report,
    private readonly beside: ParameterFile | null,
  ) {
    this.unused = new Set(beside?.tensors.keys());
  }

  fail(): void {
    this.failed = true;
  }

  /** A parameter's place: asked for its tensor after `complete`. */
  read(
    value: Draft<number[] | number[][]> | undefined,
    path: Path,
    shape: { [K in Exclude<keyof ParameterShape, "initial">]: ParameterShape[K] | null } & {
      initial?: ParameterShape["initial"];
      name: string;
      rank: 1 | 2;
      role: ParameterShape["role"];
    },
    reason: string,
  ): () => Tensor {
    const { name, rank, rows, cols, role, hidden, initial = null } = shape;
    let tensor: Tensor | null = null;
    if (value !== undefined) {
      this.given.add(path.join("."));
      if (rank === 1) {
        const data = readVector(value as Draft<number[]>, path, rows, reason, this.report);
        tensor = data && { rank: 1, rows: data.length, cols: 1, data };
      } else tensor = readMatrix(value as Draft<number[][]>, path, rows, cols, reason, this.report);
      if (tensor === null) this.failed = true;
    } else if (rows === null || cols === null || hidden === null) this.failed = true;
    else if (this.unused.delete(path.join("."))) {
      const given = this.beside!.tensors.get(path.join("."))!;
      if (given.rank === rank && given.rows === rows && given.cols === cols) return () => given;
      const found = shapeText(given);
      const wanted = shapeText({ rank, rows, cols });
      this.report.error(
        "shape",
        ["parameters", "file"],
        `${path.join(".")} in ${this.beside!.file} is ${found}, but ${reason}: expected ${wanted}`,
      );
      this.failed = true;
    } else {
      this.total += rows * cols;
      if (this.total > mostNumbers) {
        if (this.total - rows * cols <= mostNumbers)
          this.report.error(
            "too-large",
            [...path.slice(0, path[path.length - 2] === "reverse" ? -2 : -1), "size"],
            `${name} would hold ${(rows * cols).toLocaleString("en")} numbers: more than ${mostNumbers.toLocaleString("en")} in all do not fit`,
          );
        this.failed = true;
      }
      const place = this.shapes.push({ name, rank, rows, cols, role, hidden, initial }) - 1;
      return () => this.drawn[place]!;
    }
    return () => tensor!;
  }

  /** What the file itself gives counts, so that only names without a parameter are worth a word. */
  nameTheUnused(): void {
    const names = [...this.unused].filter((name) => !this.given.has(name));
    if (names.length === 0) return;
    const shown = names.slice(0, 3).join(", ");
    this.report.warning(
      "unused-parameter",
      ["parameters", "file"],
      `${this.beside!.file} has ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}, which the model has not`,
    );
  }

  /** Draws what the file leaves out. False where something could not be read. */
  complete(settings: InitialSettings): boolean {
    if (this.failed) return false;
    this.drawn = drawParameters(this.shapes, settings);
    return true;
  }
}

function readEmbedding(file: DraftFile, facts: ModelFacts, parameters: Parameters): (() => Embedding) | null {
  if (facts.embedding === null) return null;
  if (file.embedding === bad) parameters.fail();
  const draft = usable(file.embedding);
  if (draft === null) return null;
  const { tokens, size } = facts.embedding;
  const holder = facts.vocabulary ? "the vocabulary" : file.inputSize === undefined ? "E" : "inputSize";
  const E = parameters.read(
    draft.E,
    ["embedding", "E"],
    { name: "E", rank: 2, rows: tokens, cols: size, role: "embedding", hidden: size },
    `${holder} has ${tokens === null ? "its tokens" : counted(tokens, "token")} and embedding.size is ${size ?? "wrong"}`,
  );
  return () => ({ E: E() });
}

/** The full names of the parameters that are held fixed. */
function readFrozen(file: DraftFile, facts: ModelFacts, report: Report): ReadonlySet<string> {
  const frozen = new Set<string>();
  const read = (
    draft: { trainable?: Draft<boolean>; frozen?: Draft<string[]> } | null,
    path: Path,
    prefixes: readonly string[],
    names: readonly string[],
    whose: string,
  ) => {
    const hold = (name: string) => {
      for (const prefix of prefixes) frozen.add(`${prefix}.${name}`);
    };
    if (draft?.trainable === false) names.forEach(hold);
    usable(draft?.frozen)?.forEach((name, k) => {
      if (name === bad) return;
      if (names.includes(name)) hold(name);
      else
        report.error(
          "unknown-parameter",
          [...path, "frozen", k],
          `${JSON.stringify(name)} is no parameter of ${whose}${names.length === 0 ? ", which has none" : `, which has ${listed(names)}${suggestion(name, names)}`}`,
        );
    });
  };
  if (facts.embedding) read(usable(file.embedding), ["embedding"], ["embedding"], ["E"], "the embedding");
  facts.layers?.forEach((layer, l) => {
    const cell = cellOfFacts(layer);
    const { options, direction } = layer;
    if (cell === null) return;
    const prefixes = direction === "both" ? [`layers.${l}`, `layers.${l}.reverse`] : [`layers.${l}`];
    const names = cell.parameters(options).map(({ name }) => name);
    read(usable(usable(file.layers)![l]), ["layers", l], prefixes, names, `layers[${l}]`);
  });
  const { Why, by, Wxy } = facts.readout;
  const names = [...(Why ? ["Why"] : []), ...(by ? ["by"] : []), ...(Wxy ? ["Wxy"] : [])];
  read(usable(file.output), ["output"], ["output"], names, "the output");
  return frozen;
}

function readLayer(
  file: DraftFile,
  facts: ModelFacts,
  layer: LayerFacts,
  l: number,
  modelInputSize: number | null,
  parameters: Parameters,
  report: Report,
): (() => Layer) | null {
  const draft = usable(usable(file.layers)![l]);
  const { cell: kind, own, size, direction, options } = layer;
  const cell = cellOfFacts(layer);
  if (draft === null) return null;
  const path = ["layers", l];
  const inputSize = l === 0 ? modelInputSize : facts.layers![l - 1]!.outputSize;

  if (draft.reverse !== undefined && direction !== null && direction !== "both")
    report.error(
      "foreign-key",
      [...path, "reverse"],
      `reverse holds a backward pass beside a forward one, but this layer's direction is "${direction}": expected "both"`,
      "key",
    );
  if (
    kind === null ||
    cell === null ||
    Object.values(choicesOf(draft)).includes(bad) ||
    [draft.bias, draft.trainable, draft.frozen].includes(bad)
  ) {
    parameters.fail();
    return null;
  }
  for (const [pass, at] of [
    [draft, path],
    [usable(draft.reverse), [...path, "reverse"]],
  ] as const)
    if (pass !== null && isCellKind(kind)) reportParametersOfOthers(pass, at, kind, options, report);
  if (own) checkInputAsVector(own, kind, l, inputSize, size, report);

  const readPass = (
    pass: DraftLayer | NonNullable<Exclude<DraftLayer["reverse"], typeof bad>>,
    at: Path,
    prefix: string,
    way: "forward" | "backward",
  ): (() => Pass) => {
    const readings = cell.parameters(options).map(({ name, cols, isForgetBias }) => {
      const units = size === null ? "" : counted(size, "unit");
      const reason =
        cols === "input"
          ? `the layer reads ${inputSize === null ? "its inputs" : counted(inputSize, "input")} into ${units}`
          : `the layer has ${units}`;
      const shape = {
        name,
        rank: cols === null ? (1 as const) : (2 as const),
        rows: size,
        cols: cols === null ? 1 : cols === "input" ? inputSize : size,
        role: cols !== null ? roles[cols] : isForgetBias ? ("forgetBias" as const) : ("bias" as const),
        hidden: size,
        initial: own?.initial[name] ?? null,
      };
      const value = (pass as Record<string, Draft<number[] | number[][]> | undefined>)[name];
      return [name, parameters.read(value, [...at, name], shape, reason)] as const;
    });
    const initial = cell.states.map((state) => {
      const key = `${state}0`;
      const given = (pass as Record<string, Draft<number[]> | undefined>)[key];
      const unit = `the layer has ${size === null ? "" : counted(size, "unit")}`;
      const numbers = given === undefined ? null : readVector(given, [...at, key], size, unit, report);
      if (given !== undefined && numbers === null) parameters.fail();
      return [state, numbers] as const;
    });
    return () => ({
      direction: way,
      prefix,
      parameters: Object.fromEntries(readings.map(([name, tensor]) => [name, tensor()])),
      initial: Object.fromEntries(initial.map(([state, numbers]) => [state, numbers ?? new Float64Array(size!)])),
    });
  };

  const passes = [readPass(draft, path, `layers.${l}`, direction === "backward" ? "backward" : "forward")];
  if (direction === "both") {
    if (draft.reverse === bad) parameters.fail();
    else passes.push(readPass(draft.reverse ?? {}, [...path, "reverse"], `layers.${l}.reverse`, "backward"));
  }
  if (size === null || inputSize === null || direction === null) {
    parameters.fail();
    return null;
  }
  return () => ({
    cell: kind,
    ...(own && { own }),
    options,
    size,
    inputSize,
    direction,
    passes: passes.map((pass) => pass()),
  });
}

/** Where an equation has x as a vector by itself, it is as long as the quantities. */
function checkInputAsVector(
  { inputAsVector: place }: OwnCell,
  cell: string,
  l: number,
  inputSize: number | null,
  size: number | null,
  report: Report,
): void {
  if (place?.kind !== "equation" || inputSize === null || size === null || inputSize === size) return;
  report.error(
    "shape",
    ["cells", cell, "equations", place.equation],
    `x is a vector by itself here, but layers[${l}] reads ${counted(inputSize, "input")} into ${counted(size, "unit")}: expected as many, or a matrix before x`,
    { from: place.from, to: place.to },
  );
}

/** Reports the parameters that the cell has only with another choice than the layer's. */
function reportParametersOfOthers(pass: object, at: Path, kind: CellKind, options: CellOptions, report: Report): void {
  const cell = cells[kind];
  const namesWith = (chosen: CellOptions) => cell.parameters(chosen).map(({ name }) => name);
  const own = namesWith(options);
  const withBiases = namesWith({ ...options, bias: "true" });
  for (const { name } of parametersOfAny(cell)) {
    if (own.includes(name) || !(name in pass)) continue;
    if (withBiases.includes(name)) {
      report.error(
        "bias",
        [...at, name],
        `${name} is a bias, but the layer's bias is false: expected one of the two`,
        "key",
      );
      continue;
    }
    // Of the layer's choices, those that alone keep the parameter away; else all of them.
    const all = Object.entries(cell.options);
    const reasons = all.filter(([key]) =>
      optionsOf(cell).some((other) => namesWith({ ...options, [key]: other[key]! }).includes(name)),
    );
    const chosen = (reasons.length > 0 ? reasons : all).map(([key, { choices }]) => ({
      text: `${key} ${JSON.stringify(options[key])}`,
      without: choices.find(({ value }) => value === options[key])?.without,
    }));
    const without = chosen.find((choice) => choice.without !== undefined)?.without;
    report.error(
      "foreign-key",
      [...at, name],
      `${name} does not belong to ${withArticle(kind)} layer with ${listed(chosen.map(({ text }) => text))}${without === undefined ? "" : `, ${without}`}`,
      "key",
    );
  }
}

const impliedActivation: Record<LossType, OutputActivation> = {
  "cross-entropy": "softmax",
  "binary-cross-entropy": "sigmoid",
  mse: "linear",
  mae: "linear",
  huber: "linear",
  linear: "linear",
};

/** The losses that are taken of logits, and so of one activation alone. */
const boundLosses: readonly LossType[] = ["cross-entropy", "binary-cross-entropy"];

function readOutput(
  file: DraftFile,
  facts: ModelFacts,
  inputSize: number | null,
  parameters: Parameters,
  report: Report,
): (() => Model["output"]) | null {
  const output = usable(file.output);
  if (output === null) return null;
  const topSize = facts.layers?.at(-1)?.outputSize ?? null;
  const isIdentity = output.Why === "identity";
  if (isIdentity) checkIdentity(output, topSize, report);
  else if (output.size === undefined) report.error("missing-key", ["output"], 'output has no "size"', "opening");
  const size = facts.outputSize;
  const outputs = size === null ? "its outputs" : counted(size, "output");
  const reads = `the output reads ${topSize === null ? "the top layer" : counted(topSize, "hidden unit")} into ${outputs}`;
  if (typeof output.Why === "string" && !isIdentity) {
    report.error(
      "value",
      ["output", "Why"],
      `Why is ${describe(output.Why)}, expected a matrix or "identity"${suggestion(output.Why, ["identity"])}`,
    );
    parameters.fail();
  }
  const given = typeof output.Why === "string" ? undefined : output.Why;
  const Why = facts.readout.Why
    ? parameters.read(
        given,
        ["output", "Why"],
        { name: "Why", rank: 2, rows: size, cols: topSize, role: "output", hidden: topSize },
        reads,
      )
    : null;
  if (output.bias === false && output.by !== undefined && !isIdentity)
    report.error(
      "bias",
      ["output", "by"],
      "by is a bias, but the output's bias is false: expected one of the two",
      "key",
    );
  const by = facts.readout.by
    ? parameters.read(
        output.by,
        ["output", "by"],
        { name: "by", rank: 1, rows: size, cols: 1, role: "bias", hidden: topSize },
        `the output has ${outputs}`,
      )
    : null;
  if (output.Wxy !== undefined && output.readsInput !== true && output.readsInput !== bad && !isIdentity)
    report.error(
      "foreign-key",
      ["output", "Wxy"],
      'Wxy leads from the input to the logits, but the output does not read it: expected "readsInput": true',
      "key",
      { kind: "set", set: [[["output", "readsInput"], true]], title: 'Add "readsInput": true' },
    );
  const Wxy = facts.readout.Wxy
    ? parameters.read(
        output.Wxy,
        ["output", "Wxy"],
        { name: "Wxy", rank: 2, rows: size, cols: inputSize, role: "output", hidden: topSize },
        `the output reads ${inputSize === null ? "its inputs" : counted(inputSize, "input")} into ${outputs}`,
      )
    : null;
  if (output.skip === true && size !== null && inputSize !== null && size !== inputSize)
    report.error(
      "shape",
      ["output", "skip"],
      `skip adds x_t, which has ${counted(inputSize, "number")}, to the logits, which are ${size}: expected as many`,
    );

  const { lossType } = facts;
  const chosen = output.activation;
  if (
    chosen !== undefined &&
    chosen !== bad &&
    lossType &&
    boundLosses.includes(lossType) &&
    chosen !== impliedActivation[lossType]
  )
    report.error(
      "loss-activation",
      ["output", "activation"],
      `activation is "${chosen}", but the loss is ${lossType}: expected "${impliedActivation[lossType]}"`,
      "value",
      { kind: "set", set: [[["output", "activation"], impliedActivation[lossType]]] },
    );
  const activation = chosen ?? (lossType ? impliedActivation[lossType] : "linear");
  const at = facts.at;
  warnOfLast(file, facts, report);
  const { bias, readsInput, skip = false, trainable, frozen } = output;
  if (size === null || at === null || activation === bad || skip === bad) return null;
  if ([bias, readsInput, trainable, frozen].includes(bad)) return null;
  return () => ({
    size,
    at,
    activation,
    Why: Why?.() ?? null,
    by: by?.() ?? null,
    Wxy: Wxy?.() ?? null,
    skip,
  });
}

/** A read-out without parameters of its own, and what cannot stand beside it. */
function checkIdentity(output: DraftOutput, topSize: number | null, report: Report): void {
  const size = usable(output.size);
  if (size !== null && topSize !== null && size !== topSize)
    report.error(
      "shape",
      ["output", "size"],
      `size is ${size}, but Why is "identity", and the top layer's h_t has ${counted(topSize, "number")}: expected ${topSize}, or none`,
      "value",
      { kind: "set", set: [[["output", "size"], topSize]] },
    );
  for (const key of ["by", "Wxy"] as const)
    if (output[key] !== undefined)
      report.error(
        "identity",
        ["output", key],
        `${key} stands beside "Why": "identity", which has no parameters`,
        "key",
      );
  if (output.readsInput !== undefined)
    report.error(
      "identity",
      ["output", "readsInput"],
      'readsInput stands beside "Why": "identity", which has no parameters',
      "key",
    );
}

/** h_T of a backward pass has seen x_T alone, which is seldom what is meant. */
function warnOfLast(file: DraftFile, facts: ModelFacts, report: Report): void {
  const top = facts.layers?.at(-1);
  if (facts.at !== "last" || !top || (top.direction !== "backward" && top.direction !== "both")) return;
  const l = facts.layers!.length - 1;
  report.warning(
    "last-of-backward",
    ["output", "at"],
    `at is "last", but layers[${l}] reads the sequence backward: its h_T has seen x_T alone; "ends" reads the state in which each pass ends, as Keras' Bidirectional and PyTorch's h_n`,
    "value",
    { kind: "set", set: [[["output", "at"], "ends"]] },
  );
}

/** `undefined` where it is wrong. */
function readLoss(file: DraftFile, facts: ModelFacts, report: Report): Loss | null | undefined {
  if (file.loss === undefined) return null;
  const loss = usable(file.loss);
  if (loss === null || !facts.lossType || Object.values(loss).includes(bad)) return undefined;
  const { reduction, factor, outputs, delta, classWeights, labelSmoothing } = loss;
  const size = facts.outputSize;
  const weights =
    classWeights === undefined
      ? null
      : readVector(
          classWeights,
          ["loss", "classWeights"],
          size,
          `the output has ${size === null ? "its classes" : counted(size, "class").replace("classs", "classes")}`,
          report,
        );
  if (classWeights !== undefined && weights === null) return undefined;
  return {
    type: facts.lossType,
    reduction: usable(reduction) ?? "sum",
    factor: usable(factor) ?? 1,
    outputs: usable(outputs) ?? "sum",
    delta: usable(delta) ?? 1,
    classWeights: weights,
    labelSmoothing: usable(labelSmoothing) ?? 0,
  };
}

function readInitial(file: DraftFile, report: Report): InitialSettings | null {
  const initial = file.initial === undefined ? {} : file.initial;
  if (initial === bad || Object.values(initial).includes(bad)) return null;
  const { scheme = "xavier", scale, seed, forgetBias } = initial;
  if (scale !== undefined && scheme !== "normal" && scheme !== "identity")
    report.error(
      "foreign-key",
      ["initial", "scale"],
      `scale does not belong to the scheme ${String(scheme)}, whose spread follows from the sizes: expected no scale, or the scheme "normal" (its deviation) or "identity" (its factor)`,
      "key",
      { kind: "instead", set: [] },
    );
  return {
    scheme: usable(scheme)!,
    scale: usable(scale),
    seed: usable(seed) ?? 0,
    forgetBias: usable(forgetBias) ?? 0,
  };
}
