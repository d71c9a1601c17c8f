/** Steps without room for a box: their states in colours and, going back, the gradient as a river through them. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { largestOf } from "../../src/protocol/extremes";
import "../heatCanvas";
import { styles } from "../styles";
import { colorsOf } from "../theme";
import { flowWidth, river } from "./arrows";
import { centerOf, columnOf, type StageAxis } from "./axis";
import { valueOf } from "./data";
import type { LanePlace } from "./layout";
import { narrowestBox, type Scene } from "./scene";

/** The runs of columns at the sides of the focus that are too narrow for boxes. */
function wings(axis: StageAxis): { readonly from: number; readonly to: number }[] {
  if (axis.kind !== "lens" || axis.narrow >= narrowestBox) return [];
  return [
    { from: 1, to: axis.focus - 1 },
    { from: axis.focus + 1, to: axis.length },
  ].filter(({ from, to }) => from <= to);
}

/** The states of the steps beside the focus in colours; going back they fade, and the gradients' colours come over them. */
export function strips(scene: Scene): TemplateResult {
  const { axis, lanes, isBack, model } = scene;
  const picture = (
    place: LanePlace,
    id: string,
    wing: { readonly from: number; readonly to: number },
    className: string,
  ) => {
    const track = scene.data.track(id);
    if (track?.entry == null) return nothing;
    const { left } = columnOf(axis, wing.from);
    const width = (wing.to - wing.from + 1) * axis.narrow;
    const [a, b] = [Math.max(wing.from, track.known?.[0] ?? Infinity), Math.min(wing.to, track.known?.[1] ?? 0)];
    const clip =
      a > b ? "inset(0 100% 0 0)" : `inset(0 ${(wing.to - b) * axis.narrow}px 0 ${(a - wing.from) * axis.narrow}px)`;
    return html`<div class="stage-strip ${className}" ${styles({ left: `${left}px`, top: `${place.top}px`, width: `${width}px`, height: `${place.height}px` })}>
      <heat-canvas
        ${styles({ "clip-path": clip })}
        .picture=${{
          data: track.entry.data,
          scale: track.info.scale,
          colors: colorsOf(model.theme, track.info),
          width,
          height: place.height,
          left: -(wing.from - 1) * axis.narrow,
          dataWidth: axis.length * axis.narrow,
        }}
      ></heat-canvas>
    </div>`;
  };
  return html`${wings(axis).map((wing) =>
    lanes.map(
      (place) =>
        html`${picture(place, `${place.lane.prefix}.h`, wing, isBack ? "is-dim" : "")}${
          isBack ? picture(place, `gradients.${place.lane.prefix}.h`, wing, "is-gradient") : nothing
        }`,
    ),
  )}`;
}

/** Where steps are strips, the gradient is one river through them, as wide as its norm. */
export function rivers(scene: Scene): TemplateResult[] {
  const { axis, lanes, data } = scene;
  const most = largestOf(
    lanes.map(({ lane }) => data.track(`gradients.${lane.prefix}.norm`)?.info.scale ?? 0),
    0,
  );
  return lanes.flatMap(({ lane, top, height }) => {
    if (!lane.isRecurrent) return [];
    const norm = data.track(`gradients.${lane.prefix}.norm`);
    return wings(axis).map(({ from, to }) => {
      const points: { x: number; width: number }[] = [];
      for (let t = from; t <= to; t++) {
        const value = valueOf(norm, t);
        if (value !== null)
          points.push({ x: centerOf(axis, t), width: flowWidth(value, most, Math.min(26, height * 0.6)) });
      }
      return svg`<path class="stage-river" d=${river(points, top + height / 2)}></path>`;
    });
  });
}
