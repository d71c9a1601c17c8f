/**
 * A cell's wiring as a drawing: where its parts stand and which lines run between them. Pure data, written beside the cell's
 * equations. Going back, the same lines carry gradients against their arrows.
 */

import type { Expression } from "./expression";

/** What a node stands for. */
export type Shown =
  /** x_t */
  | { readonly kind: "input" }
  | { readonly kind: "quantity"; readonly name: string; readonly time: "now" | "before" }
  /** An operator on the way from quantities to the one that they make: `f_t ∘ c_{t−1}`. */
  | { readonly kind: "part"; readonly expression: Expression }
  /** Where lines come together that several nodes read: `[h_{t−1}, x_t]`. */
  | { readonly kind: "joint" };

export interface PictureNode {
  readonly id: string;
  readonly kind: "input" | "state" | "gate" | "operator";
  /** Place in a grid, fractions allowed: time runs to the right, rows run downwards. */
  readonly column: number;
  readonly row: number;
  /** What the node does: `σ`, `tanh`, `×`, `+`, `1−`; empty where it only carries a number. */
  readonly sign: string;
  readonly shows: Shown;
}

/** A line in the direction of the forward pass. */
export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  /** Its corners, in grid coordinates. */
  readonly via: readonly (readonly [column: number, row: number])[];
}

/** The nodes of the states at t have nothing to their right, the one of h_t nothing but lines above it: from there they leave the cell. */
export interface CellPicture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

type Place = readonly [column: number, row: number];

/** The node of a quantity of this step. */
export const quantityNode = (
  kind: PictureNode["kind"],
  name: string,
  sign: string,
  [column, row]: Place,
): PictureNode => ({ id: name, kind, column, row, sign, shows: { kind: "quantity", name, time: "now" } });

/** The node of a state of the step before: its id is `h_prev`. */
export const previousNode = (name: string, [column, row]: Place): PictureNode => ({
  id: `${name}_prev`,
  kind: "state",
  column,
  row,
  sign: "",
  shows: { kind: "quantity", name, time: "before" },
});

export const inputNode = ([column, row]: Place): PictureNode => ({
  id: "x",
  kind: "input",
  column,
  row,
  sign: "",
  shows: { kind: "input" },
});

export const partNode = (id: string, sign: string, expression: Expression, [column, row]: Place): PictureNode => ({
  id,
  kind: "operator",
  column,
  row,
  sign,
  shows: { kind: "part", expression },
});

export const jointNode = ([column, row]: Place): PictureNode => ({
  id: "joint",
  kind: "operator",
  column,
  row,
  sign: "",
  shows: { kind: "joint" },
});

export const edge = (from: string, to: string, ...via: Place[]): PictureEdge => ({ from, to, via });

/** Whether a node has a number of the trace, and is not only passed on the way to one. */
export function isEnd({ shows }: PictureNode): boolean {
  return shows.kind === "input" || shows.kind === "quantity";
}

/** What lies between a node and the nearest ends. */
export interface Walk {
  readonly edges: ReadonlySet<PictureEdge>;
  /** Operators on the way, by id. */
  readonly passed: ReadonlySet<string>;
  /** By id. */
  readonly ends: ReadonlySet<string>;
}

/**
 * Walks from a node against the arrows to what it is made of, or along them to what is made of it, through operators, and
 * stops at the nodes that have a number.
 */
export function walk({ nodes, edges }: CellPicture, id: string, direction: "against" | "along"): Walk {
  const walked = new Set<PictureEdge>();
  const passed = new Set<string>();
  const ends = new Set<string>();
  const open = [id];
  for (let here = open.pop(); here !== undefined; here = open.pop())
    for (const line of edges) {
      if (here !== (direction === "against" ? line.to : line.from)) continue;
      walked.add(line);
      const next = direction === "against" ? line.from : line.to;
      const node = nodes.find((one) => one.id === next);
      if (!node) throw new RangeError(`a line of the picture leads to ${next}, which is no node`);
      if (isEnd(node)) ends.add(next);
      else if (!passed.has(next)) {
        passed.add(next);
        open.push(next);
      }
    }
  return { edges: walked, passed, ends };
}
