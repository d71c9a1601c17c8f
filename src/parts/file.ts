/** What works on an open model file: loaded with the first one. */

export { explanationOfNumber } from "../diagnosis/words";
export { dataFileOf } from "../editor/dataFile";
export { explainAt } from "../editor/explainAt";
export { hoverAt } from "../editor/hoverText";
export { InlineDecorations } from "../editor/inlineDecorations";
export { wordsAt } from "../editor/words";
export { wrongText } from "../expectations/names";
export { printNumber } from "../format/layout";
export { Session } from "../session/session";
export { verdictOf } from "../training/gradientVerdict";
