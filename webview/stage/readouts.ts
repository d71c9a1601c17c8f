/** What is over the cells: the loss of each step that has one, and how probable its target was. */

import { html, nothing, type TemplateResult } from "lit";
import { formatNumber, formatToFit, plainNumber } from "../numbers";
import { styles } from "../styles";
import { valuesAt } from "../timeline/series";
import { tokensInView } from "../timeline/tokens";
import { centerOf, columnOf } from "./axis";
import { valueOf } from "./data";
import { readoutHeight } from "./layout";
import { narrowestBox, readsOut, type Scene } from "./scene";

const digitWidth = 6.6;
/** Room for one number alone, without what it is called. */
const oneNumber = 48;
/** Room for a loss and the one of before. */
const twoNumbers = 96;

export function readouts(scene: Scene): TemplateResult {
  const { axis, cursor } = scene;
  if (axis.kind === "window") {
    const width = 240;
    return cursor.t === 0 || !readsOut(scene, cursor.t)
      ? html``
      : column(scene, cursor.t, (axis.width - width) / 2, width);
  }
  return html`${Array.from({ length: axis.length }, (_, k) => k + 1)
    .filter((t) => readsOut(scene, t))
    .map((t) => {
      const { left, width } = columnOf(axis, t);
      return width >= narrowestBox ? column(scene, t, left, width) : strip(scene, t, width);
    })}`;
}

function column(scene: Scene, t: number, left: number, width: number): TemplateResult {
  const { data, digits, cursor, model, info } = scene;
  const all = tokensInView(model);
  const target = all?.targets[t - all.from] ?? (t === cursor.t ? (cursor.step?.target ?? null) : null);
  const loss = valueOf(data.track("loss"), t);
  const probability = valueOf(data.track("probability"), t);
  const output = data.track("probability") === null && info.output.size === 1 ? valueOf(data.track("output"), t) : null;
  const after = cursor.after?.probabilities?.[t - 1];
  const lossAfter = cursor.after?.losses[t - 1];
  // Of before the update, or of before the last change of the text
  const old = after === undefined ? ghostOf(scene, "probability", t) : probability;
  const room = Math.min(width - 8, 200);
  // Of a step without a target no loss will come.
  const isWithout = loss === null && target === null && all !== null;
  const inner = left + (width - room) / 2;
  const isNarrow = room < oneNumber;
  const characters = Math.floor((target === null || isNarrow ? room : room * 0.55) / digitWidth);
  return html`<div class="readout" data-testid="readout" data-t=${t} ${styles({ left: `${inner}px`, width: `${room}px`, height: `${readoutHeight}px` })}>
    <div class="readout-line">
      ${target === null ? nothing : html`<span class="readout-target" title=${`target: ${target}`}>→ ${target}</span>`}
      ${
        output === null || (isNarrow && target !== null)
          ? nothing
          : number(output, `y`, t, `output@${t}[0]`, Math.max(4, Math.floor(room / 2 / digitWidth)), digits)
      }
    </div>
    <div class="readout-line">
      ${isWithout || (isNarrow && loss !== null) ? nothing : html`<span class="quiet" title="loss of this step">ℓ<sub>${t}</sub></span>`}
      ${
        loss === null
          ? isWithout
            ? nothing
            : html`<span class="readout-unknown"></span>`
          : lossAfter !== undefined && Number.isFinite(lossAfter)
            ? html`<span class="readout-change">${room < twoNumbers ? nothing : html`<s>${formatToFit(loss, Math.min(3, digits), 6) ?? formatNumber(loss, 2)}</s> `}${number(lossAfter, "loss after the update", t, "", characters, digits)}</span>`
            : number(loss, "loss", t, `loss@${t}`, characters, digits)
      }
    </div>
    ${
      data.track("probability") === null
        ? nothing
        : html`<div class="bar readout-bar" title=${probability === null ? "probability of the target" : `probability of the target: ${formatNumber(after ?? probability, digits)}`}>
            ${probability === null ? nothing : html`<div class="bar-fill" ${styles({ width: `${100 * finite(after ?? probability)}%` })}></div>`}
            ${old === null || probability === null ? nothing : html`<div class="bar-ghost" data-testid="ghost" ${styles({ left: `${100 * finite(old)}%` })}></div>`}
          </div>`
    }
  </div>`;
}

function ghostOf({ model }: Scene, id: string, t: number): number | null {
  const entry = model.ghost?.entries.get(id);
  const values = entry === undefined ? null : valuesAt(entry, t, 0, 1);
  return values !== null && Object.is(values.min, values.max) ? values.max : null;
}

const finite = (value: number) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);

function number(
  value: number,
  name: string,
  t: number,
  reference: string,
  characters: number,
  digits: number,
): TemplateResult {
  return html`<span
    class="num ${Number.isFinite(value) ? "" : "non-finite"}"
    data-value=${plainNumber(value)}
    data-name=${name}
    data-where=${`t = ${t}`}
    data-reference=${reference}
    >${formatToFit(value, digits, characters) ?? formatNumber(value, 2)}</span
  >`;
}

/** Of a strip the loss as a bar that stands on the cell. */
function strip(scene: Scene, t: number, width: number): TemplateResult {
  const { data, axis } = scene;
  const track = data.track("loss");
  const loss = valueOf(track, t);
  if (track === null || loss === null || !Number.isFinite(loss)) return html``;
  const height = Math.max(1, (readoutHeight - 6) * Math.min(1, track.info.scale > 0 ? loss / track.info.scale : 0));
  const wide = Math.max(2, Math.min(10, width - 2));
  return html`<div
    class="readout-strip num"
    data-value=${plainNumber(loss)}
    data-name="loss"
    data-where=${`t = ${t}`}
    data-reference=${`loss@${t}`}
    ${styles({ left: `${centerOf(axis, t) - wide / 2}px`, width: `${wide}px`, top: `${readoutHeight - height}px`, height: `${height}px` })}
  ></div>`;
}
