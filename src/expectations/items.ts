/** The expectations of a file as a tree, as a view of tests shows them. */
import { type ExpectedNumbers, eachGroup } from "../format/expectedNumbers";
import type { Path } from "../format/sourceMap";

/** Some expected numbers under a heading. */
export interface Item {
  readonly label: string;
  /** What it is about in the file. */
  readonly path: Path;
  readonly children: readonly Item[];
}

/** One item a sequence that expects something, and in it one a step, for the loss, the gradients and the updated parameters. */
export function itemsOf(numbers: ExpectedNumbers, nameOfSequence: (k: number) => string | null): Item[] {
  const sequences = new Map<number, Map<string, Item>>();
  for (const { sequence, path } of eachGroup(numbers)) {
    const children = sequences.get(sequence) ?? new Map<string, Item>();
    sequences.set(sequence, children);
    const key = path[3];
    const [label, depth] = key === "steps" ? [`step t = ${Number(path[4]) + 1}`, 5] : [String(key), 4];
    if (!children.has(label)) children.set(label, { label, path: path.slice(0, depth), children: [] });
  }
  return [...sequences].map(([k, children]) => {
    const name = nameOfSequence(k);
    return {
      label: name === null ? `sequence ${k}` : `sequence ${k}: ${name}`,
      path: ["expect", "sequences", k],
      children: [...children.values()],
    };
  });
}

/** Whether a path leads to something inside of another's value. */
export function isInside(path: Path, outer: Path): boolean {
  return outer.every((segment, k) => path[k] === segment);
}
