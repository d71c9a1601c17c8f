// Starts and stops the VS Code server, each time with data of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { atExit } from "./cleanup";
import { prepareParts } from "./parts";
import { temporaryFolder } from "./temporary";

export type Settings = Record<string, unknown>;

export type ServerOptions = {
  settings?: Settings;
  /** More variables for the server and so for the extension host. */
  env?: Record<string, string>;
  /** Without it the page ignores an extension under development; with it no notification pops up. */
  testDriver?: boolean;
  /** A folder is trusted once somebody says so; without it each folder is. */
  asksForTrust?: boolean;
  /** A packed extension to install first. */
  vsix?: string;
  /** The folder of an unpacked extension to install first. */
  extension?: string;
  /** The port to listen on; any free one if absent. */
  port?: number;
};

export type Server = {
  /** http://127.0.0.1:port */
  address: string;
  /** Replaces the settings while VS Code runs; it follows at once. */
  writeSettings: (settings: Settings) => Promise<void>;
  /** What the server has printed so far. */
  log: () => string;
  stop: () => Promise<void>;
};

const quietSettings: Settings = {
  "workbench.startupEditor": "none",
  "chat.disableAIFeatures": true,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  // As on the desktop; in a page VS Code would save by itself.
  "files.autoSave": "off",
};
const startTimeoutMs = 180_000;

/**
 * A VS Code server on 127.0.0.1, stopped at the latest when this process ends.
 * @throws Error with the end of the server's log if it does not start
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const parts = await prepareParts();
  const { folder: data, remove } = temporaryFolder("vscode");
  // Of the files with settings the page watches only the machine's.
  const settingsFolder = path.join(data, "data/Machine");
  const writeSettings = async (settings: Settings): Promise<void> => {
    await mkdir(settingsFolder, { recursive: true });
    await writeFile(
      path.join(settingsFolder, "settings.json"),
      JSON.stringify({ ...quietSettings, ...settings }, undefined, 2),
    );
  };
  await writeSettings(options.settings ?? {});

  const env = { ...process.env, ...options.env };
  const common = [parts.server, "--accept-server-license-terms", "--telemetry-level=off", `--server-data-dir=${data}`];
  if (options.extension)
    await cp(options.extension, path.join(data, "extensions", path.basename(options.extension)), { recursive: true });
  if (options.vsix) await runToEnd(parts.node, [...common, `--install-extension=${options.vsix}`, "--force"], env);

  const child = spawn(
    parts.node,
    [
      ...common,
      "--host=127.0.0.1",
      `--port=${options.port ?? 0}`,
      "--without-connection-token",
      ...(options.asksForTrust ? [] : ["--disable-workspace-trust"]),
      // The extension host of a page that is closed ends soon after
      "--reconnection-grace-time=20",
      ...(options.testDriver ? ["--enable-smoke-test-driver"] : []),
    ],
    // A group of its own, so that the extension host and the watchers end with it.
    { env, detached: process.platform !== "win32", stdio: ["ignore", "pipe", "pipe"] },
  );
  let printed = "";
  const log = (): string => printed;
  const kill = atExit(() => killGroup(child));
  try {
    const port = await new Promise<number>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`The VS Code server ${why}. The end of its log:\n${printed.slice(-3000)}`));
      const timer = setTimeout(() => fail(`did not start within ${startTimeoutMs / 1000} s`), startTimeoutMs);
      const read = (chunk: Buffer): void => {
        printed += chunk.toString();
        const bound = /Extension host agent listening on (\d+)/.exec(printed);
        if (!bound) return;
        clearTimeout(timer);
        resolve(Number(bound[1]));
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("exit", (code) => {
        clearTimeout(timer);
        fail(`ended with code ${code} before it listened`);
      });
    });
    return {
      address: `http://127.0.0.1:${port}`,
      writeSettings,
      log,
      async stop() {
        const ended = new Promise((resolve) => child.once("close", resolve));
        kill();
        if (child.exitCode === null && child.signalCode === null) await ended;
        remove();
      },
    };
  } catch (error) {
    kill();
    remove();
    throw error;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    // No such process: it has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function runToEnd(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`The VS Code server ended with code ${code}, expected 0: ${args.at(-2)}\n${printed}`)),
    );
  });
}
