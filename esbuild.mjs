// Builds everything that runs into dist/. `node esbuild.mjs --watch` rebuilds on change, `--production` minifies.
import { copyFile, mkdir, readdir, rm, stat, watch as watchFolder, writeFile } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";
import { compileSchema } from "./src/format/compile.mjs";
import { compileKernels } from "./src/kernels/compile.mjs";

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");

const common = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  logLevel: "warning",
  target: "es2023",
};

const { editorSchema, compiledChecks } = await compileSchema();

// jsonc-parser's main file loads its parts by names that a bundler cannot see; its ES module does not.
const host = {
  ...common,
  mainFields: ["module", "main"],
  platform: "node",
  format: "cjs",
  target: "node20",
  outdir: "dist",
  plugins: [compiledChecks],
};

const webview = {
  ...common,
  platform: "browser",
  format: "iife",
  outdir: "dist/webview",
  // Of KaTeX's fonts the first of three formats is enough: every webview knows it.
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty" },
  assetNames: "fonts/[name]",
};

// What the extension loads by `import()` is a part of its own, and what several parts share another, so that nothing is there twice.
// esbuild splits ES modules alone and VS Code is to get CommonJS, so that each file is turned into that at the end.
const split = {
  ...host,
  format: "esm",
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
  // What is in each file: dist/meta.json, for a test and for esbuild's analyzer.
  metafile: true,
  write: false,
  plugins: [
    ...host.plugins,
    {
      name: "as-common-js",
      setup: ({ onEnd }) =>
        onEnd(({ errors, outputFiles, metafile }) => errors.length > 0 || writeParts(outputFiles, metafile)),
    },
  ],
};

async function writeParts(outputFiles, metafile) {
  await mkdir("dist/parts", { recursive: true });
  const texts = new Map(outputFiles.map((file) => [file.path, file.text]));
  for (const [file, text] of texts) {
    if (file.endsWith(".map")) continue;
    const map = texts.get(`${file}.map`);
    const inline = map && `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;
    const made = await esbuild.transform(inline ? `${text}\n${inline}` : text, {
      format: "cjs",
      platform: "node",
      target: host.target,
      // VS Code's own `require` is what its extensions are loaded with.
      supported: { "dynamic-import": false },
      minify: production,
      sourcemap: common.sourcemap ? "external" : false,
      sourcefile: file,
      logLevel: "warning",
    });
    await writeFile(file, map ? `${made.code}//# sourceMappingURL=${path.basename(file)}.map\n` : made.code);
    if (map) await writeFile(`${file}.map`, made.map);
  }
  await writeFile("dist/meta.json", JSON.stringify(metafile));
  // A VS Code that is open may still come to load a part of an earlier build: while somebody develops, those of today stay.
  for (const name of await readdir("dist/parts")) {
    const file = path.resolve("dist/parts", name);
    const isOld = production || Date.now() - (await stat(file)).mtimeMs > 24 * 3600 * 1000;
    if (!texts.has(file) && isOld) await rm(file);
  }
}

const bundles = [
  { ...split, entryPoints: { extension: "src/extension.ts" }, external: ["vscode"] },
  { ...host, entryPoints: { trainingWorker: "src/host/training/worker.ts" } },
  { ...host, entryPoints: { importThread: "src/host/interop/importThread.ts" } },
  { ...host, entryPoints: { kernelThread: "src/kernels/thread.ts" } },
  { ...host, entryPoints: { cli: "src/cli.ts" } },
  { ...webview, entryPoints: { panel: "webview/main.ts" } },
  { ...webview, entryPoints: { katex: "webview/katex.ts" } },
];

// The tests that run inside VS Code, beside their runner; mocha does not bundle.
const tests = {
  ...host,
  entryPoints: ["test/vscode/suite/index.ts", "test/vscode/suite/**/*.test.ts"],
  outbase: "test/vscode/suite",
  outdir: "dist/test",
  external: ["vscode", "mocha"],
};
if (!production) bundles.push(tests);

// A test that was renamed must not run on. The rest stays, as a VS Code may have it open.
if (!production) await rm("dist/test", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
for (const file of ["codicon.css", "codicon.ttf"])
  await copyFile(`node_modules/@vscode/codicons/dist/${file}`, `dist/webview/${file}`);
await writeFile("dist/editor.schema.json", editorSchema);
await compileKernels("dist");

const contexts = await Promise.all(bundles.map((options) => esbuild.context(options)));
await Promise.all(contexts.map((context) => (watch ? context.watch() : context.rebuild())));
if (!watch) await Promise.all(contexts.map((context) => context.dispose()));

// What esbuild does not read it does not watch.
if (watch)
  for await (const _ of watchFolder("src/kernels/assembly"))
    await compileKernels("dist").catch((error) => process.stderr.write(`${error.message}\n`));
