// Writes pictures of the panel with every sample into screenshots/samples, at three widths, forward, inside an operation, backward and
// at the update, in four themes. `npm run screenshots:samples -- dark copy-lstm 384` takes only that theme, sample and width.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { eventually, Panel } from "../panel/panel";
import { openWorkbench, type Theme } from "../panel/workbench";
import { repository } from "./harness/paths";

const folder = path.join(repository, "screenshots/samples");
const samplesFolder = path.join(repository, "media/samples");
const samples = readdirSync(samplesFolder).filter((name) => name.endsWith(".rnn.json"));
const themes: Theme[] = ["dark", "light", "highContrastDark", "highContrastLight"];
/** A laptop's panel, half a window, a window. */
const sizes = [
  { width: 384, height: 576 },
  { width: 571, height: 760 },
  { width: 1280, height: 900 },
];

const asked = process.argv.slice(2);
function chosen<T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  const some = all.filter((one) => asked.includes(nameOf(one)));
  return some.length > 0 ? some : all;
}
const shortName = (file: string) => file.replace(".rnn.json", "");

mkdirSync(folder, { recursive: true });
const bench = await openWorkbench({
  files: Object.fromEntries(samples.map((name) => [name, readFileSync(path.join(samplesFolder, name), "utf8")])),
  theme: chosen(themes, String)[0]!,
  settings: { "explorer.openEditors.visible": 0 },
});
const panel = new Panel(bench);

/** Makes the window so large that the panel, which has half of its width, has its size. */
async function resize(size: { readonly width: number; readonly height: number }): Promise<void> {
  await eventually(
    async () => {
      const found = await panel.frame.locator(":root").evaluate(() => {
        const { innerWidth, innerHeight } = globalThis as unknown as { innerWidth: number; innerHeight: number };
        return { width: innerWidth, height: innerHeight };
      });
      const window = bench.page.viewportSize()!;
      if (found.width !== size.width || found.height !== size.height)
        await bench.page.setViewportSize({
          width: window.width + 2 * (size.width - found.width),
          height: window.height + size.height - found.height,
        });
      return found;
    },
    ({ width, height }) => width === size.width && height === size.height,
    "the panel's size",
  );
}

/** Each state, and how to come to it from the one before. */
const states: readonly { readonly name: string; readonly come: () => Promise<void> }[] = [
  {
    name: "1-forward",
    come: async () => {
      await panel.focus();
      await panel.key("Home");
      await panel.at(/^start/);
      for (let t = 1; t <= 2; t++) {
        await panel.key("ArrowRight");
        await panel.at(new RegExp(`^t = ${t} of`));
      }
    },
  },
  {
    name: "2-operation",
    come: async () => {
      for (let k = 0; k < 3; k++) await panel.key("ArrowDown");
      await panel.at(/^t = \d+ of .*forward$/);
    },
  },
  {
    name: "3-backward",
    come: async () => {
      await panel.press("phase-backward");
      await panel.at(/backward$/);
    },
  },
  {
    name: "4-update",
    come: async () => {
      await panel.key("End");
      await panel.at("update");
    },
  },
];

try {
  await bench.setTheme(chosen(themes, String)[0]!);
  await bench.runCommand("View: Toggle Primary Side Bar Visibility");
  for (const sample of chosen(samples, shortName)) {
    await panel.open(sample);
    for (const size of chosen(sizes, ({ width }) => String(width))) {
      await resize(size);
      for (const { name, come } of states) {
        await come();
        for (const theme of chosen(themes, String)) {
          if (chosen(themes, String).length > 1) await bench.setTheme(theme);
          // A pointer that rests somewhere would leave its tooltip in the picture
          await bench.page.mouse.move(1, 1);
          // Pictures on canvases and what is asked for after the step come a moment later
          await bench.page.waitForTimeout(400);
          const file = `${shortName(sample)}-${size.width}-${name}-${theme}.png`;
          await bench.page
            .locator("iframe.webview.ready")
            .filter({ visible: true })
            .screenshot({ path: path.join(folder, file) });
          process.stdout.write(`screenshots/samples/${file}\n`);
        }
      }
    }
  }
  const errors = bench.consoleErrors();
  if (errors.length > 0) throw new Error(`the windows reported errors:\n${errors.join("\n")}`);
} finally {
  await bench.close();
}
