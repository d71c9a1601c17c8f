/** What belongs to the current step: the cell and what flows through it, its operations, its outputs, its vectors. */

import { html, nothing, type TemplateResult } from "lit";
import type { Run } from "../../src/protocol/panel";
import { inTurn } from "../inTurn";
import { afterUpdate } from "../lights/after";
import { pile } from "../lights/pile";
import type { Model } from "../model";
import { cellPictures } from "./cellPicture";
import { operations } from "./operations";
import { output } from "./output";
import { vectors } from "./vectors";

export function stepTab(model: Model, run: Run): TemplateResult {
  const { info, cursor } = run;
  const { step } = cursor;
  const { digits } = info.settings;
  const wide = info.layers.some((layer) => layer.size > 8);
  const isGated = step?.layers.some(({ picture }) => picture.nodes.some(({ kind }) => kind === "gate")) ?? false;
  return html`<div class="sections ${isGated ? "is-gated" : ""}" data-testid="step-tab">
    <div class="lights">
      ${pile(model, run)}
      ${step === null ? afterUpdate(model, run) : step.output === null ? nothing : output(model, info, cursor, step, step.output)}
    </div>
    ${
      step === null
        ? nothing
        : inTurn(
            () => html`<section class="section">
              <h2>${cursor.phase === "backward" ? "The cell, flowing back" : "The cell"}</h2>
              ${cellPictures(info, step)}
            </section>`,
          )
    }
    ${inTurn(() => (cursor.operations.length === 0 ? nothing : operations(model, cursor, digits)))}
    ${step === null ? nothing : step.layers.map((pass) => inTurn(() => vectors(model, step.t, pass, digits, wide)))}
  </div>`;
}
