/** What commands do that nobody gives all the time: loaded with the first of them. */
import "./file";

export { pickSequence, pickSpeed, pickStep } from "../commands/pickers";
export { freeName, minimal, templateOf } from "../editor/templates";
export { takeDown } from "../expectations/takeDown";
export { checkCommand } from "../training/checkCommand";
export { askNumber, predictCommand } from "../training/predictCommand";
export { whyNotTrainable } from "../training/trainable";
export { writeParameters } from "../training/writeParameters";
