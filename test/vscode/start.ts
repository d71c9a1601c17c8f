// npm start: the packaged extension in a real VS Code, on a copy of the samples, with one of them open beside its stepper.
// npm start -- --desktop takes the desktop's own VS Code (`code` on PATH) and the extension as it was built.

import { spawn, spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import path from "node:path";
import { packageExtension } from "./harness/package";
import { pageAddress } from "./harness/page";
import { repository } from "./harness/paths";
import { startServer } from "./harness/server";
import { temporaryFolder } from "./harness/temporary";

const firstFile = "hi-there-class.rnn.json";
const starter = path.join(repository, "test/vscode/starter");

async function main(): Promise<void> {
  const folder = path.join(temporaryFolder("start").folder, "samples");
  cpSync(path.join(repository, "media/samples"), folder, { recursive: true });
  // Read by the starter, a small extension of its own.
  const env = { UNROLL_START_FILE: path.join(folder, firstFile) };
  if (process.argv.includes("--desktop")) startDesktop(folder, env);
  else await startInBrowser(folder, env);
}

async function startInBrowser(folder: string, env: Record<string, string>): Promise<void> {
  const vsix = packageExtension();
  const port = Number(process.env["UNROLL_PORT"] ?? 0);
  const server = await startServer({
    vsix,
    extension: starter,
    env,
    port,
    settings: { "workbench.colorTheme": "Dark Modern" },
  });
  const address = pageAddress(server, { folder });
  console.log(`\nVS Code with Unroll runs at\n\n  ${address}\n\nPress Ctrl-C to stop it.`);
  showInBrowser(address);
}

function startDesktop(folder: string, env: Record<string, string>): void {
  const shell = process.platform === "win32";
  if (spawnSync("code", ["--version"], { shell }).status !== 0)
    throw new Error(
      "Found no `code` on PATH. Install it from VS Code's palette (Shell Command: Install 'code' command in PATH), or run npm start without --desktop.",
    );
  if (spawnSync("npm", ["run", "--silent", "build"], { cwd: repository, stdio: "inherit", shell }).status !== 0)
    throw new Error("The build failed.");
  const developed = [repository, starter].map((extension) => `--extensionDevelopmentPath=${extension}`);
  const args = ["--new-window", "--wait", ...developed, folder];
  spawn("code", args, { shell, stdio: "inherit", env: { ...process.env, ...env } }).on("exit", (code) =>
    process.exit(code ?? 1),
  );
}

function showInBrowser(address: string): void {
  const onScreen = process.platform !== "linux" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  if (!onScreen || process.env["UNROLL_NO_BROWSER"]) return;
  const opener = { darwin: "open", win32: "explorer" }[process.platform as string] ?? "xdg-open";
  // Without an opener the printed address is enough.
  spawn(opener, [address], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
