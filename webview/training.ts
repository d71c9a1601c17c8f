/** The training tab: how loss and gradient norm run over the epochs, growing while it trains. */

import { html, nothing, type TemplateResult } from "lit";
import type { Curve } from "../src/protocol/curve";
import type { Run, RunInfo, TrainedSide, TrainingState } from "../src/protocol/panel";
import type { Model } from "./model";
import { formatDuration, formatShort } from "./numbers";
import { num } from "./symbols";
import "./trainingChart";

export function trainingTab(model: Model, { info }: Run): TemplateResult {
  const { training } = model;
  const start = html`<vscode-button data-testid="start-training" ?disabled=${info.loss === null} @click=${() => model.command("train")}
    >${training.kind === "idle" ? "Start training" : "Train again"}</vscode-button
  >`;
  if (training.kind === "idle")
    return html`<div class="training is-empty" data-testid="training-tab" data-kind="idle">
      <p>
        ${
          info.loss === null
            ? "This file has no loss, so there is nothing to train."
            : `Start training runs ${info.epochs} ${info.epochs === 1 ? "epoch" : "epochs"} as the file says; loss and gradient norm are drawn here as they come.`
        }
      </p>
      ${start}
    </div>`;
  const { last } = training;
  const done = last?.epoch ?? 0;
  const { digits } = info.settings;
  const { measured } = model.curves;
  const count = model.trainedSequences;
  const of = count > 1 ? `mean of ${count.toLocaleString("en")} sequences` : "of the one sequence";
  return html`<div class="training" data-testid="training-tab" data-kind=${training.kind}>
    <div class="training-head">
      <div class="training-facts" role="group" tabindex="0" data-numbers aria-label="Where the training stands">
        <span><span class="quiet">epoch</span> <span data-testid="epoch">${done} of ${training.epochs}</span></span>
        <span><span class="quiet" data-testid="training-loss-of" title="Each sequence's loss, measured before its update">loss, ${of}</span> ${num(last?.loss ?? null, digits, { name: "loss", where: `epoch ${done}` })}</span>
        <span
          ><span class="quiet">gradient norm</span> ${num(last?.gradientNorm ?? null, digits, { name: "gradientNorm", where: `epoch ${done}` })}</span
        >
        <span class="training-status" data-testid="training-status">${status(training)}</span>
      </div>
      <vscode-checkbox
        data-testid="log-axis"
        ?checked=${model.ui.logAxis}
        @change=${(event: Event) => {
          const { checked } = event.target as HTMLInputElement;
          if (checked !== model.ui.logAxis) model.setUi({ logAxis: checked });
        }}
        >logarithmic</vscode-checkbox
      >
      ${
        training.kind === "running"
          ? html`<vscode-button appearance="secondary" data-testid="cancel" @click=${() => model.command("cancelTraining")}>Cancel</vscode-button>`
          : start
      }
    </div>
    ${training.kind === "done" || training.kind === "cancelled" ? sides(model, info) : nothing}
    ${training.kind === "failed" ? html`<div class="banner is-error" role="alert">${training.message}</div>` : nothing}
    <div class="training-charts">
      ${chart(model, "loss", model.curves.loss, measured.validationLoss, model.earlierLosses)}
      ${measured.accuracy ? chart(model, "accuracy", measured.accuracy, measured.validationAccuracy) : nothing}
      ${chart(model, "gradient norm", model.curves.gradientNorm)}
    </div>
  </div>`;
}

/** The shown sequence with the weights of before the training, or of after it. */
function sides(model: Model, { trained }: RunInfo): TemplateResult {
  const side = (which: TrainedSide) =>
    html`<button class="side" data-testid="show-${which}" aria-pressed=${trained === which} title="Show the sequence with the weights ${which} the training" @click=${() => model.showTrained(which)}>${which}</button>`;
  return html`<div class="sides" role="group" aria-label="Weights that are shown">${side("before")}${side("after")}<span class="quiet">what the stage shows</span></div>`;
}

/**
 * @param validation the same of what is held back
 * @param earlier    the same of the runs before it
 */
function chart(
  { ui, theme }: Model,
  label: string,
  curve: Curve,
  validation: Curve | null = null,
  earlier: readonly Curve[] = [],
): TemplateResult {
  const ghosts =
    earlier.length === 0
      ? nothing
      : html` <span class="quiet" data-testid="earlier-curves">thin: ${earlier.length === 1 ? "the run before" : `the ${earlier.length} runs before`}</span>`;
  const caption = validation
    ? html`${label}, <span class="is-validation">validation</span> ${last(validation)}${ghosts}`
    : html`${label}${ghosts}`;
  return html`<figure class="training-figure">
    <figcaption data-testid=${`chart-${label.replace(" ", "-")}`}>${caption}</figcaption>
    <training-chart
      role="img"
      aria-label=${`${label}${validation ? " and validation" : ""} over ${curve.count} epochs`}
      .picture=${{ label, curve, validation, earlier, count: curve.count, isLog: ui.logAxis, theme }}
    ></training-chart>
  </figure>`;
}

/** The newest value of a curve. */
function last(curve: Curve): string {
  const part = curve.part(Math.ceil(curve.count / curve.perPart) - 1);
  return part && Number.isFinite(part.max) ? formatShort(part.max, 4) : "";
}

function status(training: Exclude<TrainingState, { kind: "idle" }>): string {
  switch (training.kind) {
    case "running":
      return training.secondsLeft === null ? "training…" : `${formatDuration(training.secondsLeft)} left`;
    case "done":
      return "done";
    case "cancelled":
      return "cancelled";
    case "failed":
      return "failed";
    default:
      throw new Error(`unknown training state ${JSON.stringify(training satisfies never)}`);
  }
}
