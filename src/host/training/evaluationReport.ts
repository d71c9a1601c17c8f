/** An evaluation as a page that people read: how good the model is, what it takes for what, and where it is worst. */
import type { Evaluation } from "../../engine/evaluate";
import type { Problem } from "../../engine/model";
import { labelOf } from "../../engine/predict";
import { formatNumber } from "../../protocol/numbers";
import { tableLines, visible } from "./table";

export interface EvaluationReport {
  readonly text: string;
  /** The characters of a line that lead to a sequence. */
  readonly links: readonly {
    readonly line: number;
    readonly from: number;
    readonly to: number;
    readonly sequence: number;
  }[];
  readonly verdict: string;
}

/** A larger matrix is nothing to read. */
const mostClasses = 30;
const worstCount = 10;

/** @param parts what was evaluated, by its name: `held back`, `trained on` */
export function evaluationReport(
  problem: Problem,
  parts: readonly { readonly name: string; readonly evaluation: Evaluation }[],
  digits: number,
): EvaluationReport {
  const number = (value: number | null) => (value === null ? "" : formatNumber(value, digits));
  const lines = [`# Evaluation of ${problem.name}`, ""];
  const links: EvaluationReport["links"][number][] = [];
  const hasClasses = parts.some(({ evaluation }) => evaluation.accuracy !== null);
  lines.push(
    ...tableLines(
      [
        { title: "sequences", align: "left" },
        { title: "count", align: "right" },
        { title: "loss", align: "right" },
        ...(hasClasses ? ([{ title: "accuracy", align: "right" }] as const) : []),
      ],
      parts.map(({ name, evaluation: { indices, loss, accuracy } }) => [
        name,
        String(indices.length),
        number(loss),
        ...(hasClasses ? [number(accuracy)] : []),
      ]),
    ),
  );
  for (const { name, evaluation } of parts) {
    lines.push("", `## ${name[0]!.toUpperCase()}${name.slice(1)}`);
    for (const line of confusionLines(problem, evaluation)) lines.push(line);
    for (const line of errorLines(problem, evaluation, digits)) lines.push(line);
    lines.push("", "The worst sequences; each opens in the stepper:", "");
    for (const { index, loss } of worstOf(evaluation)) {
      const title = problem.sequences[index]!.name;
      const text = `Sequence ${index + 1}${title === null ? "" : ` (${visible(title)})`}`;
      links.push({ line: lines.length, from: 2, to: 2 + text.length, sequence: index });
      lines.push(`- ${text}: loss ${number(loss)}`);
    }
  }
  const verdict = parts
    .map(({ name, evaluation: { loss, accuracy } }) => {
      const right = accuracy === null ? "" : `, accuracy ${number(accuracy)}`;
      return `${name}: loss ${number(loss) || "none"}${right}`;
    })
    .join("; ");
  return { text: `${lines.join("\n")}\n`, links, verdict };
}

function worstOf({ indices, losses }: Evaluation): { readonly index: number; readonly loss: number }[] {
  return indices
    .map((index, n) => ({ index, loss: losses[n]! }))
    .filter(({ loss }) => !Number.isNaN(loss))
    .sort((a, b) => b.loss - a.loss)
    .slice(0, worstCount);
}

function confusionLines({ model }: Problem, { confusion, classCount }: Evaluation): string[] {
  if (!confusion) return [];
  if (classCount > mostClasses) return ["", `The command line prints the confusion matrix of ${classCount} classes.`];
  const name = (k: number) => visible(model.output.size === 1 ? String(k) : labelOf(model, k));
  const classes = Array.from({ length: classCount }, (_, k) => k);
  const columns = [
    { title: "target \\ taken for", align: "left" } as const,
    ...classes.map((k) => ({ title: name(k), align: "right" }) as const),
  ];
  const rows = classes.map((k) => [name(k), ...classes.map((j) => String(confusion[k * classCount + j]))]);
  return ["", ...tableLines(columns, rows)];
}

function errorLines({ table }: Problem, { errors }: Evaluation, digits: number): string[] {
  if (!errors || !table) return [];
  const columns = [
    { title: "column", align: "left" },
    { title: "root mean square error", align: "right" },
    { title: "mean absolute error", align: "right" },
  ] as const;
  const rows = errors.map(({ rootMeanSquare, meanAbsolute }, j) => [
    table.targets[j]?.name ?? String(j),
    formatNumber(rootMeanSquare, digits),
    formatNumber(meanAbsolute, digits),
  ]);
  return ["", ...tableLines(columns, rows)];
}
