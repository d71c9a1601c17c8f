/** What the text editor needs only once a model file is open. */
export { ownLayerFix } from "../../format/copyCell";
export { renamedAt, renameEdits } from "../../format/renameWord";
export * from "./cellChoices";
export * from "./cellNames";
export * from "./cellOutline";
export * from "./dataFile";
export * from "./equationWords";
export * from "./explainAt";
export * from "./fixes";
export * from "./foreignWords";
export * from "./hoverText";
export * from "./inlineDecorations";
export { stepAbove } from "./inlineValues";
export * from "./templates";
export * from "./words";
export * from "./writeDrawn";
