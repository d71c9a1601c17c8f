/** Every vector of a layer's pass at the step: values, and beside them their gradients. */

import { html, type TemplateResult } from "lit";
import type { NamedVector, PassDetail } from "../../src/protocol/panel";
import { largest, matrix } from "../matrix";
import type { Model } from "../model";
import { symbol, symbolOfStep, symbolText } from "../symbols";

export function vectors(model: Model, t: number, pass: PassDetail, digits: number, wide: boolean): TemplateResult {
  return html`<section class="section ${wide ? "is-wide" : ""}" data-testid="vectors">
    <h2>${pass.title}</h2>
    <div class="vector-columns">
      ${list(model, t, pass, "Values", pass.values, digits)} ${list(model, t, pass, "Gradients", pass.gradients, digits)}
    </div>
  </section>`;
}

/** The colours of the vector's track, so that one number has one colour; of a vector without a track those of its own numbers. */
function coloursOf(model: Model, reference: string, data: Float64Array) {
  const name = reference.slice(0, reference.lastIndexOf("@"));
  const track = model.run?.info.tracks.find(({ id }) => id === name);
  return track === undefined ? { scale: largest(data) } : { scale: track.scale, palette: track.palette };
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
            ? html`<div class="vector-unknown" data-testid="not-yet"></div>`
            : matrix({
                rows: 1,
                cols: data.length,
                data,
                ...coloursOf(model, reference, data),
                theme: model.theme,
                digits,
                name: symbolText(name),
                where: `t = ${t}, ${pass.title.split(" · ")[0] ?? ""}`,
                reference: (_, j) => `${reference}[${j}]`,
                isVector: true,
                label: `${symbolOfStep(name, t)}, ${meaning}`,
              })
        }
      </div>`,
    )}
  </div>`;
}
