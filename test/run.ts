// npm test: the checks, the build, the parts and every suite, also after one has failed. The last line is "N passed, N failed".

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runChecks } from "./checks";

type Counts = { passes: number; failures: number; pending: number };
type Result = { script: string; passed: number; failed: number };

const shell = process.platform === "win32";

/**
 * One after the other: two VS Codes side by side take longer than both in turn on two cores, and their tests wait for each other. The
 * last packs the extension, and so builds anew what the others have open.
 */
const suites = ["test:unit", "test:vscode", "test:panel", "test:vsix"];

/** Runs one npm script whose mocha tells its counts through test/reporter.ts, and passes on what it says. */
function runSuite(script: string, folder: string): Result {
  const began = Date.now();
  const file = path.join(folder, script.replace(":", "-"));
  console.log(`\nnpm run ${script}\n`);
  // What its `pre` script does is done.
  const { status, signal, error } = spawnSync("npm", ["run", "--silent", "--ignore-scripts", script], {
    stdio: "inherit",
    shell,
    env: { ...process.env, UNROLL_COUNTS: file },
  });
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const counts = lines.map((line) => JSON.parse(line) as Counts);
  const passed = counts.reduce((sum, { passes }) => sum + passes, 0);
  // A test that is skipped has not shown anything, so it is none that passed.
  const failed = counts.reduce((sum, { failures, pending }) => sum + failures + pending, 0);
  // A suite that broke off before its report, or failed beside its tests, is one failure more.
  const broken = lines.length === 0 || (status !== 0 && failed === 0);
  if (broken)
    console.log(
      `npm run ${script} ended with ${error?.message ?? signal ?? `code ${status}`}, expected 0 and a report.`,
    );
  console.log(`npm run ${script}: ${Math.round((Date.now() - began) / 1000)} s`);
  return { script, passed, failed: failed + (broken ? 1 : 0) };
}

function main(): void {
  const failedSteps = runChecks();
  console.log("\nnpm run test:ready");
  if (spawnSync("npm", ["run", "--silent", "test:ready"], { stdio: "inherit", shell }).status !== 0)
    failedSteps.push("test:ready");

  const folder = mkdtempSync(path.join(tmpdir(), "unroll-counts-"));
  const results = suites.map((script) => runSuite(script, folder));
  rmSync(folder, { recursive: true });

  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, failedSteps.length);
  console.log();
  for (const step of failedSteps) console.log(`${step}: failed`);
  for (const result of results) console.log(`${result.script}: ${result.passed} passed, ${result.failed} failed`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main();
