/**
 * Where the parts of an own cell's picture stand: a layered drawing (Sugiyama, Tagawa and Toda 1981), made by dagre. Time runs to the
 * right, from the states of the step before to the lines that go on to the step after; the input comes in from below.
 */
import { Graph, layout } from "@dagrejs/dagre";
import type { Cell } from "../../engine/cell";
import { cellOf } from "../../engine/cells";
import type { Layer } from "../../engine/model";
import type { CellPicture, PictureNode } from "../../engine/picture";

type Place = readonly [column: number, row: number];

export interface LaidOutPicture extends CellPicture {
  /** By state: the corners of its line on to the step after, which ends in the height of the last one. Of no corners, it is straight. */
  readonly onward: Readonly<Record<string, readonly Place[]>>;
}

/** What the panel draws: a column and a row in pixels, and its largest box. */
const column = 54;
const row = 48;
const box = { width: 52, height: 46 };
const sign = { width: 20, height: 20 };

/** Nobody reads a picture of more, and laying it out would hold everything else up. */
const mostNodes = 60;
const mostEdges = 240;

const known = new WeakMap<Cell, LaidOutPicture>();

/** A layer's picture, every part at its place. */
export function pictureWithPlaces(layer: Layer): LaidOutPicture {
  const cell = cellOf(layer);
  if (!layer.own) return { ...cell.picture(layer.options), onward: {} };
  let picture = known.get(cell);
  if (!picture) {
    const plain = cell.picture(layer.options);
    const isSmall = plain.nodes.length <= mostNodes && plain.edges.length <= mostEdges;
    picture = isSmall ? laidOut(plain, cell.states) : inOrder(plain);
    known.set(cell, picture);
  }
  return picture;
}

const isBox = ({ shows }: PictureNode) => shows.kind === "quantity" || shows.kind === "input";
const start = "before all";
/** No name of a quantity has a space. */
const endOf = (state: string) => `${state} goes on`;

/** The quantities one after the other, in three rows; the states and the input before them. */
function inOrder({ nodes, edges }: CellPicture): LaidOutPicture {
  const sources = nodes.filter(isSource);
  const others = nodes.filter((node) => !isSource(node));
  return {
    nodes: [
      ...sources.map((node, k) => ({ ...node, column: 0, row: k })),
      ...others.map((node, k) => ({ ...node, column: k + 1, row: k % 3 })),
    ],
    edges,
    onward: {},
  };
}

export function laidOut({ nodes, edges }: CellPicture, states: readonly string[]): LaidOutPicture {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 16, edgesep: 14, ranksep: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  graph.setNode(start, { width: 1, height: 1 });
  for (const node of nodes) {
    graph.setNode(node.id, { ...(isBox(node) ? box : sign) });
    // What comes from before stands on the left, however late it is read
    if (isSource(node)) graph.setEdge(start, node.id, { weight: 100 });
  }
  for (const { from, to } of edges) graph.setEdge(from, to, { weight: 1 });
  // The hidden state is the last of the cell; another one's line on to the step after has a lane of its own
  const inside = states.filter((state) => state !== "h");
  for (const state of inside) {
    graph.setNode(endOf(state), { width: 1, height: 14 });
    graph.setEdge(state, endOf(state), { weight: 2 });
    graph.setEdge("h", endOf(state), { weight: 0 });
  }
  layout(graph);
  const places = new Map(graph.nodes().map((id) => [id, graph.node(id) as { x: number; y: number }]));
  const all = nodes.map(({ id }) => places.get(id)!);
  const [left, top] = [Math.min(...all.map(({ x }) => x)), Math.min(...all.map(({ y }) => y))];
  const bottom = Math.max(...all.map(({ y }) => y));
  const x = places.get("x");
  const isUpsideDown = x !== undefined && x.y < (top + bottom) / 2;
  const placeOf = (at: { readonly x: number; readonly y: number }): Place => [
    (at.x - left) / column,
    (isUpsideDown ? bottom - at.y : at.y - top) / row,
  ];
  /** The corners of a line, without where it meets its boxes. */
  const corners = (from: string, to: string): Place[] => {
    const { points } = graph.edge(from, to) as { points: readonly { x: number; y: number }[] };
    return points.slice(1, -1).map(placeOf);
  };
  return {
    nodes: nodes.map((node) => {
      const [nodeColumn, nodeRow] = placeOf(places.get(node.id)!);
      return { ...node, column: nodeColumn, row: nodeRow };
    }),
    edges: edges.map((edge) => ({ ...edge, via: corners(edge.from, edge.to) })),
    onward: Object.fromEntries(
      inside.map((state) => {
        const end = placeOf(places.get(endOf(state))!);
        const [, own] = placeOf(places.get(state)!);
        const line = [...corners(state, endOf(state)), end];
        return [state, line.every(([, at]) => Math.abs(at - own) < 0.05) ? [] : line];
      }),
    ),
  };
}

const isSource = ({ shows }: PictureNode) =>
  shows.kind === "input" || (shows.kind === "quantity" && shows.time === "before");
