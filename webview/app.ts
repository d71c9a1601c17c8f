/** The whole panel, for every state that it can be in. */

import { html, nothing, type TemplateResult } from "lit";
import type { FileError, Run } from "../src/protocol/panel";
import { compareTab } from "./compare";
import { explainTab, sheet } from "./explain";
import { foretell } from "./foretell";
import { keyList } from "./keys";
import { now } from "./lights/now";
import { status } from "./lights/status";
import type { Model } from "./model";
import { parametersTab } from "./parameters";
import { predictTab } from "./predict";
import { stepTab } from "./step/stepTab";
import { tabStrip } from "./tabs";
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
    case "ready": {
      // One template for both, so that nothing is drawn anew when a text is broken and mended
      const isBroken = state.kind === "invalid";
      const isShown = isBroken && model.isErrorShown;
      return html`<div class="frame" data-testid="state" data-kind=${state.kind}>
        ${
          state.run === null
            ? nothing
            : html`<div class="run ${isShown ? "is-old" : ""}" ?inert=${isBroken} data-testid=${isBroken ? "last-run" : "run"}>${runView(model, state.run)}</div>`
        }
        ${isShown ? errors(model, state.errors, state.run !== null) : nothing}
      </div>`;
    }
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

/** @param isOver they stand over the bottom edge of the last good run */
function errors(model: Model, all: readonly FileError[], isOver: boolean): TemplateResult {
  return html`<div class="banner is-error ${isOver ? "is-over" : ""}" role="alert" data-testid="errors">
    <h1 class="banner-title">
      <span class="codicon codicon-error" aria-hidden="true"></span>
      ${all.length === 1 ? "The file has an error" : `The file has ${all.length} errors`}${
        isOver ? "; this is the last run without" : ""
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
  const stepTitle = run.cursor.t > 0 ? `Step ${run.cursor.t}` : "Step";
  const contents: Readonly<Record<Tab, () => TemplateResult>> = {
    step: () => stepTab(model, run),
    parameters: () => parametersTab(model, run),
    explain: () => explainTab(model, run),
    training: () => trainingTab(model, run),
    predict: () => predictTab(model, run),
    compare: () => compareTab(model),
  };
  return html`${toolbar(model, run)} ${now(model, run)} ${foretell(model)} ${timeline(model, run)}
    <div class="details-frame">
    <div class="details">
      ${tabStrip(model, stepTitle)}
      ${tabs.map(
        (id) =>
          html`<div class="tab-view" id="view-${id}" role="tabpanel" aria-labelledby="tab-${id}" ?hidden=${id !== tab}>${id === tab ? contents[id]() : nothing}</div>`,
      )}
    </div>
    ${sheet(model)}
    </div>
    ${status(model, run)}`;
}
