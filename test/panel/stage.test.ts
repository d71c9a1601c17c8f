import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { lineOf, worked } from "../host/editor/worked";
import { repository } from "../vscode/harness/paths";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const samplesFolder = path.join(repository, "media/samples");
const samples = readdirSync(samplesFolder).filter((name) => name.endsWith(".rnn.json"));
const files = Object.fromEntries(samples.map((name) => [name, readFileSync(path.join(samplesFolder, name), "utf8")]));
/** A laptop's panel. */
const size = { width: 384, height: 576 };

/** What the page's own objects are here: the tests are checked without the DOM's types. */
interface Page {
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly document: {
    querySelector(selector: string): PlacedElement | null;
    querySelectorAll(selector: string): Iterable<PlacedElement>;
    elementFromPoint(x: number, y: number): PlacedElement | null;
    dispatchEvent(event: unknown): void;
  };
  readonly KeyboardEvent: new (type: string, options: object) => unknown;
  requestAnimationFrame(callback: () => void): void;
}
interface PlacedElement extends PageElement {
  getBoundingClientRect(): { left: number; right: number; top: number; bottom: number; width: number; height: number };
  querySelector(selector: string): PlacedElement | null;
  closest(selector: string): PlacedElement | null;
  contains(other: unknown): boolean;
}

/**
 * Steps through the whole run with the key, and says what of each step's new numbers cannot be seen: the state or its gradient in
 * the cell of the step, its loss, the share on the pile, the weight after the update.
 */
async function unseen(): Promise<{ steps: number; found: string[] }> {
  const page = globalThis as unknown as Page;
  const { document } = page;
  const frame = () => new Promise<void>((resolve) => page.requestAnimationFrame(() => setTimeout(resolve)));
  const position = () => document.querySelector("[data-testid=position]");
  const found: string[] = [];
  const isSeen = (element: PlacedElement | null): boolean => {
    if (element === null) return false;
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    const isInside = left >= -0.5 && top >= 0 && right <= page.innerWidth + 0.5 && bottom <= page.innerHeight + 0.5;
    if (!isInside || width < 2 || height < 2) return false;
    // Nothing covers it, and nothing cuts it off
    const at = document.elementFromPoint(left + width / 2, top + height / 2);
    return at !== null && (element.contains(at) || at.contains(element));
  };
  let steps = 0;
  for (;;) {
    if (document.querySelector("[data-testid=run-to-end]")?.getAttribute("disabled") !== null) return { steps, found };
    const before = position()?.getAttribute("data-position");
    document.dispatchEvent(new page.KeyboardEvent("keydown", { key: "ArrowRight" }));
    const deadline = Date.now() + 20_000;
    while (position()?.getAttribute("data-position") === before) {
      if (Date.now() > deadline) return { steps, found: [...found, `nothing came after ${position()?.textContent}`] };
      await frame();
    }
    steps++;
    const place = position()?.textContent.trim() ?? "";
    const t = position()?.getAttribute("data-t");
    const missing = () => {
      const needs = (what: string, selector: string): string[] => {
        const all = [...document.querySelectorAll(selector)];
        return all.some(isSeen) ? [] : [`${place}: ${what} (${all.length} of it, none seen)`];
      };
      const vector = (name: string) =>
        `.stage-cell[data-t="${t}"] [data-vector$="${name}@${t}"]:not(:has([data-testid=not-yet]))`;
      if (place === "update")
        return [
          ...needs("the updated weight", "[data-testid=pile-updated]"),
          ...needs("the loss", "[data-testid=after] .after-loss"),
        ];
      const now = needs("the operation in numbers", "[data-testid=now] .now-result");
      // Where a layer has two passes, a sweep of the read-out alone comes after them, and before them going back
      const computes = (symbol: string) =>
        [...document.querySelectorAll("[data-testid=operation] .operation-title")].some(({ textContent }) =>
          textContent.trim().startsWith(symbol),
        );
      if (place.endsWith("forward")) {
        const hasLoss = document.querySelector(`[data-testid=cell][data-reference="loss@${t}"]`) !== null;
        return [
          ...now,
          ...(computes("h") ? needs("the state", vector(".h")) : []),
          ...(hasLoss ? needs("the loss", `.readout [data-reference="loss@${t}"]`) : []),
        ];
      }
      if (!computes("∂L/∂h"))
        return [
          ...now,
          ...needs("the share", "[data-testid=pile-share]"),
          ...needs("the gradient of the logits", `[data-testid=outputs] [data-reference^="gradients.logits@${t}["]`),
        ];
      return [
        ...now,
        // In numbers where there are few: as colours alone, those of a gradient that has vanished would be nothing
        ...needs(
          "the gradient of the state",
          `[data-vector^="gradients."]${vector(".h").replace(/^\S+ /, "")}:not(:has(.stage-number:empty))`,
        ),
        ...needs("the norm of the gradient", ".flow-amount"),
        ...needs("the share", "[data-testid=pile-share]"),
      ];
    };
    // What is asked for after the step may come a moment later
    let still = missing();
    while (still.length > 0 && Date.now() < deadline) {
      await frame();
      still = missing();
    }
    found.push(...still);
    if (found.length > 10) return { steps, found };
  }
}

describe(`The stage in a panel of ${size.width} × ${size.height} pixels`, () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { ...files, "worked.rnn.json": worked },
      size: { width: 900, height: 720 },
      settings: { "rnn.gradientCheck": "off" },
    });
    panel = new Panel(workbench);
    await workbench.runCommand("View: Close Primary Side Bar");
    await panel.open("worked.rnn.json");
  });

  /** Runs a function in the panel's page. The compiler of the tests names inner functions by a helper that the page lacks. */
  async function inPage<T>(run: () => T | Promise<T>): Promise<T> {
    const root = panel.frame.locator(":root");
    await root.evaluate("globalThis.__name ??= (value) => value");
    return root.evaluate(run);
  }

  const inner = () =>
    panel.frame.locator(":root").evaluate(() => {
      const { innerWidth, innerHeight } = globalThis as unknown as Page;
      return { width: innerWidth, height: innerHeight };
    });

  /** Makes the window so large that the panel, which has half of its width, has its size. */
  async function resize(): Promise<void> {
    await eventually(
      async () => {
        const found = await inner();
        const window = workbench.page.viewportSize()!;
        if (found.width !== size.width || found.height !== size.height)
          await workbench.page.setViewportSize({
            width: window.width + 2 * (size.width - found.width),
            height: window.height + size.height - found.height,
          });
        return found;
      },
      ({ width, height }) => width === size.width && height === size.height,
      "the panel's size",
    );
  }

  for (const name of samples)
    it(`shows the new numbers of each step, forward, backward and at the update: ${name}`, async () => {
      await panel.open(name);
      await resize();
      await panel.focus();
      const { steps, found } = await inPage(unseen);
      assert.deepEqual(found, []);
      assert.ok(steps > 1, `${steps} steps`);
    });

  it("has a header of the same height in every state", async () => {
    await panel.open("worked.rnn.json");
    await resize();
    const heights = () =>
      panel.frame
        .locator("[data-testid=toolbar], .now")
        .evaluateAll((all: PlacedElement[]) => all.map((element) => element.getBoundingClientRect().height));
    const seen = new Map([["start", await heights()]]);
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    seen.set("forward", await heights());
    await panel.press("step-into");
    await panel.at("t = 2 of 4, forward");
    seen.set("inside an operation", await heights());
    await panel.press("phase-backward");
    await panel.at("t = 2 of 4, backward");
    seen.set("backward", await heights());
    await panel.frame.locator(".stage-number").first().hover();
    await panel.frame.locator(".now.is-pointed").waitFor();
    seen.set("a number pointed at", await heights());
    await panel.press("run-to-end");
    await panel.at("update");
    seen.set("update", await heights());
    await panel.open("vanishing-gradient.rnn.json");
    await panel.press("run-to-end");
    await panel.at("update");
    seen.set("a long equation", await heights());
    assert.deepEqual(
      [...seen],
      [...seen].map(([state]) => [state, [32, 44]]),
    );
  });

  it("shows no heat map blank, and none gone, while a changed text is computed anew", async () => {
    await panel.open("copy-lstm.rnn.json");
    await resize();
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.press("step-back");
    await panel.at("t = 1 of 7, backward");
    await panel.press("step-back");
    await panel.at("t = 2 of 7, backward");
    await panel.frame.locator(".stage-cell .matrix-heat").first().waitFor();
    const revision = await inPage(() => {
      const page = globalThis as unknown as Page & { blank: string[]; frames: number };
      Object.assign(page, { blank: [], frames: 0 });
      type Canvas = PlacedElement & {
        width: number;
        height: number;
        getContext(kind: "2d"): {
          getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
        };
      };
      const drawn = () =>
        [...(page.document.querySelectorAll(".stage heat-canvas canvas") as Iterable<Canvas>)].map((canvas) =>
          canvas
            .getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height)
            .data.some((value) => value !== 0),
        );
      const many = drawn().length;
      const look = () => {
        const all = drawn();
        page.frames++;
        if (all.length < many || all.includes(false)) page.blank.push(`${all.filter(Boolean).length} of ${many}`);
        page.requestAnimationFrame(look);
      };
      look();
      return page.document.querySelector(".now-result")?.textContent;
    });
    await panel.focusText();
    const line = lineOf(files["copy-lstm.rnn.json"]!, '"forgetBias"') + 1;
    const column =
      files["copy-lstm.rnn.json"]!.split("\n")[line - 1]!.indexOf('"forgetBias": 1') + '"forgetBias": 1'.length + 1;
    await workbench.goTo(line, column);
    await workbench.page.keyboard.type(".5");
    await eventually(
      () => panel.frame.locator(".now-result").innerText(),
      (text) => text !== revision,
      "the new run",
    );
    const { blank, frames } = await panel.frame.locator(":root").evaluate(() => {
      const { blank, frames } = globalThis as unknown as { blank: string[]; frames: number };
      return { blank, frames };
    });
    assert.ok(frames > 3, `${frames} frames`);
    assert.deepEqual(blank, []);
    await workbench.runCommand("File: Revert File");
  });

  it("lets a ghost of before stand after a weight has been changed, until Escape", async () => {
    await panel.open("worked.rnn.json");
    await resize();
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.press("step-back");
    await panel.at("t = 1 of 4, backward");
    assert.equal(await panel.part("ghost").count(), 0);
    await panel.focusText();
    await workbench.goTo(lineOf(worked, '"Whh"') + 1, '      "Whh": [[0.2'.length + 1);
    await workbench.page.keyboard.type("5");
    await eventually(
      () => panel.part("ghost").count(),
      (count) => count >= 2,
      "ghosts of the gradient's line and of p(target)",
    );
    // The states and gradients too: h_4 is another with another Whh
    for (const name of ["layers.0.h@4[0]", "gradients.layers.0.h@1[0]"])
      await panel.frame.locator(`.stage-number[data-reference="${name}"][data-before]`).first().waitFor();
    await panel.focus();
    await panel.key("Escape");
    await panel.part("ghost").first().waitFor({ state: "detached" });
    assert.equal(await panel.frame.locator("[data-before]").count(), 0);
    await workbench.runCommand("File: Revert File");
  });

  it("says errors over the bottom edge, once nothing has changed for a while, and moves nothing", async () => {
    await panel.open("worked.rnn.json");
    await resize();
    const places = () =>
      panel.frame
        .locator(".stage, .flow, .details, .status")
        .evaluateAll((all: PlacedElement[]) => all.map((element) => Math.round(element.getBoundingClientRect().top)));
    const before = await places();
    await panel.focusText();
    await workbench.goTo(lineOf(worked, '"Whh"') + 1, '      "Whh": [[0.2'.length + 1);
    await workbench.page.keyboard.type("]");
    await panel.part("errors").waitFor();
    assert.deepEqual(await places(), before);
    await workbench.runCommand("File: Revert File");
    await panel.part("errors").waitFor({ state: "detached" });
    assert.deepEqual(await places(), before);
  });

  it("is never scrolled within itself, whatever comes into view", async () => {
    await panel.open("worked.rnn.json");
    const scrolled = await panel.frame
      .locator(".stage, .stage-cell, .readout, .flow")
      .evaluateAll((all: (PlacedElement & { scrollTop: number })[]) =>
        all.map((element) => {
          element.scrollTop = 50;
          return element.scrollTop;
        }),
      );
    assert.ok(scrolled.length > 4);
    assert.deepEqual(new Set(scrolled), new Set([0]));
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
