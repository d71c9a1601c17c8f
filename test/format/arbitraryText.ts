import fc from "fast-check";

/** What may stand between two tokens. */
const space = fc.constantFrom("", "", "", " ", "\n", "\r\n  ", "\t", "// so\n", "/* so */", "/* , ] */ ");

const leaf = fc.oneof(
  fc.constantFrom("null", "true", "false", "0", "-1.5e3", '"a"', '"\\u00e9\\n\\""', '"//"'),
  fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
);

/** JSON with comments, trailing commas and any spacing between its tokens; the keys of an object are distinct. */
export const arbitraryText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => {
  const between = (items: readonly string[], spaces: readonly string[], comma: string) =>
    items.map((item, k) => `${spaces[k % spaces.length]}${item}${spaces[(k + 1) % spaces.length]}`).join(",") +
    (items.length > 0 ? comma : "");
  const around = { spaces: fc.array(space, { minLength: 1, maxLength: 5 }), comma: fc.constantFrom("", ",") };
  const array = fc
    .record({ items: fc.array(tie("value"), { maxLength: 6 }), ...around })
    .map(({ items, spaces, comma }) => `[${between(items, spaces, comma)}${spaces[0]}]`);
  const object = fc
    .record({ items: fc.array(tie("value"), { maxLength: 40 }), ...around })
    .map(({ items, spaces, comma }) => {
      const entries = items.map((item, k) => `"key ${k}"${spaces[0]}:${spaces.at(-1)}${item}`);
      return `{${between(entries, spaces, comma)}${spaces[0]}}`;
    });
  return { value: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, array, object) };
}).value;
