// Writes pictures of the panel with every sample and course exercise into screenshots/samples, at three widths, forward, inside an operation, backward and
// at the update, in four themes. `npm run screenshots:samples -- dark copy-lstm 384` takes only that theme, sample and width.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { eventually, Panel } from "../panel/panel";
import { openWorkbench, type Theme } from "../panel/workbench";
import { repository } from "./harness/paths";

const folder = path.join(repository, "screenshots/samples");
/** By their names, those of `media/samples` and `media/courses`. */
const texts = new Map(
  ["samples", "courses"].flatMap((kind) => {
    const from = path.join(repository, "media", kind);
    const names = readdirSync(from).filter((name) => name.endsWith(".rnn.json"));
    return names.map((name) => [name, readFileSync(path.join(from, name), "utf8")] as const);
  }),
);
const samples = [...texts.keys()];
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
  files: Object.fromEntries(texts),
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

/** A network without targets has nothing that goes back. */
async function isThere(phase: string): Promise<boolean> {
  const part = panel.part(phase);
  return (await part.count()) > 0 && (await part.isEnabled());
}

/** Each state, and how to come to it from the one before; false where a sample has none. */
const states: readonly { readonly name: string; readonly come: () => Promise<boolean> }[] = [
  {
    name: "1-forward",
    come: async () => {
      await panel.focus();
      await panel.key("Home");
      await panel.at(/^start/);
      await panel.key("ArrowRight");
      await panel.at(/^t = 1 of/);
      if ((await panel.place()).startsWith("t = 1 of 1,")) return true;
      await panel.key("ArrowRight");
      await panel.at(/^t = 2 of/);
      return true;
    },
  },
  {
    name: "2-operation",
    come: async () => {
      for (let k = 0; k < 3; k++) await panel.key("ArrowDown");
      // A sequence of one step is soon behind
      await panel.at(/^t = \d+ of /);
      return true;
    },
  },
  {
    name: "3-backward",
    come: async () => {
      if (!(await isThere("phase-backward"))) return false;
      await panel.press("phase-backward");
      await panel.at(/backward$/);
      return true;
    },
  },
  {
    name: "4-update",
    come: async () => {
      if (!(await isThere("phase-update"))) return false;
      await panel.key("End");
      await panel.at("update");
      return true;
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
        if (!(await come())) continue;
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
