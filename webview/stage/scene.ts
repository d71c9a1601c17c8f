/** What every part of the stage is drawn from, and where its columns and boxes stand. */

import type { Cursor, Run, RunInfo } from "../../src/protocol/panel";
import type { Model } from "../model";
import { columnOf, type StageAxis, stageAxis } from "./axis";
import type { CellBox } from "./cell";
import type { StageData } from "./data";
import type { Lane, LanePlace } from "./layout";

/** A narrower column is a strip: colours, no box. */
export const narrowestBox = 44;

/** Everything that the parts of the stage are drawn from. */
export interface Scene {
  readonly model: Model;
  readonly info: RunInfo;
  readonly cursor: Cursor;
  readonly axis: StageAxis;
  readonly data: StageData;
  readonly lanes: readonly LanePlace[];
  readonly height: number;
  /** Gradients flow, or have flowed. */
  readonly isBack: boolean;
  readonly digits: number;
}

/** The step that stands in the middle of things: where the run stands, else where the shown phase has come to. */
export function focusOf({ t }: Cursor): number {
  return t > 0 ? t : 1;
}

/** Whether a cell has more to show than one column of numbers. */
function isRich(info: RunInfo): boolean {
  return info.layers.some(
    ({ size }, l) =>
      size > 2 || info.tracks.filter(({ id, kind }) => kind === "heat" && id.startsWith(`layers.${l}.`)).length > 3,
  );
}

export function axisOf(model: Model, { info, cursor }: Run): StageAxis {
  return stageAxis(Math.max(1, model.stageWidth), info.length, focusOf(cursor), isRich(info));
}

export const stepsOf = (axis: StageAxis) => Array.from({ length: axis.length }, (_, k) => k + 1);

export const isBoxed = (axis: StageAxis, t: number) => columnOf(axis, t).width >= narrowestBox;

/** The box of a step's cell in a lane. */
export function boxOf(axis: StageAxis, t: number, { top, height }: LanePlace): CellBox {
  const { left, width } = columnOf(axis, t);
  const gaps = axis.kind === "lens" && t === axis.focus ? 44 : Math.min(Math.max(width * 0.36, 26), 120);
  const inner = Math.min(260, width - gaps);
  return { left: left + (width - inner) / 2, top, width: inner, height };
}

/** Whether the read-out takes the state of a pass of the top layer at step t: of `ends`, where the pass ends. */
export function readsPass(scene: Scene, direction: Lane["direction"], t: number): boolean {
  if (scene.info.output.at === "ends" && direction === "backward") return t === 1;
  return readsOut(scene, t);
}

/** Whether what is above the last layer reads step t. */
export function readsOut({ info }: Scene, t: number): boolean {
  switch (info.output.at) {
    case "every":
      return true;
    case "last":
    case "ends":
      return t === info.length;
  }
}
