/** The parameters that a computation takes where the file's stand, and where it writes down their gradients. */
import type { Model, Pass } from "../engine/model";
import type { Tensor } from "../engine/tensor";
import { rowsOf, tensorOf, transpose, zeros } from "./arithmetic";
import type { Parameters } from "./cells";
import type { Choices } from "./choices";

/** Parameters as they are used: forward, and back. */
export interface Used {
  readonly forward: Parameters;
  readonly back: Parameters;
}

type Collected = { W: Record<string, number[][]>; b: Record<string, number[]> };

export function usedParameters(pass: Pass, choices: Choices): Used {
  return {
    forward: collect(pass, (full, tensor) => taken(full, tensor, choices, "forward"), choices),
    back: collect(pass, (full, tensor) => taken(full, tensor, choices, "back"), choices),
  };
}

export function usedReadout({ output }: Model, choices: Choices): { Why: number[][]; back: number[][]; by: number[] } {
  return {
    Why: taken("output.Why", output.Why, choices, "forward"),
    back: taken("output.Why", output.Why, choices, "back"),
    by: taken("output.by", output.by, choices, "forward").flat(),
  };
}

/** The name under which a parameter that was used as `short` stands in the file: gates may be exchanged. */
export function fileName(short: string, { gates }: Choices): string {
  const letter = /^(?:Wx|Wh|bh|b)([a-z])$/.exec(short)?.[1];
  const other = letter && short !== "Wxh" && short !== "Whh" && short !== "bh" ? gates[letter] : undefined;
  return other === undefined ? short : short.slice(0, -1) + other;
}

/** A gradient as it is written down under a full name. */
export function writtenGradient(name: string, rows: number[][], rank: 1 | 2, { transposed }: Choices): Tensor {
  const turned = transposed.some((one) => one.name === name && one.where !== "back");
  return tensorOf(turned ? transpose(rows) : rows, rank);
}

function collect(pass: Pass, take: (full: string, tensor: Tensor) => number[][], choices: Choices): Parameters {
  const collected: Collected = { W: {}, b: {} };
  for (const short of Object.keys(pass.parameters)) {
    const inFile = fileName(short, choices);
    const tensor = pass.parameters[inFile]!;
    const rows = take(`${pass.prefix}.${inFile}`, tensor);
    if (tensor.rank === 1) collected.b[short] = rows.flat();
    else collected.W[short] = rows;
  }
  return collected;
}

function taken(full: string, tensor: Tensor, choices: Choices, way: "forward" | "back"): number[][] {
  const rows = rowsOf(tensor);
  if (way === "forward" && choices.forgottenBiases.includes(full)) return rows.map(() => zeros(1));
  const turned = choices.transposed.some(
    ({ name, where }) => name === full && (where === "everywhere" || where === way),
  );
  return turned ? transpose(rows) : rows;
}
