// Runs the tests of test/vscode/suite in the extension host of a real VS Code.
// UNROLL_DESKTOP=1 takes a desktop VS Code, downloaded by @vscode/test-electron, in place of the server and a browser.
// UNROLL_GREP picks tests by their title.

import { cpSync } from "node:fs";
import path from "node:path";
import { runTests } from "@vscode/test-electron";
import { repository } from "./harness/paths";
import { temporaryFolder } from "./harness/temporary";

async function main(): Promise<void> {
  const { folder } = temporaryFolder("samples");
  cpSync(path.join(repository, "media/samples"), folder, { recursive: true });
  const desktop = process.env["UNROLL_DESKTOP"] === "1";
  const standIn = path.join(import.meta.dirname, "harness", process.platform === "win32" ? "code.cmd" : "code.mjs");
  await runTests({
    ...(desktop ? {} : { vscodeExecutablePath: standIn }),
    extensionDevelopmentPath: repository,
    extensionTestsPath: path.join(repository, "dist/test/index.js"),
    launchArgs: [folder],
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
