import type { Model, Sequence } from "../engine/model";
import { outputSize } from "../engine/model";
import type { Draft } from "./draft";
import type { Sequence as FileSequence } from "./file.generated";
import { noOwnCells } from "./ownCells";
import { parseText } from "./parse";
import type { ModelFacts, Vocabulary } from "./readModel";
import type { ItemReader } from "./readSequences";
import { itemsOf, readSequences, SequenceContext } from "./readSequences";
import { Collector } from "./report";
import { run } from "./slices";
import { SourceMap } from "./sourceMap";
import { checkStructure } from "./structure";

/** Inputs that somebody types beside a file. */
export type InputsReading =
  | { readonly ok: true; readonly sequence: Sequence; readonly item: ItemReader }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Reads the inputs of one sequence: an array as `inputs` has it, or a text in quotes with one token a character.
 * @param text JSON
 */
export function readInputs(text: string, model: Model): InputsReading {
  // A sequence of its own around what was typed, so that it is read as one of the file is.
  const key = text.trimStart().startsWith('"') ? "text" : "inputs";
  const whole = `{"${key}":${text}}`;
  const parsed = parseText(whole);
  const report = new Collector(whole, new SourceMap(parsed.nodes));
  // Of the braces around it, which nobody has typed, nothing is said
  const typed = parsed.faults.filter(({ offset }, k) => offset > 0 || k === 0);
  for (const fault of typed) {
    const atEnd =
      fault.offset === whole.length - 1 ? fault.message.replace(/^found \}/, "found the end") : fault.message;
    report.errorAt(fault.code, fault, atEnd.replace(/expected \}$/, "expected the end"));
  }
  const draft = parsed.structured ? checkStructure(parsed.value, "sequence", [], noOwnCells, report) : null;
  const context = new SequenceContext(factsOf(model), model.inputSize, model.layers, false);
  const [sequence] =
    draft === null ? [] : run(readSequences([draft as Draft<FileSequence>], () => ({ base: [], report }), context));
  if (!sequence || report.hasErrors) return { ok: false, errors: report.diagnostics().map(({ message }) => message) };
  return {
    ok: true,
    sequence,
    item: itemsOf(draft as Draft<FileSequence>, sequence, context.facts),
  };
}

function factsOf(model: Model): ModelFacts {
  const { embedding, inputSize, vocabulary, output } = model;
  const isOfWords = vocabulary !== null && vocabulary.length === inputSize;
  return {
    embedding: embedding && { tokens: embedding.E.rows, size: inputSize },
    ids: embedding ? embedding.E.rows : isOfWords ? vocabulary.length : null,
    readout: { Why: output.Why !== null, by: output.by !== null, Wxy: output.Wxy !== null },
    vocabulary: wordsOf(model.vocabulary),
    labels: wordsOf(model.labels),
    hasUnreadableWords: false,
    layers: model.layers.map((layer) => ({
      cell: layer.cell,
      own: layer.own ?? null,
      options: layer.options,
      size: layer.size,
      direction: layer.direction,
      outputSize: outputSize(layer),
    })),
    outputSize: model.output.size,
    at: model.output.at,
    lossType: model.loss?.type,
  };
}

function wordsOf(words: readonly string[] | null): Vocabulary | null {
  return words && { words, indices: new Map(words.map((word, k) => [word, k])) };
}
