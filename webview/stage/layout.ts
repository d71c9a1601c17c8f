/** How the stage is divided from top to bottom: the read-outs, a lane for each pass of each layer from the bottom up, the inputs. */

import type { RunInfo } from "../../src/protocol/panel";

export interface Lane {
  readonly layer: number;
  readonly direction: "forward" | "backward";
  /** `layers.0` */
  readonly prefix: string;
  /** "layer 2 ←"; empty where there is one lane alone. */
  readonly label: string;
  readonly size: number;
  /** Whether a step goes on from the one before it. */
  readonly isRecurrent: boolean;
}

export interface LanePlace {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
}

/** Heights in CSS pixels. */
export const readoutHeight = 40;
const pourHeight = 24;
const entryHeight = 16;
export const tokenHeight = 34;
const gap = 18;
const siblingGap = 8;

/** The lanes in the order in which a step's values flow. */
export function lanesOf(info: RunInfo): Lane[] {
  return info.layers.flatMap((layer, k) =>
    layer.passes.map((direction): Lane => {
      const isSecond = direction === "backward" && layer.passes.length > 1;
      const mark = layer.passes.length > 1 || direction === "backward" ? (direction === "forward" ? " →" : " ←") : "";
      return {
        layer: k,
        direction,
        prefix: isSecond ? `layers.${k}.reverse` : `layers.${k}`,
        label:
          info.layers.length === 1 && mark === ""
            ? ""
            : `${info.layers.length === 1 ? "pass" : `layer ${k + 1}`}${mark}`,
        size: layer.size,
        isRecurrent: layer.isRecurrent,
      };
    }),
  );
}

/** Where the lanes stand, the first layer at the bottom. */
export function lanePlaces(lanes: readonly Lane[], height: number): LanePlace[] {
  const top = readoutHeight + pourHeight;
  const gapAfter = (k: number) =>
    k + 1 >= lanes.length ? 0 : lanes[k + 1]?.layer === lanes[k]?.layer ? siblingGap : gap;
  const gaps = lanes.reduce((sum, _, k) => sum + gapAfter(k), 0);
  const room = (height - top - entryHeight - tokenHeight - gaps) / lanes.length;
  let bottom = height - tokenHeight - entryHeight;
  return lanes.map((lane, k) => {
    const place = { lane, top: bottom - room, height: room };
    bottom -= room + gapAfter(k);
    return place;
  });
}

/** What the stage needs, so that each lane has room for a cell's vectors. */
export function stageHeight(lanes: number, available: number): number {
  const least = 250 + Math.max(0, lanes - 3) * 40;
  const wanted = 250 + (lanes - 1) * 70;
  return Math.max(least, Math.min(wanted, available));
}
