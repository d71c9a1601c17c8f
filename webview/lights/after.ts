/** What the update has brought: the loss from before to after, and the outputs with a ghost of before. */

import { html, nothing, type TemplateResult } from "lit";
import type { Run } from "../../src/protocol/panel";
import type { Model } from "../model";
import { formatNumber, plainNumber } from "../numbers";
import { styles } from "../styles";

export function afterUpdate(model: Model, { info, cursor }: Run): TemplateResult {
  const { after } = cursor;
  const { digits } = info.settings;
  if (after === null)
    return html`<section class="section is-output"><p class="quiet" data-testid="no-step">
      ${cursor.phase === "update" ? "The update is made once for the whole sequence. What it does to each parameter is under Parameters." : "Nothing has been computed yet. Step → begins with the first input."}
    </p></section>`;
  const number = (value: number, name: string) =>
    html`<span class="num" data-value=${plainNumber(value)} data-name=${name} data-where="" data-reference="">${formatNumber(value, digits)}</span>`;
  const { step } = after;
  return html`<section class="section is-output" data-testid="after">
    <h2><span class="light-name">Loss</span>
      <span class="after-loss">${number(after.lossBefore, "loss before the update")} → <strong>${number(after.loss, "loss after the update")}</strong></span>
    </h2>
    <div class="after-keep">
      <button class="quiet-button" data-testid="keep-update" title="Writes the updated parameters into the text: one edit that undo takes back" @click=${() => model.command("keepUpdate")}>Keep this update</button>
      <span class="quiet">Step → goes on with it</span>
    </div>
    ${
      step === null
        ? nothing
        : html`<div class="after-outputs" data-numbers tabindex="0" role="group" aria-label="Outputs of step ${step.t}, before and after">
            <div class="quiet after-title">t = ${step.t}${step.target === null ? "" : html` <span>target <strong>${step.target}</strong></span>`}</div>
            ${step.outputs.map(
              ({ label, isTarget, before, after: now }) => html`<div class="after-line ${isTarget ? "is-target" : ""}">
                <span class="after-label">${label}</span>
                ${info.output.activation === "softmax" || info.output.activation === "sigmoid" ? html`<span class="bar"><i class="bar-fill" ${styles({ width: `${100 * part(now)}%` })}></i><i class="bar-ghost" ${styles({ left: `${100 * part(before)}%` })}></i></span>` : html`<span></span>`}
                <span class="quiet after-before">${formatNumber(before, digits)}</span><span>→</span>${number(now, `output of ${label} after the update`)}
              </div>`,
            )}
          </div>`
    }
  </section>`;
}

const part = (value: number) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);
