// The stepper's panel as a person uses it, for tests.

import { strict as assert } from "node:assert";
import type { FrameLocator, Locator } from "playwright-core";
import type { Workbench } from "./workbench";

/** What the page's own objects are here: the tests are checked without the DOM's types. */
export interface PageElement {
  readonly textContent: string;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** What a narrow panel keeps in a menu. */
const inMenu: ReadonlySet<string> = new Set([
  "restart",
  "step-out",
  "go-to-step",
  "speed",
  "sequence",
  "train",
  "cancel-training",
  "predict-then-reveal",
  "keys",
]);

export class Panel {
  constructor(readonly workbench: Workbench) {}

  /** What the panel shows. */
  get frame(): FrameLocator {
    return this.workbench.panel;
  }

  /** Opens a file alone, with its stepper beside it at the start of the run. The text has the focus. */
  async open(name: string): Promise<void> {
    await this.workbench.closeEditors();
    await this.workbench.openFile(name);
    await this.workbench.runCommand("RNN: Open Stepper to the Side");
    const [step, errors] = [this.part("step"), this.part("errors")];
    await step.or(errors).first().waitFor();
    if (await errors.isVisible()) assert.fail(await errors.innerText());
    // A file's place is remembered.
    if ((await this.part("position").getAttribute("data-position")) !== "0") await this.press("restart");
    await this.at(/^start, /);
  }

  part(testId: string): Locator {
    return this.frame.getByTestId(testId);
  }

  /** What has this test id; where the panel is too narrow for it, in the menu of what has no room, which is opened for it. */
  async reach(testId: string): Promise<Locator> {
    const [part, more] = [this.part(testId), this.part("more")];
    await part.or(more).first().waitFor();
    if ((await part.count()) === 0 && inMenu.has(testId)) await more.click();
    return part;
  }

  /** Clicks on what has this test id. */
  async press(testId: string): Promise<void> {
    await (await this.reach(testId)).click();
  }

  /** Chooses an entry of a list. */
  async select(testId: string, text: string): Promise<void> {
    await this.press(testId);
    await this.part(testId).getByRole("option", { name: text, exact: true }).click();
    await this.closeMenu();
  }

  /** The menu of what has no room lets go of the keyboard. */
  async closeMenu(): Promise<void> {
    if (!(await this.part("more-list").isVisible())) return;
    await this.press("more");
    await this.part("more-list").waitFor({ state: "detached" });
  }

  /** A key, wherever the focus is. */
  async key(key: string): Promise<void> {
    await this.workbench.page.keyboard.press(key);
  }

  /** Gives the panel the focus, and no part of it. */
  async focus(): Promise<void> {
    await this.part("position").click();
  }

  /** Gives the text of the first group the focus. */
  async focusText(): Promise<void> {
    await this.workbench.runCommand("View: Focus First Editor Group");
  }

  /** Waits until the panel says this about where the user stands, and shows it also where one would have to scroll to. */
  async at(text: string | RegExp): Promise<void> {
    const isSo = (found: string) => (typeof text === "string" ? found === text : text.test(found));
    await eventually(() => this.place(), isSo, `the place ${text}`);
    await this.painted();
  }

  /** Waits for the next frame, after which also what is off the screen is drawn. */
  private async painted(): Promise<void> {
    await this.frame
      .locator(":root")
      .evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
  }

  /** Where the panel says that the user stands: `t = 3 of 4, backward`. */
  async place(): Promise<string> {
    return (await this.part("position").innerText()).trim();
  }

  async choose(tab: "step" | "parameters" | "explain" | "training" | "predict" | "compare"): Promise<void> {
    await this.press(`tab-${tab}`);
    await this.part(`${tab}-tab`).waitFor();
  }

  /** What a track shows by step: its numbers by t, from the first step that has one. */
  async track(name: string): Promise<Record<number, number>> {
    const cells = await this.frame
      .locator(`[data-testid=cell][data-name="${name}"]`)
      .evaluateAll((elements: PageElement[]) =>
        elements.map((element) => [element.getAttribute("data-where"), element.getAttribute("data-value")]),
      );
    return Object.fromEntries(cells.map(([where, value]) => [Number(where?.replace("t = ", "")), Number(value)]));
  }

  /** The one number of this name under the tracks. */
  async number(name: string): Promise<number> {
    const found = this.frame.locator(`.details .num[data-name="${name}"]`);
    // While the panel takes in a new text, it may be gone for a moment.
    const values = await eventually(
      () => found.evaluateAll((elements: PageElement[]) => elements.map((e) => e.getAttribute("data-value"))),
      ({ length }) => length > 0,
      name,
    );
    assert.equal(new Set(values).size, 1, `${name} is ${values.join(" and ")}`);
    return Number(values[0]);
  }

  /** Everything that the panel says at this moment: its numbers with their names, its words, and what is not yet known. */
  async shown(): Promise<string> {
    const lines = await this.frame.locator("#app").evaluate((app: PageElement) =>
      [...app.querySelectorAll("[data-testid=position], .num, [data-testid=not-yet], [data-testid=operation]")].map(
        (e) =>
          ["data-testid", "data-name", "data-where", "data-value", "data-position", "data-state"]
            .map((name) => e.getAttribute(name) ?? "")
            .concat(e.textContent.replaceAll(/\s+/g, " ").trim())
            .join(" "),
      ),
    );
    return lines.join("\n");
  }
}

/** Long enough for a machine that does much else; who waits longer waits for what will not come. */
const patienceMs = 60_000;

/** Asks until the answer is as wanted. @throws AssertionError that says what was wanted and the last answer */
export async function eventually<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean, wanted: string): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) assert.fail(`waited for ${wanted}; found ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Within 1e-12, relative where the number is large. */
export function near(actual: number | undefined, expected: number, what = ""): void {
  assert.ok(actual !== undefined, `${what}: nothing, expected ${expected}`);
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= 1e-12 * Math.max(1, Math.abs(expected)), `${what}: ${actual}, expected ${expected}`);
}

/** The same for steps from…, each with its number; and there is no other step. */
export function nearAt(actual: Record<number, number>, expected: Record<number, number>, what: string): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected), `${what}: its steps`);
  for (const [t, value] of Object.entries(expected)) near(actual[Number(t)], value, `${what} at t = ${t}`);
}
