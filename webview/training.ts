/** The training tab: how loss and gradient norm run over the epochs, growing while it trains. */

import { html, nothing, type TemplateResult } from "lit";
import type { Curve } from "../src/protocol/curve";
import type { Run, TrainingState } from "../src/protocol/panel";
import type { Model } from "./model";
import { formatDuration } from "./numbers";
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
  return html`<div class="training" data-testid="training-tab" data-kind=${training.kind}>
    <div class="training-head">
      <div class="training-facts" role="group" tabindex="0" data-numbers aria-label="Where the training stands">
        <span><span class="quiet">epoch</span> <span data-testid="epoch">${done} of ${training.epochs}</span></span>
        <span><span class="quiet">loss</span> ${num(last?.loss ?? null, digits, { name: "loss", where: `epoch ${done}` })}</span>
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
    ${training.kind === "failed" ? html`<div class="banner is-error" role="alert">${training.message}</div>` : nothing}
    <div class="training-charts">
      ${chart(model, "loss", model.curves.loss)} ${chart(model, "gradient norm", model.curves.gradientNorm)}
    </div>
  </div>`;
}

function chart({ ui, theme }: Model, label: string, curve: Curve): TemplateResult {
  return html`<figure class="training-figure">
    <figcaption>${label}</figcaption>
    <training-chart
      role="img"
      aria-label=${`${label} over ${curve.count} epochs`}
      .picture=${{ label, curve, count: curve.count, isLog: ui.logAxis, theme }}
    ></training-chart>
  </figure>`;
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
