/** The expectations of a file as a tree, as a view of tests shows them. */
import { type ExpectedNumbers, eachGroup, pathIn, wholeBatch } from "../../format/expectedNumbers";
import type { Path } from "../../format/sourceMap";

/** Some expected numbers under a heading. */
export interface Item {
  readonly label: string;
  /** What it is about in the file. */
  readonly path: Path;
  readonly children: readonly Item[];
}

/** One item a sequence that expects something, one for the batch, and in each one a step, for the loss, the gradients and the updated parameters. */
export function itemsOf(numbers: ExpectedNumbers, nameOfSequence: (k: number) => string | null): Item[] {
  const sequences = new Map<number, Map<string, Item>>();
  for (const { sequence, path } of eachGroup(numbers)) {
    const children = sequences.get(sequence) ?? new Map<string, Item>();
    sequences.set(sequence, children);
    const about = whole(sequence);
    const key = path[about.length];
    const [label, depth] =
      key === "steps"
        ? [`step t = ${Number(path[about.length + 1]) + 1}`, about.length + 2]
        : [String(key), about.length + 1];
    if (!children.has(label)) children.set(label, { label, path: path.slice(0, depth), children: [] });
  }
  return [...sequences].map(([k, children]) => {
    if (k === wholeBatch)
      return { label: "all sequences as one batch", path: whole(k), children: [...children.values()] };
    const name = nameOfSequence(k);
    return {
      label: name === null ? `sequence ${k + 1}` : `sequence ${k + 1}: ${name}`,
      path: whole(k),
      children: [...children.values()],
    };
  });
}

/** What a file hides, under a heading of its own. */
export function hiddenItem(items: readonly Item[]): Item {
  const inside = ({ label, path, children }: Item): Item => ({
    label,
    path: ["expect", "hidden", ...path.slice(1)],
    children: children.map(inside),
  });
  return { label: "hidden answers", path: ["expect", "hidden"], children: items.map(inside) };
}

/** Where everything stands that a sequence, or the batch, expects. */
function whole(sequence: number): Path {
  return pathIn(sequence, -1, []);
}

/** Whether a path leads to something inside of another's value. */
export function isInside(path: Path, outer: Path): boolean {
  return outer.every((segment, k) => path[k] === segment);
}
