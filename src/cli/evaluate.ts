import { evaluateNow } from "../engine/evaluate";
import type { Problem } from "../engine/model";
import { trainingPart } from "../engine/validation";
import { FileError, parseCall, UsageError } from "./call";
import { readFile } from "./files";
import type { Output } from "./output";

export async function evaluateCommand(args: string[], output: Output): Promise<number> {
  const { values, file } = parseCall(args, { sequences: { type: "string" } });
  const which = values.sequences ?? "all";
  if (which !== "all" && which !== "validation" && which !== "training")
    throw new UsageError(`--sequences is ${which}, expected all, validation or training`);
  const { problem } = readFile(file);
  if (!problem.model.loss) throw new FileError(`${file}: there is nothing to evaluate: the file has no loss`);
  const indices = indicesOf(problem, which);
  if (indices.length === 0)
    throw new FileError(`${file}: there is nothing to evaluate: it has no sequences for ${which}`);
  const { loss, losses, accuracy, confusion, classCount, errors } = evaluateNow(problem, indices);
  await output.write(`{"sequences":${indices.length},"loss":${JSON.stringify(loss)}`);
  if (accuracy !== null) await output.write(`,"accuracy":${accuracy}`);
  if (confusion) {
    await output.write(',"confusion":[');
    for (let k = 0; k < classCount; k++)
      await output.write(`${k > 0 ? "," : ""}[${confusion.subarray(k * classCount, (k + 1) * classCount).join(",")}]`);
    await output.write("]");
  }
  if (errors && problem.table) {
    const named = problem.table.targets.map(({ name }, j) => ({ name, ...errors[j] }));
    await output.write(`,"errors":${JSON.stringify(named)}`);
  }
  if (which !== "all") await writeList("indices", indices, output);
  await writeList("perSequence", losses, output);
  await output.write("}\n");
  return 0;
}

function indicesOf(problem: Problem, which: "all" | "validation" | "training"): readonly number[] {
  if (which === "all") return problem.sequences.map((_, k) => k);
  return which === "validation" ? (problem.heldBack ?? []) : trainingPart(problem).indices;
}

/** Numbers; null in the place of those that there are none of. */
async function writeList(name: string, numbers: ArrayLike<number>, output: Output): Promise<void> {
  await output.write(`,"${name}":[`);
  for (let k = 0; k < numbers.length; k++)
    await output.write(`${k > 0 ? "," : ""}${Number.isFinite(numbers[k]!) ? numbers[k]! : "null"}`);
  await output.write("]");
}
