/** Where the parts of a cell's picture stand, in pixels, and the paths of its lines. */

import { largestOf } from "../../src/protocol/extremes";
import type { PictureDetail, PictureEdgeDetail, PictureExit, PictureNodeDetail } from "../../src/protocol/panel";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const column = 54;
const row = 48;
const state: Size = { width: 52, height: 34 };
const gate: Size = { width: 46, height: 46 };
/** Room for the lines that leave the cell: to what reads it, and on to the step after. */
const above = 38;
const beside = 30;
const below = 26;

/** A node with a number is a box, an operator on the way a round sign or a dot. */
export function sizeOf({ symbol, kind, sign, isPart }: PictureNodeDetail): Size {
  if (symbol !== null && (kind === "gate" || kind === "operator")) return gate;
  if (symbol !== null) return isPart ? { width: state.width, height: gate.height } : state;
  if (sign === "") return { width: 5, height: 5 };
  return { width: Math.max(18, 9 * sign.length), height: 18 };
}

interface Frame extends Size {
  /** Where column 0 and row 0 are. */
  readonly left: number;
  readonly top: number;
}

const frames = new WeakMap<PictureDetail, Frame>();

/** Measured once: every part of the picture asks for it. */
function frameOf(picture: PictureDetail): Frame {
  let frame = frames.get(picture);
  if (frame === undefined) {
    frame = measure(picture);
    frames.set(picture, frame);
  }
  return frame;
}

function measure({ nodes, edges, exits }: PictureDetail): Frame {
  const columnOf = (id: string) => nodes.find((node) => node.id === id)?.column ?? 0;
  const isMirrored = columnOf("h") < columnOf("h_prev");
  const highest = -largestOf([0, ...[...edges, ...exits].flatMap(({ via }) => via.map(([, at]) => -at * row))]);
  const left = 1 + state.width / 2 + (isMirrored ? beside : 0);
  const top =
    1 +
    Math.max(state.height / 2, gateAbove(nodes), 4 - highest) +
    (exits.some(({ side }) => side === "above") ? above : 0);
  const columns = largestOf(nodes.map((node) => node.column));
  const lowest = largestOf(nodes.map((node) => node.row * row + sizeOf(node).height / 2));
  const texts = exits.flatMap(({ side, node, via }) => {
    const from = nodes.find(({ id }) => id === node);
    if (side !== "next" || from === undefined) return [];
    const lowest = largestOf([...via.map(([, at]) => at * row), from.row * row + sizeOf(from).height / 2]);
    return [lowest + below + 4];
  });
  return {
    left,
    top,
    width: left + columns * column + state.width / 2 + 1 + (isMirrored ? 0 : beside),
    height: top + largestOf(texts, lowest) + 1,
  };
}

/** How far the highest nodes reach above the middle of row 0. */
const gateAbove = (nodes: readonly PictureNodeDetail[]) =>
  largestOf(nodes.map((node) => sizeOf(node).height / 2 - node.row * row));

export const pictureSize = (picture: PictureDetail): Size => frameOf(picture);

const place = ({ left, top }: Frame, at: { readonly column: number; readonly row: number }): Point => ({
  x: left + at.column * column,
  y: top + at.row * row,
});

export const placeOf = (picture: PictureDetail, node: PictureNodeDetail): Point => place(frameOf(picture), node);

export interface Borders {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function bordersOf(picture: PictureDetail, node: PictureNodeDetail): Borders {
  const { x, y } = placeOf(picture, node);
  const { width, height } = sizeOf(node);
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** The point on a box's border where a line to (or from) another point meets it, straight on. */
function meet({ left, right, top, bottom }: Borders, other: Point, middle: Point): Point {
  if (other.x >= left && other.x <= right) return { x: other.x, y: other.y < middle.y ? top : bottom };
  return { x: other.x < middle.x ? left : right, y: other.y >= top && other.y <= bottom ? other.y : middle.y };
}

/** A line with its corners rounded, and a head where it ends in a box; turned round where it carries gradients. */
export function linePath(picture: PictureDetail, edge: PictureEdgeDetail, isReversed: boolean): string {
  const frame = frameOf(picture);
  const from = picture.nodes.find(({ id }) => id === edge.from);
  const to = picture.nodes.find(({ id }) => id === edge.to);
  if (from === undefined || to === undefined) return "";
  const corners = edge.via.map(([x, y]) => place(frame, { column: x, row: y }));
  const [start, end] = [place(frame, from), place(frame, to)];
  const points = [
    meet(bordersOf(picture, from), corners[0] ?? end, start),
    ...corners,
    meet(bordersOf(picture, to), corners.at(-1) ?? start, end),
  ];
  const last = isReversed ? from : to;
  return path(isReversed ? points.toReversed() : points, last.symbol !== null || last.sign !== "");
}

export function exitLine(points: readonly Point[], isReversed: boolean): string {
  return path(isReversed ? points.toReversed() : points, true);
}

/** The corners of a line that leaves the cell, in pixels. */
export function exitCorners(picture: PictureDetail, { via }: PictureExit): Point[] {
  const frame = frameOf(picture);
  return via.map(([column, row]) => place(frame, { column, row }));
}

const radius = 5;
const head = 4;

function path(points: readonly Point[], withHead: boolean): string {
  const first = points[0];
  const last = points.at(-1);
  const beforeLast = points.at(-2);
  if (first === undefined || last === undefined || beforeLast === undefined) return "";
  const bends = points.slice(1, -1).map((corner, k) => {
    const [before, after] = [towards(corner, points[k]), towards(corner, points[k + 2])];
    return `L${text(before)}Q${text(corner)} ${text(after)}`;
  });
  const line = `M${text(first)}${bends.join("")}L${text(last)}`;
  if (!withHead) return line;
  const length = Math.hypot(last.x - beforeLast.x, last.y - beforeLast.y) || 1;
  const [ux, uy] = [(last.x - beforeLast.x) / length, (last.y - beforeLast.y) / length];
  const wing = (side: number) =>
    text({ x: last.x - head * ux - side * 0.75 * head * uy, y: last.y - head * uy + side * 0.75 * head * ux });
  return `${line}M${wing(1)}L${text(last)}L${wing(-1)}`;
}

/** The point a little before a corner on the way to another one. */
function towards(corner: Point, other: Point | undefined): Point {
  if (other === undefined) return corner;
  const length = Math.hypot(other.x - corner.x, other.y - corner.y) || 1;
  const part = Math.min(radius, length / 2) / length;
  return { x: corner.x + (other.x - corner.x) * part, y: corner.y + (other.y - corner.y) * part };
}

const text = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
