import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { goldens } from "../files";
import { eventually, near, nearAt, type PageElement, Panel } from "./panel";
import { openWindow } from "./window";
import type { Workbench } from "./workbench";

/** The document that works the example out by hand; its numbers are those below. */
const document = readFileSync(path.join(goldens, "documents/2-numerical-worked.rnn.json"), "utf8");
const h = [0.46211715726000974, -0.20464571679388185, 0.6405293508298561, 0.12740965340755267];
const losses = [1.3038836248184211, 1.2393441229841993, 1.609624739367793, 1.4206817583023288];
const targets = [0.27147543437684013, 0.2895740806528212, 0.19996263810347445, 0.24154928252012287];
const dh = [0.03510655870826458, 0.7453958159018624, 0.5015806701268053, 0.2897698056208291];
const dWxh = [0.027609473508349962, 0.7141787364790343, 0.2957932315495087, 0.2850659086801632];
const whole = 5.573534245472742;

const places = [
  ...[1, 2, 3, 4].map((t) => `t = ${t} of 4, forward`),
  ...[4, 3, 2, 1].map((t) => `t = ${t} of 4, backward`),
  "update",
];

const two = JSON.stringify({
  version: 1,
  inputSize: 1,
  layers: [{ cell: "rnn", size: 1, activation: "linear", Wxh: [[1]], Whh: [[1]], bh: [0] }],
  output: { size: 1, Why: [[1]], by: [0] },
  loss: { type: "mse" },
  sequences: [
    { name: "up", inputs: [1, 2], targets: [0, 0] },
    { name: "down", inputs: [-5, -6, -7], targets: [0, 0, 0] },
  ],
});

interface SteppingWindow {
  document: { querySelector(selector: string): object };
  MutationObserver: new (changed: () => void) => { observe(what: object, options: object): void };
  /** When the place changed, in ms. */
  stepped: number[];
}

describe("Stepping in the panel", () => {
  let workbench: Workbench;
  let panel: Panel;
  before(async () => {
    workbench = await openWindow({
      files: { "worked.rnn.json": document, "two.rnn.json": two, "plain.json": '{ "a": 1 }\n' },
    });
    panel = new Panel(workbench);
    await workbench.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.open("worked.rnn.json");
  });

  /** What the values of a list are from step `from` to step `to`. */
  const part = (all: readonly number[], from: number, to: number): Record<number, number> =>
    Object.fromEntries(all.flatMap((value, k) => (k + 1 >= from && k + 1 <= to ? [[k + 1, value] as const] : [])));

  async function restart(): Promise<void> {
    await panel.press("restart");
    await panel.at("start, 4 steps");
    await panel.choose("step");
  }

  it("shows nothing of the run at its start, and says not yet for each track", async () => {
    assert.equal(await panel.frame.locator("[data-testid=track] .num").count(), 0);
    assert.equal(await panel.frame.locator(".details .num").count(), 0);
    const tracks = await panel.part("track").count();
    assert.ok(tracks >= 6);
    assert.equal(await panel.frame.locator("[data-testid=track]:has([data-testid=not-yet])").count(), tracks);
    assert.equal(await panel.part("step-back").getAttribute("disabled"), "");
  });

  it("goes with Step through t = 1…4 forward, with the document's h, p(target) and loss, and shows none of them early", async () => {
    await restart();
    for (let t = 1; t <= 4; t++) {
      await panel.press("step");
      await panel.at(`t = ${t} of 4, forward`);
      nearAt(await panel.track("layers.0.h[0]"), part(h, 1, t), "h");
      nearAt(await panel.track("loss"), part(losses, 1, t), "loss");
      nearAt(await panel.track("probability"), part(targets, 1, t), "p(target)");
      assert.deepEqual(await panel.track("gradients.layers.0.h[0]"), {});
      // The whole loss is known after the last step, not before.
      assert.equal(await panel.part("total-loss").count(), t === 4 ? 1 : 0);
      assert.equal(await panel.part("verdict").count(), 0);
    }
    near(await panel.number("L"), whole, "L");
  });

  it("goes on through t = 4…1 backward, with ∂L/∂h_t of each step, and shows none of them early", async () => {
    for (let t = 4; t >= 1; t--) {
      await panel.press("step");
      await panel.at(`t = ${t} of 4, backward`);
      nearAt(await panel.track("gradients.layers.0.h[0]"), part(dh, t, 4), "∂L/∂h");
      nearAt(await panel.track("gradients.layers.0.norm"), part(dh, t, 4), "‖∂L/∂h‖");
      // How the gradient runs is said at the end of the pass.
      assert.equal(await panel.part("verdict").count(), t === 1 ? 1 : 0);
    }
  });

  it("sums the shares of the steps to the document's dWhh and dWxh, and knows no updated parameter before the update", async () => {
    await panel.choose("parameters");
    near(await panel.number("gradients.layers.0.Whh, so far[0][0]"), 0.45209451101463705, "dWhh");
    for (const [j, value] of dWxh.entries())
      near(await panel.number(`gradients.layers.0.Wxh, so far[0][${j}]`), value, `dWxh[${j}]`);
    const updated = panel.frame.locator('.details .num[data-name^="updated "]');
    assert.equal(await updated.count(), 0);
    await panel.press("step");
    await panel.at("update");
    near(await panel.number("updated layers.0.Whh[0][0]"), 0.2 - 0.1 * 0.45209451101463705, "Whh");
    for (const [j, before] of [0.5, -0.3, 0.8, 0].entries())
      near(await panel.number(`updated layers.0.Wxh[0][${j}]`), before - 0.1 * dWxh[j]!, `Wxh[${j}]`);
    assert.equal(await panel.part("run-to-end").getAttribute("disabled"), "");
    assert.equal(await panel.part("step").getAttribute("disabled"), null);
  });

  it("goes on with Step into a second round with the updated weights, and back; the text stays as it is", async () => {
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    await panel.part("round").filter({ hasText: "round 2" }).waitFor();
    // Wxh[hi] of before less 0.1 of its gradient, and bh less 0.1 of its own, which is the sum of all dL/da_t
    const dbh = dWxh.reduce((sum, value) => sum + value, 0);
    const h1 = Math.tanh(0.5 - 0.1 * dWxh[0]! - 0.1 * dbh);
    await eventually(
      () => panel.track("layers.0.h[0]"),
      (shown) => Math.abs((shown[1] ?? 0) - h1) < 1e-9,
      `h_1 = ${h1}`,
    );
    assert.equal(await workbench.page.locator(".tab.dirty").count(), 0);
    await panel.press("step-back");
    await panel.at("start, 4 steps");
    await panel.press("step-back");
    await panel.at("update");
    await panel.part("round").waitFor({ state: "detached" });
    await eventually(
      () => panel.track("layers.0.h[0]"),
      (shown) => Math.abs((shown[1] ?? 0) - h[0]!) < 1e-12,
      "the text's h_1",
    );
  });

  it("shows at t = 3 of the backward pass the share −0.0605 of that step and the sum 0.1221 by then", async () => {
    await panel.press("step-back");
    await panel.at("t = 1 of 4, backward");
    await panel.press("step-back");
    await panel.press("step-back");
    await panel.at("t = 3 of 4, backward");
    const share = panel.frame.locator('.details .num[data-name="share of gradients.layers.0.Whh[0][0]"]');
    await share.filter({ hasText: /^\s*−0\.06053\s*$/ }).waitFor();
    near(Number(await share.getAttribute("data-value")), -0.060532817893227876, "the share");
    near(
      await panel.number("gradients.layers.0.Whh, so far[0][0]"),
      -0.060532817893227876 + 0.18259308143062797,
      "the sum",
    );
  });

  it("goes back, step by step, to exactly what it showed before", async () => {
    await restart();
    const seen = [await panel.shown()];
    for (const place of places) {
      await panel.press("step");
      await panel.at(place);
      seen.push(await panel.shown());
    }
    assert.equal(new Set(seen).size, places.length + 1);
    for (let k = places.length - 1; k >= 0; k--) {
      await panel.press("step-back");
      await panel.at(k === 0 ? "start, 4 steps" : places[k - 1]!);
      assert.equal(await panel.shown(), seen[k], `back at ${places[k - 1] ?? "the start"}`);
    }
    assert.equal(await panel.part("step-back").getAttribute("disabled"), "");
  });

  /** The current operation: its equation as it reads, and its result's numbers. */
  async function operation(): Promise<{ equation: string; result: number[] }> {
    const current = panel.frame.locator("[data-testid=operation][data-state=current]");
    const equation = await current.locator(".equation").innerText();
    const result = await current
      .locator(".num")
      .evaluateAll((elements: PageElement[]) => elements.map((e) => Number(e.getAttribute("data-value"))));
    return { equation: equation.replaceAll(/\s+/g, " ").trim(), result };
  }

  /** One operation on: waits until the panel shows it as the current one. */
  async function into(equation: string, result: readonly number[]): Promise<void> {
    await panel.press("step-into");
    const found = await eventually(operation, (shown) => shown.equation === equation, equation);
    assert.equal(found.result.length, result.length, `the result of ${equation}`);
    for (const [k, value] of result.entries()) near(found.result[k], value, `${equation} [${k}]`);
  }

  it("goes with Step Into through each operation of t = 2, with its equation and its result", async () => {
    await restart();
    await panel.press("step");
    await panel.at("t = 1 of 4, forward");
    await into("x2", [0, 1, 0, 0]);
    assert.equal((await panel.track("layers.0.h[0]"))[2], undefined);
    await into("a2 = Wxh x2 + Whh h1 + bh", [-0.3 + 0.2 * h[0]!]);
    await into("h2 = tanh(a2)", [h[1]!]);
    near((await panel.track("layers.0.h[0]"))[2], h[1]!, "h in its track");
    await into("z2 = Why h2 + by", [h[1]!, h[1]! / 2, -h[1]! / 2, 0]);
    assert.equal((await panel.track("probability"))[2], undefined);
    await into("p2 = softmax(z2)", [0.21303204082545948, 0.23598433818582354, 0.2895740806528212, 0.26140954033589575]);
    assert.equal((await panel.track("loss"))[2], undefined);
    await into("ℓ2 = −log p2[target]", [losses[1]!]);
    assert.deepEqual(
      await panel.part("operation").evaluateAll((all: PageElement[]) => all.map((e) => e.getAttribute("data-state"))),
      ["done", "done", "done", "done", "done", "current"],
    );
  });

  it("goes with Step Into through the operations of t = 4 backward: ∂L/∂z, ∂L/∂h, ∂L/∂a", async () => {
    await panel.press("run-to-start");
    await panel.at("start, 4 steps");
    for (const place of places.slice(0, 4)) {
      await panel.press("step");
      await panel.at(place);
    }
    await into(
      "∂L/∂z4 = p4 − onehot(target)",
      [0.2743715402238317, 0.2574378540250201, 0.22664132323102543, -0.7584507174798771],
    );
    assert.deepEqual(await panel.track("gradients.layers.0.h[0]"), {});
    await into("dWhy += ∂L/∂z4 h4ᵀ, dby += ∂L/∂z4", []);
    await into("∂L/∂h4 = from above", [dh[3]!]);
    await into("∂L/∂a4 = ∂L/∂h4 ∘ (1 − h4²)", [0.2850659086801632]);
  });

  it("comes with Step Out to the end of the step, and from there to the end of the phase", async () => {
    await restart();
    await panel.press("step-into");
    await panel.press("step-into");
    await eventually(
      () => panel.part("position").getAttribute("data-position"),
      (at) => at === "2",
      "two operations done",
    );
    assert.deepEqual(await panel.track("loss"), {});
    await panel.press("step-out");
    await eventually(
      () => panel.track("loss"),
      (loss) => loss[1] !== undefined,
      "the loss of t = 1",
    );
    assert.equal(await panel.place(), "t = 1 of 4, forward");
    await panel.press("step-out");
    await panel.at("t = 4 of 4, forward");
  });

  it("runs to the end and back to the start", async () => {
    await restart();
    await panel.press("run-to-end");
    await panel.at("update");
    nearAt(await panel.track("gradients.layers.0.h[0]"), part(dh, 1, 4), "∂L/∂h");
    await panel.press("run-to-start");
    await panel.at("start, 4 steps");
    assert.equal(await panel.part("run-to-start").getAttribute("disabled"), "");
  });

  it("goes to the step that is typed, in the phase in which it stands", async () => {
    await restart();
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.press("step-back");
    await panel.at("t = 1 of 4, backward");
    await panel.press("go-to-step");
    await workbench.page.locator(".quick-input-widget input").fill("3");
    await panel.key("Enter");
    await panel.at("t = 3 of 4, backward");
  });

  it("plays at the chosen speed to the end, and stops where it is paused", async () => {
    await restart();
    await panel.select("speed", "0.5/s");
    await panel.press("play");
    await panel.at(/^t = /);
    assert.equal(await panel.part("play").getAttribute("aria-label"), "Pause");
    await panel.press("play");
    await eventually(
      () => panel.part("play").getAttribute("aria-label"),
      (label) => label === "Play",
      "the button Play",
    );
    const place = await panel.place();
    await workbench.page.waitForTimeout(2300);
    assert.equal(await panel.place(), place);

    await panel.select("speed", "16/s");
    await panel.frame.locator(":root").evaluate(() => {
      const page = globalThis as unknown as SteppingWindow;
      page.stepped = [];
      new page.MutationObserver(() => page.stepped.push(performance.now())).observe(
        page.document.querySelector("[data-testid=position]"),
        { attributeFilter: ["data-position"] },
      );
    });
    await panel.press("play");
    await panel.at("update");
    const stepped = await panel.frame
      .locator(":root")
      .evaluate(() => (globalThis as unknown as SteppingWindow).stepped);
    const shortest = Math.min(...stepped.slice(1).map((at, k) => at - stepped[k]!));
    // At the one step in two seconds of before none comes so soon, whatever else the machine does.
    assert.ok(shortest < 1000, `${shortest} ms`);
    await eventually(
      () => panel.part("play").getAttribute("aria-label"),
      (label) => label === "Play",
      "the button Play",
    );
    // At the end it plays from the start again.
    await panel.select("speed", "0.5/s");
    await panel.press("play");
    await panel.at(/forward$/);
    await panel.press("play");
  });

  it("goes to the step of a token that is clicked on", async () => {
    await restart();
    await panel.frame.locator("[data-testid=token][data-t='3']").click();
    await panel.at("t = 3 of 4, forward");
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.frame.locator("[data-testid=token][data-t='2']").click();
    await panel.at("t = 2 of 4, backward");
    nearAt(await panel.track("gradients.layers.0.h[0]"), part(dh, 2, 4), "∂L/∂h");
  });

  it("follows a drag along the axis of tokens, and its shaded column with it", async () => {
    await restart();
    const plot = panel.part("tokens");
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    assert.ok(box);
    const { mouse } = workbench.page;
    const column = (t: number): [number, number] => [box.x + ((t - 0.5) / 4) * box.width, box.y + box.height / 2];
    await mouse.move(...column(1));
    await mouse.down();
    await panel.at("t = 1 of 4, forward");
    for (const t of [2, 3, 4, 3]) {
      await mouse.move(...column(t), { steps: 4 });
      await panel.at(`t = ${t} of 4, forward`);
    }
    await mouse.up();
    const current = await panel.part("current-column").boundingBox();
    assert.ok(current);
    assert.ok(Math.abs(current.x + current.width / 2 - column(3)[0]) < 2, JSON.stringify(current));
    await mouse.move(...column(1));
    await workbench.page.waitForTimeout(200);
    assert.equal(await panel.place(), "t = 3 of 4, forward");
  });

  it("takes the arrow keys, Home, End, Space, g, r and ? while it has the focus", async () => {
    await restart();
    await panel.focus();
    const press = async (key: string, place: string) => {
      await panel.key(key);
      await panel.at(place);
    };
    await press("ArrowRight", "t = 1 of 4, forward");
    await press("ArrowRight", "t = 2 of 4, forward");
    await press("ArrowLeft", "t = 1 of 4, forward");
    const computes = (wanted: string) =>
      eventually(
        async () => (await operation()).equation,
        (equation) => equation === wanted,
        wanted,
      );
    await press("ArrowDown", "t = 2 of 4, forward");
    await computes("x2");
    await press("ArrowUp", "t = 2 of 4, forward");
    await computes("ℓ2 = −log p2[target]");
    await press("End", "update");
    await press("Home", "start, 4 steps");
    await panel.key("Space");
    await panel.at("t = 1 of 4, forward");
    await press("r", "start, 4 steps");
    await panel.key("g");
    await workbench.page.locator(".quick-input-widget input").fill("4");
    await press("Enter", "t = 4 of 4, forward");
    await panel.focus();
    await panel.key("?");
    await panel.part("key-list").waitFor();
    await panel.key("Escape");
    await panel.part("key-list").waitFor({ state: "detached" });
    await press("ArrowRight", "t = 4 of 4, backward");
  });

  it("reads the cells of a track with the arrow keys, and derives the number of one with Enter, while time stands still", async () => {
    await restart();
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.frame.locator('[data-testid=track][data-track="layers.0.h"] .plot').focus();
    const said = (text: string) => panel.part("live").filter({ hasText: text }).waitFor({ state: "attached" });
    await panel.key("ArrowRight");
    await said("h[0], t = 1: 0.46211715726000974");
    await panel.key("ArrowRight");
    await said("h[0], t = 2: −0.20464571679388185");
    assert.equal(await panel.place(), "update");
    await panel.key("Enter");
    await panel.frame.locator('[data-testid=sheet][data-kind=known][data-reference-of="layers.0.h@2[0]"]').waitFor();
    assert.equal(await panel.place(), "update");
    await panel.key("Enter");
    await panel.part("sheet").waitFor({ state: "detached" });
  });

  it("copies the number pointed at with all its digits, in plain characters", async () => {
    await restart();
    await panel.press("run-to-end");
    await panel.at("update");
    await panel.focus();
    const clipboard = () =>
      workbench.page.evaluate(() =>
        (
          globalThis as unknown as { navigator: { clipboard: { readText: () => Promise<string> } } }
        ).navigator.clipboard.readText(),
      );
    for (const [t, text] of [
      [3, "0.6405293508298561"],
      [2, "-0.20464571679388185"],
    ] as const) {
      await panel.frame.locator(`[data-testid=cell][data-name="layers.0.h[0]"][data-where="t = ${t}"]`).hover();
      // The panel learns where the pointer is after that
      await eventually(
        async () => {
          await panel.key("c");
          return (await panel.part("toast").textContent()) ?? "";
        },
        (said) => said === `Copied ${text}`,
        `Copied ${text}`,
      );
      assert.equal(await clipboard(), text);
    }
  });

  it("takes VS Code's keys for an operation with the focus in the text and in the panel", async () => {
    await restart();
    for (const focus of [() => panel.focusText(), () => panel.focus()]) {
      await panel.press("restart");
      await panel.at("start, 4 steps");
      await focus();
      await panel.key("Shift+Alt+F11");
      await eventually(
        () => panel.part("position").getAttribute("data-position"),
        (at) => at === "1",
        "the first operation",
      );
      await panel.key("Control+Shift+Alt+F11");
      await eventually(
        () => panel.track("loss"),
        (loss) => loss[1] !== undefined,
        "the loss of t = 1",
      );
      assert.equal(await panel.place(), "t = 1 of 4, forward");
    }
  });

  it("does not step by any key while a plain .json file has the focus", async () => {
    await restart();
    await panel.focusText();
    await workbench.openFile("plain.json");
    for (const key of ["Shift+Alt+PageDown", "Shift+Alt+F11", "Control+Shift+Alt+F11", "Shift+Alt+End", "ArrowRight"])
      await panel.key(key);
    await workbench.page.waitForTimeout(500);
    assert.equal(await panel.place(), "start, 4 steps");
  });

  it("shows the sequence that is chosen, from its start", async () => {
    await panel.open("two.rnn.json");
    await panel.press("step");
    await panel.at("t = 1 of 2, forward");
    await panel.select("sequence", "down");
    await panel.at("start, 3 steps");
    await panel.press("run-to-end");
    await panel.at("update");
    // h_t = h_{t−1} + x_t
    nearAt(await panel.track("layers.0.h[0]"), { 1: -5, 2: -11, 3: -18 }, "h");
    assert.equal(await panel.part("token").count(), 3);
    await panel.press("restart");
    await panel.select("sequence", "up");
    await panel.at("start, 2 steps");
  });

  it("puts no error on the console and breaks its content security policy nowhere", () => {
    assert.deepEqual(workbench.consoleErrors(), []);
  });
});
