// Runs in the extension host: collects the tests beside this bundle and runs them with mocha.

import { readdirSync } from "node:fs";
import path from "node:path";
import Mocha from "mocha";

import CountingReporter = require("../../reporter");

/** VS Code calls this, and ends with code 1 if it rejects. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 240_000, color: true, reporter: CountingReporter });
  const grep = process.env["UNROLL_GREP"];
  if (grep) mocha.grep(grep);
  for (const file of readdirSync(__dirname, { recursive: true, encoding: "utf8" }).sort())
    if (file.endsWith(".test.js")) mocha.addFile(path.join(__dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} of the tests in VS Code failed.`);
}
