/** Under the cells: the inputs and the axis of time, where a click goes to a step. */

import { html, nothing, type TemplateResult } from "lit";
import { styles } from "../styles";
import { tokensInView } from "../timeline/tokens";
import { centerOf, columnOf } from "./axis";
import { tokenHeight } from "./layout";
import { narrowestBox, type Scene, stepsOf } from "./scene";

export function laneLabels({ lanes }: Scene): TemplateResult {
  return html`${lanes.map(({ lane, top }) =>
    lane.label === "" ? nothing : html`<div class="stage-lane" ${styles({ top: `${top - 13}px` })}>${lane.label}</div>`,
  )}`;
}

const characterWidth = 7.2;

export function tokens(scene: Scene): TemplateResult {
  const { model, axis, cursor, height } = scene;
  const all = tokensInView(model);
  const top = { top: `${height - tokenHeight}px`, height: `${tokenHeight}px` };
  const token = (t: number, left: number, width: number, text: string | undefined) => {
    const isCurrent = t === cursor.t;
    const fits = text !== undefined && text.length * characterWidth <= width + 2;
    const isTick = width >= 22 || t === 1 || t % 5 === 0 || isCurrent;
    return html`<button
      class="stage-token ${isCurrent ? "is-current" : ""}"
      data-testid="stage-token"
      data-t=${t}
      tabindex="-1"
      title=${`t = ${t}${text === undefined ? "" : `: ${text}`}`}
      aria-current=${isCurrent ? "step" : "false"}
      ${styles({ ...top, left: `${left}px`, width: `${width}px` })}
      @click=${() => model.goTo(t)}
    >
      <span class="visually-hidden">t = ${t}:</span>
      <span class="stage-word ${fits ? "" : "is-cut"}">${fits || width >= narrowestBox ? (text ?? nothing) : nothing}</span>
      <span class="stage-tick" aria-hidden="true">${isTick ? t : nothing}</span>
    </button>`;
  };
  if (axis.kind === "window") {
    const x = centerOf(axis, axis.focus);
    const width = 110;
    const left = Math.min(Math.max(0, x - width / 2), axis.width - width);
    return html`<div class="stage-axis" data-testid="stage-axis" ${styles(top)}
        @click=${(event: MouseEvent) => model.goTo(Math.min(axis.length, 1 + Math.floor((event.offsetX / axis.width) * axis.length)))}></div>
      <span class="stage-edge is-first" ${styles({ top: `${height - 13}px` })}>1</span>
      <span class="stage-edge is-last" ${styles({ top: `${height - 13}px` })}>${axis.length}</span>
      ${token(axis.focus, left, width, cursor.step?.input)}`;
  }
  return html`${stepsOf(axis).map((t) => {
    const { left, width } = columnOf(axis, t);
    return token(t, left, width, all?.inputs[t - all.from]);
  })}`;
}
