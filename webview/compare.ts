/** The tab that holds the run against another program's, or shows it read in pieces. */

import { html, nothing, type TemplateResult } from "lit";
import type { ComparisonState } from "../src/protocol/comparison";
import { stretchOf } from "../src/protocol/comparison";
import type { Line } from "./linesChart";
import type { Model } from "./model";
import { formatShort } from "./numbers";
import "./linesChart";

type Parity = ComparisonState & { readonly kind: "parity" };
type Streams = ComparisonState & { readonly kind: "streams" };

/** Of what is drawn on one axis, in order. */
const colors = ["textLink-foreground", "charts-yellow", "charts-green"];

export function compareTab(model: Model): TemplateResult {
  const { comparison } = model;
  const buttons = html`<vscode-button data-testid="compare-with" @click=${() => model.command("compareWith")}
      >Compare with…</vscode-button
    >
    <vscode-button appearance="secondary" data-testid="run-in-chunks" @click=${() => model.command("runInChunks")}
      >Run whole and in chunks…</vscode-button
    >`;
  switch (comparison.kind) {
    case "none":
      return html`<div class="training is-empty" data-testid="compare-tab" data-kind="none">
        <p>
          Hold this run against another program's: a model, a checkpoint, a trace, or arrays of states or outputs. Or see what the
          sequence gives whole, in chunks, and with the state reset at each chunk.
        </p>
        <div class="compare-buttons">${buttons}</div>
      </div>`;
    case "parity":
      return parity(model, comparison, buttons);
    case "streams":
      return streams(model, comparison, buttons);
    default:
      throw new Error(`unknown comparison ${JSON.stringify(comparison satisfies never)}`);
  }
}

function parity(model: Model, comparison: Parity, buttons: TemplateResult): TemplateResult {
  const { first, explained, quantities } = comparison;
  const { quantity, unit } = model.compared;
  const chosen = quantities[quantity];
  const points = Float64Array.from(chosen?.steps ?? [], (_, k) => stretchOf(k, comparison.length) + 1);
  const differences = quantities.map(
    ({ title, steps }, k): Line => ({
      label: title,
      values: steps,
      color: k === quantity ? "charts-yellow" : "descriptionForeground",
      isDashed: false,
      isThin: k !== quantity,
    }),
  );
  return html`<div class="training" data-testid="compare-tab" data-kind="parity">
    <div class="training-head">
      <p class="compare-verdict ${comparison.agrees ? "is-right" : "is-wrong"}" role="status" data-testid="compare-verdict">
        ${comparison.verdict}
      </p>
      ${
        first
          ? html`<vscode-button
              appearance="secondary"
              data-testid="first-divergence"
              title="Go to the first place, in the order of computation, where they differ"
              @click=${() => model.goToDivergence()}
              >Go to t = ${first.t}</vscode-button
            >`
          : nothing
      }
      <div class="compare-buttons">${buttons}</div>
    </div>
    ${
      explained
        ? html`<p class="compare-explained" data-testid="compare-explained">
            ${explained.text}
            ${
              explained.canTake
                ? html`<vscode-button
                    data-testid="take-over"
                    title="Changes the text so that it computes as the other program does; undo takes it back"
                    @click=${() => model.takeOver()}
                    >Take it over</vscode-button
                  >`
                : nothing
            }
          </p>`
        : nothing
    }
    <div class="compare-choice">
      <label>
        quantity
        <select data-testid="compare-quantity" @change=${(event: Event) => choose(model, event, "quantity")}>
          ${quantities.map(
            ({ title, largest }, k) =>
              html`<option value=${k} ?selected=${k === quantity}>${title} (${largest === 0 ? "alike" : formatShort(largest, 2)})</option>`,
          )}
        </select>
      </label>
      ${unitChoice(model, chosen?.units ?? 1, unit, (k) => String(k))}
    </div>
    <div class="training-charts">
      ${figure(model, chosen ? `${chosen.title}[${unit}], this run and the other` : "", bothRuns(model), false)}
      <figure class="training-figure">
        <figcaption>largest difference of each quantity at each step, logarithmic</figcaption>
        <lines-chart
          role="img"
          aria-label="largest difference of each quantity at each step"
          data-testid="differences"
          .picture=${{ t: pointsOf(model, points), lines: differences, isLog: true, theme: model.theme }}
        ></lines-chart>
      </figure>
    </div>
  </div>`;
}

/** The same array as long as nothing changes, so that nothing is drawn anew. */
function pointsOf(model: Model, points: Float64Array): Float64Array {
  const known = model.comparedPoints;
  if (known.length === points.length && known.every((t, k) => t === points[k])) return known;
  model.comparedPoints = points;
  return points;
}

function streams(model: Model, comparison: Streams, buttons: TemplateResult): TemplateResult {
  const { unit } = model.compared;
  const { outputs, facts, chunk } = comparison;
  return html`<div class="training" data-testid="compare-tab" data-kind="streams">
    <div class="training-head">
      <ul class="compare-facts" data-testid="stream-facts">
        ${facts.map((fact) => html`<li>${fact}</li>`)}
      </ul>
      <div class="compare-buttons">${buttons}</div>
    </div>
    <div class="compare-choice">${unitChoice(model, outputs.length, unit, (k) => outputs[k] ?? String(k))}</div>
    <div class="training-charts">
      ${figure(model, `output ${outputs[unit] ?? ""} over the steps: whole, in chunks of ${chunk}, state reset at each chunk`, bothRuns(model), false)}
    </div>
  </div>`;
}

function unitChoice(
  model: Model,
  units: number,
  unit: number,
  name: (k: number) => string,
): TemplateResult | typeof nothing {
  if (units < 2) return nothing;
  return html`<label>
    unit
    <select data-testid="compare-unit" @change=${(event: Event) => choose(model, event, "unit")}>
      ${Array.from({ length: Math.min(units, 1000) }, (_, k) => html`<option value=${k} ?selected=${k === unit}>${name(k)}</option>`)}
    </select>
  </label>`;
}

function choose(model: Model, event: Event, what: "quantity" | "unit"): void {
  const { value } = event.target as HTMLSelectElement;
  const before = model.compared;
  model.chooseCompared(what === "quantity" ? { quantity: Number(value), unit: 0 } : { ...before, unit: Number(value) });
}

function bothRuns(model: Model): { t: Float64Array; lines: Line[] } {
  const { comparedCurves: curves } = model;
  if (curves === null) return { t: new Float64Array(), lines: [] };
  return {
    t: curves.t,
    lines: curves.lines.map(({ label, values }, k) => ({
      label,
      values,
      color: colors[k % colors.length]!,
      isDashed: k > 0,
      isThin: false,
    })),
  };
}

function figure(
  model: Model,
  caption: string,
  { t, lines }: ReturnType<typeof bothRuns>,
  isLog: boolean,
): TemplateResult {
  return html`<figure class="training-figure">
    <figcaption data-testid="curves-caption">
      ${caption}
      <span class="compare-legend">
        ${lines.map(({ label, color }) => html`<span style="color: var(--vscode-${color})">${label}</span>`)}
      </span>
    </figcaption>
    <lines-chart
      role="img"
      aria-label=${caption}
      data-testid="curves"
      .picture=${{ t, lines, isLog, theme: model.theme }}
    ></lines-chart>
  </figure>`;
}
