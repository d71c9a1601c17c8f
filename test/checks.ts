// What is checked without running anything: types, lint, format.

import { spawnSync } from "node:child_process";

const checks = [
  { name: "types", command: "tsc -p ." },
  { name: "types of the engine, without Node and DOM", command: "tsc -p src/engine" },
  { name: "types of the webview", command: "tsc -p webview" },
  { name: "lint", command: "oxlint --type-aware --deny-warnings" },
  { name: "format", command: "biome check" },
];

/** Runs every check, each with its output. @returns the names of those that failed */
export function runChecks(): string[] {
  const failed = checks.filter(({ name, command }) => {
    console.log(`\n  ${name}: ${command}`);
    return spawnSync(`npx --no-install ${command}`, { shell: true, stdio: "inherit" }).status !== 0;
  });
  return failed.map(({ name }) => name);
}
