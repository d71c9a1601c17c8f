import * as path from "node:path";
import { setImmediate } from "node:timers/promises";
import { countTargets } from "../engine/loss";
import type { NamedTensors } from "../engine/tensor";
import type { EpochResult } from "../engine/train";
import { applyEdits, parameterEdits } from "../format/edit";
import { printParameters, splitParameters } from "../format/parameterFile";
import { besideOf } from "../interop/importFile";
import { trainFast } from "../kernels";
import { FileError, parseCall, wholeNumber } from "./call";
import { readFile } from "./files";
import type { Output } from "./output";
import { ResultFile } from "./resultFile";
import { tell } from "./terminal";

/** Short epochs are written many at once: each writing costs more than some of them. */
const writeEveryMs = 50;

/** What `JSON.stringify` writes, in a third of the time: a short epoch takes no longer than that. */
function epochLine(result: EpochResult, seconds: number): string {
  const number = (value: number | null) => (value !== null && Number.isFinite(value) ? value : "null");
  const { epoch, loss, gradientNorm, validationLoss, accuracy, validationAccuracy } = result;
  let line = `{"epoch":${epoch},"loss":${number(loss)},"gradientNorm":${number(gradientNorm)}`;
  if (validationLoss !== undefined) line += `,"validationLoss":${number(validationLoss)}`;
  if (accuracy !== undefined) line += `,"accuracy":${number(accuracy)}`;
  if (validationAccuracy !== undefined) line += `,"validationAccuracy":${number(validationAccuracy)}`;
  return `${line},"seconds":${seconds}}\n`;
}

/**
 * Writes the text with the trained parameters in it. Those that lie beside it are written beside what is written here, under
 * its name; the file that the source names stays as it is.
 */
function writeTrained(
  text: string,
  parameters: NamedTensors,
  result: ResultFile,
  out: string,
  besideResult: ResultFile | null,
): void {
  const { inText, beside } = splitParameters(text, parameters);
  const edits = parameterEdits(text, inText);
  if (beside && besideResult) {
    besideResult.write(printParameters(beside.tensors));
    edits.push({ ...beside.place, text: JSON.stringify(path.basename(besideOf(out))) });
    edits.sort((a, b) => a.offset - b.offset);
  }
  result.write(applyEdits(text, edits));
}

export async function trainCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, { epochs: { type: "string" }, out: { type: "string" } });
  const { text, problem } = readFile(file);
  const epochs = wholeNumber("epochs", values.epochs, problem.training.epochs);
  if (problem.sequences.length === 0)
    throw new FileError(`${file}: there is nothing to train on: the file has no sequences`);
  if (!problem.sequences.some((sequence) => countTargets(sequence) > 0))
    throw new FileError(`${file}: there is nothing to train on: no sequence has a target`);
  const result = values.out === undefined ? null : new ResultFile(values.out);
  const hasBeside = splitParameters(text, {}).beside !== null;
  const besideResult = hasBeside && values.out !== undefined ? new ResultFile(besideOf(values.out)) : null;
  let interrupted = false;
  // Also where the terminal is closed: what has been learned by then is written.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      interrupted = true;
    });
  /** Why nothing can be told any more: a full disk, or a reader who has seen enough (`| head`). */
  let untold: unknown = null;
  const say = async (saying: () => Promise<void>) => {
    if (untold !== null) return;
    try {
      await saying();
    } catch (error) {
      untold = error;
      interrupted = true;
    }
  };
  const training = trainFast({ ...problem, training: { ...problem.training, epochs } }, __dirname);
  let epochStart = performance.now();
  let lastPause = epochStart;
  for (let next = training.next(); ; next = training.next(interrupted)) {
    if (next.done) {
      if (result) writeTrained(text, next.value.parameters, result, values.out!, besideResult);
      await say(() => output.flush());
      if (untold instanceof Error) throw untold;
      if (next.value.kind === "stopped") tell("interrupted");
      if (next.value.kind !== "diverged") {
        const { lastEpoch, bestEpoch } = next.value;
        if (lastEpoch !== undefined)
          tell(
            `ended after epoch ${lastEpoch}: the validation loss has not fallen since epoch ${bestEpoch}, whose parameters are kept`,
          );
        return 0;
      }
      const { epoch, sequence, t, tensor } = next.value;
      tell(
        `the loss is no longer finite: epoch ${epoch}, sequences[${sequence}], step t = ${t}: ${tensor} is the first that is not`,
      );
      return 1;
    }
    const now = performance.now();
    if (next.value.result) {
      const line = epochLine(next.value.result, Math.round((now - epochStart) * 1000) / 1e6);
      await say(() => output.write(line));
      epochStart = now;
    }
    if (now - lastPause < writeEveryMs) continue;
    await say(() => output.flush());
    // A signal is heard only between two turns of the event loop.
    await setImmediate();
    lastPause = performance.now();
  }
}
