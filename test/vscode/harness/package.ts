import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { repository } from "./paths";

let packed: string | undefined;

/**
 * Builds and packs the extension as a person gets it, once in a process.
 * @returns the path of the VSIX
 * @throws Error with what was printed
 */
export function packageExtension(): string {
  packed ??= pack();
  return packed;
}

function pack(): string {
  const shell = process.platform === "win32";
  const { status, stdout, stderr } = spawnSync("npm", ["run", "package"], { cwd: repository, encoding: "utf8", shell });
  if (status !== 0) throw new Error(`npm run package ended with code ${status}, expected 0:\n${stdout}${stderr}`);
  const { name, version } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  return path.join(repository, "dist", `${name}-${version}.vsix`);
}
