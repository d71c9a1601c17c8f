/** An equation in numbers, taken apart into its numbers and what stands between them. */

import type { Scalar } from "../engine/element";
import type { Part } from "./derive";
import { writeScalar } from "./write";

/** A number without its sign, or the signs and brackets between two numbers. */
export interface Piece {
  readonly text: string;
  /** The number; null of what stands between. */
  readonly part: Part | null;
}

export interface PieceOptions {
  /** Significant digits. */
  readonly digits: number;
  /** So many terms of a long sum are written. */
  readonly most: number;
}

/** Set around a number, with its index: characters that no equation has. */
const [open, middle, close] = ["\u0001", "\u0002", "\u0003"];

/** The right side of an equation, with its numbers put in: `0.6862 + 0.2·0.2958` as 0.6862, " + ", 0.2, "·", 0.2958. */
export function piecesOf(expression: Scalar<Part>, { digits, most }: PieceOptions): Piece[] {
  const parts: Part[] = [];
  const mark = (part: Part, text: string) => `${open}${parts.push(part) - 1}${middle}${text}${close}`;
  const written = writeScalar(expression, { notation: "text", as: "numbers", digits, most, mark });
  return written.split(open).flatMap((piece, k): Piece[] => {
    if (k === 0) return piece === "" ? [] : [{ text: piece, part: null }];
    const [index = "", rest = ""] = piece.split(middle);
    const [number = "", between = ""] = rest.split(close);
    return [
      { text: number, part: parts[Number(index)] ?? null },
      ...(between === "" ? [] : [{ text: between, part: null }]),
    ];
  });
}
