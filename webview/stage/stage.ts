/**
 * The unrolled network as the view itself: a column a step, the cell with its numbers in it, and arrows as wide as what they carry.
 * Forward, values run up and on; backward, the gradient runs from the loss down each read-out and back through the steps.
 */

import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import type { Run } from "../../src/protocol/panel";
import type { Model } from "../model";
import { styles } from "../styles";
import { animateStep } from "./animate";
import { columnOf } from "./axis";
import { columns } from "./cells";
import { StageData } from "./data";
import { lanePlaces, lanesOf } from "./layout";
import { lines } from "./links";
import { readouts } from "./readouts";
import { axisOf, type Scene } from "./scene";
import { strips } from "./strips";
import { laneLabels, tokens } from "./tokens";
import { windowLines, windowParts } from "./window";

export function stage(model: Model, run: Run, height: number): TemplateResult {
  const { info, cursor } = run;
  const axis = axisOf(model, run);
  const scene: Scene = {
    model,
    info,
    cursor,
    axis,
    data: new StageData(model, run, axis),
    lanes: lanePlaces(lanesOf(info), height),
    height,
    isBack: cursor.phase === "backward" || cursor.phase === "update",
    digits: info.settings.digits,
  };
  return html`<div
    class="stage ${scene.isBack ? "is-back" : ""}"
    data-testid="stage"
    data-kind=${axis.kind}
    role="group"
    tabindex="0"
    data-numbers
    aria-label="The unrolled network. Arrow keys read its numbers"
    ${styles({ height: `${height}px` })}
    ${ref((element) => {
      model.measureStage(element);
      animateStep(element, cursor, model.isHeld);
    })}
  >
    ${model.stageWidth <= 0 ? nothing : content(scene)}
  </div>`;
}

function content(scene: Scene): TemplateResult {
  const { axis, height, cursor } = scene;
  const { left, width } = axis.kind === "window" ? { left: 0, width: 0 } : columnOf(axis, axis.focus);
  return html`${
    cursor.t > 0 && width > 0
      ? html`<div class="stage-column" ${styles({ left: `${left}px`, width: `${width}px` })}></div>`
      : nothing
  }
    ${axis.kind === "window" ? nothing : strips(scene)}
    <svg class="stage-lines" width=${axis.width} height=${height} aria-hidden="true">
      ${axis.kind === "window" ? windowLines(scene) : lines(scene)}
    </svg>
    ${axis.kind === "window" ? windowParts(scene) : columns(scene)} ${laneLabels(scene)} ${readouts(scene)}
    ${tokens(scene)}`;
}
