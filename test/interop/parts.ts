// Other people's runtimes, as npm packages of their own: their files are read, and their outputs are met.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const folder = import.meta.dirname;
const stamp = path.join(folder, "node_modules", ".stamp");

let installed: Promise<void> | undefined;

/** Installs the packages, if what is installed is not what the lock file names (a minute the first time, then nothing). */
export function prepareParts(): Promise<void> {
  installed ??= install();
  return installed;
}

async function install(): Promise<void> {
  const lock = await readFile(path.join(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return;
  console.error("Installing other people's runtimes into test/interop (once, about a minute) …");
  await new Promise<void>((resolve, reject) => {
    const child = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ci in test/interop ended with code ${code}, expected 0`)),
    );
  });
  await writeFile(stamp, wanted);
}

const load = createRequire(path.join(folder, "package.json"));

/** A package of these; `any`, as most of them are used by their plain JavaScript. */
// oxlint-disable-next-line typescript/no-explicit-any
export function part(name: string): any {
  return load(name);
}

/** A package that is an ES module alone. */
// oxlint-disable-next-line typescript/no-explicit-any
export async function esPart(name: string, file: string): Promise<any> {
  return import(path.join(folder, "node_modules", name, file));
}

export function partFile(...names: string[]): string {
  return path.join(folder, "node_modules", ...names);
}
