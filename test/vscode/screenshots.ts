// Writes pictures of the main views into screenshots/, in dark, light and both high-contrast themes, for a designer's eyes.
// `npm run screenshots -- dark light` takes only those themes.

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Theme, Workbench } from "../panel/workbench";
import { openWorkbench } from "../panel/workbench";
import { repository } from "./harness/paths";

const folder = path.join(repository, "screenshots");
const samples = path.join(repository, "media/samples");
const allThemes: Theme[] = ["dark", "light", "highContrastDark", "highContrastLight"];
const asked = process.argv.slice(2);
const themes = asked.length > 0 ? allThemes.filter((theme) => asked.includes(theme)) : allThemes;

mkdirSync(folder, { recursive: true });

const files = Object.fromEntries(
  readdirSync(samples).map((name) => [name, readFileSync(path.join(samples, name), "utf8")]),
);
files["broken.rnn.json"] = files["hi-there-class.rnn.json"]!.replace('"size": 1', '"size": 2').replace(
  '"class"',
  '"clas"',
);

// An embedding that is held fixed, both passes read at their ends.
files["ends.rnn.json"] = `{
  "version": 1,
  "vocabulary": ["good", "not", "at all", "bad"],
  "embedding": { "size": 2, "E": [[0.9, 0.1], [-0.2, 0.8], [0.1, 0.3], [-0.8, 0.2]], "trainable": false },
  "layers": [{ "cell": "rnn", "size": 2, "direction": "both", "bias": false, "frozen": ["Whh"] }],
  "output": { "size": 2, "at": "ends" },
  "labels": ["praise", "blame"],
  "loss": { "type": "cross-entropy", "classWeights": [1, 2], "labelSmoothing": 0.1 },
  "sequences": [{ "inputs": ["not", "good", "at all"], "target": "blame" }],
  "training": { "optimizer": { "type": "adam", "learningRate": 0.05 }, "epochs": 20 }
}
`;

// A read-out that reads the input and adds it, under a gradient that comes from outside.
files["read-out.rnn.json"] = `{
  "version": 1,
  "inputSize": 1,
  "layers": [
    { "cell": "rnn", "size": 2 },
    { "cell": "dense", "size": 3, "activation": "relu" }
  ],
  "output": { "size": 1, "readsInput": true, "skip": true },
  "loss": { "type": "linear" },
  "sequences": [{ "inputs": [0.5, -1, 2], "targets": [1, null, -2], "weights": [1, 1, 0.5] }]
}
`;

// The author of these numbers has left the bias out.
files["slip.rnn.json"] = files["hi-there-class.rnn.json"]!.replace('"bh": [0]', '"bh": [0.3]');

/** One view: how to come there, from a window in which all editors are closed. */
const views: {
  name: string;
  show: (bench: Workbench) => Promise<void>;
  size?: { width: number; height: number };
  /** The pointer rests on what the picture is of. */
  keepsPointer?: boolean;
}[] = [
  {
    name: "worked-example-backward",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await repeat(6, () => bench.runCommand("RNN: Step"));
    },
  },
  {
    name: "own-cell-backward",
    show: async (bench) => {
      await open(bench, "own-cell.rnn.json");
      await repeat(8, () => bench.runCommand("RNN: Step"));
      await tab(bench, "Step");
    },
  },
  {
    name: "own-cell-derivation",
    show: async (bench) => {
      await bench.openFile("own-cell.rnn.json");
      await bench.runCommand("RNN: Show a Cell's Derivation");
      await bench.panel.locator("h1").waitFor();
    },
  },
  {
    name: "ends-backward",
    show: async (bench) => {
      await open(bench, "ends.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await repeat(3, () => bench.runCommand("RNN: Step Back"));
      await tab(bench, "Step");
    },
  },
  {
    name: "embedding-parameters",
    show: async (bench) => {
      await open(bench, "ends.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await bench.runCommand("RNN: Step Back");
      await tab(bench, "Parameters");
    },
  },
  {
    name: "read-out-operations",
    show: async (bench) => {
      await open(bench, "read-out.rnn.json");
      await repeat(2, () => bench.runCommand("RNN: Step"));
      await repeat(6, () => bench.runCommand("RNN: Step Into"));
      await tab(bench, "Step");
    },
  },
  {
    name: "worked-example-forward-operations",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await bench.runCommand("RNN: Step");
      await repeat(3, () => bench.runCommand("RNN: Step Into"));
    },
  },
  {
    name: "worked-example-parameters",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await repeat(6, () => bench.runCommand("RNN: Step"));
      await tab(bench, "Parameters");
    },
  },
  {
    name: "start",
    show: (bench) => open(bench, "two-words.rnn.json"),
  },
  {
    name: "vanishing-gradient",
    show: async (bench) => {
      await open(bench, "vanishing-gradient.rnn.json");
      await bench.runCommand("RNN: Run to End");
    },
  },
  {
    name: "language-model",
    show: async (bench) => {
      await open(bench, "hello.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await bench.runCommand("RNN: Step Back");
    },
  },
  {
    name: "lstm",
    show: async (bench) => {
      await open(bench, "copy-lstm.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await repeat(3, () => bench.runCommand("RNN: Step Back"));
    },
  },
  {
    name: "lstm-forward-operations",
    show: async (bench) => {
      await open(bench, "copy-lstm.rnn.json");
      await repeat(2, () => bench.runCommand("RNN: Step"));
      await repeat(6, () => bench.runCommand("RNN: Step Into"));
    },
  },
  {
    name: "gru",
    show: async (bench) => {
      await open(bench, "adding-gru.rnn.json");
      await repeat(3, () => bench.runCommand("RNN: Step"));
      await repeat(5, () => bench.runCommand("RNN: Step Into"));
    },
  },
  {
    name: "gru-backward",
    show: async (bench) => {
      await open(bench, "adding-gru.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await repeat(4, () => bench.runCommand("RNN: Step Back"));
      await repeat(4, () => bench.runCommand("RNN: Step Into"));
    },
  },
  {
    name: "both-directions",
    show: async (bench) => {
      await open(bench, "word-kinds-both.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await repeat(2, () => bench.runCommand("RNN: Step Back"));
    },
  },
  {
    name: "training",
    show: async (bench) => {
      await open(bench, "sum-of-two-numbers.rnn.json");
      await bench.runCommand("RNN: Train");
      await tab(bench, "Training");
      await bench.page.waitForTimeout(4000);
    },
  },
  {
    name: "errors",
    show: async (bench) => {
      await bench.openFile("broken.rnn.json");
      await bench.runCommand("RNN: Open Stepper to the Side");
      await bench.panel.getByTestId("errors").waitFor();
    },
  },
  {
    name: "narrow",
    size: { width: 1024, height: 800 },
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await repeat(5, () => bench.runCommand("RNN: Step"));
    },
  },
  {
    name: "narrow-lstm",
    size: { width: 1024, height: 1200 },
    show: async (bench) => {
      await open(bench, "copy-lstm.rnn.json");
      await repeat(2, () => bench.runCommand("RNN: Step"));
      await repeat(6, () => bench.runCommand("RNN: Step Into"));
    },
  },
  {
    name: "hover",
    keepsPointer: true,
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await repeat(6, () => bench.runCommand("RNN: Step"));
      await bench.runCommand("View: Focus First Editor Group");
      await bench.goTo(15, 18);
      await bench.page.keyboard.press("Control+K");
      await bench.page.keyboard.press("Control+I");
      await bench.page.locator(".monaco-hover:visible").first().waitFor();
    },
  },
  {
    name: "hover-on-the-cell",
    keepsPointer: true,
    show: async (bench) => {
      await open(bench, "copy-lstm.rnn.json");
      await repeat(2, () => bench.runCommand("RNN: Step"));
      await bench.panel.locator('[data-node="f"]').hover();
    },
  },
  {
    name: "explain",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await repeat(3, () => bench.runCommand("RNN: Step"));
      await explain(bench, "layers.0.h", 2);
      await bench.panel.locator('[data-part="layers.0.h@1[0]"]').click();
    },
  },
  {
    name: "explain-gradient",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await explain(bench, "gradients.layers.0.h", 3);
      await bench.panel.locator('[data-part="above.layers.0.h@3[0]"]').click();
      await bench.panel.locator('[data-part="next.layers.0.h@3[0]"]').click();
    },
  },
  {
    name: "diagnosis",
    show: async (bench) => {
      await bench.openFile("slip.rnn.json");
      await bench.runCommand("RNN: Run to End");
      await bench.runCommand("View: Focus First Editor Group");
      await bench.goTo(46, 12);
      await bench.page.locator(".squiggly-warning").first().waitFor();
      await bench.runCommand("Problems: Focus on Problems View");
    },
  },
  {
    name: "predict-then-reveal",
    show: async (bench) => {
      await open(bench, "hi-there-class.rnn.json");
      await bench.panel.getByTestId("predict-then-reveal").click();
      for (const number of ["0.4621", "0.2046", "0.63"]) {
        const input = bench.panel.getByTestId("foretell-input").and(bench.panel.locator(":focus"));
        await input.fill(number);
        await input.press("Enter");
      }
    },
  },
  {
    name: "hidden-answers",
    show: async (bench) => {
      await bench.openFile("slip.rnn.json");
      await bench.runCommand("RNN: Hide the Answers…");
      await bench.page.locator(".quick-input-title", { hasText: "Hide the Answers" }).waitFor();
      await bench.page.keyboard.press("Enter");
      await bench.page.locator(".tab.dirty").first().waitFor();
      await bench.runCommand("View: Focus Problems (Errors, Warnings, Infos)");
    },
  },
  {
    name: "worked-example-exported",
    show: async (bench) => {
      rmSync(path.join(bench.folder, "hi-there-class-worked.md"), { force: true });
      await open(bench, "hi-there-class.rnn.json");
      await bench.runCommand("RNN: Export Worked Example…");
      const input = bench.page.locator(".quick-input-widget");
      await input.locator(".monaco-list-row").filter({ hasText: "Markdown" }).first().click();
      await input.locator(".quick-input-title").filter({ hasText: "2/2" }).waitFor();
      await bench.page.keyboard.press("Enter");
      await bench.page.locator('.tab.active[data-resource-name$=".md"]').waitFor();
      await bench.runCommand("Markdown: Open Preview");
      await bench.page.waitForTimeout(3000);
    },
  },
  {
    name: "walkthrough",
    show: async (bench) => {
      await bench.runCommand("Welcome: Open Walkthrough...");
      await bench.page.locator(".quick-input-widget input").first().fill("Unroll");
      await bench.page.keyboard.press("Enter");
    },
  },
];

async function repeat(times: number, action: () => Promise<void>): Promise<void> {
  for (let k = 0; k < times; k++) await action();
}

async function open(bench: Workbench, name: string): Promise<void> {
  await bench.openFile(name);
  await bench.runCommand("RNN: Open Stepper to the Side");
  await bench.panel.getByTestId("state").first().waitFor();
  await bench.runCommand("RNN: Run Back to Start");
}

async function explain(bench: Workbench, track: string, t: number): Promise<void> {
  await bench.panel.locator(`[data-testid=cell][data-name="${track}[0]"][data-where="t = ${t}"]`).dblclick();
  await bench.panel.locator("[data-testid=equation] .katex-html").first().waitFor();
}

async function tab(bench: Workbench, name: string): Promise<void> {
  await bench.panel.getByRole("tab", { name: new RegExp(`^${name}`) }).click();
}

const only = process.env["UNROLL_VIEWS"]?.split(",");
const size = { width: 1500, height: 1000 };
const bench = await openWorkbench({ files, size, theme: themes[0]!, settings: { "explorer.openEditors.visible": 0 } });
try {
  await bench.runCommand("View: Toggle Primary Side Bar Visibility");
  for (const theme of themes) {
    await bench.setTheme(theme);
    for (const view of views.filter(({ name }) => !only || only.includes(name))) {
      await bench.page.setViewportSize(view.size ?? size);
      await view.show(bench);
      // A pointer that rests somewhere would leave its tooltip in the picture
      if (!view.keepsPointer) await bench.page.mouse.move(1, 1);
      // Decorations and canvases come a moment after the step.
      await bench.page.waitForTimeout(700);
      await bench.page.screenshot({ path: path.join(folder, `${view.name}-${theme}.png`) });
      process.stdout.write(`screenshots/${view.name}-${theme}.png\n`);
      await bench.runCommand("File: Revert File");
      await bench.runCommand("View: Close All Editors");
      if (await bench.page.locator(".part.panel").isVisible()) await bench.runCommand("View: Toggle Panel Visibility");
    }
  }
  const errors = bench.consoleErrors();
  if (errors.length > 0) throw new Error(`the windows reported errors:\n${errors.join("\n")}`);
} finally {
  await bench.close();
}
