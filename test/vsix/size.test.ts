import { strict as assert } from "node:assert";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { listFiles, PackageManager } from "@vscode/vsce";
import type { Metafile } from "esbuild";
import { packageExtension } from "../vscode/harness/package";
import { repository } from "../vscode/harness/paths";

const sizeOf = (file: string): number => statSync(path.join(repository, file)).size;

describe("The packaged extension", () => {
  let vsix: string;
  let outputs: Metafile["outputs"];
  let inputs: Metafile["inputs"];
  before(() => {
    vsix = packageExtension();
    ({ inputs, outputs } = JSON.parse(readFileSync(path.join(repository, "dist/meta.json"), "utf8")) as Metafile);
  });

  /** What is loaded with a file at once: itself and what it imports. */
  function loadedWith(file: string, known = new Set<string>()): Set<string> {
    if (!outputs[file] || known.has(file)) return known;
    known.add(file);
    for (const { path: imported, kind } of outputs[file].imports)
      if (kind === "import-statement") loadedWith(imported, known);
    return known;
  }

  it("is smaller than 3 MB", () => {
    const { size } = statSync(vsix);
    console.log(`      ${(size / 1e6).toFixed(2)} MB`);
    assert.ok(size < 3e6, `${size} bytes`);
  });

  it("loads less than 100 kB of code at activation", () => {
    const files = [...loadedWith("dist/extension.js")];
    const size = files.reduce((sum, file) => sum + sizeOf(file), 0);
    console.log(`      ${(size / 1e3).toFixed(1)} kB in ${files.length} files`);
    assert.ok(size < 100e3, `${size} bytes in ${files.join(", ")}`);
  });

  it("loads neither the engine, the reader, derivations, the exporter nor the panel at activation", () => {
    const loaded = [...loadedWith("dist/extension.js")].flatMap((file) => Object.keys(outputs[file]!.inputs));
    for (const heavy of [
      "engine/run",
      "format/read",
      "explain/derive",
      "export/index",
      "host/panel/panel",
      "stepper/stepper",
    ]) {
      assert.ok(
        Object.values(outputs).some((output) => `src/${heavy}.ts` in output.inputs),
        heavy,
      );
      assert.ok(!loaded.includes(`src/${heavy}.ts`), heavy);
    }
  });

  it("is split by the composition root alone", () => {
    const splitting = Object.entries(inputs).filter(([, { imports }]) =>
      imports.some(({ kind }) => kind === "dynamic-import"),
    );
    assert.deepEqual(
      splitting.map(([file]) => file),
      ["src/extension.ts"],
    );
  });

  it("holds all that the build makes, but nothing for those who develop it", async () => {
    const forDevelopers = /\.(map|vsix)$|^dist\/((meta|bench)\.json$|test\/)/;
    const made = readdirSync(path.join(repository, "dist"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(repository, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
      .filter((file) => !forDevelopers.test(file));
    const packed = await listFiles({ cwd: repository, packageManager: PackageManager.None });
    assert.deepEqual(packed.filter((file) => file.startsWith("dist/")).toSorted(), made.toSorted());
  });
});
