/** What flows between the cells: arrows as wide as what they carry. */

import { nothing, svg, type TemplateResult } from "lit";
import { cssColor } from "../colors";
import { formatNumber, formatToFit } from "../numbers";
import { styles } from "../styles";
import { svgNum, symbolText } from "../symbols";
import { isKnown } from "../timeline/series";
import { flowArrow, flowWidth } from "./arrows";
import { centerOf, columnOf, type StageAxis } from "./axis";
import type { CellBox } from "./cell";
import { valueOf } from "./data";
import { type Lane, readoutHeight, tokenHeight } from "./layout";
import { boxOf, isBoxed, readsOut, readsPass, type Scene, stepsOf } from "./scene";
import { rivers } from "./strips";

const digitWidth = 6.2;
/** Characters of a number beside an arrow: −0.108, and the most. */
const shortestAmount = 6;
const mostOfAmount = 8;
/** Widest shaft of an arrow. */
const widest = 13;

/** The largest of what arrows of a kind carry, over all lanes. */
export function mostOf(scene: Scene, names: readonly string[]): number {
  return Math.max(
    0,
    ...scene.lanes.flatMap(({ lane }) =>
      names.map((name) => scene.data.track(`flow.${lane.prefix}.${name}`)?.info.scale ?? 0),
    ),
  );
}

/** Colour says the sign of a single number; a vector has none. */
function colorOf({ model }: Scene, lane: Lane, value: number | null): string {
  if (lane.size > 1 || value === null || value === 0 || !Number.isFinite(value)) return "var(--flow)";
  return cssColor(model.theme.colors.color(Math.sign(value), 1));
}

interface Link {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  /** Null while it is not known. */
  readonly value: number | null;
  readonly most: number;
  readonly lane: Lane;
  readonly isBack: boolean;
  readonly isFresh: boolean;
}

export function link(scene: Scene, { from, to, value, most, lane, isBack, isFresh }: Link): TemplateResult {
  const [[x1, y1], [x2, y2]] = isBack ? [to, from] : [from, to];
  if (value === null)
    return svg`<line class="stage-link is-ahead" x1=${from[0]} y1=${from[1]} x2=${to[0]} y2=${to[1]}></line>`;
  const width = isBack ? flowWidth(value, most, widest) : 1 + flowWidth(value, most, widest / 3);
  return svg`<path class="stage-flow ${isBack ? "is-gradient" : "is-value"}" data-pulse=${isFresh ? "flow" : nothing}
    d=${flowArrow(x1, y1, x2, y2, width)} ${styles({ fill: colorOf(scene, lane, value) })}></path>`;
}

export function lines(scene: Scene): TemplateResult[] {
  const { axis, lanes, isBack, data, cursor } = scene;
  const drawn: TemplateResult[] = [];
  const most = { h: mostOf(scene, ["h"]), gradient: mostOf(scene, ["above", "next"]) };
  const top = lanes.at(-1);
  if (top === undefined) return drawn;
  if (isBack) for (const river of rivers(scene)) drawn.push(river);
  for (const t of stepsOf(axis)) {
    const x = centerOf(axis, t);
    const boxed = isBoxed(axis, t);
    const isFresh = t === cursor.t;
    lanes.forEach((place, k) => {
      const { lane } = place;
      const box = boxOf(axis, t, place);
      const h = valueOf(data.track(`flow.${lane.prefix}.h`), t);
      const above = isBack ? valueOf(data.track(`flow.${lane.prefix}.above`), t) : null;
      const next = isBack ? valueOf(data.track(`flow.${lane.prefix}.next`), t) : null;
      const isTopLayer = lane.layer === top.lane.layer;
      const upper = isTopLayer ? null : lanes.find((other) => other.lane.layer === lane.layer + 1);
      const lower = lanes.findLast((other) => other.lane.layer === lane.layer - 1);
      const isFirstOfLayer = lanes[k - 1]?.lane.layer !== lane.layer;
      // A layer's two passes go past each other a little beside the middle
      const shift =
        boxed && scene.info.layers[lane.layer]?.passes.length === 2 ? (lane.direction === "forward" ? -9 : 9) : 0;
      const hasReadout = !isTopLayer || readsPass(scene, lane.direction, t);
      const end = upper === null || upper === undefined ? readoutHeight : upper.top + upper.height;
      if (hasReadout && (boxed || isBack))
        drawn.push(
          link(scene, {
            from: [x + shift, place.top],
            to: [x + shift, end],
            value: isBack ? above : boxed ? h : null,
            most: isBack ? most.gradient : most.h,
            lane,
            isBack,
            isFresh,
          }),
        );
      if (isTopLayer && hasReadout && !readsOut(scene, t)) drawn.push(wayOfEnd(scene, x + shift, t));
      if (boxed && isFirstOfLayer && lower === undefined) {
        const isIn = isKnown(cursor.known[`${lane.prefix}.h`], t) || (t === cursor.t && cursor.phase === "forward");
        drawn.push(
          svg`<path class="stage-flow is-value ${isBack ? "is-dim" : ""} ${isIn ? "" : "is-ahead"}" data-pulse=${isFresh && !isBack ? "flow" : nothing}
            d=${flowArrow(x, scene.height - tokenHeight, x, place.top + place.height, 1.2)}></path>`,
        );
      }
      if (boxed && isBack && hasReadout && above !== null) {
        const aside = flowWidth(above, most.gradient, widest) / 2 + 5;
        const room = Math.floor((axis.width - x - shift - aside) / digitWidth);
        // Where nothing comes in at the step before, there is room on that side.
        const isLeft = room < shortestAmount && (t === 1 || !readsOut(scene, t - 1));
        drawn.push(
          amount(
            scene,
            above,
            lane,
            `above.${lane.prefix}.h@${t}`,
            "from above",
            t,
            x + shift + (isLeft ? -aside : aside),
            (place.top + end) / 2 + 4,
            isLeft ? "end" : "start",
            isLeft ? mostOfAmount : Math.min(mostOfAmount, room),
          ),
        );
      }
      // To the step that goes on with this one's state
      const after = lane.direction === "forward" ? t + 1 : t - 1;
      if (!lane.isRecurrent || after < 1 || after > axis.length) return;
      const y = place.top + place.height / 2;
      const [here, there] = [edgesOf(axis, t, box), edgesOf(axis, after, boxOf(axis, after, place))];
      const [x1, x2] = lane.direction === "forward" ? [here.right, there.left] : [here.left, there.right];
      if (Math.abs(x2 - x1) < 3) return;
      drawn.push(
        link(scene, {
          from: [x1, y],
          to: [x2, y],
          value: isBack ? next : h,
          most: isBack ? most.gradient : most.h,
          lane,
          isBack,
          isFresh: isBack ? t === cursor.t : after === cursor.t,
        }),
      );
      const room = Math.abs(x2 - x1);
      const middle = (x1 + x2) / 2;
      const shaft = isBack && next !== null ? flowWidth(next, most.gradient, widest) : 6;
      if (isBack && next !== null)
        drawn.push(
          amount(
            scene,
            next,
            lane,
            `next.${lane.prefix}.h@${t}`,
            "from the next step",
            t,
            middle,
            y - shaft / 2 - 5,
            "middle",
            Math.floor(room / digitWidth),
          ),
        );
      const weight = recurrentWeight(scene, lane);
      if (weight !== null && room >= 26)
        drawn.push(
          svgNum(
            weight.value,
            `·${formatNumber(weight.value, 2)
              .replace(/(\.\d*?)0+$/, "$1")
              .replace(/\.$/, "")}`,
            { name: weight.name, reference: weight.reference },
            {
              x: middle,
              y: y + shaft / 2 + 13,
              anchor: "middle",
              quiet: true,
            },
          ),
        );
    });
  }
  return drawn;
}

/** The way between the step in which a backward pass ends, the first one, and the read-out over the last one. */
function wayOfEnd({ axis, isBack, cursor }: Scene, x: number, t: number): TemplateResult {
  const y = readoutHeight - 3;
  const right = centerOf(axis, axis.length);
  const isAhead = !isBack && cursor.phase === "forward" && cursor.t < axis.length;
  const gradient = symbolText({ base: "h", sub: String(t), gradient: true });
  const words = isBack
    ? `${gradient}: the gradient of the read-out comes in where the backward pass ends`
    : `h_${t}, in which the backward pass ends, is read with h_${axis.length}`;
  return svg`<g class="stage-end" data-testid="stage-end">
    <title>${words}</title>
    <path class="stage-link ${isAhead ? "is-ahead" : ""}" d=${`M${x} ${y}H${right}`} fill="none"></path>
    <text class="stage-end-words" x=${x + 8} y=${y - 4}>${isBack ? "← ∂L/∂" : ""}h<tspan class="stage-sub" dy="3">${t}</tspan>${isBack ? nothing : svg`<tspan dy="-3"> is read at the end →</tspan>`}</text>
  </g>`;
}

/** Left and right border of what stands for a step: its box, or its whole strip. */
function edgesOf(axis: StageAxis, t: number, box: CellBox): { readonly left: number; readonly right: number } {
  if (isBoxed(axis, t)) return { left: box.left, right: box.left + box.width };
  const { left, width } = columnOf(axis, t);
  return { left, right: left + width };
}

/** A number beside an arrow. Of a vector it is its norm. */
function amount(
  { digits }: Scene,
  value: number,
  lane: Lane,
  reference: string,
  what: string,
  t: number,
  x: number,
  y: number,
  anchor: "start" | "middle" | "end",
  characters: number,
): TemplateResult {
  const text = formatToFit(value, Math.min(digits, 3), characters);
  if (text === null) return svg``;
  const symbol = symbolText({ base: "h", sub: String(t), gradient: true });
  return svgNum(
    value,
    text,
    {
      name: lane.size === 1 ? symbol : `‖${symbol}‖`,
      where: `${what}, t = ${t}`,
      reference: lane.size === 1 ? `${reference}[0]` : "",
    },
    { x, y, anchor },
  );
}

/** The one weight from state to state, where a unit has just one. */
function recurrentWeight(
  { info, model, cursor }: Scene,
  lane: Lane,
): { readonly name: string; readonly reference: string; readonly value: number } | null {
  if (lane.size !== 1) return null;
  const all = info.parameters.filter(({ name, reads }) => reads === "hidden" && name.startsWith(`${lane.prefix}.`));
  const [only] = all;
  if (all.length !== 1 || only === undefined) return null;
  const { pile } = cursor;
  const value = pile?.parameter === only.name ? pile.value : model.parameter(only.name)?.value[0];
  return value === undefined ? null : { name: only.short, reference: `${only.name}[0][0]`, value };
}
