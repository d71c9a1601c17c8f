// From the Step button over a text until the panel shows its first picture, beside what an empty custom editor with the same controls
// takes: each in a window of its own, so that nothing of the extension has been loaded before, by turns.
// `node --import=tsx test/bench/firstPicture.ts` prints a line for each; dist/ has to be built.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { worked } from "../host/editor/worked";
import { openWorkbench, startVsCode, type VsCode } from "../panel/workbench";
import { repository } from "../vscode/harness/paths";
import { temporaryFolder } from "../vscode/harness/temporary";
import { percentile } from "./stepLatency";

export interface FirstPicture {
  /** Milliseconds from the click until it is painted, one number a window. */
  readonly panelMs: number[];
  readonly emptyMs: number[];
}

const rounds = 7;

interface Opened {
  readonly title: string;
  /** What is painted last of the first picture. */
  readonly selector: string;
}
const panel: Opened = { title: "Open Stepper to the Side", selector: ".stage-number" };
const empty: Opened = { title: "Open Empty Editor to the Side", selector: "vscode-button" };

/** Measures on this machine as it is; other work on it only adds. */
export async function firstPicture(): Promise<FirstPicture> {
  const { folder, remove } = temporaryFolder("empty-editor");
  await writeEmptyEditor(folder);
  const running = await startVsCode();
  try {
    const panelMs: number[] = [];
    const emptyMs: number[] = [];
    // The first of each fills the caches of the disk and of the browser.
    for (let round = 0; round <= rounds; round++) {
      const one = await open(running, folder, panel);
      const other = await open(running, folder, empty);
      if (round === 0) continue;
      panelMs.push(one);
      emptyMs.push(other);
    }
    return { panelMs, emptyMs };
  } finally {
    await running.stop();
    remove();
  }
}

/** An extension with a custom editor that shows a button of the same controls. */
async function writeEmptyEditor(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: "empty-editor",
    publisher: "unroll",
    version: "0.0.1",
    engines: { vscode: "^1.90.0" },
    main: "./main.js",
    contributes: {
      commands: [{ command: "empty.open", title: empty.title, icon: "$(circle)" }],
      menus: { "editor/title": [{ command: "empty.open", when: "resourceFilename =~ /json$/", group: "navigation" }] },
      customEditors: [
        {
          viewType: "empty.editor",
          displayName: "Empty",
          selector: [{ filenamePattern: "*.rnn.json" }],
          priority: "option",
        },
      ],
    },
  };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  const main = `const vscode = require("vscode");
exports.activate = ({ extensionUri, subscriptions }) => subscriptions.push(
  vscode.commands.registerCommand("empty.open", (uri) => vscode.commands.executeCommand("vscode.openWith", uri, "empty.editor", vscode.ViewColumn.Beside)),
  vscode.window.registerCustomEditorProvider("empty.editor", { resolveCustomTextEditor(_, { webview }) {
    webview.options = { enableScripts: true, localResourceRoots: [extensionUri] };
    const script = webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "page.js"));
    webview.html = '<!DOCTYPE html><html><body><script src="' + script + '"></script></body></html>';
  } }),
);`;
  writeFileSync(path.join(folder, "main.js"), main);
  const page = `import { defineControls } from ${JSON.stringify(path.join(repository, "webview/toolkit.ts"))};
defineControls();
document.body.append(Object.assign(document.createElement("vscode-button"), { textContent: "Step" }));`;
  await build({
    stdin: { contents: page, resolveDir: repository, loader: "ts" },
    bundle: true,
    minify: true,
    format: "iife",
    outfile: path.join(folder, "page.js"),
    logLevel: "warning",
  });
}

/** In every document: when the button has been clicked, and when what is looked for has been painted. */
const watch = (selector: string) => `(() => {
  addEventListener("click", () => { globalThis.clickedAt = Date.now(); }, true);
  const look = () => {
    if (!document.querySelector(${JSON.stringify(selector)})) return;
    observer.disconnect();
    requestAnimationFrame(() => scheduler.postTask(() => { globalThis.paintedAt = Date.now(); }, { priority: "user-blocking" }));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
})()`;

async function open(running: VsCode, extension: string, { title, selector }: Opened): Promise<number> {
  const files = { "worked.rnn.json": worked };
  const workbench = await openWorkbench({ files, extensions: [extension] }, running);
  try {
    const { page } = workbench;
    await page.context().addInitScript(watch(selector));
    await workbench.openFile("worked.rnn.json");
    await page.evaluate(watch("no such thing"));
    const button = workbench.activeEditor.locator(`.editor-actions [aria-label^=${JSON.stringify(title)}]`);
    await button.click();
    const painted = await paintedIn(page);
    return painted - (await page.evaluate<number>("globalThis.clickedAt"));
  } finally {
    await workbench.close();
  }
}

/** When the webview has painted what was looked for. */
async function paintedIn(page: Page): Promise<number> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    for (const frame of page.frames()) {
      if (frame === page.mainFrame()) continue;
      const at = await frame.evaluate<number | undefined>("globalThis.paintedAt").catch(() => undefined);
      if (at) return at;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The panel did not show a picture within a minute.");
}

async function main(): Promise<void> {
  const { panelMs, emptyMs } = await firstPicture();
  for (const [name, times] of Object.entries({ panel: panelMs, empty: emptyMs }))
    process.stdout.write(
      `${name.padEnd(6)} ${times.length} windows: median ${percentile(times, 0.5)} ms (${times.join(", ")})\n`,
    );
  const ratio = percentile(panelMs, 0.5) / percentile(emptyMs, 0.5);
  process.stdout.write(`ratio ${ratio.toFixed(2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main();
