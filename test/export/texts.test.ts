import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import katex from "katex";
import { marked } from "marked";
import { latexText } from "../../src/explain/text";
import { exportText } from "../../src/export";
import type { ExportFormat } from "../../src/export/formats";
import { readText } from "../files";
import { meaningfulTexts, texts } from "../texts";
import { sourceOf } from "./cases";

/** A name and tokens of somebody else's file. */
const filesTexts = fc.record({ name: texts, tokens: fc.uniqueArray(texts, { minLength: 2, maxLength: 6 }) });
type FileTexts = { readonly name: string; readonly tokens: readonly string[] };

/** Every text that has a meaning somewhere is in one of them. */
const examples: [FileTexts][] = Array.from({ length: Math.ceil(meaningfulTexts.length / 4) }, (_, k) => {
  const tokens = meaningfulTexts.slice(4 * k, 4 * k + 4);
  return [{ name: tokens[0]!, tokens: tokens.length > 1 ? tokens : [...tokens, "and"] }];
});

function exported(format: ExportFormat, { name, tokens }: FileTexts): string {
  const { problem } = readText(
    JSON.stringify({
      version: 1,
      name,
      vocabulary: tokens,
      layers: [{ cell: "rnn", size: 1 }],
      output: { size: tokens.length },
      loss: { type: "cross-entropy" },
      sequences: [{ name, inputs: tokens.slice(0, 2), targets: "next" }],
    }),
  );
  return exportText(format, sourceOf(problem), 4);
}

/** What Python's own tokenizer makes of each script: its texts, and on which lines its comments and names stand. */
function tokenized(scripts: readonly string[]): { texts: string[]; words: string[] }[] {
  const program = `
import ast, io, json, sys, tokenize
result = []
for script in json.load(sys.stdin):
    texts, words = [], []
    for token in tokenize.tokenize(io.BytesIO(script.encode("utf-8")).readline):
        if token.type == tokenize.STRING and token.string[0] == '"':
            texts.append(ast.literal_eval(token.string))
        elif token.type != tokenize.ENCODING or token.string != "utf-8":
            words.append(token.string)
    result.append({"texts": texts, "words": words})
json.dump(result, sys.stdout)
`;
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], {
    input: JSON.stringify(scripts),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as { texts: string[]; words: string[] }[];
}

const plainFile = (tokens: number): FileTexts => ({
  name: "name",
  tokens: Array.from({ length: tokens }, (_, k) => `t${k}`),
});

const tagsOf = (html: string) =>
  [...html.matchAll(/<\/?([a-zA-Z!][^\s>/]*)[^>]*>/g)].map(([tag, name]) => ({ tag, name }));

describe("the texts of somebody's file", () => {
  for (const format of ["numpy", "pytorch"] as const)
    it(`are texts in a ${format} script, to its last character, and nothing else of it is theirs`, () => {
      const files = [...examples.map(([file]) => file), ...fc.sample(filesTexts, 60)];
      const scripts = files.map((file) => exported(format, file));
      const plain = tokenized([2, 3, 4, 5, 6].map((count) => exported(format, plainFile(count))));
      for (const [k, { texts: found, words }] of tokenized(scripts).entries()) {
        const { name, tokens } = files[k]!;
        const expected = plain[tokens.length - 2]!;
        assert.doesNotMatch(scripts[k]!, /[^\n -~]/, "ASCII alone");
        assert.doesNotMatch(scripts[k]!.split("\n").slice(0, 2).join(), /"|coding/);
        const own = new Map(tokens.map((token, j) => [`t${j}`, token]));
        assert.deepEqual(
          found,
          expected.texts.map((text) => (text === "name" ? name : (own.get(text) ?? text))),
        );
        // Numbers apart, which are drawn for a network of the same size and so are the same.
        assert.deepEqual(words, expected.words);
      }
    });

  it("are text on a page: it has no element that a page of plain words has not, and refers to nothing", () =>
    fc.assert(
      fc.property(filesTexts, (file) => {
        const html = exported("html", file);
        const known = new Set([
          ...tagsOf(exported("html", plainFile(3))).map(({ name }) => name),
          "mspace",
          "mover",
          "mpadded",
          "mtext",
          "mi",
          "mn",
          "mo",
        ]);
        for (const { tag, name } of tagsOf(html)) {
          assert.ok(known.has(name), tag);
          assert.doesNotMatch(tag, /\s(on\w+|src|href|srcset|xlink:href|action)\s*=/i);
        }
        assert.doesNotMatch(html, /katex-error/);
        assert.doesNotMatch(html, /[\p{Cs}\u202a-\u202e]|(?![\n])\p{Cc}/u);
      }),
      { numRuns: 40, examples },
    ));

  it("are text in Markdown: no element, picture or link comes of them, in words, tables and formulas", () =>
    fc.assert(
      fc.property(filesTexts, (file) => {
        const known = /^(h[123]|p|ul|li|code|table|thead|tbody|tr|th|td|em|strong|br|blockquote)$/;
        const rows = (html: string) => tagsOf(html).filter(({ tag }) => /^<(tr|t[hd]|li|h\d|table)/.test(tag)).length;
        const html = marked.parse(exported("markdown", file), { async: false });
        const plain = marked.parse(exported("markdown", plainFile(file.tokens.length)), { async: false });
        for (const { tag, name } of tagsOf(html)) {
          assert.match(name!, known, tag);
          assert.match(tag, /^<[^\s]+( align="\w+")?>$/);
        }
        assert.equal(rows(html), rows(plain));
      }),
      { numRuns: 60, examples },
    ));

  it("are words in a formula, each character by itself and on a letter", () => {
    for (let code = 0; code < 0x3000; code++)
      for (const before of ["", "a"]) {
        const latex = latexText(before + String.fromCharCode(code));
        assert.doesNotThrow(
          () => katex.renderToString(latex, { output: "mathml", strict: false }),
          `U+${code.toString(16)}`,
        );
      }
    fc.assert(
      fc.property(texts, (text) => void katex.renderToString(latexText(text), { output: "mathml", strict: false })),
      { numRuns: 2000 },
    );
  });

  it("take no longer than their length, however long a token is, and are cut where somebody reads them", () => {
    const long = {
      name: "n".repeat(300_000),
      tokens: ["a".repeat(2_000_000), "b\u0000\n".repeat(70_000), '\\"𝄞'.repeat(50_000)],
    };
    for (const format of ["markdown", "html", "worksheet-markdown"] as const) {
      const text = exported(format, long);
      assert.ok(text.length < 200_000, `${text.length} characters`);
      assert.match(text, /and 1,999,940 more/);
    }
    const script = exported("numpy", long);
    assert.ok(script.includes(`"${long.tokens[0]!}"`));
  });
});
