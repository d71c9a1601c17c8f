/** Programs of Python that tests run, where there is a Python that can. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "mocha";

/** Pythons that may have a library, the one that is named first. */
const pythons = [process.env["UNROLL_PYTHON"], "python3", "/usr/bin/python3"].filter((name) => name !== undefined);

/** A Python with this library; undefined where there is none. */
export function pythonWith(library: string): string | undefined {
  const look = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${library}") is None)`;
  return pythons.find((name) => spawnSync(name, ["-c", look]).status === 0);
}

/** A test of what only a Python with this library can print: where there is none there is nothing to hold. */
export function itWith(library: string, title: string, test: (python: string) => void): void {
  const python = pythonWith(library);
  if (python) it(title, () => test(python));
}

/** What each of some programs prints: in one process, for starting one with its libraries takes seconds. */
export function printedBy(python: string, scripts: readonly string[]): string[] {
  const run = `import contextlib, io, json
printed = []
for script in json.loads(${JSON.stringify(JSON.stringify(scripts))}):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(script, f"<program {len(printed) + 1}>", "exec"), {"__name__": "__main__"})
    printed.append(out.getvalue())
print(json.dumps(printed))
`;
  const { status, stdout, stderr } = spawnSync(python, ["-"], { input: run, encoding: "utf8", maxBuffer: 2 ** 28 });
  const [, program] = /<program (\d+)>/.exec(stderr) ?? [];
  assert.equal(status, 0, `${stderr}\n${program ? scripts[Number(program) - 1] : ""}`);
  return JSON.parse(stdout) as string[];
}
