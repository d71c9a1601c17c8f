/** Which tracks are shown, and in which order. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { type TrackInfo, type UnitOrder, unitOrders } from "../../src/protocol/panel";
import { floating } from "../dialog";
import type { Model } from "../model";
import { symbol, symbolText } from "../symbols";
import { toggled } from "../uiState";
import { arrangeTracks, moveTrack } from "./arrange";

const orderTexts: Readonly<Record<UnitOrder, string>> = {
  file: "as in the file",
  saturation: "by saturation: most often near ±1",
  mean: "by the mean of h",
  variance: "by the variance of h",
  gradient: "by the size of ∂L/∂h",
};

let dragged: string | null = null;

export function trackMenu(model: Model, tracks: readonly TrackInfo[]): TemplateResult {
  const isOpen = model.overlay === "tracks";
  return html`<div class="menu-anchor">
    <button
      class="icon-button"
      data-testid="track-menu"
      aria-label="Choose tracks, sort units"
      title="Choose tracks, sort units"
      aria-haspopup="dialog"
      aria-expanded=${isOpen}
      @click=${() => model.setOverlay(isOpen ? "none" : "tracks")}
    >
      <span class="codicon codicon-list-selection"></span>
    </button>
    ${isOpen ? menu(model, tracks) : nothing}
  </div>`;
}

function menu(model: Model, tracks: readonly TrackInfo[]): TemplateResult {
  const { ui } = model;
  const show = (id: string) => model.setUi({ hidden: toggled(ui.hidden, id) });
  const checkbox = (id: string, label: unknown) =>
    html`<vscode-checkbox
      ?checked=${!ui.hidden.includes(id)}
      @change=${(event: Event) => {
        // The box reports at its birth too
        const { checked } = event.target as HTMLInputElement;
        if (checked === ui.hidden.includes(id)) show(id);
      }}
      >${label}</vscode-checkbox
    >`;
  return html`<div
    class="menu"
    role="dialog"
    aria-label="Tracks"
    data-testid="track-menu-list"
    tabindex="-1"
    ${floating(() => model.setOverlay("none"))}
  >
    ${
      tracks.some(({ kind, rows }) => kind === "heat" && rows > 1)
        ? html`<label class="menu-row">Units
            <select class="unit-order" data-testid="unit-order" @change=${(event: Event) => {
              const { value } = event.target as HTMLSelectElement;
              model.setUi({ unitOrder: unitOrders.find((one) => one === value) ?? "file" });
            }}>
              ${unitOrders.map((order) => html`<option value=${order} ?selected=${order === ui.unitOrder}>${orderTexts[order]}</option>`)}
            </select>
          </label>`
        : nothing
    }
    ${arrangeTracks(tracks, ui.order).map(
      (group) => html`<div class="menu-group">${group.name}</div>
        ${repeat(
          group.tracks,
          (track) => track.id,
          (track, k) => {
            const swap = (other: TrackInfo | undefined) => {
              if (other !== undefined) model.setUi({ order: moveTrack(tracks, ui.order, track.id, other.id) });
            };
            const arrow = (icon: string, label: string, other: TrackInfo | undefined) =>
              html`<button
                class="icon-button"
                aria-label=${`Move ${symbolText(track.symbol)} ${label}`}
                ?disabled=${other === undefined}
                @click=${() => swap(other)}
              >
                <span class="codicon codicon-arrow-${icon}"></span>
              </button>`;
            return html`<div
              class="menu-row"
              draggable="true"
              @dragstart=${() => {
                dragged = track.id;
              }}
              @dragover=${(event: DragEvent) => event.preventDefault()}
              @drop=${(event: DragEvent) => {
                event.preventDefault();
                if (dragged !== null) model.setUi({ order: moveTrack(tracks, ui.order, dragged, track.id) });
                dragged = null;
              }}
            >
              ${checkbox(track.id, html`${symbol(track.symbol)} <span class="quiet" title=${track.title}>${track.short}</span>`)}
              <span class="menu-arrows"
                >${arrow("up", "up", group.tracks[k - 1])}${arrow("down", "down", group.tracks[k + 1])}</span
              >
            </div>`;
          },
        )}`,
    )}
  </div>`;
}
