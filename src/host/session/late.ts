/** What is loaded with the first model file. */
export { runOptions } from "../panel/runs";
export { Session } from "./session";
