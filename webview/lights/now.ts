/** The light *Now*: where the run stands, and the operation done last, or the number pointed at, with its numbers put in. */

import { html, nothing, type TemplateResult } from "lit";
import type { NowDetail, NowPiece, Run } from "../../src/protocol/panel";
import { cssColor } from "../colors";
import type { Model } from "../model";
import { plainNumber } from "../numbers";
import { styles } from "../styles";
import { typeset } from "../symbols";

export function now(model: Model, { cursor }: Run): TemplateResult {
  const pointed = model.pointedLine;
  const line = pointed ?? cursor.now;
  return html`<section class="now ${pointed === null ? "" : "is-pointed"} ${model.pinned === null ? "" : "is-pinned"}" aria-label="Now">
    <div class="now-head">
      <div class="position" data-testid="position" data-position=${cursor.position} data-t=${cursor.t}>${cursor.text}</div>
      <div class="now-symbols equation" title=${line?.symbols ?? ""}>${line === null ? nothing : typeset(line.symbols)}</div>
      ${
        model.pinned === null
          ? nothing
          : html`<button class="icon-button now-unpin" data-testid="unpin" aria-label="Let go of the number" title="Let go of the number (Escape)" @click=${() => model.pin(null)}>
              <span class="codicon codicon-pinned"></span>
            </button>`
      }
    </div>
    ${
      line === null
        ? html`<div class="now-line quiet">${cursor.position === 0 ? "Step → begins with the first input." : nothing}</div>`
        : numbers(model, line)
    }
  </section>`;
}

function numbers(model: Model, line: NowDetail): TemplateResult {
  // A long equation is cut off before its result
  const [made, result] = [line.numbers.slice(0, -2), line.numbers.slice(-2)];
  return html`<div class="now-line" data-testid="now" data-reference-of=${line.reference}>
    <button class="now-explain" aria-label="Explain this number" title="Explain this number (e)" @click=${() => model.explain(line.reference)}>
      <span class="codicon codicon-lightbulb"></span>
    </button>
    <div class="now-numbers" data-numbers tabindex="0" role="group" aria-label="The operation in numbers">
      <span class="now-equation"
        >${line.entry === "" ? nothing : html`<span class="now-entry">${typeset(line.entry)}</span> = `}${made.map(
          (piece, k) => number(model, trimmed(piece, k, line), false),
        )}</span
      ><span class="now-result">${result.map((piece, k) => number(model, made.length === 0 ? trimmed(piece, k, line) : piece, k === 1))}</span>
    </div>
  </div>`;
}

/** After the number's own name stands a sign of equality already. */
function trimmed(piece: NowPiece, k: number, { entry }: NowDetail): NowPiece {
  return k === 0 && entry !== "" && piece.value === null ? { ...piece, text: piece.text.replace(/^= /, "") } : piece;
}

function number(model: Model, { text, value, reference }: NowPiece, isResult: boolean): TemplateResult | string {
  if (value === null) return text;
  const color = model.theme.colors.ink(value);
  return html`<span
    class="num now-number ${isResult ? "is-result" : ""} ${Number.isFinite(value) ? "" : "non-finite"}"
    data-value=${plainNumber(value)}
    data-where=""
    data-reference=${reference ?? ""}
    ${styles({ "border-bottom-color": cssColor(color) })}
    >${text}</span
  >`;
}
