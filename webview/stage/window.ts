/** Of very many steps: the current cell between its neighbours, and an overview of all steps under it. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { PassDetail } from "../../src/protocol/panel";
import "../heatCanvas";
import { formatNumber } from "../numbers";
import { styles } from "../styles";
import { svgNum } from "../symbols";
import { centerOf } from "./axis";
import type { CellBox } from "./cell";
import { cell } from "./cells";
import { readoutHeight, tokenHeight } from "./layout";
import { link, mostOf } from "./links";
import type { Scene } from "./scene";

const overviewHeight = 13;

function windowPlaces(scene: Scene): { readonly focus: readonly CellBox[]; readonly overviews: readonly CellBox[] } {
  const { axis, lanes } = scene;
  const width = Math.min(420, axis.width - 120);
  const left = (axis.width - width) / 2;
  const all = lanes.length * (overviewHeight + 2) + 16;
  const top = lanes.at(-1)?.top ?? 0;
  const bottom = (lanes[0]?.top ?? 0) + (lanes[0]?.height ?? 0) - all;
  const gap = 12;
  const each = (bottom - top - gap * (lanes.length - 1)) / lanes.length;
  return {
    focus: lanes.map((_, k) => ({ left, width, top: bottom - (k + 1) * each - k * gap, height: each })),
    overviews: lanes.map((_, k) => ({
      left: 0,
      width: axis.width,
      top: scene.height - tokenHeight - 6 - (k + 1) * (overviewHeight + 2),
      height: overviewHeight,
    })),
  };
}

export function windowParts(scene: Scene): TemplateResult {
  const { lanes, cursor, model, isBack, axis } = scene;
  const { focus, overviews } = windowPlaces(scene);
  return html`${lanes.map((place, k) => {
    const [box, overview] = [focus[k], overviews[k]];
    if (box === undefined || overview === undefined) return nothing;
    const detail =
      cursor.step?.layers.find((pass) => pass.layer === place.lane.layer && pass.direction === place.lane.direction) ??
      null;
    const id = `${isBack ? "gradients." : ""}${place.lane.prefix}.h`;
    const track = scene.data.track(id);
    const known = track?.known;
    const column = axis.width / axis.length;
    const clip =
      known === undefined
        ? "inset(0 100% 0 0)"
        : `inset(0 ${(axis.length - known[1]) * column}px 0 ${(known[0] - 1) * column}px)`;
    return html`${cell(scene, axis.focus, place, detail, box)}
      <div class="stage-strip is-overview" ${styles({ left: "0", top: `${overview.top}px`, width: `${overview.width}px`, height: `${overview.height}px` })}>
        ${
          track?.entry == null
            ? nothing
            : html`<heat-canvas ${styles({ "clip-path": clip })}
                .picture=${{ data: track.entry.data, scale: track.info.scale, colors: model.theme.colors, width: overview.width, height: overview.height, left: 0, dataWidth: overview.width }}
              ></heat-canvas>`
        }
      </div>`;
  })}`;
}

export function windowLines(scene: Scene): TemplateResult[] {
  const { lanes, cursor, isBack, axis, height } = scene;
  const { focus, overviews } = windowPlaces(scene);
  const most = { h: mostOf(scene, ["h"]), gradient: mostOf(scene, ["above", "next"]) };
  const drawn: TemplateResult[] = [];
  const base = focus[0];
  const upper = overviews.at(-1);
  if (base !== undefined && upper !== undefined) {
    const x = centerOf(axis, axis.focus);
    const [left, right] = [base.left, base.left + base.width];
    drawn.push(
      svg`<path class="stage-funnel" d="M${x} ${upper.top - 2}L${left} ${base.top + base.height}H${right}Z"></path>
        <line class="stage-here" x1=${x} x2=${x} y1=${upper.top - 2} y2=${height - tokenHeight}></line>`,
    );
  }
  lanes.forEach((place, k) => {
    const box = focus[k];
    const flows = cursor.step?.layers.find(
      (pass) => pass.layer === place.lane.layer && pass.direction === place.lane.direction,
    )?.flows;
    if (box === undefined || flows === undefined) return;
    const { lane } = place;
    const y = box.top + box.height / 2;
    const [left, right] = [box.left, box.left + box.width];
    const isForward = lane.direction === "forward";
    const [enter, leave] = isForward ? [left, right] : [right, left];
    const [start, end] = isForward ? [2, axis.width - 2] : [axis.width - 2, 2];
    const one = (flow: PassDetail["flows"]["next"], from: readonly [number, number], to: readonly [number, number]) => {
      const value = isBack ? flow.backward : flow.forward;
      drawn.push(link(scene, { from, to, value, most: isBack ? most.gradient : most.h, lane, isBack, isFresh: true }));
    };
    one(flows.previous, [start, y], [enter, y]);
    one(flows.next, [leave, y], [end, y]);
    const x = (left + right) / 2;
    const above = focus[k + 1];
    one(flows.above, [x, box.top], [x, above === undefined ? readoutHeight : above.top + above.height]);
    for (const [flow, at, what] of [
      [flows.previous, (start + enter) / 2, "to the step before"],
      [flows.next, (leave + end) / 2, "from the next step"],
    ] as const) {
      const value = isBack ? flow.backward : flow.forward;
      if (value !== null) drawn.push(entryLabel(scene, value, flow.isNorm, isBack ? `∂L/∂h, ${what}` : "h", at, y - 9));
    }
  });
  return drawn;
}

/** A number over an arrow of the window: a vector's norm, or the number itself. */
function entryLabel(
  { digits, cursor }: Scene,
  value: number,
  isNorm: boolean,
  name: string,
  x: number,
  y: number,
): TemplateResult {
  return svgNum(
    value,
    formatNumber(value, Math.min(3, digits)),
    { name: isNorm ? `‖${name}‖` : name, where: `t = ${cursor.t}` },
    { x, y, anchor: "middle" },
  );
}
