import { run } from "../engine/run";
import type { Tensor } from "../engine/tensor";
import { stepOf } from "../engine/trace";
import { arithmeticFrom } from "../kernels/arithmetic";
import { FileError, parseCall, stepRangeOf, wholeNumber } from "./call";
import { readFile, sequenceIn } from "./files";
import type { Output } from "./output";

export async function traceCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, {
    sequence: { type: "string" },
    contributions: { type: "boolean" },
    steps: { type: "string" },
  });
  const index = wholeNumber("sequence", values.sequence, 0);
  const range = stepRangeOf(values.steps);
  const { reading, problem } = readFile(file);
  const { length } = sequenceIn(file, problem, index);
  const { first, last } = range ?? { first: 1, last: length };
  if (last > length) throw new FileError(`${file}: --steps ends at ${last}, but sequence ${index} has ${length} steps`);
  const item = reading.itemsOf(index)!;
  const done = run(problem.model, problem.sequences, index, { arithmetic: arithmeticFrom(__dirname) });
  await output.write(`{"version":1,"sequence":${index},"loss":${JSON.stringify(done.loss)},"steps":[`);
  for (let t = first; t <= last; t++) {
    const step = stepOf(done, t, item(t - 1), values.contributions === true);
    await output.write(`${t === first ? "" : ","}${JSON.stringify(step)}`);
  }
  await output.write(`],"gradients":{`);
  let before = "";
  for (const [name, tensor] of Object.entries(done.gradients)) {
    await output.write(`${before}${JSON.stringify(name)}:`);
    await writeTensor(tensor, output);
    before = ",";
  }
  await output.write("}}\n");
  return 0;
}

/** A vector as an array, a matrix as an array of rows, of which each is written by itself. */
async function writeTensor({ rank, rows, cols, data }: Tensor, output: Output): Promise<void> {
  if (rank === 1) return output.write(JSON.stringify(Array.from(data)));
  await output.write("[");
  for (let i = 0; i < rows; i++)
    await output.write(`${i === 0 ? "" : ","}${JSON.stringify(Array.from(data.subarray(i * cols, (i + 1) * cols)))}`);
  await output.write("]");
}
