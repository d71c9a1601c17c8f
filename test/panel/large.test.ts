import { strict as assert } from "node:assert";
import { largeFile } from "../bench/stepLatency";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const units = 512;
const length = 1000;

/** A message of the host. */
interface Told {
  readonly type: string;
  readonly position: number | undefined;
  readonly bytes: number;
}

/** What the page's own objects are here: the tests are checked without the DOM's types. */
interface TimedWindow {
  document: { querySelector(selector: string): PageElement; body: unknown };
  requestAnimationFrame(callback: () => void): void;
  addEventListener(name: "keydown" | "keyup", listener: () => void, capture: true): void;
  addEventListener(name: "message", listener: (event: { data: unknown }) => void): void;
  MutationObserver: new (
    callback: (records: unknown[]) => void,
  ) => {
    observe(element: unknown, options: object): void;
  };
  stepMs: number[];
  changes: number;
  messages: Told[];
  /** How many messages had come, and how often the place had changed, when a key was let go. */
  atKeyUp: { messages: number; places: number };
  /** What the frame after the last key showed: the place, and a name that is off the screen. */
  framed: string[];
}

describe(`The panel with ${units} units and ${length} steps`, () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { "large.rnn.json": largeFile },
      settings: { "rnn.gradientCheck": "off" },
    });
    panel = new Panel(workbench);
    await panel.open("large.rnn.json");
  });

  it("opens with a colour for each unit and step, and all its steps in view", async () => {
    assert.equal(await panel.place(), `start, ${length} steps`);
    assert.equal(await panel.part("zoom-text").count(), 0);
    await panel.press("step");
    await panel.at(`t = 1 of ${length}, forward`);
    await panel.frame.locator('[data-track="layers.0.h"] heat-canvas').waitFor();
  });

  /** Notes how long it takes from each key until the panel says the new place, what of the page changes, and what the host sends. */
  async function watch(): Promise<void> {
    await panel.frame.locator(":root").evaluate(() => {
      const page = globalThis as unknown as TimedWindow;
      Object.assign(page, { stepMs: [], changes: 0, messages: [] });
      let began = 0;
      page.addEventListener("keydown", () => (began = performance.now()), true);
      new page.MutationObserver(() => page.stepMs.push(performance.now() - began)).observe(
        page.document.querySelector("[data-testid=position]"),
        { attributeFilter: ["data-position"] },
      );
      new page.MutationObserver((records) => (page.changes += records.length)).observe(page.document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
      page.addEventListener("message", ({ data }) => {
        let bytes = 0;
        const text = JSON.stringify(data, (_, value: unknown) => {
          if (!ArrayBuffer.isView(value)) return value;
          bytes += value.buffer.byteLength;
          return "";
        });
        const { type, position } = data as Told;
        page.messages.push({ type, position, bytes: bytes + text.length });
      });
    });
  }
  const watched = () =>
    panel.frame.locator(":root").evaluate(() => {
      const { stepMs, changes, messages } = globalThis as unknown as TimedWindow;
      return { stepMs, changes, messages };
    });

  /** Goes so many steps on, and waits until the host has told of each and of what comes after it. */
  async function step(count: number, place: (k: number) => string): Promise<void> {
    for (let k = 0; k < count; k++) {
      await panel.key("ArrowRight");
      await panel.at(place(k));
      const position = Number(await panel.part("position").getAttribute("data-position"));
      await eventually(
        async () => (await watched()).messages.findLast(({ type }) => type === "ahead")?.position,
        (told) => told === position,
        "what comes after the step",
      );
    }
  }

  /** What a fifth of the numbers do not exceed: other programs that hold the machine up do not hold up all steps. */
  const best = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 5)]!;

  it("says the new place within 50 ms of the key, where nothing else holds it up, forward and backward", async () => {
    await watch();
    await panel.focus();
    await panel.key("Home");
    await panel.at(`start, ${length} steps`);
    await step(15, (k) => `t = ${k + 1} of ${length}, forward`);
    await panel.key("ArrowUp");
    await panel.at(`t = ${length} of ${length}, forward`);
    await step(15, (k) => `t = ${length - k} of ${length}, backward`);
    const { stepMs } = await watched();
    assert.ok(best(stepMs) < 50, `${stepMs.join(", ")} ms`);
  });

  it("changes at a step no more than 200 places of the page, and is sent no more than 50 kB for it: 512 numbers a vector, and none of other steps", async () => {
    const [changes, bytes]: [number[], number[]] = [[], []];
    let before = await watched();
    for (let k = 0; k < 10; k++) {
      await step(1, () => `t = ${length - 15 - k} of ${length}, backward`);
      const after = await watched();
      changes.push(after.changes - before.changes);
      bytes.push(after.messages.slice(before.messages.length).reduce((sum, message) => sum + message.bytes, 0));
      before = after;
    }
    // The tracks that the way back has brought may still be on their way at one of the steps
    const usual = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[5]!;
    assert.ok(usual(changes) < 200, `changes: ${changes.join(", ")}`);
    assert.ok(usual(bytes) < 50_000, `bytes: ${bytes.join(", ")}`);
  });

  it("shows a step that it was told of ahead, and hears of it by its position alone", async () => {
    const before = (await watched()).messages.length;
    await step(5, (k) => `t = ${length - 25 - k} of ${length}, backward`);
    const types = (await watched()).messages.slice(before).map(({ type }) => type);
    assert.deepEqual(
      types.filter((type) => type !== "response"),
      Array.from({ length: 5 }, () => ["moved", "ahead"]).flat(),
    );
  });

  it("draws what is off the screen after the frame that shows a step", async () => {
    await panel.frame.locator(":root").evaluate(() => {
      const page = globalThis as unknown as TimedWindow;
      const selectors = ["[data-testid=position]", "[data-testid=vectors] .vector-name"];
      page.addEventListener(
        "keydown",
        () =>
          page.requestAnimationFrame(() => {
            page.framed = selectors.map((selector) => page.document.querySelector(selector).textContent.trim());
          }),
        true,
      );
    });
    const t = length - 30;
    await step(1, () => `t = ${t} of ${length}, backward`);
    const framed = await panel.frame.locator(":root").evaluate(() => (globalThis as unknown as TimedWindow).framed);
    assert.deepEqual(framed, [`t = ${t} of ${length}, backward`, `a${t + 1}`]);
    assert.equal(await panel.part("vectors").locator(".vector-name").first().innerText(), `a${t}`);
  });

  it("makes each step of a held key, draws those that it has time for, and stands still once the key is let go", async () => {
    await panel.focus();
    await panel.key("Home");
    await panel.at(`start, ${length} steps`);
    const before = await watched();
    await panel.frame.locator(":root").evaluate(() => {
      const page = globalThis as unknown as TimedWindow;
      page.addEventListener(
        "keyup",
        () => (page.atKeyUp = { messages: page.messages.length, places: page.stepMs.length }),
        true,
      );
    });
    const { keyboard } = workbench.page;
    const steps = 300;
    // All at once: faster than any panel could draw them
    await Promise.all(Array.from({ length: steps }, () => keyboard.down("ArrowRight")));
    await keyboard.up("ArrowRight");
    await panel.at(`t = ${steps} of ${length}, forward`);
    const after = await watched();
    const { messages, places } = await panel.frame
      .locator(":root")
      .evaluate(() => (globalThis as unknown as TimedWindow).atKeyUp);
    const drawn = after.stepMs.length - before.stepMs.length;
    assert.ok(drawn < steps / 2, `${drawn} of ${steps} places drawn`);
    assert.ok(after.stepMs.length - places <= 3, `${after.stepMs.length - places} places drawn after the key`);
    const late = after.messages.slice(messages).filter(({ type }) => type === "cursor" || type === "moved");
    assert.ok(late.length <= 3, `${late.length} places told after the key`);
  });

  it("zooms to single steps, follows the current one, and comes back to all of them", async () => {
    await panel.focus();
    for (let k = 0; k < 5; k++) await panel.key("+");
    const shown = async () => {
      const [, from, to] = /^t (\d+)–(\d+) of 1000$/.exec((await panel.part("zoom-text").innerText()).trim()) ?? [];
      return { from: Number(from), to: Number(to) };
    };
    await eventually(shown, ({ from, to }) => to - from < 40, "fewer than 40 steps");
    await panel.key("Home");
    await panel.at(`start, ${length} steps`);
    await panel.key("ArrowRight");
    await panel.at(`t = 1 of ${length}, forward`);
    await eventually(shown, ({ from }) => from === 1, "the steps from the first on");
    await panel.press("zoom-fit");
    await panel.part("zoom-text").waitFor({ state: "detached" });
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
