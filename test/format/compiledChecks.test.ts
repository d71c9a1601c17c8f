import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ErrorObject } from "ajv";
import * as esbuild from "esbuild";
import { parse } from "jsonc-parser";
import { compileSchema } from "../../src/format/compile.mjs";
import * as byAjv from "../../src/format/schemaChecks";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The module that stands in the bundles. */
async function compiled(): Promise<Pick<typeof byAjv, "validator">> {
  const { compiledChecks } = await compileSchema();
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.resolve(import.meta.dirname, "../../src/format/schemaChecks.ts")],
    bundle: true,
    format: "esm",
    write: false,
    plugins: [compiledChecks],
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString("base64");
  return (await import(`data:text/javascript;base64,${code}`)) as Pick<typeof byAjv, "validator">;
}

function errorsOf(checks: Pick<typeof byAjv, "validator">, part: byAjv.Part, value: Json): ErrorObject[] {
  const validate = checks.validator(part);
  validate(value);
  return validate.errors ?? [];
}

/** The value itself, and with each value in it, but only the first two of an array, put in place by another or left out. */
function* spoiled(value: Json, whole: (changed: Json | undefined) => Json): Generator<Json> {
  for (const wrong of [null, true, -1.5, "x", [], { nonsense: 1 }, undefined]) yield whole(wrong);
  if (Array.isArray(value))
    for (const [k, item] of value.slice(0, 2).entries())
      yield* spoiled(item, (changed) => whole(value.with(k, changed ?? null)));
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* spoiled(inner, (changed) => {
        const { [key]: _, ...rest } = value;
        return whole(changed === undefined ? rest : { ...rest, [key]: changed });
      });
}

describe("The schema's compiled checks", () => {
  const folder = path.resolve(import.meta.dirname, "../../media/samples");
  const files = readdirSync(folder).filter((name) => name.endsWith(".rnn.json"));
  let checks: Pick<typeof byAjv, "validator">;
  before(async () => {
    checks = await compiled();
  });

  it("find in every sample, spoiled at any of its places, what Ajv finds", () => {
    let found = 0;
    for (const name of files) {
      const sample = parse(readFileSync(path.join(folder, name), "utf8")) as Json;
      for (const value of spoiled(sample, (changed) => changed ?? null)) {
        const errors = errorsOf(checks, "file", value);
        assert.deepEqual(errors, errorsOf(byAjv, "file", value), `${name}: ${JSON.stringify(value)}`);
        found += errors.length;
      }
    }
    assert.ok(found > 1000, `${found} errors`);
  });

  it("find in a sequence by itself what Ajv finds", () => {
    const sequence = { inputs: ["a", "b"], targets: ["b", "a"], h0: [0, 1], name: "ab" };
    for (const value of spoiled(sequence, (changed) => changed ?? null))
      assert.deepEqual(errorsOf(checks, "sequence", value), errorsOf(byAjv, "sequence", value), JSON.stringify(value));
  });
});
