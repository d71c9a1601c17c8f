/** The keys of the panel. They work while no field, list, tab or cell has the keyboard for itself. */

import { html, type TemplateResult } from "lit";
import type { StepperCommand } from "../src/protocol/panel";
import { floating } from "./dialog";
import type { Model } from "./model";
import { zoomAtCursor } from "./timeline/timeline";
import { fitView } from "./timeline/view";

interface Key {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly does: string;
  readonly run: (model: Model) => void;
}

const command = (name: StepperCommand) => (model: Model) => model.command(name);

const keys: readonly Key[] = [
  { keys: ["ArrowRight"], shown: "→", does: "Step", run: command("step") },
  { keys: ["ArrowLeft"], shown: "←", does: "Step back", run: command("stepBack") },
  { keys: ["ArrowDown"], shown: "↓", does: "Step into", run: command("stepInto") },
  { keys: ["ArrowUp"], shown: "↑", does: "Step out", run: command("stepOut") },
  { keys: ["Home"], shown: "Home", does: "Run back to the start", run: command("runToStart") },
  { keys: ["End"], shown: "End", does: "Run to the end", run: command("runToEnd") },
  { keys: [" "], shown: "Space", does: "Play or pause", run: command("togglePlay") },
  { keys: ["g"], shown: "g", does: "Go to step…", run: command("goToStep") },
  { keys: ["r"], shown: "r", does: "Restart", run: command("restart") },
  {
    keys: ["c"],
    shown: "c",
    does: "Copy the number pointed at, with all its digits",
    run: (model) => model.copyNumber(),
  },
  {
    keys: ["e"],
    shown: "e",
    does: "Explain the number pointed at",
    run: (model) => model.explainNumber(),
  },
  { keys: ["+", "="], shown: "+", does: "Show fewer steps", run: (model) => zoomAtCursor(model, 0.5) },
  { keys: ["-", "_"], shown: "−", does: "Show more steps", run: (model) => zoomAtCursor(model, 2) },
  {
    keys: ["0"],
    shown: "0",
    does: "Show all steps",
    run: (model) => model.setView(fitView(model.run?.info.length ?? 1)),
  },
  {
    keys: ["?"],
    shown: "?",
    does: "Show these keys",
    run: (model) => model.setOverlay(model.overlay === "keys" ? "none" : "keys"),
  },
];

const ownKeyboard =
  "input, select, textarea, vscode-dropdown, [role=combobox], [role=listbox], [role=tab], [role=separator], [role=dialog]";
/** Space and Enter belong to what is pressed with them. */
const pressable = "button, a, vscode-button, vscode-checkbox, vscode-link";

function isTaken(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const inside = (selector: string) =>
    event.composedPath().some((node) => node instanceof Element && node.matches(selector));
  return inside(ownKeyboard) || ((event.key === " " || event.key === "Enter") && inside(pressable));
}

export function installKeys(model: Model): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && model.overlay !== "none") {
      model.setOverlay("none");
      event.preventDefault();
      return;
    }
    if (isTaken(event)) return;
    const key = keys.find((entry) => entry.keys.includes(event.key));
    const isReady = model.state.kind === "ready" || event.key === "?" || event.key === "c";
    if (key === undefined || !isReady) return;
    event.preventDefault();
    key.run(model);
  });
}

export function keyList(model: Model): TemplateResult {
  return html`<div class="scrim" @click=${() => model.setOverlay("none")}>
    <div
      class="key-list"
      role="dialog"
      aria-modal="true"
      tabindex="-1"
      ${floating(() => model.setOverlay("none"))}
      aria-label="Keys"
      data-testid="key-list"
      @click=${(event: Event) => event.stopPropagation()}
    >
      <h2>Keys</h2>
      <dl>${keys.map(({ shown, does }) => html`<dt><kbd>${shown}</kbd></dt><dd>${does}</dd>`)}</dl>
      <p class="quiet">
        Inside a track or a table, Tab comes to it and the arrow keys read its numbers. Ctrl or Cmd and wheel zooms, Shift and wheel
        moves along the axis. Enter on a number, or a double click, explains it.
      </p>
      <vscode-button appearance="secondary" @click=${() => model.setOverlay("none")}>Close</vscode-button>
    </div>
  </div>`;
}
