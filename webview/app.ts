/** The whole panel, for every state that it can be in. */

import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { FileError, Run } from "../src/protocol/panel";
import { explainTab } from "./explain";
import { keyList } from "./keys";
import type { Model } from "./model";
import { parametersTab } from "./parameters";
import { stepTab } from "./step/stepTab";
import { timeline } from "./timeline/timeline";
import { toolbar } from "./toolbar";
import { trainingTab } from "./training";
import { type Tab, tabs } from "./uiState";

export function app(model: Model): TemplateResult {
  return html`${body(model)} ${model.overlay === "keys" ? keyList(model) : nothing}`;
}

function body(model: Model): TemplateResult {
  const { state } = model;
  switch (state.kind) {
    case "loading":
      return html`<div class="state" data-testid="state" data-kind="loading" role="status">
        <h1 class="loading">Computing…${state.done === null ? "" : ` ${Math.floor(100 * state.done)} %`}</h1>
      </div>`;
    case "empty":
      return html`<div class="state" data-testid="state" data-kind="empty">
        <h1>${state.title}</h1>
        <p>${state.reason}</p>
        <vscode-button appearance="secondary" @click=${() => model.command("showText")}>Show the text</vscode-button>
      </div>`;
    case "invalid":
      return html`<div class="frame" data-testid="state" data-kind="invalid">
        ${errors(model, state.errors)}
        ${
          state.run === null
            ? nothing
            : html`<div class="last-run" inert data-testid="last-run">${runView(model, state.run)}</div>`
        }
      </div>`;
    case "ready":
      return html`<div class="frame" data-testid="state" data-kind="ready">${runView(model, state.run)}</div>`;
    case "failed":
      return html`<div class="state" data-testid="state" data-kind="failed" role="alert">
        <h1>Something went wrong in the extension</h1>
        <p>${state.message}</p>
        <p class="quiet">The output channel has the details.</p>
      </div>`;
    default:
      throw new Error(`unknown state ${JSON.stringify(state satisfies never)}`);
  }
}

function errors(model: Model, all: readonly FileError[]): TemplateResult {
  return html`<div class="banner is-error" role="alert" data-testid="errors">
    <h1 class="banner-title">
      <span class="codicon codicon-error" aria-hidden="true"></span>
      ${all.length === 1 ? "The file has an error" : `The file has ${all.length} errors`}${
        model.run === null ? "" : "; the last run without errors stays below"
      }
    </h1>
    <ul>
      ${all.map(
        ({ message, line, column }) => html`<li>
          <vscode-link
            href="#"
            data-testid="error-link"
            @click=${(event: Event) => {
              event.preventDefault();
              model.openError(line, column);
            }}
            >${message}</vscode-link
          >
          <span class="quiet">line ${line}</span>
        </li>`,
      )}
    </ul>
  </div>`;
}

function runView(model: Model, run: Run): TemplateResult {
  const { tab } = model.ui;
  // The tab's name is not read from its text again when that changes
  const stepTitle = run.cursor.t > 0 ? `Step ${run.cursor.t}` : "Step";
  const panel = (id: Tab, content: () => TemplateResult) =>
    html`<vscode-panel-view id="view-${id}">${tab === id ? content() : nothing}</vscode-panel-view>`;
  const { info, cursor } = run;
  const tools = [info, cursor.canStep, cursor.canStepBack, cursor.playing, cursor.speed, model.training.kind];
  return html`${guard(tools, () => toolbar(model, run))} ${timeline(model, run)}
    <div class="details">
      <vscode-panels
        aria-label="Details"
        activeid="tab-${tab}"
        @change=${(event: Event) => {
          // Fields inside the tabs report changes too
          if (event.target !== event.currentTarget) return;
          const id = (event.currentTarget as Element & { readonly activeid: string }).activeid;
          const chosen = tabs.find((name) => `tab-${name}` === id);
          if (chosen !== undefined && chosen !== model.ui.tab) model.setUi({ tab: chosen });
        }}
      >
        <vscode-panel-tab id="tab-step" data-testid="tab-step" aria-label=${stepTitle}>${stepTitle}</vscode-panel-tab>
        <vscode-panel-tab id="tab-parameters" data-testid="tab-parameters">Parameters</vscode-panel-tab>
        <vscode-panel-tab id="tab-explain" data-testid="tab-explain">Explain</vscode-panel-tab>
        <vscode-panel-tab id="tab-training" data-testid="tab-training">Training</vscode-panel-tab>
        ${panel("step", () => stepTab(model, run))} ${panel("parameters", () => parametersTab(model, run))}
        ${panel("explain", () => explainTab(model, run))} ${panel("training", () => trainingTab(model, run))}
      </vscode-panels>
    </div>`;
}
