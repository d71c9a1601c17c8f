/** The exporter with the typesetting of formulas: loaded when somebody exports. */
import "./file";

export { exportText } from "../export";
