import { strict as assert } from "node:assert";
import { characterIndex, characterPlace, charactersOf } from "../../../src/host/editor/literal";

describe("The characters of a literal", () => {
  for (const literal of ['""', '"abc"', '"é😀x"', String.raw`"\u00e9\"\\n\ud83d\ude00\n"`])
    it(`of ${literal} are those that JSON reads`, () => {
      const read = Array.from(charactersOf(literal), ({ offset, length }) =>
        JSON.parse(`"${literal.slice(offset, offset + length)}"`),
      );
      assert.deepEqual(read, Array.from(JSON.parse(literal) as string));
    });

  it("are found by their number and by their place", () => {
    const literal = String.raw`"\u00e9😀x"`.replace("\\\\", "\\");
    const places = [...charactersOf(literal)];
    assert.equal(places.length, 3);
    for (const [k, place] of places.entries()) {
      assert.deepEqual(characterPlace(literal, k), place);
      for (let at = place.offset; at < place.offset + place.length; at++) assert.equal(characterIndex(literal, at), k);
    }
    assert.equal(characterPlace(literal, 3), null);
    assert.equal(characterIndex(literal, 0), null);
    assert.equal(characterIndex(literal, literal.length - 1), null);
  });
});
