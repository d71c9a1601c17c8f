// How long a step takes until it is on the screen, in a real VS Code with a large model: 512 units and 1000 steps.
// `node --import=tsx test/bench/stepLatency.ts` prints a line a measurement; dist/ has to be built.

import { fileURLToPath } from "node:url";
import type { Frame } from "playwright-core";
import { finish } from "../../src/engine/run";
import { RunView } from "../../src/host/panel/present";
import { toWire } from "../../src/protocol/wire";
import { Stepper } from "../../src/stepper/stepper";
import { readText } from "../files";
import { Panel } from "../panel/panel";
import { openWorkbench } from "../panel/workbench";
import { launchBrowser, pageDefaults } from "../vscode/harness/browser";

/** Each in milliseconds, one number a step. */
export interface StepLatency {
  /** The host's work for a step: moving, what the panel is to show, its message. */
  readonly hostMs: number[];
  /** In the webview: from the arrival of the host's message to the painted frame. */
  readonly webviewMs: number[];
  /** In the webview: from the key to the painted frame, whatever VS Code and the host do meanwhile. */
  readonly wholeMs: number[];
  /** An empty page in the same browser: from a change of one word to the painted frame. */
  readonly floorMs: number[];
}

const units = 512;
const length = 1000;
/** Steps forward, and as many backward, for each way of stepping. */
const steps = 50;
/** A person presses up to eight times a second; uneven, so that no step waits for the screen longer than another. */
const pauseMs = () => 120 + 60 * Math.random();

/** The model's parameters are drawn from the seed. */
export const largeFile = JSON.stringify(
  {
    version: 1,
    inputSize: 1,
    layers: [{ cell: "rnn", size: units }],
    output: { size: 1 },
    loss: { type: "mse" },
    sequences: [
      {
        inputs: Array.from({ length }, (_, t) => Math.sin(t / 5)),
        targets: Array.from({ length }, (_, t) => Math.sin((t + 1) / 5)),
      },
    ],
  },
  undefined,
  1,
);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Measures on this machine as it is; other work on it only adds. */
export async function stepLatency(): Promise<StepLatency> {
  const floorMs = await floor();
  return { hostMs: host(), ...(await panel()), floorMs };
}

function host(): number[] {
  const stepper = new Stepper(readText(largeFile).problem, 0);
  const view = finish(RunView.build(stepper, 1));
  const times: number[] = [];
  for (const phase of ["forward", "backward"] as const) {
    stepper.goToStep(phase === "forward" ? 1 : length, phase);
    for (let k = 0; k < steps; k++) {
      const start = performance.now();
      stepper.step();
      toWire(view.cursor({ playing: false, speed: 2 }, 4));
      times.push(performance.now() - start);
    }
  }
  return times;
}

// What runs in a page is text: it is not compiled with the rest.

/** A frame is painted once the task after its callbacks runs. */
export const afterPaint = `(done) => scheduler.postTask(() => done(performance.now()), { priority: "user-blocking" })`;

/** Notes when a place is on the screen that was not: since the key in this page, or since the message that told of it. */
const watch = `(() => {
  const afterPaint = ${afterPaint};
  const place = () => document.querySelector("[data-testid=position]").dataset.position;
  const log = (globalThis.stepTimes = { whole: [], webview: [], painted: place() });
  let began = null;
  const begin = (since, list) => {
    if (began === null)
      requestAnimationFrame(function frame() {
        if (place() === log.painted) requestAnimationFrame(frame);
        else
          afterPaint((now) => {
            log.painted = place();
            began.list.push(now - began.since);
            began = null;
          });
      });
    began ??= { since, list };
  };
  addEventListener("keydown", (event) => begin(event.timeStamp, log.whole), true);
  addEventListener("message", ({ data, timeStamp }) => {
    const position = data.type === "moved" ? data.position : data.type === "cursor" ? data.cursor.position : null;
    if (position !== null && String(position) !== log.painted) begin(timeStamp, log.webview);
  }, true);
})()`;

interface StepTimes {
  readonly whole: number[];
  readonly webview: number[];
}

async function panel(): Promise<Pick<StepLatency, "webviewMs" | "wholeMs">> {
  // The check of the gradients is a thread of its own, which works for some seconds when the backward phase begins
  const settings = { "rnn.gradientCheck": "off" };
  const workbench = await openWorkbench({ files: { "large.rnn.json": largeFile }, settings });
  try {
    const panel = new Panel(workbench);
    await panel.open("large.rnn.json");
    const frame = await frameOf(panel);
    await frame.evaluate(watch);
    const read = () => frame.evaluate<StepTimes>("stepTimes");

    /** The first steps warm up. */
    async function press(key: string, list: keyof StepTimes, times: number): Promise<number[]> {
      const warmUp = 10;
      for (let k = 0; k < warmUp + times; k++) {
        const before = (await read())[list].length;
        await panel.key(key);
        const end = Date.now() + 10_000;
        while ((await read())[list].length === before && Date.now() < end) await wait(20);
        await wait(pauseMs());
      }
      return (await read())[list].slice(-times);
    }

    const wholeMs: number[] = [];
    const webviewMs: number[] = [];
    for (const toPhase of ["Home", "ArrowUp"]) {
      await panel.focus();
      await panel.key(toPhase);
      await wait(500);
      wholeMs.push(...(await press("ArrowRight", "whole", steps)));
      // From the text, so that the webview first hears of the step by the host's message
      await panel.focusText();
      webviewMs.push(...(await press("Shift+Alt+PageDown", "webview", steps)));
    }
    return { webviewMs, wholeMs };
  } finally {
    await workbench.close();
  }
}

async function frameOf(panel: Panel): Promise<Frame> {
  const frame = await (await panel.frame.locator(":root").elementHandle())?.ownerFrame();
  if (!frame) throw new Error("The panel has no frame.");
  return frame;
}

async function floor(): Promise<number[]> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage(pageDefaults);
    await page.setContent("<p>0</p>");
    const times: number[] = [];
    for (let k = 0; k < 2 * steps; k++) {
      await wait(pauseMs());
      times.push(
        await page.evaluate<number>(`new Promise((resolve) => {
          const start = performance.now();
          document.querySelector("p").textContent = ${k};
          requestAnimationFrame(() => (${afterPaint})((now) => resolve(now - start)));
        })`),
      );
    }
    return times;
  } finally {
    await browser.close();
  }
}

/** The value below which this part of the times lies. */
export function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

async function main(): Promise<void> {
  for (const [name, times] of Object.entries(await stepLatency()))
    process.stdout.write(
      `${name.padEnd(10)} ${times.length} times: median ${percentile(times, 0.5).toFixed(1)} ms, 95th percentile ${percentile(times, 0.95).toFixed(1)} ms\n`,
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main();
