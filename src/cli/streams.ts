import { StreamError, type Streams, streams } from "../check/streams";
import { FileError, parseCall, wholeNumber } from "./call";
import { readFile, sequenceIn } from "./files";
import { finished } from "./longWork";
import type { Output } from "./output";

/** A sequence whole, in chunks, and with a fresh state in each chunk. */
export async function streamsCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, { chunk: { type: "string" }, sequence: { type: "string" } });
  const index = wholeNumber("sequence", values.sequence, 0);
  const { problem } = readFile(file);
  const { length } = sequenceIn(file, problem, index);
  const chunk = wholeNumber("chunk", values.chunk, Math.max(1, Math.floor(length / 4)), 1);
  let found: Streams;
  try {
    found = await finished(streams(problem, index, chunk));
  } catch (error) {
    if (error instanceof StreamError) throw new FileError(`${file}: ${error.message}`);
    throw error;
  }
  const { outputs, chunks, reset, warmUp, tolerance } = found;
  const O = problem.model.output.size;
  const rows = (all: Float64Array) => Array.from({ length }, (_, k) => Array.from(all.subarray(k * O, (k + 1) * O)));
  const { whole, chunks: inChunks, reset: withReset } = outputs;
  await output.writeLine({
    version: 1,
    sequence: index,
    chunk,
    chunks,
    reset,
    warmUp,
    tolerance,
    outputs: { whole: rows(whole), chunks: rows(inChunks), reset: rows(withReset) },
  });
  return 0;
}
