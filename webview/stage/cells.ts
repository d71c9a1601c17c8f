/** The cells of the steps that have room for one, and what stands in each. */

import { html, type TemplateResult } from "lit";
import { largestOf } from "../../src/protocol/extremes";
import type { PassDetail } from "../../src/protocol/panel";
import { isKnown } from "../timeline/series";
import { type CellBox, type CellRow, cellBox } from "./cell";
import { ghostVector, vectorOf } from "./data";
import type { Lane, LanePlace } from "./layout";
import { boxOf, isBoxed, type Scene, stepsOf } from "./scene";

export function columns(scene: Scene): TemplateResult {
  const { axis, lanes, cursor } = scene;
  return html`${stepsOf(axis)
    .filter((t) => isBoxed(axis, t))
    .map((t) =>
      lanes.map((place) => {
        const detail =
          t === cursor.t && cursor.step !== null
            ? (cursor.step.layers.find(
                (pass) => pass.layer === place.lane.layer && pass.direction === place.lane.direction,
              ) ?? null)
            : null;
        return cell(scene, t, place, detail, boxOf(axis, t, place));
      }),
    )}`;
}

export function cell(
  scene: Scene,
  t: number,
  place: LanePlace,
  detail: PassDetail | null,
  box: CellBox,
): TemplateResult {
  const { model, cursor, digits, isBack, info } = scene;
  const { lane } = place;
  const rows = detail === null ? rowsOfTracks(scene, t, lane) : rowsOfPass(scene, detail, lane);
  const isAny = rows.some(({ data }) => data !== null);
  const isCurrent = rows.some(({ isActive }) => isActive);
  const known = isKnown(cursor.known[`${isBack ? "gradients." : ""}${lane.prefix}.h`], t);
  const state = isCurrent ? "is-active" : known || (isAny && !isBack) ? "is-known" : "is-ahead";
  const where = info.layers.length > 1 ? `, layer ${lane.layer + 1}` : "";
  return cellBox({ theme: model.theme, digits, t, where }, rows, box, state);
}

/** What the current step has computed, or going back the gradients and under them the values of before. */
function rowsOfPass(scene: Scene, detail: PassDetail, lane: Lane): CellRow[] {
  const { info, cursor, isBack } = scene;
  const current = cursor.operations.find(({ state }) => state === "current")?.reference ?? "";
  const trackOf = (id: string) => info.tracks.find((track) => track.id === id);
  const row =
    (isDim: boolean) =>
    ({ symbol, title, data, reference }: PassDetail["values"][number]): CellRow => {
      const name = reference.slice(0, reference.lastIndexOf("@"));
      const { scale = 0, palette = "signed" } = trackOf(name) ?? {};
      return {
        symbol,
        title,
        data,
        before: data && ghostVector(scene.model.ghost, name, detailStep(reference), lane.size),
        reference,
        name,
        palette,
        size: lane.size,
        scale: scale > 0 ? scale : largestOf((data ?? [1]).map(Math.abs), 1e-300),
        isActive: reference === current,
        isDim,
      };
    };
  return isBack
    ? [...detail.gradients.map(row(false)), ...detail.values.map(row(true))]
    : detail.values.map(row(false));
}

/** The step of `layers.0.h@3`. */
const detailStep = (reference: string) => Number(reference.slice(reference.lastIndexOf("@") + 1));

/** What another step gives to those around it: its state, and going back its gradient. */
function rowsOfTracks({ data, isBack, model }: Scene, t: number, { prefix, size }: Lane): CellRow[] {
  const row = (id: string, isDim: boolean): CellRow | null => {
    const track = data.track(id);
    if (track === null) return null;
    const { info } = track;
    return {
      symbol: { ...info.symbol, sub: String(t) },
      title: info.title,
      data: vectorOf(track, t),
      before: vectorOf(track, t) && ghostVector(model.ghost, id, t, size),
      size,
      scale: info.scale,
      palette: info.palette,
      reference: `${id}@${t}`,
      name: id,
      isActive: false,
      isDim,
    };
  };
  const rows = isBack ? [row(`gradients.${prefix}.h`, false), row(`${prefix}.h`, true)] : [row(`${prefix}.h`, false)];
  return rows.filter((one) => one !== null);
}
