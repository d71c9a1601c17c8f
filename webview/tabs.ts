/** The tabs under the stage. */

import { html, type TemplateResult } from "lit";
import type { Model } from "./model";
import { type Tab, tabs } from "./uiState";

export function tabStrip(model: Model, stepTitle: string): TemplateResult {
  const titles: Readonly<Record<Tab, string>> = {
    step: stepTitle,
    parameters: "Parameters",
    explain: "Explain",
    training: "Training",
    predict: "Predict",
    compare: "Compare",
  };
  const { tab } = model.ui;
  const choose = (chosen: Tab) => {
    if (chosen !== model.ui.tab) model.setUi({ tab: chosen });
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length] ?? tab;
    choose(next);
    if (event.currentTarget instanceof Element) event.currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Details" @keydown=${onKey}>
    ${tabs.map(
      (id, k) => html`<button
        class="tab"
        role="tab"
        id="tab-${id}"
        data-testid="tab-${id}"
        aria-selected=${id === tab}
        aria-controls="view-${id}"
        tabindex=${id === tab ? "0" : "-1"}
        title="${titles[id]} (${k + 1})"
        @click=${() => choose(id)}
      >
        ${titles[id]}
      </button>`,
    )}
  </div>`;
}
