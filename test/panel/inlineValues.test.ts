import { strict as assert } from "node:assert";
import type { Locator } from "playwright-core";
import { worked } from "../host/editor/worked";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** What the page's own objects are here: the tests are checked without the DOM's types. */
interface Styled {
  readonly ownerDocument: {
    readonly defaultView: { getComputedStyle(element: Styled, part: string): { content: string; color: string } };
  };
  querySelectorAll(selector: string): Iterable<Styled>;
}

describe("The numbers behind the lines, as they are seen", () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await openWindow({ files: { "worked.rnn.json": worked }, size: { width: 1800, height: 1000 } });
    await workbench.setSettings({ "rnn.inlineValues.columns": 120 });
    await workbench.openFile("worked.rnn.json");
    for (const place of [...[1, 2, 3, 4].map((t) => `${t} of 4 · forward`), "4 of 4 · backward", "3 of 4 · backward"]) {
      await lens("Step").click();
      await workbench.page
        .locator(".statusbar-item")
        .filter({ hasText: `RNN t = ${place}` })
        .first()
        .waitFor();
    }
  });

  const lens = (title: string): Locator => workbench.page.locator(".codelens-decoration a", { hasText: title }).first();
  /** The line of the text that begins with some words. */
  const line = (words: string): Locator =>
    workbench.page
      .locator(".view-line")
      .filter({ hasText: new RegExp(`^\\s*${words}`) })
      .first();

  /** What stands behind a line, piece by piece from left to right, with the colour of each. */
  const behind = (words: string): Promise<{ text: string; color: string }[]> =>
    line(words).evaluate((element: Styled) =>
      [...element.querySelectorAll("span")].flatMap((span) => {
        const { content, color } = element.ownerDocument.defaultView.getComputedStyle(span, "::after");
        const text = /^"(.*)"$/.exec(content)?.[1]?.replaceAll("\u00a0", " ");
        return text ? [{ text, color }] : [];
      }),
    );
  const textBehind = async (words: string) => (await behind(words)).map(({ text }) => text).join("");

  async function eventually(ask: () => Promise<string>, expected: string): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const answer = await ask();
      if (answer === expected) return;
      if (Date.now() > end) assert.equal(answer, expected);
      await workbench.page.waitForTimeout(50);
    }
  }

  it("stand in order, and are coloured by their sign", async () => {
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.1221  (t=3: −0.06053)");
    await workbench.setTheme("dark");
    const pieces = await behind('"Whh"');
    const colorOf = (text: string) => pieces.find((piece) => piece.text === text)?.color;
    assert.equal(colorOf("0.1221"), "rgb(226, 128, 62)");
    assert.equal(colorOf("−0.06053"), "rgb(63, 148, 222)");
  });

  it("stand behind each input what its step has computed", async () => {
    await eventually(() => textBehind('"class",'), "h 0.6405  p(!) 0.2000  ℓ 1.610  ∂L/∂h 0.5016");
    await eventually(() => textBehind('"hi",'), "h 0.4621  p(there) 0.2715  ℓ 1.304");
  });

  it("end before the columns that are in view, and stand above inputs that share a long line", async () => {
    await workbench.setSettings({ "rnn.inlineValues.columns": 50 });
    await eventually(() => textBehind('"class",'), "h 0.6405  ∂L/∂h 0.5016");
    await workbench.setSettings({ "rnn.inlineValues.columns": 20 });
    await eventually(() => textBehind('"class",'), "∂L/∂h 0.5016");
    await workbench.setSettings({ "rnn.inlineValues.columns": 120 });
    await eventually(() => textBehind('"class",'), "h 0.6405  p(!) 0.2000  ℓ 1.610  ∂L/∂h 0.5016");
  });

  it("go and come back with rnn.inlineValues.enabled", async () => {
    await workbench.setSettings({ "rnn.inlineValues.enabled": false });
    await eventually(() => textBehind('"Whh"'), "");
    await workbench.setSettings({ "rnn.inlineValues.enabled": true });
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.1221  (t=3: −0.06053)");
  });

  it("have as many digits as rnn.digits says", async () => {
    await workbench.setSettings({ "rnn.digits": 6 });
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.122060  (t=3: −0.0605328)");
    await workbench.setSettings({ "rnn.digits": 4 });
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.1221  (t=3: −0.06053)");
  });

  it("explain themselves in a hover, with a picture and a link to a step", async () => {
    const { page } = workbench;
    await line('"Whh"')
      .locator("span span", { hasText: /^0\.2$/ })
      .hover();
    const hover = page.locator(".monaco-hover").filter({ hasText: "share of t = 3" });
    await hover.waitFor();
    const picture = hover.locator("img");
    await picture.waitFor();
    assert.ok(await picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth > 0));
    await hover.locator("a", { hasText: "Step" }).click();
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.4521  (t=2: 0.3300)");
  });

  it("go while the text has an error, and come back when it has none", async () => {
    const at = worked.split("\n").findIndex((line) => line.includes('"size": 1,')) + 1;
    await line('"Whh"').click();
    await workbench.goTo(at, '      "size": 1'.length + 1);
    await workbench.page.keyboard.type("x");
    await eventually(() => textBehind('"Whh"'), "");
    await workbench.page.keyboard.press("Backspace");
    await eventually(() => textBehind('"Whh"'), "∂L/∂Whh 0.4521  (t=2: 0.3300)");
  });

  it("leave no error on the console", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
