/** The read-out of the current step: outputs as bars, logits and their gradients beside, the target marked. */

import { html, nothing, type TemplateResult } from "lit";
import { largestOf } from "../../src/protocol/extremes";
import type { Cursor, OutputDetail, OutputEntry, RunInfo, StepDetail } from "../../src/protocol/panel";
import { cssColor, inkOn } from "../colors";
import type { Model } from "../model";
import { styles } from "../styles";
import { num } from "../symbols";

const outputSymbol: Record<OutputDetail["activation"], string> = { softmax: "p", sigmoid: "y", linear: "y", tanh: "y" };

export function output(
  model: Model,
  info: RunInfo,
  cursor: Cursor,
  step: StepDetail,
  { activation, outputs, others, loss }: OutputDetail,
): TemplateResult {
  const { digits } = info.settings;
  const p = outputSymbol[activation];
  const t = step.t;
  const where = (entry: OutputEntry) => entry.label;
  const withLogits = activation !== "linear";
  const withGradients = info.loss !== null;
  const isProbability = activation === "softmax" || activation === "sigmoid";
  const most = isProbability
    ? 1
    : largestOf(
        outputs.map(({ output }) => Math.abs(finite(output))),
        1e-300,
      );
  const steepest = largestOf(
    outputs.map(({ dLogit }) => Math.abs(finite(dLogit))),
    1e-300,
  );
  const hasVector = outputs.some(({ target }) => target !== null && target !== 0 && target !== 1);
  // Where targets are numbers, none of them is the target.
  const hasMarks = !hasVector || outputs.some(({ isTarget }) => isTarget);
  const sub = html`<sub>${t}</sub>`;
  return html`<section class="section is-output">
    <h2>
      <span>${activation} <span class="symbol">${p}${sub}</span></span>
      ${step.target === null ? nothing : html`<span class="h-end">target <strong>${step.target}</strong>${ofTarget(outputs, p, t, digits)}</span>`}
    </h2>
    <div class="table-scroll" data-numbers role="group" tabindex="0" aria-label="Outputs of step t">
      <table class="outputs ${hasVector ? "has-targets" : ""} ${hasMarks ? "has-marks" : ""}" data-testid="outputs" data-when=${`t = ${t}`}>
        <thead>
          <tr>
            <th scope="col">output</th>
            <th class="for-bar"><span class="visually-hidden">size</span></th>
            <th scope="col" class="is-number">${p}</th>
            ${hasVector ? html`<th scope="col" class="is-number">target</th>` : nothing}
            ${withLogits ? html`<th scope="col" class="is-number is-logit">z</th>` : nothing}
            ${withGradients ? html`<th scope="col" class="is-number">∂L/∂z</th>` : nothing}
          </tr>
        </thead>
        <tbody>
          ${outputs.map(
            (
              entry,
            ) => html`<tr class=${entry.isTarget ? "is-target" : ""} data-testid="output" data-target=${entry.isTarget}>
              <th scope="row" title=${entry.label}>
                ${hasMarks ? html`<span class="mark">${entry.isTarget ? html`<span class="codicon codicon-target" role="img" aria-label="target"></span>` : nothing}</span>` : nothing}${entry.label}
              </th>
              <td class="for-bar">
                <div class="bar"><div class="bar-fill" ${styles({ width: `${(100 * Math.abs(finite(entry.output))) / most}%` })}></div></div>
              </td>
              <td class="is-number">${num(entry.output, digits, { name: `output[${entry.index}]`, where: where(entry), reference: `output@${t}[${entry.index}]` })}</td>
              ${hasVector ? html`<td class="is-number">${num(entry.target, digits, { name: `target[${entry.index}]`, where: where(entry), reference: `target@${t}[${entry.index}]` })}</td>` : nothing}
              ${withLogits ? html`<td class="is-number is-logit">${num(entry.logit, digits, { name: `logits[${entry.index}]`, where: where(entry), reference: `logits@${t}[${entry.index}]` })}</td>` : nothing}
              ${withGradients ? html`<td class="is-number">${gradient(model, entry, steepest, digits, where(entry), t)}</td>` : nothing}
            </tr>`,
          )}
          ${
            others === null
              ? nothing
              : html`<tr class="others" data-testid="others">
                  <th scope="row"><span class="mark"></span>${others.count} others</th>
                  <td class="for-bar">
                    ${
                      others.total === null
                        ? nothing
                        : html`<div class="bar"><div class="bar-fill" ${styles({ width: `${100 * finite(others.total)}%` })}></div></div>`
                    }
                  </td>
                  <td class="is-number">
                    ${others.total === null ? nothing : num(others.total, digits, { name: "sum of the other outputs" })}
                  </td>
                </tr>`
          }
        </tbody>
      </table>
      ${
        loss === null
          ? nothing
          : html`<div class="loss-line" data-when=${`t = ${t}`}>
              <span><span class="symbol">ℓ${sub}</span> <span class="quiet">${info.loss?.type ?? "loss"}</span></span>
              ${num(loss, digits, { name: "loss", reference: `loss@${t}` })}
            </div>`
      }
      ${
        cursor.loss === null
          ? nothing
          : html`<div class="loss-line">
              <span><span class="symbol">L</span> <span class="quiet">${info.loss?.reduction ?? ""} over the sequence</span></span>
              <span data-testid="total-loss">${num(cursor.loss, digits, { name: "L", reference: "loss" })}</span>
            </div>`
      }
    </div>
  </section>`;
}

/** How probable the target is: its line may be below the others. */
function ofTarget(
  outputs: readonly OutputEntry[],
  p: string,
  t: number,
  digits: number,
): TemplateResult | typeof nothing {
  const targets = outputs.filter(({ isTarget }) => isTarget);
  const [only] = targets;
  if (targets.length !== 1 || only === undefined || only.output === null) return nothing;
  return html` <span class="quiet">${p}</span> ${num(only.output, Math.min(3, digits), { name: `output[${only.index}]`, where: `t = ${t}, ${only.label}`, reference: `output@${t}[${only.index}]` })}`;
}

const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : 0);

function gradient(
  model: Model,
  { dLogit, index }: OutputEntry,
  scale: number,
  digits: number,
  where: string,
  t: number,
): TemplateResult {
  const reference = `gradients.logits@${t}[${index}]`;
  const shown = num(dLogit, digits, { name: `gradients.logits[${index}]`, where, reference });
  if (dLogit === null) return shown;
  const color = model.theme.colors.color(dLogit, scale);
  return html`<span class="chip" ${styles({ "background-color": cssColor(color), color: cssColor(inkOn(color)) })}>${shown}</span>`;
}
