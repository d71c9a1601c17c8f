/** What somebody types as an input of his own, in the shortest form that his model allows. */
import type { Model } from "../engine/model";
import type { InputsReading } from "../format/inputs";
import { readInputs } from "../format/inputs";
import { isCharacterVocabulary } from "./predictionReport";

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
