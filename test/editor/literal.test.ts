import { strict as assert } from "node:assert";
import { charactersOf } from "../../src/editor/literal";

describe("The characters of a literal", () => {
  for (const literal of ['""', '"abc"', '"é😀x"', String.raw`"\u00e9\"\\n\ud83d\ude00\n"`])
    it(`of ${literal} are those that JSON reads`, () => {
      const read = Array.from(charactersOf(literal), ({ offset, length }) =>
        JSON.parse(`"${literal.slice(offset, offset + length)}"`),
      );
      assert.deepEqual(read, Array.from(JSON.parse(literal) as string));
    });
});
