import { strict as assert } from "node:assert";
import { largeFile } from "../bench/stepLatency";
import { eventually, type PageElement, Panel } from "./panel";
import { openWorkbench, type Workbench } from "./workbench";

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
  addEventListener(name: "keydown", listener: () => void, capture: true): void;
  addEventListener(name: "message", listener: (event: { data: unknown }) => void): void;
  MutationObserver: new (
    callback: (records: unknown[]) => void,
  ) => {
    observe(element: unknown, options: object): void;
  };
  stepMs: number[];
  changes: number;
  messages: Told[];
  /** What the frame after the last key showed: the place, and a name that is off the screen. */
  framed: string[];
}

describe(`The panel with ${units} units and ${length} steps`, function () {
  this.timeout(120_000);
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWorkbench({
      files: { "large.rnn.json": largeFile },
      settings: { "rnn.gradientCheck": "off" },
    });
    panel = new Panel(workbench);
    await panel.open("large.rnn.json");
  });
  after(() => workbench.close());

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

  const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

  it("says the new place within 50 ms of the key, at the median, forward and backward", async () => {
    await watch();
    await panel.focus();
    await panel.key("Home");
    await panel.at(`start, ${length} steps`);
    await step(15, (k) => `t = ${k + 1} of ${length}, forward`);
    await panel.key("ArrowUp");
    await panel.at(`t = ${length} of ${length}, forward`);
    await step(15, (k) => `t = ${length - k} of ${length}, backward`);
    const { stepMs } = await watched();
    assert.ok(median(stepMs) < 50, `${median(stepMs)} ms`);
  });

  it("changes at a step no more than 200 places of the page, and is sent no more than 50 kB for it: 512 numbers a vector, and none of other steps", async () => {
    const before = await watched();
    await step(10, (k) => `t = ${length - 15 - k} of ${length}, backward`);
    const after = await watched();
    const changes = (after.changes - before.changes) / 10;
    assert.ok(changes < 200, `${changes} changes a step`);
    const bytes = after.messages.slice(before.messages.length).reduce((sum, message) => sum + message.bytes, 0) / 10;
    assert.ok(bytes < 50_000, `${bytes} bytes a step`);
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

  it("zooms to single steps, follows the current one, and comes back to all of them", async () => {
    await panel.focus();
    for (let k = 0; k < 5; k++) await panel.key("+");
    const shown = async () => /^t (\d+)–(\d+) of 1000$/.exec((await panel.part("zoom-text").innerText()).trim());
    const [, from, to] = (await shown()) ?? [];
    assert.ok(Number(to) - Number(from) < 40, `${from}…${to}`);
    await panel.key("Home");
    await panel.at(`start, ${length} steps`);
    await panel.key("ArrowRight");
    await panel.at(`t = 1 of ${length}, forward`);
    assert.equal((await shown())?.[1], "1");
    await panel.press("zoom-fit");
    await panel.part("zoom-text").waitFor({ state: "detached" });
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
