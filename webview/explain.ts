/** Where a number comes from: its equation, and under it the numbers in it, each of which opens in its place, down to the file. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { CopyFormat, DerivationDetail, DerivationPart, Run, WrittenNumber } from "../src/protocol/panel";
import { formula } from "./formula";
import type { Model } from "./model";
import { plainNumber } from "./numbers";
import { toggled } from "./uiState";

type KnownDetail = DerivationDetail & { readonly kind: "known" };

const formats: readonly { readonly format: CopyFormat; readonly name: string }[] = [
  { format: "latex", name: "LaTeX" },
  { format: "markdown", name: "Markdown" },
  { format: "text", name: "Text" },
];

export function explainTab(model: Model, _run: Run): TemplateResult {
  const { trail } = model.ui;
  const reference = trail.at(-1);
  if (reference === undefined)
    return html`<div class="explain is-empty" data-testid="explain-tab" data-kind="empty">
      <p>Where does a number come from? Double-click any number, or point at it and press <kbd>e</kbd>.</p>
      <p class="quiet">
        Its equation opens here, with the numbers in it; each of them opens in turn, down to the inputs and the parameters of the
        file. On a number that the keyboard has come to, <kbd>Enter</kbd> does the same.
      </p>
    </div>`;
  const detail = model.derivation(reference);
  return html`<div
    class="explain"
    data-testid="explain-tab"
    data-kind=${detail?.kind ?? "asking"}
    data-reference=${reference}
    @keydown=${(event: KeyboardEvent) => onTreeKey(event)}
  >
    ${breadcrumb(model, trail)} ${detail === null ? html`<p class="quiet">…</p>` : whole(model, reference, detail)}
  </div>`;
}

/** The derivation of the number that is kept, beside what belongs to the step: time does not move. */
export function sheet(model: Model): TemplateResult | typeof nothing {
  const { pinned } = model;
  if (pinned === null) return nothing;
  const detail = model.derivation(pinned);
  return html`<section
    class="sheet explain"
    data-testid="sheet"
    data-kind=${detail?.kind ?? "asking"}
    data-reference-of=${pinned}
    aria-label="Derivation of the number that is kept"
    @keydown=${(event: KeyboardEvent) => onTreeKey(event)}
  >
    <div class="sheet-tools">
      ${tool("link-external", "Open it under Explain", () => model.explain(pinned))}
      <button class="icon-button" data-testid="close-sheet" aria-label="Let go of the number" title="Let go of the number (Escape)" @click=${() => model.pin(null)}>
        <span class="codicon codicon-close"></span>
      </button>
    </div>
    ${detail === null ? html`<p class="quiet">…</p>` : whole(model, pinned, detail)}
  </section>`;
}

// -------------------------------------------------------------------------------------------- the number itself

function whole(model: Model, reference: string, detail: DerivationDetail): TemplateResult {
  switch (detail.kind) {
    case "known":
      return html`<div class="explain-head">
          ${title(`${detail.symbol.text} = ${detail.number}`, detail)} ${copying(model, detail)}
        </div>
        ${derivation(model, reference, detail, reference)}`;
    case "notYet":
      return html`<div class="explain-head">${title(detail.symbol.text, detail)}</div>
        <p data-testid="explain-not-yet"><span class="vector-unknown is-word">not yet</span> The run has not come to this number.</p>`;
    case "gone":
      return html`<div class="explain-head"><h2 class="explain-title" tabindex="-1">${reference}</h2></div>
        <p data-testid="explain-gone">This number is no longer there: ${detail.reason}.</p>`;
    default:
      throw new Error(`unknown derivation ${JSON.stringify(detail satisfies never)}`);
  }
}

function title(
  text: string,
  {
    symbol,
    title: words,
  }: { readonly symbol: { readonly latex: string; readonly text: string }; readonly title: string },
): TemplateResult {
  return html`<h2 class="explain-title" tabindex="-1" aria-label="${text}, ${words}" data-testid="explain-title">
    <span ${formula(symbol.latex, symbol.text)}></span> <span class="quiet">${words}</span>
  </h2>`;
}

function copying(model: Model, detail: KnownDetail): TemplateResult {
  const { copyFormat } = model.ui;
  return html`<div class="explain-copy" role="group" aria-label="Copy the equation">
    <vscode-dropdown
      data-testid="copy-format"
      aria-label="Copied as"
      title="Copied as"
      .value=${copyFormat}
      @change=${(event: Event) => {
        const { value } = event.target as HTMLSelectElement;
        const chosen = formats.find(({ format }) => format === value);
        if (chosen !== undefined && chosen.format !== copyFormat) model.setUi({ copyFormat: chosen.format });
      }}
    >
      ${formats.map(
        ({ format, name }) =>
          html`<vscode-option value=${format} ?selected=${format === copyFormat}>${name}</vscode-option>`,
      )}
    </vscode-dropdown>
    <vscode-button appearance="secondary" data-testid="copy-equation" @click=${() => copy(model, detail)}>Copy</vscode-button>
  </div>`;
}

function copy(model: Model, { copies }: KnownDetail): void {
  const { copyFormat } = model.ui;
  const name = formats.find(({ format }) => format === copyFormat)?.name ?? "";
  model.copy(copies[copyFormat], `Copied as ${name}`);
}

/** The numbers that were explained on the way here. */
function breadcrumb(model: Model, trail: readonly string[]): TemplateResult | typeof nothing {
  if (trail.length < 2) return nothing;
  const nameOf = (reference: string) => {
    const detail = model.derivation(reference);
    return detail === null || detail.kind === "gone" ? reference : detail.symbol.text;
  };
  return html`<nav class="breadcrumb" aria-label="Numbers explained before" data-testid="explain-trail">
    <button
      class="icon-button"
      data-testid="explain-back"
      aria-label="Back to ${nameOf(trail.at(-2) ?? "")}"
      title="Back"
      @click=${() => model.backTo(trail.length - 2)}
    >
      <span class="codicon codicon-arrow-left"></span>
    </button>
    ${trail.map((reference, k) =>
      k === trail.length - 1
        ? html`<span aria-current="true">${nameOf(reference)}</span>`
        : html`<button class="crumb" @click=${() => model.backTo(k)}>${nameOf(reference)}</button>
            <span class="quiet" aria-hidden="true">›</span>`,
    )}
  </nav>`;
}

// -------------------------------------------------------------------------------------------- the tree of numbers

/** @param path the numbers from the top down to this one, which tell it from the same number elsewhere in the tree */
function derivation(model: Model, reference: string, detail: KnownDetail, path: string): TemplateResult {
  const { equation, note, parts, place, symbol, number, copies } = detail;
  const latex = equation ?? `${symbol.latex} = ${number.replaceAll("−", "-")}`;
  const { parts: all, more } = model.partsOf(reference, parts, detail.more);
  return html`<div class="derivation">
    <div
      class="derivation-formula"
      role="group"
      tabindex="0"
      aria-label=${copies.text}
      data-testid="equation"
      data-text=${copies.text}
      ${formula(latex, copies.text, true)}
    ></div>
    ${note === null ? nothing : html`<p class="quiet">${capital(note)}.</p>`}
    ${detail.written === null ? nothing : written(detail.written, symbol.text, number)}
    ${
      equation !== null
        ? nothing
        : place === null
          ? html`<p class="quiet">It does not stand in the file.</p>`
          : html`<button class="part is-place" data-testid="place" @click=${() => model.showPlace(reference)}>
              <span class="codicon codicon-go-to-file" aria-hidden="true"></span> <span>${place} in the text</span>
            </button>`
    }
    ${
      all.length === 0
        ? nothing
        : html`<ul class="parts">
            ${repeat(
              all,
              (part, k) => part.reference ?? `${part.symbol.text} ${k}`,
              (part) => html`<li>${partLine(model, part, path)}</li>`,
            )}
            ${
              more === 0
                ? nothing
                : html`<li>
                    <button class="part" data-testid="more-parts" @click=${() => model.moreParts(reference)}>
                      <span class="codicon codicon-ellipsis" aria-hidden="true"></span> <span>and ${more} more</span>
                    </button>
                  </li>`
            }
          </ul>`
    }
  </div>`;
}

/** The author's number beside the right one, and what makes the difference. */
function written({ number, says, differing }: WrittenNumber, symbol: string, right: string): TemplateResult {
  return html`<div class="written" role="note" data-testid="written">
    <div><span class="quiet">right</span> <span class="num">${symbol} = ${right}</span></div>
    <div><span class="quiet">yours</span> <span class="num non-finite" data-testid="written-number">${symbol} = ${number}</span></div>
    ${
      differing === null
        ? nothing
        : html`<p data-testid="differing"><mark>${differing.symbols.join(" · ")}</mark> is ${differing.how} in yours.</p>`
    }
    ${says === null ? nothing : html`<p>${says}.</p>`}
  </div>`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function partLine(model: Model, part: DerivationPart, parent: string): TemplateResult {
  const { reference, symbol, isGiven, place } = part;
  if (reference === null || (isGiven && place === null))
    return html`<div class="part is-plain" data-testid="part" data-part=${reference ?? symbol.text}>${line(part, "")}</div>`;
  if (isGiven)
    return html`<button
      class="part"
      data-testid="part"
      data-part=${reference}
      title="${place ?? ""} in the text"
      @click=${() => model.showPlace(reference)}
    >
      ${line(part, "go-to-file")}<span class="visually-hidden">: show it in the text</span>
    </button>`;
  const path = `${parent} ${reference}`;
  const isOpen = model.ui.opened.includes(path);
  return html`<button
      class="part"
      data-testid="part"
      data-part=${reference}
      aria-expanded=${isOpen}
      @click=${() => model.setUi({ opened: toggled(model.ui.opened, path) })}
    >
      ${line(part, isOpen ? "chevron-down" : "chevron-right")}
    </button>
    ${isOpen ? inside(model, reference, path) : nothing}`;
}

function line({ symbol, title: words, value, number, reference }: DerivationPart, icon: string): TemplateResult {
  return html`<span class="codicon ${icon === "" ? "is-none" : `codicon-${icon}`}" aria-hidden="true"></span>
    <span class="visually-hidden">${symbol.text}</span>
    <span class="part-symbol" aria-hidden="true" ${formula(symbol.latex, symbol.text)}></span>
    <span>=</span>
    <span
      class="num ${Number.isFinite(value) ? "" : "non-finite"}"
      data-value=${plainNumber(value)}
      data-name=${symbol.text}
      data-where=${words}
      data-reference=${reference ?? ""}
      >${number}</span
    >
    <span class="part-title quiet">${words}</span>`;
}

/** A part that is open. */
function inside(model: Model, reference: string, path: string): TemplateResult {
  const detail = model.derivation(reference);
  if (detail === null) return html`<div class="derivation quiet">…</div>`;
  if (detail.kind === "known")
    return html`<div class="inside">
      ${derivation(model, reference, detail, path)}
      <div class="inside-tools">
        ${tool("copy", `Copy the equation of ${detail.symbol.text}`, () => copy(model, detail))}
        ${tool("zoom-in", `Explain ${detail.symbol.text} by itself`, () => model.explain(reference))}
      </div>
    </div>`;
  return html`<div class="derivation quiet">${detail.kind === "notYet" ? "not yet" : detail.reason}</div>`;
}

function tool(icon: string, label: string, action: () => void): TemplateResult {
  return html`<button class="icon-button" aria-label=${label} title=${label} @click=${action}>
    <span class="codicon codicon-${icon}"></span>
  </button>`;
}

/** In the tree the arrow keys go from number to number, open and close. */
function onTreeKey(event: KeyboardEvent): void {
  if (!event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
  const tree = event.currentTarget;
  const here = event.target;
  if (!(tree instanceof Element) || !(here instanceof HTMLElement) || !here.matches("button.part")) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...tree.querySelectorAll<HTMLElement>("button.part")];
  const at = all.indexOf(here);
  const isOpen = here.getAttribute("aria-expanded");
  if (event.key === "ArrowDown") all[at + 1]?.focus();
  else if (event.key === "ArrowUp") all[at - 1]?.focus();
  else if (event.key === "ArrowRight") {
    if (isOpen === "false") here.click();
    else if (isOpen === "true") all[at + 1]?.focus();
  } else if (isOpen === "true") here.click();
  else here.closest("ul")?.closest("li")?.querySelector<HTMLElement>("button.part")?.focus();
}
