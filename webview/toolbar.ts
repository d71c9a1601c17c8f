/** What the user can do, where the run stands, and which sequence it is. */

import { html, nothing, type TemplateResult } from "lit";
import type { Phase, Run, StepperCommand } from "../src/protocol/panel";
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
const fine: readonly Action[] = [
  { command: "stepInto", icon: "debug-step-into", label: "Step into: the next operation", key: "↓", id: "step-into" },
  { command: "stepOut", icon: "debug-step-out", label: "Step out: to the end of this step", key: "↑", id: "step-out" },
];
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

export function toolbar(model: Model, { info, cursor }: Run): TemplateResult {
  const button = ({ command, icon, label, key, id }: Action, enabled = true) =>
    html`<vscode-button
      appearance="icon"
      data-testid=${id}
      title=${`${label} (${key})`}
      aria-label=${label}
      ?disabled=${!enabled}
      @click=${() => model.command(command)}
    >
      <span class="codicon codicon-${icon}"></span>
    </vscode-button>`;
  const playLabel = cursor.playing ? "Pause" : "Play";
  const { names, index } = info.sequence;
  return html`<header class="toolbar">
    <div class="tools" role="toolbar" aria-label="Stepping">
      ${button(restart)} ${back.map((action) => button(action, cursor.canStepBack))}
      <vscode-button
        appearance="primary"
        class="step"
        data-testid="step"
        title="Step (→)"
        aria-label="Step"
        ?disabled=${!cursor.canStep}
        @click=${() => model.command("step")}
      >
        Step<span slot="end" class="codicon codicon-debug-step-over"></span>
      </vscode-button>
      ${fine.map((action) => button(action, cursor.canStep))}
      <span class="play">
        <vscode-button
          appearance="icon"
          data-testid="play"
          title=${`${playLabel} (Space)`}
          aria-label=${playLabel}
          @click=${() => model.command("togglePlay")}
        >
          <span class="codicon codicon-${cursor.playing ? "debug-pause" : "play"}"></span>
        </vscode-button>
        ${dropdown("Steps a second", "speed", speedOptions(cursor.speed), String(cursor.speed), (value) =>
          model.setSpeed(Number(value)),
        )}
      </span>
      ${button(end, cursor.canStep)} ${button(goTo)}
    </div>
    <h1 class="run-title" title=${info.layers.map((layer) => layer.title).join("\n")}>${info.title}</h1>
    <div class="toolbar-end">
      ${
        names.length > 1
          ? dropdown(
              "Sequence",
              "sequence",
              names.map((name, k) => ({ value: String(k), text: name })),
              String(index),
              (value) => model.selectSequence(Number(value)),
            )
          : nothing
      }
      ${
        model.training.kind === "running"
          ? html`<vscode-button appearance="secondary" data-testid="cancel-training" title="Cancel the training" @click=${() => model.command("cancelTraining")}
              >Cancel</vscode-button
            >`
          : html`<vscode-button
              appearance="secondary"
              data-testid="train"
              title="Train the model as the file says"
              ?disabled=${info.loss === null}
              @click=${() => {
                model.setUi({ tab: "training" });
                model.command("train");
              }}
              >Train</vscode-button
            >`
      }
      <button
        class="icon-button"
        data-testid="keys"
        aria-label="Keys"
        title="Keys (?)"
        @click=${() => model.setOverlay("keys")}
      >
        <span class="codicon codicon-keyboard"></span>
      </button>
    </div>
  </header>`;
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

/** Where the run stands, in words and as how far it has come in each phase: quiet bars, not buttons. */
export function position({ info, cursor }: Run): TemplateResult {
  return html`<div class="position" data-testid="position" data-position=${cursor.position} data-t=${cursor.t}>${cursor.text}</div>
    ${phases(info.phases, cursor.phase, cursor.position)}`;
}

function phases(
  all: readonly { readonly phase: Phase; readonly from: number; readonly to: number }[],
  current: Phase,
  position: number,
): TemplateResult {
  const spoken = phaseNames.find(({ phase }) => phase === current)?.name ?? "Start";
  return html`<div class="phases" role="img" aria-label=${`Phase: ${spoken}`} data-testid="phases" data-phase=${current}>
    ${phaseNames.map(({ phase, name }) => {
      const range = all.find((entry) => entry.phase === phase);
      if (range === undefined) return nothing;
      const length = Math.max(1, range.to - range.from);
      const done = Math.min(1, Math.max(0, (position - range.from) / length));
      const state = phase === current ? "is-current" : done >= 1 ? "is-done" : "";
      return html`<div class="phase ${state}">
        <span>${name}</span>
        <svg viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
          <rect class="phase-track" width="100" height="2"></rect>
          <rect class="phase-done" width=${100 * done} height="2"></rect>
        </svg>
      </div>`;
    })}
  </div>`;
}
