/** Symbols and equations, typeset; single numbers with what the tooltip needs. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { Symbol as MathSymbol } from "../src/protocol/panel";
import { equationParts } from "./equation";
import { formatNumber, plainNumber } from "./numbers";

export function symbol({ base, sub, gradient }: MathSymbol): TemplateResult {
  const name = html`${typeset(base)}${sub === "" ? nothing : html`<sub>${sub}</sub>`}`;
  return html`<span class="symbol">${gradient ? html`<span class="d">∂L/∂</span>` : nothing}${name}</span>`;
}

/** The symbol of a quantity of step t with the letter for its number, so that a name for listeners stays from step to step: `h_t`. */
export function symbolOfStep(symbol: MathSymbol, t: number): string {
  return symbolText(symbol.sub === String(t) ? { ...symbol, sub: "t" } : symbol);
}

/** The symbol in one line of plain text: `∂L/∂h_3`. */
export function symbolText({ base, sub, gradient }: MathSymbol): string {
  return `${gradient ? "∂L/∂" : ""}${base}${sub === "" ? "" : `_${sub}`}`;
}

/** Text with symbols in it, subscripts and superscripts in their places. */
export function typeset(text: string): (TemplateResult | string)[] {
  return equationParts(text).map(({ text: part, place }) =>
    place === "sub" ? html`<sub>${part}</sub>` : place === "sup" ? html`<sup>${part}</sup>` : part,
  );
}

export function equation(text: string): TemplateResult {
  return html`<span class="equation">${typeset(text)}</span>`;
}

export interface NumberPlace {
  /** `layers.0.h[3]` */
  readonly name: string;
  /** `t = 3` */
  readonly where?: string;
  /** The name by which it is explained. */
  readonly reference?: string | null;
}

const finiteClass = (value: number) => (Number.isFinite(value) ? "num" : "num non-finite");

/** A number: short to read, whole on hover, and to copy. A dash where it is not known. */
export function num(
  value: number | null,
  digits: number,
  { name, where = "", reference = "" }: NumberPlace,
): TemplateResult {
  if (value === null) return html`<span class="not-known">–</span>`;
  return html`<span class=${finiteClass(value)} data-value=${plainNumber(value)} data-name=${name} data-where=${where}
    data-reference=${reference ?? ""}
    >${formatNumber(value, digits)}</span
  >`;
}

/** The same inside a drawing. `text` is what is written, by default the number alone. */
export function svgNum(
  value: number,
  text: string,
  { name, where = "", reference = "" }: NumberPlace,
  at: { readonly x: number; readonly y: number; readonly anchor: "start" | "middle" | "end"; readonly quiet?: boolean },
): TemplateResult {
  return svg`<text class="${finiteClass(value)}${at.quiet === true ? " quiet" : ""}" x=${at.x} y=${at.y}
    text-anchor=${at.anchor} data-value=${plainNumber(value)} data-name=${name} data-where=${where}
    data-reference=${reference ?? ""}>${text}</text>`;
}
