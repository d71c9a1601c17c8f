export { compareWith, runInChunks } from "./compareWith";
export { exportModel } from "./exportModel";
export { importFile } from "./importFile";
