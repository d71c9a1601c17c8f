import { strict as assert } from "node:assert";
import fc from "fast-check";
import { type Node, parseTree } from "jsonc-parser";
import { parseText } from "../../src/format/parse";
import { SourceMap } from "../../src/format/sourceMap";
import { arbitraryText } from "./arbitraryText";

type Path = (string | number)[];

/** Every value of a tree with its path. */
function* valuesOf(node: Node, path: Path = []): Generator<{ node: Node; path: Path; key: Node | null }> {
  yield { node, path, key: node.parent?.type === "property" ? node.parent.children![0]! : null };
  if (node.type === "array")
    for (const [k, child] of (node.children ?? []).entries()) yield* valuesOf(child, [...path, k]);
  if (node.type === "object")
    for (const { children } of node.children ?? [])
      yield* valuesOf(children![1]!, [...path, children![0]!.value as string]);
}

describe("Where values stand", () => {
  it("is where jsonc-parser's tree has them, with comments, trailing commas and any spacing", () => {
    fc.assert(
      fc.property(arbitraryText, (text) => {
        const { nodes, faults } = parseText(text);
        assert.deepEqual(faults, []);
        const source = new SourceMap(nodes);
        for (const { node, path, key } of valuesOf(parseTree(text)!)) {
          assert.deepEqual(source.locate(path), { offset: node.offset, length: node.length });
          assert.deepEqual(source.locateKey(path), key && { offset: key.offset, length: key.length });
          assert.deepEqual(source.pathAt(node.offset), path);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it("is found in an array of 100,000 numbers and one row", () => {
    const text = `[${"0.5, ".repeat(100_000)}[1, 2]]`;
    const source = new SourceMap(parseText(text).nodes);
    assert.deepEqual(source.locate([99_999]), { offset: 1 + 5 * 99_999, length: 3 });
    assert.deepEqual(source.locate([100_000, 1]), { offset: text.length - 3, length: 1 });
    assert.deepEqual(source.pathAt(text.length - 3), [100_000, 1]);
    assert.deepEqual(source.pathAt(1 + 5 * 77_777), [77_777]);
  });
});

describe("Numbers", () => {
  const numbersOf = (texts: readonly string[]) => parseText(`[${texts.join(", ")}]`).value;
  const digits = (least: number, most: number) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most }).map((all) => all.join(""));

  it("are read to the bit, however many digits they have", () => {
    const written = fc
      .tuple(
        fc.constantFrom("", "-"),
        digits(1, 20).map((all) => all.replace(/^0+(?=\d)/, "")),
        fc.option(digits(1, 25), { nil: null }),
        fc.option(fc.integer({ min: -330, max: 280 }), { nil: null }),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${exponent}`}`,
      );
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), (texts) => {
        assert.deepEqual(numbersOf(texts), texts.map(Number));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("are read to the bit where they lie between two doubles, at the ends of the range, and at -0", () => {
    const hard = ["9007199254740993", "9007199254740992.5", "9007199254740.993", "5e-324", "2.5e-324", "-0", "-0.0e5"];
    const more = [
      "1.7976931348623157e308",
      "0.1",
      "1e22",
      "1e23",
      "123456789012345678",
      "4.35",
      "1E+2",
      "0.000001e-17",
    ];
    assert.deepEqual(numbersOf([...hard, ...more]), [...hard, ...more].map(Number));
  });
});
