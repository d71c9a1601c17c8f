/** The strip on top of the tracks: time, inputs and, under them, targets. */

import { html, nothing, type TemplateResult } from "lit";
import type { Model, Tokens } from "../model";
import { styles } from "../styles";
import { stepTicks } from "./ticks";
import { lastStep, stepLeft, stepWidth } from "./view";

/** A column narrower than this shows no token. */
const narrowestToken = 9;
/** From this width on a word that is too long is cut off; in a narrower column it is left out, and so are numbers in any. */
const widthToCut = 44;
const characterWidth = 7.5;
const boldWidth = 8.3;
const allAtOnce = 2000;

/** `0.25`, `[0.5, −1]`: cut off, it would be another number. */
const isNumeric = (text: string) => /^[[−\d]/.test(text);

export function hasTargets(tokens: Tokens | null): boolean {
  return tokens?.targets.some((target) => target !== null) ?? false;
}

export function tokensInView(model: Model): Tokens | null {
  const { run, view, plotWidth } = model;
  if (run === null || plotWidth <= 0) return null;
  const { length } = run.info;
  if (length <= allAtOnce) return model.tokens(1, length);
  return stepWidth(view, plotWidth) >= narrowestToken ? model.tokens(view.from, lastStep(view)) : null;
}

export function tokenStrip(model: Model, tokens: Tokens | null): TemplateResult {
  const { run, view, plotWidth: width } = model;
  if (run === null || width <= 0) return html``;
  const { cursor } = run;
  const w = stepWidth(view, width);
  const withTargets = hasTargets(tokens) || (cursor.step?.target ?? null) !== null;
  const place = (t: number) => ({ left: `${stepLeft(view, width, t)}px`, width: `${w}px` });
  const target = (text: string | null) =>
    withTargets ? html`<div class="target">${text === null ? nothing : `→ ${text}`}</div>` : nothing;
  const fits = (text: string, character = characterWidth) =>
    text.length * character <= w || (w >= widthToCut && !isNumeric(text));
  const isWide = w >= narrowestToken;
  const { step } = cursor;
  const isLone =
    step !== null && (!fits(step.input, boldWidth) || (w < widthToCut && (step.target !== null || !isWide)));
  const steps = isWide ? Array.from({ length: view.span }, (_, k) => view.from + k) : [];
  const ticks = stepTicks(view.from, lastStep(view), w, 36);
  return html`<div class="tokens ${withTargets ? "with-targets" : ""}">
    ${ticks.map((t) => html`<div class="tick ${t === cursor.t ? "is-current" : ""}" ${styles(place(t))}>${t}</div>`)}
    ${steps.map((t) => {
      const input = tokens?.inputs[t - tokens.from];
      if (input === undefined) return nothing;
      const isCurrent = t === cursor.t;
      const isElsewhere = isCurrent && isLone;
      return html`<button
        class="token ${isCurrent ? "is-current" : ""}"
        data-testid="token"
        data-t=${t}
        title=${`t = ${t}: ${input}`}
        tabindex="-1"
        aria-current=${isCurrent ? "step" : "false"}
        ${styles(place(t))}
        @click=${(event: MouseEvent) => {
          // A pointer has gone there already; this is the keyboard's or a screen reader's click
          if (event.detail === 0) model.goTo(t);
        }}
      >
        <span class="visually-hidden">t = ${t}:</span>
        <div class="input">${fits(input) ? input : nothing}</div>
        ${w >= widthToCut && !isElsewhere ? target(tokens?.targets[t - tokens.from] ?? null) : nothing}
      </button>`;
    })}
    ${isLone ? currentToken(model, !isWide || !fits(step.input)) : nothing}
  </div>`;
}

/**
 * Where columns are too narrow for words: the current token and its target in full, over its column.
 * @param withInput the input does not fit into its column either
 */
function currentToken(model: Model, withInput: boolean): TemplateResult | typeof nothing {
  const { run, view, plotWidth: width } = model;
  const step = run?.cursor.step;
  if (step === null || step === undefined || step.t < view.from || step.t > lastStep(view)) return nothing;
  const target = step.target === null ? "" : `→ ${step.target}`;
  const middle = stepLeft(view, width, step.t) + stepWidth(view, width) / 2;
  const room = Math.min(width, Math.max(withInput ? step.input.length : 0, target.length) * characterWidth + 10);
  const place = { left: `${Math.min(Math.max(0, middle - room / 2), width - room)}px`, width: `${room}px` };
  return html`<div class="token is-current is-lone" data-testid="current-token" data-t=${step.t} ${styles(place)}>
    <div class="input">${withInput ? step.input : nothing}</div>
    ${target === "" ? nothing : html`<div class="target">${target}</div>`}
  </div>`;
}
