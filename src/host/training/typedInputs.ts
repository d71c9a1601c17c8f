/** What somebody types as an input of his own, in the shortest form that his model allows. */
import type { Model } from "../../engine/model";
import { isCharacterVocabulary } from "../../engine/predict";
import type { InputsReading } from "../../format/inputs";
import { readInputs } from "../../format/inputs";

/** Says in one sentence what to type. */
export function typedInputsPrompt(model: Model): string {
  if (!model.vocabulary)
    return model.inputSize === 1
      ? "Numbers separated by spaces, one a step, such as 1 2 0.5"
      : `A JSON array with one vector of ${model.inputSize} numbers a step`;
  return isCharacterVocabulary(model)
    ? "A text, one token a character; or a JSON array of tokens"
    : "Tokens separated by spaces; or a JSON array of tokens";
}

/** What somebody has typed with one more item at its end: the model's word for output j, or the output's value. */
export function withNext(text: string, model: Model, j: number, value: number): string {
  const item = model.labels?.[j] ?? value;
  if (text.trimStart().startsWith("[") && !model.vocabulary?.includes("[")) {
    const items = JSON.parse(text) as unknown[];
    return JSON.stringify([...items, item]);
  }
  return model.vocabulary && isCharacterVocabulary(model) ? `${text}${item}` : `${text.trimEnd()} ${item}`.trimStart();
}

/** Whether what the model gives out can be what it reads next. */
export function canGoOn(model: Model): boolean {
  if (!model.vocabulary) return model.inputSize === 1 && model.output.size === 1;
  return model.labels !== null && model.labels.every((label) => model.vocabulary!.includes(label));
}

/**
 * Reads a typed input: a JSON array, or else a text of a character vocabulary, tokens between spaces, or numbers between
 * spaces or commas.
 */
export function readTypedInputs(text: string, model: Model): InputsReading {
  if (text.trimStart().startsWith("[") && !model.vocabulary?.includes("[")) return readInputs(text, model);
  if (model.vocabulary && isCharacterVocabulary(model)) return readInputs(JSON.stringify(text), model);
  const words = text.split(model.vocabulary ? /\s+/ : /[\s,]+/).filter((word) => word !== "");
  if (model.vocabulary) return readInputs(JSON.stringify(words), model);
  const wrong = words.find((word) => !Number.isFinite(Number(word)));
  if (wrong !== undefined) return { ok: false, errors: [`${JSON.stringify(wrong)} is not a number`] };
  return readInputs(JSON.stringify(words.map(Number)), model);
}
