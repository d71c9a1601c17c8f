/** The keys of the panel. They work while no field, list, tab or cell has the keyboard for itself. */

import { html, nothing, type TemplateResult } from "lit";
import type { RepeatedCommand, StepperCommand } from "../src/protocol/panel";
import { floating } from "./dialog";
import type { Model } from "./model";
import { zoomAtCursor } from "./timeline/timeline";
import { fitView } from "./timeline/view";
import { tabs } from "./uiState";

interface Key {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly does: string;
  readonly run: (model: Model) => void;
  /** Only then; always without it. */
  readonly when?: (model: Model) => boolean;
}

const command = (name: StepperCommand) => (model: Model) => model.command(name);
const move = (name: RepeatedCommand) => (model: Model) => (model.isHeld ? model.repeat(name) : model.command(name));

const keys: readonly Key[] = [
  // The letters lie under the left hand: the right one points
  { keys: ["ArrowRight", "d"], shown: "→ or d", does: "Step", run: move("step") },
  { keys: ["ArrowLeft", "a"], shown: "← or a", does: "Step back", run: move("stepBack") },
  { keys: ["ArrowDown", "s"], shown: "↓ or s", does: "Step into", run: move("stepInto") },
  { keys: ["ArrowUp", "w"], shown: "↑ or w", does: "Step out", run: move("stepOut") },
  {
    keys: ["PageDown"],
    shown: "PageDown",
    does: "While presenting, step: a presenter's remote control",
    run: move("step"),
    when: ({ isPresenting }) => isPresenting,
  },
  {
    keys: ["PageUp"],
    shown: "PageUp",
    does: "While presenting, step back",
    run: move("stepBack"),
    when: ({ isPresenting }) => isPresenting,
  },
  { keys: ["Home"], shown: "Home", does: "Run back to the start", run: command("runToStart") },
  { keys: ["End"], shown: "End", does: "Run to the end", run: command("runToEnd") },
  {
    keys: [" "],
    shown: "Space",
    does: "Play or pause; while presenting, uncover a number",
    run: (model) => {
      if (!model.reveal()) model.command("togglePlay");
    },
  },
  {
    keys: ["p"],
    shown: "p",
    does: "Present: larger, with the whole place; a click covers a number",
    run: (model) => model.present(),
  },
  {
    keys: ["q"],
    shown: "q",
    does: "Predict what comes next, then reveal it",
    run: (model) => model.toggleForetelling(),
  },
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
  ...tabs.map(
    (tab, k): Key => ({
      keys: [String(k + 1)],
      shown: String(k + 1),
      does: `Show the tab ${tab.charAt(0).toUpperCase()}${tab.slice(1)}`,
      run: (model) => model.setUi({ tab }),
    }),
  ),
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

/** The parts of the panel, in the order in which F6 goes through them. */
const parts = [".toolbar", ".now", ".foretell", ".stage", ".flow", ".overview", ".axis", ".details", ".sheet"];
const focusable = '[tabindex="0"], button:not([disabled], [tabindex="-1"]), select, input';

/** The keyboard goes to the next part or to the one before. @returns false where there is none: VS Code has the next one */
function goToPart(by: 1 | -1): boolean {
  const there = parts.flatMap((selector) => {
    const part = document.querySelector<HTMLElement>(selector);
    const first = part?.matches(focusable) ? part : part?.querySelector<HTMLElement>(focusable);
    return part !== null && first != null && first.offsetParent !== null ? [{ part, first }] : [];
  });
  const here = there.findLastIndex(({ part }) => part.contains(document.activeElement));
  const next = here < 0 && by < 0 ? there.at(-1) : there[here + by];
  next?.first.focus();
  return next !== undefined;
}

export function installKeys(model: Model): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && (model.overlay !== "none" || model.pinned !== null || model.ghost !== null)) {
      if (model.overlay !== "none") model.setOverlay("none");
      else model.letGo();
      event.preventDefault();
      return;
    }
    if (event.key === "F6") {
      if (!goToPart(event.shiftKey ? -1 : 1)) return;
      event.preventDefault();
      // Else VS Code would go to its own next part
      event.stopPropagation();
      return;
    }
    if (isTaken(event)) return;
    const key = keys.find(({ keys, when }) => keys.includes(event.key) && (when?.(model) ?? true));
    const isReady = model.state.kind === "ready" || event.key === "?" || event.key === "c";
    if (key === undefined || !isReady) return;
    event.preventDefault();
    model.isHeld = event.repeat;
    key.run(model);
  });
  document.addEventListener("keyup", () => {
    model.isHeld = false;
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
      <dl>${keys.map(({ shown, does }) => html`<dt>${shown.split(" or ").map((one, k) => html`${k > 0 ? " " : nothing}<kbd>${one}</kbd>`)}</dt><dd>${does}</dd>`)}</dl>
      <p class="quiet">
        F6 goes from part to part, Shift and F6 back. Inside a track or a table, Tab comes to it and the arrow keys read its numbers;
        Enter in a track keeps and derives one. Ctrl or Cmd and wheel zooms, Shift and wheel moves along the axis. A click keeps a
        number and derives it, Enter on a number or a double click opens it under Explain.
      </p>
      <vscode-button appearance="secondary" @click=${() => model.setOverlay("none")}>Close</vscode-button>
    </div>
  </div>`;
}
