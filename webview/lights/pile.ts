/** The light *Pile*: the gradient of one weight as the backward pass adds it up, share by share, and how it pushes the weight. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { largestOf } from "../../src/protocol/extremes";
import type { PileDetail, PileShare, Run } from "../../src/protocol/panel";
import { cssColor } from "../colors";
import type { Model } from "../model";
import { formatNumber, formatToFit, plainNumber } from "../numbers";
import { styles } from "../styles";
import { typeset } from "../symbols";

/** So many shares stand each on a line of its own. */
const mostLines = 5;

export function pile(model: Model, { info, cursor }: Run): TemplateResult | typeof nothing {
  const { pile } = cursor;
  if (pile === null) return nothing;
  const { digits } = info.settings;
  return html`<section class="pile" data-testid="pile" data-parameter=${pile.parameter} aria-label="Gradient of one weight">
    <h2>
      <span class="light-name">Pile</span>
      <span class="pile-name symbol">∂L/∂${typeset(pile.symbol)}</span>
      ${chooser(
        model,
        info.parameters.map(({ name, short, group }) => ({ name, label: `${short} · ${group.split(" · ")[0] ?? ""}` })),
        pile,
      )}
    </h2>
    ${cursor.phase === "update" ? pushed(model, pile, digits) : shares(model, pile, cursor.t, info.length, digits)}
  </section>`;
}

function chooser(
  model: Model,
  all: readonly { readonly name: string; readonly label: string }[],
  pile: PileDetail,
): TemplateResult {
  return html`<select
    class="pile-choose"
    data-testid="pile-choose"
    aria-label="Whose gradient piles up"
    title="Whose gradient piles up"
    @change=${(event: Event) => model.choosePile((event.target as HTMLSelectElement).value)}
  >
    ${all.map(({ name, label }) => html`<option value=${name} ?selected=${name === pile.parameter}>${label}</option>`)}
  </select>`;
}

const sizeOf = (shares: readonly PileShare[], sum: number | null) =>
  largestOf(
    shares.map(({ value }) => (Number.isFinite(value) ? Math.abs(value) : 0)),
    Math.max(1e-300, Math.abs(sum ?? 0)),
  );

function shares(model: Model, pile: PileDetail, t: number, length: number, digits: number): TemplateResult {
  const { shares: all } = pile;
  if (all === null) return html`<p class="quiet">The run is too long to look at every share.</p>`;
  const most = sizeOf(all, pile.sum);
  const isList = length <= mostLines;
  return html`<div class="pile-shares" data-numbers tabindex="0" role="group" aria-label="Shares of the steps">
    ${
      isList
        ? Array.from({ length }, (_, k) => length - k).map((step) => {
            const share = all.find(({ from }) => from === step);
            return share === undefined
              ? html`<div class="pile-line is-ahead"><span class="pile-t">t=${step}</span><span class="stage-unknown"></span></div>`
              : lineOf(model, pile, share, most, digits, step === t);
          })
        : chart(model, pile, all, most, length, t, digits)
    }
    <div class="pile-line is-sum">
      <span class="pile-t">Σ</span>
      ${
        pile.sum === null
          ? html`<span class="stage-unknown"></span>`
          : html`${bar(model, pile.sum, most)}${amount(pile.sum, digits, `gradients of ${pile.symbol}${pile.isWhole ? "" : ", so far"}`, pile.sumReference ?? "")}`
      }
    </div>
  </div>`;
}

function lineOf(
  model: Model,
  pile: PileDetail,
  share: PileShare,
  most: number,
  digits: number,
  isFresh: boolean,
): TemplateResult {
  return html`<div class="pile-line ${isFresh ? "is-fresh" : ""}" data-testid="pile-share" data-t=${share.from}>
    <span class="pile-t">t=${share.from}</span>${bar(model, share.value, most)}${amount(
      share.value,
      digits,
      `share of ${pile.symbol}, t = ${share.from}`,
      shareReference(pile, share),
    )}
  </div>`;
}

const shareReference = ({ parameter, i, j }: PileDetail, { from, to }: PileShare) =>
  from === to ? `shares.${parameter}@${from}[${i}][${j}]` : "";

function bar(model: Model, value: number, most: number): TemplateResult {
  const part = 50 * Math.min(1, Math.abs(value) / most);
  const color = cssColor(model.theme.colors.color(Math.sign(value), 1));
  return html`<span class="pile-bar"
    ><i ${styles({ left: `${value < 0 ? 50 - part : 50}%`, width: `${part}%`, "background-color": color })}></i
  ></span>`;
}

function amount(value: number, digits: number, name: string, reference: string): TemplateResult {
  const sign = value > 0 ? "+" : "";
  const text = formatToFit(value, digits, 8 - sign.length) ?? formatNumber(value, 2);
  return html`<span class="num pile-amount" data-value=${plainNumber(value)} data-name=${name} data-where="" data-reference=${reference}
    >${sign}${text}</span
  >`;
}

/** Many shares: a bar a step on the axis of time, the newest one with its number. */
function chart(
  model: Model,
  pile: PileDetail,
  all: readonly PileShare[],
  most: number,
  length: number,
  t: number,
  digits: number,
): TemplateResult {
  const height = 56;
  const x = (step: number) => ((step - 1) / length) * 100;
  const newest = all.find(({ from, to }) => t >= from && t <= to) ?? all.at(-1);
  return html`<svg class="pile-chart" height=${height} viewBox="0 0 100 ${height}" preserveAspectRatio="none" role="presentation">
      <line class="chart-grid" x1="0" x2="100" y1=${height / 2} y2=${height / 2}></line>
      ${all.map((share) => {
        const part = (height / 2 - 1) * Math.min(1, Math.abs(share.value) / most);
        const color = cssColor(model.theme.colors.color(Math.sign(share.value), 1));
        return svg`<rect class="num ${share === newest ? "is-newest" : ""}" x=${x(share.from) + 0.1} width=${Math.max(0.4, x(share.to + 1) - x(share.from) - 0.3)}
          y=${share.value > 0 ? height / 2 - part : height / 2} height=${Math.max(0.5, part)} ${styles({ fill: color })}
          data-value=${plainNumber(share.value)} data-name=${`share of ${pile.symbol}`} data-where=${share.from === share.to ? `t = ${share.from}` : `t = ${share.from}–${share.to}`}
          data-reference=${shareReference(pile, share)}></rect>`;
      })}
    </svg>
    ${
      newest === undefined
        ? html`<div class="pile-line is-ahead"><span class="pile-t"></span><span class="stage-unknown"></span></div>`
        : lineOf(model, pile, newest, most, digits, true)
    }`;
}

/** The update: the weight on its number line, and what pushes it. */
function pushed(model: Model, pile: PileDetail, digits: number): TemplateResult {
  const { value, updated, sum } = pile;
  const after = updated ?? value;
  const change = after - value;
  const low = Math.min(value, after, 0) - Math.abs(change) * 1.2 - 1e-12;
  const high = Math.max(value, after, 0) + Math.abs(change) * 1.2 + 1e-12;
  const part = (at: number) => (100 * (at - low)) / (high - low);
  const color = cssColor(model.theme.colors.color(Math.sign(sum ?? 0), 1));
  const [from, to] = [Math.min(part(value), part(after)), Math.max(part(value), part(after))];
  return html`<div class="pile-push" data-numbers tabindex="0" role="group" aria-label="The weight before and after the update">
    <div class="pile-line is-sum"><span class="pile-t">Σ</span>${sum === null ? nothing : html`${bar(model, sum, Math.abs(sum))}${amount(sum, digits, `gradients of ${pile.symbol}`, pile.sumReference ?? "")}`}</div>
    <div class="number-line" aria-hidden="true">
      <span class="number-zero" ${styles({ left: `${part(0)}%` })}>0</span>
      ${updated === null ? nothing : html`<i class="number-move" ${styles({ left: `${from}%`, width: `${Math.max(0.5, to - from)}%`, "background-color": color })}></i>`}
      <i class="number-mark is-before" ${styles({ left: `${part(value)}%` })}></i>
      ${updated === null ? nothing : html`<i class="number-mark" ${styles({ left: `${part(after)}%` })}></i>`}
    </div>
    <div class="pile-change">
      <span class="parameter-name">${pile.symbol}</span>
      <span class="num" data-value=${plainNumber(value)} data-name=${pile.symbol} data-where="" data-reference=${pile.reference}>${formatNumber(value, digits)}</span>
      →
      ${
        updated === null
          ? html`<span class="stage-unknown"></span>`
          : html`<strong class="num" data-testid="pile-updated" data-value=${plainNumber(updated)} data-name=${`updated ${pile.symbol}`} data-where=""
              data-reference=${`updated.${pile.parameter}[${pile.i}][${pile.j}]`}>${formatNumber(updated, digits)}</strong>`
      }
    </div>
  </div>`;
}
