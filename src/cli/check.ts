import type { Comparison } from "../check/check";
import { checkProblem } from "../check/check";
import type { Diagnosis } from "../check/diagnosis/diagnose";
import { findSlips } from "../check/diagnosis/diagnose";
import { markedRows } from "../check/diagnosis/table";
import { gradientTolerance } from "../engine/gradientCheck";
import { arithmeticFrom } from "../kernels/arithmetic";
import { parseCall } from "./call";
import { readFile } from "./files";
import type { Output } from "./output";
import { tell } from "./terminal";

const tellEveryMs = 2000;

export async function checkCommand(args: string[], output: Output): Promise<number> {
  const { file, values } = parseCall(args, { marks: { type: "boolean" } });
  const { reading, problem } = readFile(file);
  const { comparisons, expectations, gradientCheck } = checkProblem(problem, reading.expect, tellProgress(), {
    arithmetic: arithmeticFrom(__dirname),
  });
  const { worst, parameter } = gradientCheck;
  const findings = findSlips(problem, comparisons);
  const diagnosis = findings.diagnoses.map((one) => printedDiagnosis(one, comparisons));
  const hints = findings.hints.map(({ index, text }) => ({ path: pathOf(comparisons[index]!), text }));
  await output.writeLine({
    expectations,
    gradientCheck: { worst, parameter },
    ...(diagnosis.length > 0 && { diagnosis }),
    ...(hints.length > 0 && { hints }),
    ...(values.marks && printedMarks(markedRows(problem, comparisons, findings))),
  });
  return expectations.failed.length > 0 || (worst ?? 0) > gradientTolerance ? 1 : 0;
}

/** How far the gradients are, on standard error: of a check that takes a moment nothing. */
function tellProgress(): (done: number) => void {
  const began = performance.now();
  let told = began;
  return (done) => {
    const now = performance.now();
    if (now - told < tellEveryMs) return;
    told = now;
    const left = done > 0 ? `, about ${Math.ceil(((now - began) / 1000) * (1 / done - 1))} s left` : "";
    tell(`gradients against differences: ${Math.floor(100 * done)} %${left}`);
  };
}

/** Slips that, made together, explain so many of the wrong expectations. */
function printedDiagnosis({ slips, explained, wrong, first }: Diagnosis, comparisons: readonly Comparison[]) {
  return { slips, explained: explained.length, wrong, first: pathOf(comparisons[first]!) };
}

function printedMarks({ rows, summary }: ReturnType<typeof markedRows>) {
  return { marks: rows, summary };
}

const pathOf = ({ expected }: Comparison): string => expected.path.join(".");
