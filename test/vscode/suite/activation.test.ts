import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import Module from "node:module";
import path from "node:path";
import type { Metafile } from "esbuild";
import * as vscode from "vscode";
import type * as Extension from "../../../src/extension";
import { processorMs } from "../../processorTime";

const times = 15;
const mostMs = 50;

type Load = (request: string, parent: { readonly filename?: string } | undefined, isMain: boolean) => unknown;
const modules = Module as unknown as { _load: Load };

/** VS Code's own marks of the activation that it began by itself, in milliseconds. */
function markedByVsCode(): string {
  const { MonacoPerformanceMarks } = globalThis as unknown as {
    readonly MonacoPerformanceMarks?: { getMarks(): readonly { readonly name: string; readonly startTime: number }[] };
  };
  const marks = MonacoPerformanceMarks?.getMarks() ?? [];
  const at = (what: string) => marks.find(({ name }) => name === `code/extHost/${what}/unroll.unroll-rnn`)?.startTime;
  const [began, ended] = [at("willLoadExtensionCode"), at("didLoadExtensionCode")];
  return began === undefined || ended === undefined
    ? ""
    : `; the first load of the code took VS Code ${ended - began} ms`;
}

/** VS Code's API, but whatever may be registered once alone gets a name of its own. */
function renamed(suffix: string): typeof vscode {
  const over = <T extends object>(object: T, changes: Partial<T>): T =>
    Object.create(object, Object.getOwnPropertyDescriptors(changes)) as T;
  const { commands, window, tests } = vscode;
  return over(vscode, {
    commands: over(commands, {
      registerCommand: (id, run) => commands.registerCommand(id + suffix, run),
    }),
    tests: over(tests, {
      createTestController: (id, label) => tests.createTestController(id + suffix, label),
    }),
    window: over(window, {
      // One that is disposed of before VS Code has made it makes VS Code complain.
      createOutputChannel: () => ({ dispose: () => undefined }) as unknown as vscode.LogOutputChannel,
      registerCustomEditorProvider: (type, provider, options) =>
        window.registerCustomEditorProvider(type + suffix, provider, options),
    }),
  });
}

describe("Activation", () => {
  const folder = vscode.extensions.getExtension("unroll.unroll-rnn")!.extensionPath;
  const main = path.join(folder, "dist/extension.js");
  const loaded = () =>
    Object.keys(require.cache).filter(
      (file) => file.startsWith(path.join(folder, "dist")) && !file.startsWith(path.join(folder, "dist/test")),
    );
  const load = modules._load;

  before(async () => {
    await vscode.extensions.getExtension("unroll.unroll-rnn")!.activate();
  });

  /** Loads the extension anew and activates it. @returns milliseconds of the processor that both took, and the files that were loaded */
  function activateAnew(suffix: string): { readonly ms: number; readonly files: readonly string[] } {
    const running = loaded().map((file) => [file, require.cache[file]] as const);
    for (const [file] of running) delete require.cache[file];
    const api = renamed(suffix);
    modules._load = (request, parent, isMain) =>
      request === "vscode" && parent?.filename?.startsWith(path.dirname(main)) ? api : load(request, parent, isMain);
    const subscriptions: vscode.Disposable[] = [];
    const context = {
      subscriptions,
      workspaceState: { get: (_: string, otherwise: unknown) => otherwise, update: () => Promise.resolve() },
      extensionUri: vscode.Uri.file(folder),
      globalStorageUri: vscode.Uri.file(path.join(folder, "dist")),
      asAbsolutePath: (file: string) => path.join(folder, file),
    } as unknown as vscode.ExtensionContext;
    try {
      const ms = processorMs(() => (require(main) as typeof Extension).activate(context));
      return { ms, files: loaded() };
    } finally {
      modules._load = load;
      for (const one of subscriptions) one.dispose();
      // The extension that runs goes on with its own.
      for (const file of loaded()) delete require.cache[file];
      for (const [file, module] of running) require.cache[file] = module;
    }
  }

  it(`takes less than ${mostMs} ms of the processor with loading the code, at the median of ${times} times`, async () => {
    const taken: number[] = [];
    for (let k = 0; k < times; k++) {
      taken.push(activateAnew(`.measured${k}`).ms);
      // What it has sent to the window goes out between the times.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const median = taken.toSorted((a, b) => a - b)[times >> 1]!;
    console.log(
      `      ${median.toFixed(1)} ms at the median, ${Math.min(...taken).toFixed(1)} at best${markedByVsCode()}`,
    );
    assert.ok(median < mostMs, `${median.toFixed(1)} ms; each time: ${taken.map((ms) => ms.toFixed(1)).join(", ")}`);
  });

  it("loads no part that waits for a model file, a panel or a command", () => {
    const { outputs } = JSON.parse(readFileSync(path.join(folder, "dist/meta.json"), "utf8")) as Metafile;
    const parts = Object.entries(outputs).flatMap(([file, { entryPoint }]) =>
      entryPoint && entryPoint !== "src/extension.ts" ? [{ entryPoint, file: path.join(folder, file) }] : [],
    );
    assert.ok(parts.some(({ entryPoint }) => entryPoint === "src/host/panel/panel.ts"));
    const { files } = activateAnew(".once");
    assert.ok(files.includes(main));
    assert.deepEqual(
      parts.filter(({ file }) => files.includes(file)),
      [],
    );
  });
});
