/** Predict, then reveal: what comes next is typed before it is shown. */

import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import type { Foretold } from "../src/protocol/panel";
import type { Model } from "./model";
import { formatExact } from "./numbers";
import { num, symbol, symbolText } from "./symbols";

export function foretell(model: Model): TemplateResult | typeof nothing {
  const { foretelling } = model;
  const { run } = model;
  if (!foretelling || run === null) return nothing;
  const { next, last, error, tally } = foretelling;
  const { digits } = run.info.settings;
  return html`<section class="foretell" aria-label="Predict, then reveal" data-testid="foretell">
    ${
      next === null
        ? html`<p class="foretell-end" data-testid="foretell-end">${
            foretelling.isAsking ? "…" : "Nothing more is covered: that was all of it."
          }</p>`
        : html`<label class="foretell-box">
      <span>What is ${symbol(next.symbol)}${next.of > next.count ? html` <span class="quiet">[0…${next.count - 1}]</span>` : nothing}?
        <span class="quiet">${next.title}${next.count > 1 ? `: ${next.count} numbers` : ""}</span></span>
      <input
        type="text"
        data-testid="foretell-input"
        aria-label=${`${symbolText(next.symbol)}: ${next.count === 1 ? "one number" : `${next.count} numbers`}`}
        autocomplete="off"
        spellcheck="false"
        ?disabled=${foretelling.isAsking}
        ${ref((element) => model.focusForetelling(element))}
        @keydown=${(event: KeyboardEvent) => {
          const field = event.currentTarget as HTMLInputElement;
          if (event.key === "Escape") model.toggleForetelling();
          else if (event.key === "Enter") model.foretell(field.value);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <span class="quiet"><kbd>Enter</kbd> reveals</span>
    </label>`
    }
    ${error === null ? nothing : html`<p class="foretell-error" role="alert" data-testid="foretell-error">${error}</p>`}
    <div aria-live="polite" data-testid="foretell-verdict">${last === null ? nothing : verdict(last, digits)}</div>
    <p class="foretell-tally" data-testid="foretell-tally">${tallyText(tally)}
      <button class="quiet-button" data-testid="foretell-close" title="No longer predict (q)" @click=${() => model.toggleForetelling()}>Close</button>
    </p>
  </section>`;
}

const icons = { right: "pass", close: "circle-large", wrong: "error" } as const;

function verdict({ symbol: of, numbers }: Foretold, digits: number): TemplateResult {
  return html`${numbers.map(({ typed, right, nearness, digits: alike, says }, i) => {
    const name = `${symbolText(of)}${numbers.length > 1 ? `[${i}]` : ""}`;
    const words =
      nearness === "right"
        ? "right"
        : nearness === "close"
          ? `close: right in its first ${alike === 1 ? "digit" : `${alike} digits`}${says === null ? "" : `. ${says}`}`
          : (says ?? "wrong");
    return html`<p class="foretold is-${nearness}" data-testid="foretold" data-nearness=${nearness}>
      <span class="codicon codicon-${icons[nearness]}" aria-hidden="true"></span>
      ${symbol(of)}${numbers.length > 1 ? `[${i}]` : ""} = ${num(right, digits, { name })}
      ${nearness === "right" ? nothing : html`<span class="quiet">and not ${formatExact(typed)}</span>`}
      <span class="foretold-words">${words}</span>
    </p>`;
  })}`;
}

function tallyText({
  right,
  close,
  wrong,
}: {
  readonly right: number;
  readonly close: number;
  readonly wrong: number;
}) {
  const all = right + close + wrong;
  return all === 0 ? "Nothing predicted yet." : `${right} right, ${close} close, ${wrong} wrong, of ${all}.`;
}
