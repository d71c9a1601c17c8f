import { parametersOf } from "../../engine/model";
import type { ExportTarget } from "../../format/exported";
import { printArchive, printParameters } from "../../format/parameterFile";
import { exportC } from "./c";
import { exportKeras } from "./keras";
import { exportNam } from "./nam";
import { exportOnnx } from "./onnx";
import { exportRtneural } from "./rtneural";
import { exportTfjs } from "./tfjs";

export type { Exported, ExportedFile, ExportTarget } from "../../format/exported";
export { ExportError } from "../../format/exported";

const alone =
  "it holds the parameters alone, by their names in the trace: cells, functions and the read-out are not in it";

const parameterFile =
  (print: typeof printParameters): ExportTarget =>
  ({ model }) => ({
    files: [{ name: "", content: print(new Map(Object.entries(parametersOf(model)))) }],
    warnings: [alone],
  });

export type FileTarget = "safetensors" | "onnx" | "keras" | "npz" | "tfjs" | "rtneural" | "nam" | "c";

/** The targets that are one file, or a file with a neighbour. */
export const fileTargets: Readonly<Record<FileTarget, ExportTarget>> = {
  safetensors: parameterFile(printParameters),
  onnx: exportOnnx,
  keras: exportKeras,
  npz: parameterFile(printArchive),
  tfjs: exportTfjs,
  rtneural: exportRtneural,
  nam: exportNam,
  c: exportC,
};
