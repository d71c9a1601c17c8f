/** What comes next: type a beginning, see how probable each next token is, and take one. */

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { OutputEntry, Run } from "../src/protocol/panel";
import type { Model } from "./model";
import { formatNumber } from "./numbers";
import { styles } from "./styles";
import { num } from "./symbols";

export function predictTab(model: Model, { info, cursor }: Run): TemplateResult {
  const { typed } = model;
  const output = cursor.step?.output ?? null;
  const isTyped =
    typed.text !== "" && typed.error === null && info.sequence.names[info.sequence.index] === `“${typed.text}”`;
  const next = isTyped && cursor.t === info.length && output !== null ? output.outputs : [];
  const best = next.reduce<OutputEntry | null>(
    (most, entry) => ((entry.output ?? 0) > (most?.output ?? -Infinity) ? entry : most),
    null,
  );
  return html`<div class="predict" data-testid="predict-tab">
    <label class="predict-box">
      <span class="quiet">${info.typing.prompt}</span>
      <input
        type="text"
        data-testid="predict-input"
        autocomplete="off"
        spellcheck="false"
        .value=${live(typed.text)}
        @input=${(event: Event) => model.tryInputs((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => {
          const field = event.currentTarget as HTMLInputElement;
          const isAtEnd = field.selectionStart === field.value.length;
          if (event.key !== "ArrowRight" || !isAtEnd || best === null || !info.typing.canGoOn) return;
          event.preventDefault();
          model.takeNext(best.index, best.output ?? 0);
        }}
      />
    </label>
    ${typed.error === null || typed.text === "" ? nothing : html`<p class="predict-error" role="alert" data-testid="predict-error">${typed.error}</p>`}
    ${
      next.length === 0
        ? nothing
        : html`<div class="predict-next" data-testid="predict-next">
      <p class="quiet">${info.typing.canGoOn ? "→ takes the most probable; a click takes another." : "What the model says at the end."}</p>
      ${next.map((entry) => line(model, info.typing.canGoOn, entry, entry === best))}
    </div>`
    }
  </div>`;
}

function line(model: Model, canTake: boolean, { index, label, output }: OutputEntry, isBest: boolean): TemplateResult {
  const value = output ?? 0;
  const content = html`<span class="predict-label">${label}</span>
    <span class="bar"><i class="bar-fill" ${styles({ width: `${100 * Math.min(1, Math.max(0, Math.abs(value)))}%` })}></i></span>
    ${num(output, 4, { name: `next ${label}` })}`;
  return canTake
    ? html`<button class="predict-line ${isBest ? "is-best" : ""}" data-testid="predict-take" title=${`Take ${label} (${formatNumber(value, 3)})`} @click=${() => model.takeNext(index, value)}>${content}</button>`
    : html`<div class="predict-line ${isBest ? "is-best" : ""}">${content}</div>`;
}
