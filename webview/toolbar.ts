/** What the user can do, where the run stands, and which sequence it is. */

import { html, nothing, type TemplateResult } from "lit";
import type { Phase, Run, RunInfo, StepperCommand } from "../src/protocol/panel";
import { floating } from "./dialog";
import type { Model } from "./model";

interface Action {
  readonly command: StepperCommand;
  readonly icon: string;
  readonly label: string;
  readonly key: string;
  readonly id: string;
}

const back: readonly Action[] = [
  {
    command: "runToStart",
    icon: "debug-reverse-continue",
    label: "Run back to the start",
    key: "Home",
    id: "run-to-start",
  },
  { command: "stepBack", icon: "debug-step-back", label: "Step back", key: "←", id: "step-back" },
];
const stepInto: Action = {
  command: "stepInto",
  icon: "debug-step-into",
  label: "Step into: the next operation",
  key: "↓",
  id: "step-into",
};
const stepOut: Action = {
  command: "stepOut",
  icon: "debug-step-out",
  label: "Step out: to the end of this step",
  key: "↑",
  id: "step-out",
};
const end: Action = {
  command: "runToEnd",
  icon: "debug-continue",
  label: "Run to the end",
  key: "End",
  id: "run-to-end",
};
const goTo: Action = { command: "goToStep", icon: "target", label: "Go to step…", key: "g", id: "go-to-step" };
const restart: Action = { command: "restart", icon: "debug-restart", label: "Restart", key: "r", id: "restart" };

const phaseNames: readonly { readonly phase: Phase; readonly name: string }[] = [
  { phase: "forward", name: "Forward" },
  { phase: "backward", name: "Backward" },
  { phase: "update", name: "Update" },
];

const speeds = [0.5, 1, 2, 4, 8, 16];

/** So wide the panel has to be for what comes in beside the buttons that always stand there. */
const widths = { medium: 470, full: 690, title: 1000 };

export function toolbar(model: Model, run: Run): TemplateResult {
  const { info, cursor } = run;
  const width = model.panelWidth;
  const [isMedium, isFull] = [width >= widths.medium, width >= widths.full];
  const button = ({ command, icon, label, key, id }: Action, enabled = true) =>
    html`<button
      class="icon-button"
      data-testid=${id}
      title=${`${label} (${key})`}
      aria-label=${label}
      ?disabled=${!enabled}
      @click=${() => model.command(command)}
    >
      <span class="codicon codicon-${icon}"></span>
    </button>`;
  const playLabel = cursor.playing ? "Pause" : "Play";
  return html`<header class="toolbar" data-testid="toolbar">
    <div class="tools" role="toolbar" aria-label="Stepping">
      ${isMedium ? button(restart) : nothing} ${back.map((action) => button(action, cursor.canStepBack))}
      <button class="step" data-testid="step" title="Step (→)" aria-label="Step" ?disabled=${!cursor.canStep} @click=${() => model.command("step")}>
        Step<span class="codicon codicon-debug-step-over"></span>
      </button>
      ${button(stepInto, cursor.canStep)} ${isMedium ? button(stepOut, cursor.canRun) : nothing}
      <button class="icon-button" data-testid="play" title=${`${playLabel} (Space)`} aria-label=${playLabel} @click=${() => model.command("togglePlay")}>
        <span class="codicon codicon-${cursor.playing ? "debug-pause" : "play"}"></span>
      </button>
      ${isFull ? speedList(model, cursor.speed) : nothing} ${button(end, cursor.canRun)}
      ${isFull ? button(goTo) : nothing}
    </div>
    ${phases(model, run)}
    ${width >= widths.title ? html`<h1 class="run-title" title=${info.layers.map((layer) => layer.title).join("\n")}>${info.title}</h1>` : html`<h1 class="visually-hidden">${info.title}</h1>`}
    <div class="toolbar-end">
      ${isFull ? html`${sequenceList(model, info)}${trainButton(model, info)}${foretellButton(model)}${keysButton(model)}` : nothing}
      ${isFull ? nothing : more(model, run, isMedium)}
    </div>
  </header>`;
}

function speedList(model: Model, speed: number): TemplateResult {
  return dropdown("Steps a second", "speed", speedOptions(speed), String(speed), (value) =>
    model.setSpeed(Number(value)),
  );
}

function sequenceList(model: Model, { sequence: { names, index } }: RunInfo): TemplateResult | typeof nothing {
  if (names.length < 2) return nothing;
  const options = names.map((name, k) => ({ value: String(k), text: name }));
  return dropdown("Sequence", "sequence", options, String(index), (value) => model.selectSequence(Number(value)));
}

function trainButton(model: Model, info: RunInfo): TemplateResult {
  return model.training.kind === "running"
    ? html`<button class="quiet-button" data-testid="cancel-training" title="Cancel the training" @click=${() => model.command("cancelTraining")}>Cancel</button>`
    : html`<button
        class="quiet-button"
        data-testid="train"
        title="Train the model as the file says"
        ?disabled=${info.loss === null}
        @click=${() => {
          if (model.overlay !== "none") model.setOverlay("none");
          model.setUi({ tab: "training" });
          model.command("train");
        }}
      >
        Train
      </button>`;
}

function foretellButton(model: Model): TemplateResult {
  const isOn = model.foretelling !== null;
  return html`<button
    class="icon-button ${isOn ? "is-on" : ""}"
    data-testid="predict-then-reveal"
    aria-label="Predict, then reveal"
    aria-pressed=${isOn}
    title="Predict what comes next, then reveal it (q)"
    @click=${() => {
      if (model.overlay !== "none") model.setOverlay("none");
      model.toggleForetelling();
    }}
  >
    <span class="codicon codicon-eye-closed"></span>
  </button>`;
}

function keysButton(model: Model): TemplateResult {
  return html`<button class="icon-button" data-testid="keys" aria-label="Keys" title="Keys (?)" @click=${() => model.setOverlay("keys")}>
    <span class="codicon codicon-keyboard"></span>
  </button>`;
}

/** What a narrow panel has no room for stands in a menu. */
function more(model: Model, { info, cursor }: Run, isMedium: boolean): TemplateResult {
  const isOpen = model.overlay === "more";
  const item = ({ command, icon, label, id }: Action) =>
    html`<button class="menu-item" data-testid=${id} @click=${() => {
      model.setOverlay("none");
      model.command(command);
    }}><span class="codicon codicon-${icon}"></span>${label}</button>`;
  return html`<div class="menu-anchor">
    <button
      class="icon-button"
      data-testid="more"
      aria-label="More"
      title="More"
      aria-haspopup="dialog"
      aria-expanded=${isOpen}
      @click=${() => model.setOverlay(isOpen ? "none" : "more")}
    >
      <span class="codicon codicon-ellipsis"></span>
    </button>
    ${
      isOpen
        ? html`<div class="menu" role="dialog" aria-label="More" data-testid="more-list" tabindex="-1" ${floating(() => model.setOverlay("none"))}>
            <div class="menu-group">${info.title}</div>
            ${isMedium ? nothing : [restart, stepOut].map(item)} ${item(goTo)}
            <div class="menu-row">Steps a second ${speedList(model, cursor.speed)}</div>
            ${info.sequence.names.length > 1 ? html`<div class="menu-row">Sequence ${sequenceList(model, info)}</div>` : nothing}
            <div class="menu-row">${trainButton(model, info)} ${foretellButton(model)} ${keysButton(model)}</div>
          </div>`
        : nothing
    }
  </div>`;
}

function speedOptions(current: number): { value: string; text: string }[] {
  const all = speeds.includes(current) ? speeds : [...speeds, current].sort((a, b) => a - b);
  return all.map((speed) => ({ value: String(speed), text: `${speed}/s` }));
}

function dropdown(
  label: string,
  id: string,
  options: readonly { readonly value: string; readonly text: string }[],
  current: string,
  choose: (value: string) => void,
): TemplateResult {
  return html`<vscode-dropdown
    class=${id}
    data-testid=${id}
    aria-label=${label}
    title=${label}
    .value=${current}
    @change=${(event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      if (value !== current) choose(value);
    }}
  >
    ${options.map(
      ({ value, text }) => html`<vscode-option value=${value} ?selected=${value === current}>${text}</vscode-option>`,
    )}
  </vscode-dropdown>`;
}

/** Where the run stands, as how far it has come in each phase: a click goes to the phase. */
function phases(model: Model, { info, cursor }: Run): TemplateResult {
  return html`<div class="phases" role="group" aria-label="Phases" data-testid="phases" data-phase=${cursor.phase}>
    ${phaseNames.map(({ phase, name }) => {
      const range = info.phases.find((entry) => entry.phase === phase);
      if (range === undefined) return nothing;
      const length = Math.max(1, range.to - range.from);
      const done = Math.min(1, Math.max(0, (cursor.position - range.from) / length));
      const isCurrent = phase === cursor.phase;
      return html`<button
        class="phase ${isCurrent ? "is-current" : done >= 1 ? "is-done" : ""}"
        data-testid="phase-${phase}"
        aria-current=${isCurrent ? "step" : "false"}
        title=${`To the ${phase} ${phase === "update" ? "" : "pass"}`.trim()}
        @click=${() => model.goToPhase(phase)}
      >
        <span>${name}</span>
        <svg viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
          <rect class="phase-track" width="100" height="2"></rect>
          <rect class="phase-done" width=${100 * done} height="2"></rect>
        </svg>
      </button>`;
    })}
  </div>`;
}
