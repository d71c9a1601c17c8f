import { strict as assert } from "node:assert";
import { worked } from "../host/editor/worked";
import { eventually, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

const width = 480;

describe(`The panel at ${width} pixels of width`, () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { "worked.rnn.json": worked, "wide.rnn.json": wide },
      size: { width: 1100, height: 900 },
    });
    panel = new Panel(workbench);
    await workbench.runCommand("View: Close Primary Side Bar");
    await panel.open("worked.rnn.json");
    await resize();
  });

  const innerWidth = () =>
    panel.frame.locator(":root").evaluate(() => (globalThis as unknown as { innerWidth: number }).innerWidth);

  /** Makes the window so wide that the panel, which has half of it, has its width. */
  async function resize(): Promise<void> {
    for (let attempt = 0; attempt < 8; attempt++) {
      const found = await innerWidth();
      if (found === width) return;
      const size = workbench.page.viewportSize()!;
      await workbench.page.setViewportSize({ width: size.width + 2 * (width - found), height: size.height });
      await eventually(innerWidth, (now) => now !== found, "the panel's new width");
    }
    assert.equal(await innerWidth(), width);
  }

  async function isWithin(what: string): Promise<void> {
    const { scrollWidth, clientWidth } = await panel.frame
      .locator(":root")
      .evaluate(({ scrollWidth, clientWidth }: PageElement) => ({ scrollWidth, clientWidth }));
    assert.ok(scrollWidth <= clientWidth, `${what}: ${scrollWidth} pixels in ${clientWidth}`);
    const outside = await panel.frame.locator("#app").evaluate(unreachable);
    assert.deepEqual(outside, [], what);
  }

  const names = { "worked.rnn.json": /^t = 4 of 4, backward$/, "wide.rnn.json": /^t = \d+ of 40, backward$/ };
  for (const [name, place] of Object.entries(names))
    it(`overflows nowhere, and every button can be reached: ${name}`, async () => {
      await panel.open(name);
      await resize();
      await isWithin("the start");
      await panel.press("step");
      await panel.at(/^t = 1 of/);
      await isWithin("forward");
      await panel.press("run-to-end");
      await panel.at("update");
      for (const tab of ["parameters", "training", "step"] as const) {
        await panel.choose(tab);
        await isWithin(tab);
      }
      await panel.press("run-to-start");
      await panel.press("step-out");
      await panel.press("step-out");
      await panel.press("step");
      await panel.at(place);
      await isWithin("backward");
    });

  it("has room for its lists", async () => {
    for (const [opener, list] of [
      ["track-menu", "track-menu-list"],
      ["keys", "key-list"],
    ] as const) {
      await panel.press(opener);
      const box = await panel.part(list).evaluate((element: PageElement & Boxed) => {
        const { left, right } = element.getBoundingClientRect();
        return { left, right };
      });
      assert.ok(box.left >= 0 && box.right <= width, `${list}: ${JSON.stringify(box)}`);
      await panel.key("Escape");
      await panel.part(list).waitFor({ state: "detached" });
    }
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});

/** Two layers, gates, both directions and 30 words over 40 steps. */
const wide = JSON.stringify({
  version: 1,
  name: "a name that is rather long for a file that stands in so narrow a panel",
  vocabulary: Array.from({ length: 30 }, (_, k) => `somewhatlongword${k}`),
  layers: [
    { cell: "lstm", size: 12, direction: "both" },
    { cell: "gru", size: 6 },
  ],
  output: { size: 30 },
  loss: { type: "cross-entropy" },
  sequences: [
    {
      name: "the first of two sequences",
      inputs: Array.from({ length: 40 }, (_, t) => `somewhatlongword${t % 30}`),
      targets: "next",
    },
    { inputs: ["somewhatlongword0"], targets: [1] },
  ],
});

interface Boxed {
  getBoundingClientRect(): { left: number; right: number; top: number; width: number; height: number };
}

/** The controls that lie outside the page's width, have no size, or are covered where somebody would click on them. */
function unreachable(app: PageElement): string[] {
  type Control = PageElement &
    Boxed & {
      scrollIntoView(options: { block: "nearest" }): void;
      contains(other: unknown): boolean;
      readonly ownerDocument: {
        elementFromPoint(x: number, y: number): unknown;
        readonly defaultView: { innerWidth: number };
      };
    };
  const found: string[] = [];
  const all = app.querySelectorAll("button:not(.token, .stage-token), vscode-button, vscode-dropdown, vscode-checkbox");
  for (const control of all as Iterable<Control>) {
    control.scrollIntoView({ block: "nearest" });
    const { left, right, top, width, height } = control.getBoundingClientRect();
    const { innerWidth } = control.ownerDocument.defaultView;
    const name =
      control.getAttribute("data-testid") ?? control.getAttribute("aria-label") ?? control.textContent.trim();
    const at = control.ownerDocument.elementFromPoint(left + width / 2, top + height / 2);
    if (left < 0 || right > innerWidth + 0.5 || width < 8 || height < 8)
      found.push(`${name}: ${left}…${right}, ${width} × ${height}`);
    else if (!control.contains(at)) found.push(`${name} is covered at ${left + width / 2}, ${top + height / 2}`);
  }
  return found;
}
