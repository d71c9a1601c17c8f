import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "mocha";
import { compareExpected } from "../../../src/check/check";
import { diagnose } from "../../../src/check/diagnosis/diagnose";
import { readProblem } from "../../../src/format/read";
import { goldens } from "../../files";

const folder = path.join(goldens, "slips");
const published = JSON.parse(readFileSync(path.join(folder, "slips.json"), "utf8")) as Readonly<
  Record<string, { readonly id: string; readonly what: string }>
>;

/** Numbers of people's programs with slips that they published, what is wrong in each found by hand; and of programs in NumPy with slips put into them. */
describe("A program's slip", () => {
  for (const [name, { id, what }] of Object.entries(published))
    it(`is named in the first place and explains every wrong number: ${what}`, () => {
      const text = readFileSync(path.join(folder, `${name}.rnn.json`), "utf8");
      const { problem, expect } = readProblem(text, { fileName: `${name}.rnn.json` });
      const [first] = diagnose(problem!, compareExpected(problem!, expect));
      assert.deepEqual(first?.slips.map((slip) => slip.id).toSorted(), id.split(" + ").toSorted());
      assert.equal(first?.explained.length, first?.wrong);
    });
});
