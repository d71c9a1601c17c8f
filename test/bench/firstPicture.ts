// From the Step button over a text until the panel shows its first picture, beside what an empty custom editor with the same controls
// takes: each in a window of its own, so that nothing of the extension has been loaded before, by turns.
// `node --import=tsx test/bench/firstPicture.ts` prints a line for each; dist/ has to be built.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { worked } from "../host/editor/worked";
import { openWorkbench, startVsCode, type VsCode } from "../panel/workbench";
import { repository } from "../vscode/harness/paths";
import { temporaryFolder } from "../vscode/harness/temporary";
import { afterPaint, percentile } from "./stepLatency";

export interface FirstPicture {
  /** Milliseconds from the click until it is painted, one number a window. */
  readonly panelMs: number[];
  readonly emptyMs: number[];
}

const rounds = 5;
/** It takes at most so many times as long. */
const bar = 1.5;

interface Opened {
  readonly title: string;
  /** What is painted last of the first picture. */
  readonly selector: string;
}
const panel: Opened = { title: "Open Stepper to the Side", selector: ".stage-cell" };
const empty: Opened = { title: "Open Empty Editor to the Side", selector: "vscode-button" };

/** Measures on this machine as it is; other work on it only adds. */
export async function firstPicture(): Promise<FirstPicture> {
  const { folder, remove } = temporaryFolder("empty-editor");
  await writeEmptyEditor(folder);
  const running = await startVsCode({ extension: folder });
  try {
    const panelMs: number[] = [];
    const emptyMs: number[] = [];
    // The first of each fills the caches of the disk and of the browser.
    for (let round = 0; round <= rounds; round++) {
      const one = await open(running, panel);
      const other = await open(running, empty);
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

async function open(running: VsCode, { title, selector }: Opened): Promise<number> {
  const workbench = await openWorkbench({ files: { "worked.rnn.json": worked } }, running);
  try {
    await workbench.openFile("worked.rnn.json");
    const button = workbench.activeEditor.locator(`.editor-actions [aria-label^=${JSON.stringify(title)}]`);
    await button.waitFor();
    const clicked = Date.now();
    await button.click();
    const shown = workbench.panel.locator(selector).first();
    await shown.waitFor();
    const painted = await shown.evaluate(
      `new Promise((resolve) => requestAnimationFrame(() => (${afterPaint})(() => resolve(Date.now()))))`,
    );
    return Number(painted) - clicked;
  } finally {
    await workbench.close();
  }
}

export function firstPictureLine({ panelMs, emptyMs }: FirstPicture): string {
  const [panel, empty] = [percentile(panelMs, 0.5), percentile(emptyMs, 0.5)];
  return `From the Step button to the first picture, in a window that has loaded nothing: ${panel} ms, an empty custom editor with the same controls ${empty} ms: ${(panel / empty).toFixed(2)} times as long; the bar is ${bar}`;
}

async function main(): Promise<void> {
  const found = await firstPicture();
  process.stdout.write(
    `panel ${found.panelMs.join(", ")} ms\nempty ${found.emptyMs.join(", ")} ms\n${firstPictureLine(found)}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main();
