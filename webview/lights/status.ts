/** The last line: what holds for the whole run, in a few words. */

import { html, nothing, type TemplateResult } from "lit";
import type { Run, RunInfo } from "../../src/protocol/panel";
import type { Model } from "../model";
import { num } from "../symbols";

export function status(model: Model, { info, cursor }: Run): TemplateResult {
  const { digits } = info.settings;
  const { after } = cursor;
  return html`<footer class="status" data-testid="status">
    ${
      info.nonFinite === null
        ? nothing
        : html`<div class="non-finite-note" role="note" data-testid="non-finite" title=${info.nonFinite}>
            <span class="codicon codicon-warning"></span> ${info.nonFinite}
          </div>`
    }
    ${model.computing === null ? nothing : html`<span class="status-computing" role="status" data-testid="computing">Computing… ${Math.floor(100 * model.computing)} %</span>`}
    ${weightsOf(info)}
    ${info.round > 1 ? html`<span class="status-round" data-testid="round" title="The weights are those after ${info.round - 1} update${info.round > 2 ? "s" : ""}; the text has not been changed">round ${info.round}</span>` : nothing}
    ${gradients(cursor.parameters)}
    ${
      cursor.loss === null
        ? nothing
        : html`<span class="status-loss"><span class="quiet" title="Of the sequence that is shown, with the weights that are shown">loss${info.sequence.names.length > 1 ? " of this sequence" : ""}</span> <span data-testid="status-loss">${num(cursor.loss, digits, { name: "L", reference: "loss" })}</span>${
            after === null ? nothing : html` → ${num(after.loss, digits, { name: "loss after the update" })}`
          }</span>`
    }
    <span class="status-end">${model.training.kind === "running" ? html`training: epoch ${model.training.last?.epoch ?? 0} of ${model.training.epochs}` : html`<span class="quiet status-title" title=${info.layers.map(({ title }) => title).join("\n")}>${info.layers.map(({ title }) => title.replace(/^Layer \d+ · /, "")).join(" → ")}</span>`}</span>
  </footer>`;
}

/** Where the weights are not the text's: whose they are. */
function weightsOf({ weights }: RunInfo): TemplateResult | typeof nothing {
  if (weights.kind === "text") return nothing;
  const text =
    weights.kind === "training" ? `weights of epoch ${weights.epoch}` : `weights ${weights.kind} the training`;
  return html`<span class="status-round" data-testid="weights" title="The text has other weights, and stays as it is">${text}</span>`;
}

/** The worst of what the checks of the gradients have found. */
function gradients(parameters: Run["cursor"]["parameters"]): TemplateResult | typeof nothing {
  const checks = parameters.flatMap(({ check }) => (check === null || check.kind === "unchecked" ? [] : [check]));
  const found =
    checks.find(({ kind }) => kind === "wrong") ?? checks.find(({ kind }) => kind === "computing") ?? checks[0];
  if (found === undefined) return nothing;
  return html`<span class="status-check is-${found.kind}" title=${found.text}>${found.kind === "computing" ? "checking gradients…" : html`gradients ${found.mark}`}</span>`;
}
