import { type Other, type Parity, ParityError, parity, usualTolerance } from "../check/parity";
import { FileSource } from "../interop/fileSource";
import { ImportError } from "../interop/import";
import { readOther } from "../interop/otherNumbers";
import { FileError, messageOf, parseCallOfTwo, UsageError, wholeNumber } from "./call";
import { problemOfText, readFile, sequenceIn } from "./files";
import { finished } from "./longWork";
import type { Output } from "./output";

/** A model against another one, a trace or arrays. */
export async function compareCommand(args: string[], output: Output): Promise<number> {
  const { values, files } = parseCallOfTwo(args, { tolerance: { type: "string" }, sequence: { type: "string" } });
  const [file, with_] = files;
  const tolerance = values.tolerance === undefined ? usualTolerance : Number(values.tolerance);
  if (!(tolerance >= 0) || values.tolerance?.trim() === "")
    throw new UsageError(`--tolerance is ${values.tolerance}, expected a number of at least 0`);
  const index = wholeNumber("sequence", values.sequence, 0);
  const { problem } = readFile(file);
  sequenceIn(file, problem, index);
  const other = otherOf(with_);
  let found: Parity;
  try {
    found = await finished(parity(problem, index, other, tolerance));
  } catch (error) {
    if (error instanceof ParityError) throw new FileError(`${with_}: ${error.message}`);
    throw error;
  }
  const { first, differences, explained } = found;
  await output.writeLine({
    version: 1,
    sequence: index,
    first,
    differences: differences.map(({ quantity: { layer, direction, name }, largest, steps }) => ({
      layer,
      ...(direction && { direction }),
      quantity: name,
      largest,
      steps: Array.from(steps, (far) => (Number.isNaN(far) ? null : far)),
    })),
    explained: explained && { convention: explained.convention, text: explained.text },
  });
  return first === null ? 0 : 1;
}

/** @throws FileError where it is nothing that a model can be held against */
function otherOf(file: string): Other {
  let source: FileSource | undefined;
  try {
    source = new FileSource(file);
    const other = readOther(source);
    return other.kind === "model" ? { kind: "model", problem: problemOfText(file, other.text) } : other;
  } catch (error) {
    if (error instanceof ImportError || (error as NodeJS.ErrnoException).syscall !== undefined)
      throw new FileError(`${file}: ${messageOf(error)}`);
    throw error;
  } finally {
    source?.close();
  }
}
