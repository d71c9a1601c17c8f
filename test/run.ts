// npm test: the checks, the build and every suite, also after one has failed. The last line is "N passed, N failed".

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runChecks } from "./checks";

type Counts = { passes: number; failures: number; pending: number };

const suites = ["test:unit", "test:vscode", "test:panel", "test:vsix"];

/** Runs one npm script whose mocha tells its counts through test/reporter.ts. */
function runSuite(script: string, folder: string): { passed: number; failed: number } {
  console.log(`\nnpm run ${script}`);
  const file = path.join(folder, script.replace(":", "-"));
  const { status } = spawnSync("npm", ["run", "--silent", script], {
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, UNROLL_COUNTS: file },
  });
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const counts = lines.map((line) => JSON.parse(line) as Counts);
  const passed = counts.reduce((sum, { passes }) => sum + passes, 0);
  // A test that is skipped has not shown anything, so it is none that passed.
  const failed = counts.reduce((sum, { failures, pending }) => sum + failures + pending, 0);
  // A suite that broke off before its report, or failed beside its tests, is one failure more.
  const broken = lines.length === 0 || (status !== 0 && failed === 0);
  if (broken) console.error(`npm run ${script} ended with code ${status}, expected 0 and a report.`);
  return { passed, failed: failed + (broken ? 1 : 0) };
}

const failedSteps = runChecks();
if (
  spawnSync("npm", ["run", "--silent", "build"], { stdio: "inherit", shell: process.platform === "win32" }).status !== 0
)
  failedSteps.push("build");

const folder = mkdtempSync(path.join(tmpdir(), "unroll-counts-"));
const results = suites.map((script) => ({ script, ...runSuite(script, folder) }));
rmSync(folder, { recursive: true });

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, failedSteps.length);
console.log();
for (const step of failedSteps) console.log(`${step}: failed`);
for (const result of results) console.log(`${result.script}: ${result.passed} passed, ${result.failed} failed`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
