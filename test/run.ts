// npm test: the checks, the build, the parts and every suite, also after one has failed. The last line is "N passed, N failed".

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

type Counts = { passes: number; failures: number; pending: number; failed: { title: string; error: string }[] };
type Result = { script: string; passed: number; failed: number; words: string[] };

const shell = process.platform === "win32";

/**
 * What runs at the same time, one stage after the other; what is in a row runs in turn. The panel's tests wait for half of their time, and
 * others fill it; more beside them would take them longer than it takes in turn. The last packs the extension, and so builds anew what the
 * others have open.
 */
const stages = [[["test:panel"], ["test:unit", "test:vscode"]], [["test:vsix"]]];

/** Runs an npm script, with its name before each line of what it says. @returns how it ended */
async function runScript(script: string, ...options: readonly string[]): Promise<{ status: number; end: string }> {
  const began = Date.now();
  const child = spawn("npm", ["run", "--silent", ...options, script], {
    shell,
    env: { ...process.env, UNROLL_COUNTS: countsOf(script) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const output of [child.stdout, child.stderr])
    createInterface(output).on("line", (line) => line && console.log(`${script} | ${line}`));
  const [status, end] = await Promise.race([
    once(child, "close").then(([code, signal]): [number, string] => [code ?? 1, signal ?? `code ${code}`]),
    once(child, "error").then(([error]): [number, string] => [1, (error as Error).message]),
  ]);
  console.log(`${script} | ${Math.round((Date.now() - began) / 1000)} s`);
  return { status, end };
}

const folder = mkdtempSync(path.join(tmpdir(), "unroll-counts-"));
const countsOf = (script: string) => path.join(folder, script.replace(":", "-"));

/** Runs one npm script whose mocha tells its counts through test/reporter.ts. */
async function runSuite(script: string): Promise<Result> {
  // What its `pre` script does is done.
  const { status, end } = await runScript(script, "--ignore-scripts");
  const file = countsOf(script);
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const counts = lines.map((line) => JSON.parse(line) as Counts);
  const passed = counts.reduce((sum, { passes }) => sum + passes, 0);
  // A test that is skipped has not shown anything, so it is none that passed.
  const failed = counts.reduce((sum, { failures, pending }) => sum + failures + pending, 0);
  // A suite that broke off before its report, or failed beside its tests, is one failure more.
  const broken = lines.length === 0 || (status !== 0 && failed === 0);
  const words = counts.flatMap((each) =>
    each.failed.map(({ title, error }) => `${title}\n  ${error.replaceAll("\n", "\n  ")}`),
  );
  if (broken) words.push(`ended with ${end}, expected code 0 and a report.`);
  return { script, passed, failed: failed + (broken ? 1 : 0), words };
}

async function inTurn(scripts: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const script of scripts) results.push(await runSuite(script));
  return results;
}

async function main(): Promise<void> {
  const steps = ["check", "test:ready"];
  const ends = await Promise.all(steps.map((script) => runScript(script)));
  const failedSteps = steps.filter((_, k) => ends[k]!.status !== 0);

  const results: Result[] = [];
  for (const rows of stages) results.push(...(await Promise.all(rows.map(inTurn))).flat());
  rmSync(folder, { recursive: true });

  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, failedSteps.length);
  // Thousands of lines stand between a failure and the end, which is what one reads.
  for (const { script, words } of results) for (const each of words) console.log(`\n${script}: ${each}`);
  console.log();
  for (const step of failedSteps) console.log(`${step}: failed`);
  for (const result of results) console.log(`${result.script}: ${result.passed} passed, ${result.failed} failed`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
