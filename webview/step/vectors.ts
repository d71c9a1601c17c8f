/** Every vector of a layer's pass at the step: values, and beside them their gradients. */

import { html, type TemplateResult } from "lit";
import type { NamedVector, PassDetail } from "../../src/protocol/panel";
import { largest, matrix } from "../matrix";
import type { Model } from "../model";
import { symbol, symbolText } from "../symbols";

export function vectors(model: Model, t: number, pass: PassDetail, digits: number, wide: boolean): TemplateResult {
  return html`<section class="section ${wide ? "is-wide" : ""}" data-testid="vectors">
    <h2>${pass.title}</h2>
    <div class="vector-columns">
      ${list(model, t, pass, "Values", pass.values, digits)} ${list(model, t, pass, "Gradients", pass.gradients, digits)}
    </div>
  </section>`;
}

function list(
  model: Model,
  t: number,
  pass: PassDetail,
  title: string,
  all: readonly NamedVector[],
  digits: number,
): TemplateResult {
  return html`<div class="vector-list">
    <h3>${title}</h3>
    ${all.map(
      ({ symbol: name, title: meaning, data, reference }) => html`<div class="vector">
        <div class="vector-name" title=${meaning}>${symbol(name)}</div>
        ${
          data === null
            ? html`<div class="vector-unknown" data-testid="not-yet">not yet</div>`
            : matrix({
                rows: 1,
                cols: data.length,
                data,
                scale: largest(data),
                theme: model.theme,
                digits,
                name: symbolText(name),
                where: `t = ${t}, ${pass.title.split(" · ")[0] ?? ""}`,
                reference: (_, j) => `${reference}[${j}]`,
                isVector: true,
                label: `${symbolText(name)}, ${meaning}`,
              })
        }
      </div>`,
    )}
  </div>`;
}
