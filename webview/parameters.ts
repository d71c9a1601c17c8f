/** Each parameter: its value, this step's share of its gradient, the sum so far, and what it is after the update. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { largestOf } from "../src/protocol/extremes";
import type { GradientVerdict, ParameterData, ParameterInfo, ParameterSummary, Run } from "../src/protocol/panel";
import { largest, matrix } from "./matrix";
import type { Model } from "./model";
import { num } from "./symbols";
import { toggled } from "./uiState";

/** Small parameters are open at first, the others closed; at most so many entries are small. */
const smallEntries = 128;

export function parametersTab(model: Model, { info, cursor }: Run): TemplateResult {
  model.checkGradients();
  const summaries = new Map(cursor.parameters.map((summary) => [summary.name, summary]));
  const groups = [...new Set(info.parameters.map(({ group }) => group))];
  return html`<div class="parameters" data-testid="parameters-tab">
    ${groups.map(
      (group) => html`<section class="section is-wide">
        <h2>${group}</h2>
        ${repeat(
          info.parameters.filter((parameter) => parameter.group === group),
          (parameter) => parameter.name,
          (parameter) => row(model, cursor.t, info.settings.digits, parameter, summaries.get(parameter.name)),
        )}
      </section>`,
    )}
  </div>`;
}

function isOpen(model: Model, { name, rows, cols }: ParameterInfo): boolean {
  return rows * cols <= smallEntries !== model.ui.toggledParameters.includes(name);
}

function row(
  model: Model,
  t: number,
  digits: number,
  parameter: ParameterInfo,
  summary: ParameterSummary | undefined,
): TemplateResult {
  const { name, short, rows, cols, rank } = parameter;
  const open = isOpen(model, parameter);
  const shape = rank === 1 ? `[${rows}]` : `[${rows} × ${cols}]`;
  const norm = (
    label: string,
    value: number | null | undefined,
    full: string,
    { check = null, reference = null }: { check?: GradientVerdict | null; reference?: string | null } = {},
  ) =>
    value === null || value === undefined
      ? nothing
      : html`<span class="parameter-norm"><span class="quiet">${label}</span> ${num(value, digits, { name: full, reference })}
          ${check ? mark(short, check) : nothing}</span
        >`;
  return html`<div class="parameter" data-testid="parameter" data-parameter=${name}>
    <div class="parameter-head">
      <button
        class="fold"
        aria-expanded=${open}
        @click=${() => model.setUi({ toggledParameters: toggled(model.ui.toggledParameters, name) })}
      >
        <span class="codicon codicon-chevron-${open ? "down" : "right"}"></span>
        <span class="parameter-name">${short}</span> <span class="quiet">${shape}</span>
      </button>
      ${parameter.isFrozen ? lock(short) : nothing}
      ${summary?.picked ? html`<span class="quiet" data-testid="picked-row">${summary.picked}</span>` : nothing}
      ${norm("‖this step‖", summary?.shareNorm, `‖${name}, share of t = ${t}‖`)}
      ${norm("‖sum so far‖", summary?.sumNorm, `‖gradients.${name}, so far‖`, {
        check: summary?.check ?? null,
        // Only the whole gradient has a length that the run computes with
        reference: summary?.updated ? `norm.${name}` : null,
      })}
    </div>
    ${open ? matrices(model, t, digits, parameter, summary?.sumReference ?? null) : nothing}
  </div>`;
}

/** A parameter that is held fixed: it has a gradient, and keeps its value. */
function lock(short: string): TemplateResult {
  const text = `${short} is held fixed: its gradient is shown, and no update moves it`;
  return html`<span class="codicon codicon-lock" role="img" aria-label=${text} title=${text} data-testid="lock"></span>`;
}

/** Whether the gradient agrees with differences of the loss. */
function mark(short: string, { kind, mark, text }: GradientVerdict): TemplateResult {
  return html`<span
    class="gradient-check is-${kind}"
    role="img"
    aria-label="Check of the gradient of ${short}: ${mark}, ${text}"
    title=${text}
    data-testid="gradient-check"
    data-kind=${kind}
    >${mark}</span
  >`;
}

const scaleOf = (...all: (Float64Array | null)[]) =>
  largestOf(
    all.map((entry) => (entry === null ? 0 : largest(entry))),
    0,
  );

function matrices(
  model: Model,
  t: number,
  digits: number,
  parameter: ParameterInfo,
  sumReference: string | null,
): TemplateResult {
  const data = model.parameter(parameter.name);
  if (data === null) return html`<div class="matrices quiet">…</div>`;
  // Value and updated value share one scale, share and sum another: what is compared must look alike
  const values = scaleOf(data.value, data.updated);
  const gradients = scaleOf(data.share, data.sum);
  const { name } = parameter;
  return html`<div class="matrices">
    ${one(model, parameter, digits, "value", data.value, values, name, name)}
    ${one(model, parameter, digits, t > 0 ? `share of t = ${t}` : "share of the step", data.share, gradients, `share of gradients.${name}`, `shares.${name}@${t}`)}
    ${one(model, parameter, digits, "sum so far", data.sum, gradients, `gradients.${name}, so far`, sumReference)}
    ${one(model, parameter, digits, "after the update", data.updated, values, `updated ${name}`, `updated.${name}`)}
  </div>`;
}

function one(
  model: Model,
  parameter: ParameterInfo,
  digits: number,
  title: string,
  data: ParameterData[keyof ParameterData],
  scale: number,
  name: string,
  reference: string | null,
): TemplateResult {
  const { rows, cols, rank, rowNames, colNames, short } = parameter;
  const entry = (i: number, j: number) => (rank === 1 ? `[${i + j}][0]` : `[${i}][${j}]`);
  // A bias is written as a column, next to the rows of its matrix
  return html`<figure class="matrix-figure" data-kind=${title}>
    <figcaption>${title}</figcaption>
    ${
      data === null
        ? html`<div class="vector-unknown" data-testid="not-yet"></div>`
        : matrix({
            ...(rank === 1 && rows > 8 ? { rows: 1, cols: rows } : { rows, cols: rank === 1 ? 1 : cols }),
            data,
            scale,
            theme: model.theme,
            digits,
            name,
            ...(reference === null ? {} : { reference: (i, j) => reference + entry(i, j) }),
            ...(rank === 1 && rows > 8 ? {} : { rowNames, colNames }),
            isVector: rank === 1 && rows > 8,
            label: `${short}, ${title}`,
          })
    }
  </figure>`;
}
