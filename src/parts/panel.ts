/** The panel with the derivations: loaded when the first one opens. */
import "./file";

export { StepperPanel } from "../panel/panel";
