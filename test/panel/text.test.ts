import { strict as assert } from "node:assert";
import { lineOf, worked } from "../host/editor/worked";
import { eventually, nearAt, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** h_t of the worked example, by its recurrence, for another weight from h_{t−1} to h_t. */
function hiddenStates(whh: number): Record<number, number> {
  let h = 0;
  return Object.fromEntries([0.5, -0.3, 0.8, 0].map((wxh, k) => [k + 1, (h = Math.tanh(wxh + whh * h))]));
}

const upTo = (t: number, all: Record<number, number>): Record<number, number> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => Number(key) <= t));

describe("The panel beside its text", () => {
  let workbench: Workbench;
  let panel: Panel;
  /** Of Whh: its line, and the column after its number. */
  const line = lineOf(worked, '"Whh"') + 1;
  const column = '      "Whh": [[0.2'.length + 1;

  before(async () => {
    workbench = await openWindow({
      files: { "worked.rnn.json": worked, "other.json": '{ "other": true }\n' },
    });
    panel = new Panel(workbench);
    await panel.open("worked.rnn.json");
  });

  const isReady = () => panel.frame.locator("[data-testid=state][data-kind=ready]").waitFor();
  const track = () => panel.track("layers.0.h[0]");
  const steps = async (place: string, times: number) => {
    for (let k = 0; k < times; k++) await panel.press("step");
    await panel.at(place);
  };
  const hasH = (whh: number, t: number) =>
    eventually(
      track,
      (found) => Math.abs((found[t] ?? Number.NaN) - hiddenStates(whh)[t]!) < 1e-15,
      `h_${t} for Whh = ${whh}`,
    );

  it("computes anew when a number of the text changes, and stays at its step", async () => {
    await steps("t = 3 of 4, forward", 3);
    nearAt(await track(), upTo(3, hiddenStates(0.2)), "h");
    await panel.focusText();
    await workbench.goTo(line, column);
    await panel.key("Backspace");
    await panel.key("5");
    await hasH(0.5, 3);
    assert.equal(await panel.place(), "t = 3 of 4, forward");
    nearAt(await track(), upTo(3, hiddenStates(0.5)), "h");
    await panel.press("step");
    await panel.at("t = 4 of 4, forward");
    nearAt(await track(), hiddenStates(0.5), "h");
    await panel.press("step-back");
    await panel.at("t = 3 of 4, forward");
  });

  it("says where a broken text is wrong, and keeps the last good run, dimmed and inert", async () => {
    await panel.focusText();
    await workbench.goTo(line, column);
    await workbench.page.keyboard.type("oops");
    const errors = panel.part("errors");
    await errors.waitFor();
    assert.match(await errors.innerText(), new RegExp(`\\bline ${line}\\b`));
    const last = panel.part("last-run");
    nearAt(await track(), upTo(3, hiddenStates(0.5)), "h");
    assert.equal(await last.getAttribute("inert"), "");
    const opacity = await last.evaluate((element: PageElement & { ownerDocument: OwnerDocument }) =>
      Number(element.ownerDocument.defaultView.getComputedStyle(element).opacity),
    );
    assert.ok(opacity < 0.8, `its opacity is ${opacity}`);
    await errors.click({ position: { x: 5, y: 5 } });
    for (const key of ["ArrowRight", "End", "Home"]) await panel.key(key);
    await workbench.page.waitForTimeout(300);
    assert.equal(await panel.place(), "t = 3 of 4, forward");
  });

  it("puts the cursor of the text on the error whose link is pressed", async () => {
    await panel.focusText();
    await workbench.goTo(1);
    await panel.part("error-link").first().click();
    // The line of the cursor is shown while the text has the focus, which a press in the panel may take back late.
    await eventually(
      async () => {
        await panel.focusText();
        return workbench.page
          .locator(".statusbar-item")
          .filter({ hasText: `Ln ${line},` })
          .count();
      },
      (count) => count > 0,
      `the cursor in line ${line}`,
    );
  });

  it("comes back live, where it stood, when the text is right again", async () => {
    // Four characters are one undo, or more.
    await panel.focusText();
    await eventually(
      async () => {
        const isBroken = (await panel.part("errors").count()) > 0;
        if (isBroken) await panel.key("ControlOrMeta+Z");
        await workbench.page.waitForTimeout(300);
        return isBroken;
      },
      (isBroken) => !isBroken,
      "no error",
    );
    await isReady();
    await panel.at("t = 3 of 4, forward");
    await panel.press("step");
    await panel.at("t = 4 of 4, forward");
    await workbench.runCommand("File: Revert File");
    await hasH(0.2, 4);
  });

  it("says what a file without a sequence lacks", async () => {
    await panel.focusText();
    await workbench.writeFile(
      "worked.rnn.json",
      worked.replace(/"sequences": \[[\s\S]*?\n {2}\],/, '"sequences": [],'),
    );
    await panel.frame.locator("[data-testid=state][data-kind=empty]").filter({ hasText: "sequence" }).waitFor();
    await workbench.writeFile("worked.rnn.json", worked);
    await isReady();
  });

  /** The tab that is open, the folded groups and the shown tracks. */
  async function view(): Promise<{ tab: string | null; folded: string[]; tracks: (string | null)[] }> {
    const folded = panel.frame.locator("[data-testid=track-group][aria-expanded=false]");
    return {
      tab: await panel.frame.locator("[role=tab][aria-selected=true]").getAttribute("data-testid"),
      folded: (await folded.allInnerTexts()).map((text) => text.trim()),
      tracks: await panel
        .part("track")
        .evaluateAll((all: PageElement[]) => all.map((element) => element.getAttribute("data-track"))),
    };
  }
  const chosen = {
    tab: "tab-parameters",
    folded: ["Output"],
    tracks: ["layers.0.h", "gradients.layers.0.h", "gradients.layers.0.norm", "gradients.layers.0.a"],
  };

  it("folds a group of tracks, hides a track and opens a tab", async () => {
    await panel.open("worked.rnn.json");
    await steps("t = 2 of 4, forward", 2);
    await panel.press("tab-parameters");
    await panel.frame.locator("[data-testid=track-group]", { hasText: "Output" }).click();
    await panel.press("track-menu");
    const box = panel.part("track-menu-list").getByRole("checkbox", { name: "pre-activation" }).first();
    await box.click();
    await panel.key("Escape");
    await panel.part("track-menu-list").waitFor({ state: "detached" });
    assert.deepEqual(await view(), chosen);
  });

  it("shows the same view and place when it comes back from behind another editor", async () => {
    await panel.focus();
    await workbench.openFile("other.json");
    await workbench.runCommand("View: Open Previous Editor in Group");
    await panel.at("t = 2 of 4, forward");
    await eventually(view, (now) => JSON.stringify(now) === JSON.stringify(chosen), JSON.stringify(chosen));
  });

  it("shows the same view and place after the window is loaded anew", async () => {
    await leaveWindow();
    await workbench.page.reload();
    await panel.part("position").waitFor({ timeout: 60_000 });
    await panel.at("t = 2 of 4, forward");
    await eventually(view, (now) => JSON.stringify(now) === JSON.stringify(chosen), JSON.stringify(chosen));
    nearAt(await track(), upTo(2, hiddenStates(0.2)), "h");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });

  /**
   * Makes VS Code believe that the window has lost the focus: then it writes down what is open. On a page that goes away
   * at once its own last words may get lost.
   */
  async function leaveWindow(): Promise<void> {
    await workbench.page.evaluate(() => {
      const page = globalThis as unknown as {
        document: { hasFocus: () => boolean };
        dispatchEvent(event: Event): void;
      };
      page.document.hasFocus = () => false;
      // The panel has the focus, so that the page around it has none to lose.
      page.dispatchEvent(new Event("focus"));
      page.dispatchEvent(new Event("blur"));
    });
    // The stepper's place, too, is written down once stepping pauses.
    await workbench.page.waitForTimeout(3000);
  }
});

interface OwnerDocument {
  readonly defaultView: { getComputedStyle(element: PageElement): { opacity: string } };
}
