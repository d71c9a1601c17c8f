/** The operations of the current step: done, current, ahead. */

import { html, nothing, type TemplateResult } from "lit";
import type { Cursor, OperationInfo } from "../../src/protocol/panel";
import { largest, matrix } from "../matrix";
import type { Model } from "../model";
import { equation, symbol, symbolText } from "../symbols";

const icons: Record<OperationInfo["state"], string> = {
  done: "check",
  current: "arrow-right",
  ahead: "circle-small",
};

export function operations(model: Model, cursor: Cursor, digits: number): TemplateResult {
  return html`<section class="section">
    <h2>Operations of ${cursor.t > 0 ? "this step" : "the update"}</h2>
    <ol class="operations" data-testid="operations">
      ${cursor.operations.map(
        (operation) => html`<li
          class="operation is-${operation.state}"
          data-testid="operation"
          data-state=${operation.state}
          aria-current=${operation.state === "current" ? "step" : "false"}
        >
          <span class="codicon codicon-${icons[operation.state]}" aria-hidden="true"></span>
          <div>
            <div class="operation-title">${symbol(operation.symbol)} <span class="quiet">${operation.title}</span></div>
            <div class="operation-equation">${equation(operation.equation)}</div>
            ${operation.result === null || operation.state !== "current" ? nothing : result(model, cursor, operation, operation.result, digits)}
          </div>
        </li>`,
      )}
    </ol>
  </section>`;
}

function result(
  model: Model,
  cursor: Cursor,
  operation: OperationInfo,
  data: Float64Array,
  digits: number,
): TemplateResult {
  const name = symbolText(operation.symbol);
  const track = model.run?.info.tracks.find(({ id }) => operation.reference?.startsWith(`${id}@`));
  return html`<div class="operation-result">
    <span class="quiet">=</span>
    ${matrix({ rows: 1, cols: data.length, data, scale: track === undefined ? largest(data) : track.scale, palette: track?.palette ?? "signed", theme: model.theme, digits, name, where: `t = ${cursor.t}`, reference: (_, j) => entryOf(operation.reference, j), isVector: true, label: name })}
  </div>`;
}

/** A loss is one number by itself. */
function entryOf(reference: string | null, j: number): string {
  if (reference === null) return "";
  return reference.startsWith("loss@") ? reference : `${reference}[${j}]`;
}
