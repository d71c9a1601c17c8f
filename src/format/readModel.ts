import { cells } from "../engine/cells";
import { drawParameters, type InitialSettings, type ParameterShape } from "../engine/initial";
import type { CellKind, CellOptions, Layer, Loss, LossType, Model, OutputActivation, Pass } from "../engine/model";
import type { Tensor } from "../engine/tensor";
import { defaultOptions, optionKeys, optionsOf, parametersOfAny } from "../engine/variants";
import { counted, type Draft, listed, withArticle } from "./draft";
import type { Layer as FileLayer, RnnFile } from "./file.generated";
import { bad } from "./parse";
import type { Report } from "./report";
import type { Path } from "./sourceMap";
import { readMatrix, readVector } from "./tensors";

/** More numbers than this in one file's parameters, or in its drawn sequences, are a slip of the hand, and no machine's memory. */
export const mostNumbers = 100_000_000;

/** A layer as far as the file says it; null where it says it wrongly. */
export interface LayerFacts {
  readonly cell: CellKind | null;
  readonly options: CellOptions;
  readonly size: number | null;
  readonly direction: "forward" | "backward" | "both" | null;
  /** Length of its h_t. */
  readonly outputSize: number | null;
}

/** What is known of the model before its parameters are read: enough to check sequences and expectations. */
export interface ModelFacts {
  /** With `bad` for entries that are no text. */
  readonly vocabulary: Vocabulary | null;
  /** Given or by default. */
  readonly labels: Vocabulary | null;
  readonly layers: readonly LayerFacts[] | null;
  readonly outputSize: number | null;
  readonly at: "every" | "last" | null;
  /** `undefined` where the file has no loss, null where it is wrong. */
  readonly lossType: LossType | null | undefined;
}

/** Words and the numbers that they stand for. */
export interface Vocabulary {
  readonly words: readonly (string | typeof bad)[];
  readonly indices: ReadonlyMap<string, number>;
}

type DraftFile = Exclude<Draft<RnnFile>, typeof bad>;
type DraftLayer = Exclude<Draft<FileLayer>, typeof bad>;

const usable = <T>(value: T | typeof bad | undefined): T | null =>
  value === bad || value === undefined ? null : value;

/** Reads what the file says of the model's form. */
export function readFacts(file: DraftFile, report: Report): ModelFacts {
  const output = usable(file.output);
  const outputSize = usable(output?.size);
  const vocabulary = readWords(file.vocabulary, "vocabulary", "error", report);
  const layers = usable(file.layers);
  return {
    vocabulary,
    labels: readLabels(file, vocabulary, outputSize, report),
    layers: layers && layers.map(layerFacts),
    outputSize,
    at: output?.at === bad ? null : (output?.at ?? "every"),
    lossType: file.loss === undefined ? undefined : usable(usable(file.loss)?.type),
  };
}

function layerFacts(layer: Draft<FileLayer>): LayerFacts {
  if (layer === bad)
    return {
      cell: null,
      options: defaultOptions(null),
      size: null,
      direction: null,
      outputSize: null,
    };
  const cell = usable(layer.cell);
  const size = usable(layer.size);
  const direction = layer.direction === bad ? null : (layer.direction ?? "forward");
  const given = Object.entries(choicesOf(layer)).filter(([, value]) => typeof value === "string");
  return {
    cell,
    options: { ...defaultOptions(cell), ...(Object.fromEntries(given) as Record<string, string>) },
    size,
    direction,
    outputSize: size === null || direction === null ? null : direction === "both" ? 2 * size : size,
  };
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
export function readModel(file: DraftFile, facts: ModelFacts, inputSize: number | null, report: Report): Model | null {
  const parameters = new Parameters(report);
  const layers = facts.layers?.map((layer, l) => readLayer(file, facts, layer, l, inputSize, parameters, report)) ?? [];
  const output = readOutput(file, facts, parameters, report);
  const loss = readLoss(file, facts);
  const settings = readInitial(file);
  if (output === null || loss === undefined || settings === null || inputSize === null || facts.layers === null)
    return null;
  if (!parameters.complete(settings)) return null;
  const finished = layers.map((layer) => layer?.() ?? null);
  if (finished.includes(null)) return null;
  const vocabulary = facts.vocabulary && wholeWords(facts.vocabulary);
  const labels = facts.labels && wholeWords(facts.labels);
  if (vocabulary === undefined || labels === undefined) return null;
  return { inputSize, vocabulary, labels, layers: finished as Layer[], output: output(), loss };
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

  constructor(private readonly report: Report) {}

  fail(): void {
    this.failed = true;
  }

  /** A parameter's place: asked for its tensor after `complete`. */
  read(
    value: Draft<number[] | number[][]> | undefined,
    path: Path,
    shape: { [K in keyof ParameterShape]: ParameterShape[K] | null } & {
      name: string;
      rank: 1 | 2;
      role: ParameterShape["role"];
    },
    reason: string,
  ): () => Tensor {
    const { name, rank, rows, cols, role, hidden } = shape;
    let tensor: Tensor | null = null;
    if (value !== undefined) {
      if (rank === 1) {
        const data = readVector(value as Draft<number[]>, path, rows, reason, this.report);
        tensor = data && { rank: 1, rows: data.length, cols: 1, data };
      } else tensor = readMatrix(value as Draft<number[][]>, path, rows, cols, reason, this.report);
      if (tensor === null) this.failed = true;
    } else if (rows === null || cols === null || hidden === null) this.failed = true;
    else {
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
      const place = this.shapes.push({ name, rank, rows, cols, role, hidden }) - 1;
      return () => this.drawn[place]!;
    }
    return () => tensor!;
  }

  /** Draws what the file leaves out. False where something could not be read. */
  complete(settings: InitialSettings): boolean {
    if (this.failed) return false;
    this.drawn = drawParameters(this.shapes, settings);
    return true;
  }
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
  const { cell, size, direction, options } = layer;
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
  if (cell === null || Object.values(choicesOf(draft)).includes(bad)) {
    parameters.fail();
    return null;
  }
  for (const [pass, at] of [
    [draft, path],
    [usable(draft.reverse), [...path, "reverse"]],
  ] as const)
    if (pass !== null) reportParametersOfOthers(pass, at, cell, options, report);

  const readPass = (
    pass: DraftLayer | NonNullable<Exclude<DraftLayer["reverse"], typeof bad>>,
    at: Path,
    prefix: string,
    way: "forward" | "backward",
  ): (() => Pass) => {
    const readings = cells[cell].parameters(options).map(({ name, cols, isForgetBias }) => {
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
      };
      const value = (pass as Record<string, Draft<number[] | number[][]> | undefined>)[name];
      return [name, parameters.read(value, [...at, name], shape, reason)] as const;
    });
    const initial = cells[cell].states.map((state) => {
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
  return () => ({ cell, options, size, inputSize, direction, passes: passes.map((pass) => pass()) });
}

/** Reports the parameters that the cell has only with another choice than the layer's. */
function reportParametersOfOthers(pass: object, at: Path, kind: CellKind, options: CellOptions, report: Report): void {
  const cell = cells[kind];
  const namesWith = (chosen: CellOptions) => cell.parameters(chosen).map(({ name }) => name);
  const own = namesWith(options);
  for (const { name } of parametersOfAny(cell)) {
    if (own.includes(name) || !(name in pass)) continue;
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
};

function readOutput(
  file: DraftFile,
  facts: ModelFacts,
  parameters: Parameters,
  report: Report,
): (() => Model["output"]) | null {
  const output = usable(file.output);
  if (output === null) return null;
  const size = facts.outputSize;
  const topSize = facts.layers?.at(-1)?.outputSize ?? null;
  const outputs = size === null ? "its outputs" : counted(size, "output");
  const reads = `the output reads ${topSize === null ? "the top layer" : counted(topSize, "hidden unit")} into ${outputs}`;
  const Why = parameters.read(
    output.Why,
    ["output", "Why"],
    { name: "Why", rank: 2, rows: size, cols: topSize, role: "output", hidden: topSize },
    reads,
  );
  const by = parameters.read(
    output.by,
    ["output", "by"],
    { name: "by", rank: 1, rows: size, cols: 1, role: "bias", hidden: topSize },
    `the output has ${outputs}`,
  );

  const { lossType } = facts;
  const given = output.activation;
  if (given !== undefined && given !== bad && lossType && lossType !== "mse" && given !== impliedActivation[lossType])
    report.error(
      "loss-activation",
      ["output", "activation"],
      `activation is "${given}", but the loss is ${lossType}: expected "${impliedActivation[lossType]}"`,
    );
  const activation = given ?? (lossType ? impliedActivation[lossType] : "linear");
  const at = facts.at;
  if (size === null || at === null || activation === bad) return null;
  return () => ({ size, at, activation, Why: Why(), by: by() });
}

/** `undefined` where it is wrong. */
function readLoss(file: DraftFile, facts: ModelFacts): Loss | null | undefined {
  if (file.loss === undefined) return null;
  const loss = usable(file.loss);
  if (loss === null || !facts.lossType || loss.reduction === bad) return undefined;
  return { type: facts.lossType, reduction: loss.reduction ?? "sum" };
}

function readInitial(file: DraftFile): InitialSettings | null {
  const initial = file.initial === undefined ? {} : file.initial;
  if (initial === bad || Object.values(initial).includes(bad)) return null;
  const { scheme, scale, seed, forgetBias } = initial;
  return {
    scheme: usable(scheme) ?? "xavier",
    scale: usable(scale),
    seed: usable(seed) ?? 0,
    forgetBias: usable(forgetBias) ?? 0,
  };
}
