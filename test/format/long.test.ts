import { strict as assert } from "node:assert";
import { readProblem } from "../../src/format/read";

const good = '{ "inputs": ["a", "b"], "targets": ["b", "a"] }';
/** What somebody may write in the place of a sequence. */
const wrong = [
  "5",
  '{ "inputs": ["a", "c"], "targets": ["b", "a"] }',
  '{ "inputs": ["a", "b"], "targets": ["b", "a"], "nmae": "x" }',
  '{ "inputs": ["a", true], "targets": ["b", {}] }',
  '{ "inputs": "a", "targets": ["b", "a"], "h0": ["x", 1] }',
  '{ "inputs": [[1, 2], [3, "x"]], "targets": ["b", 1.5] }',
  "{ }",
];

function file(sequences: readonly string[], rest = ""): string {
  return `{ "version": 1, "vocabulary": ["a", "b"], "layers": [{ "cell": "rnn", "size": 2 }],
  "output": { "size": 2 }, "loss": { "type": "cross-entropy" },
  "sequences": [${sequences.join(",\n")}]${rest} }`;
}

/** Each finding as what it says of where, with the numbers of sequences or steps left out. */
function found(text: string, list: RegExp): string[] {
  return readProblem(text, { fileName: "long.rnn.json" }).diagnostics.map(
    ({ severity, code, message, offset, length, path }) =>
      [severity, code, message, text.slice(offset, offset + length), path.join(".")].join(" | ").replace(list, "$1#"),
  );
}

describe("What is wrong in a long list", () => {
  for (const place of [0, 2047, 2048, 2500, 4999])
    it(`is said of entry ${place} of 5000 sequences as it is of the first of two`, () => {
      const list = /(\bsequences\b.)\d+/g;
      for (const entry of wrong) {
        const long = Array.from({ length: 5000 }, (_, k) => (k === place ? entry : good));
        const short = found(file([entry, good]), list);
        assert.ok(short.length > 0);
        assert.deepEqual(found(file(long), list), short);
      }
    });

  it("is said of input 3000 and target 4000 of a sequence", () => {
    const inputs = Array.from({ length: 5000 }, (_, k) => (k === 3000 ? "true" : '"a"'));
    const targets = Array.from({ length: 5000 }, (_, k) => (k === 4000 ? "{}" : '"b"'));
    const text = file([`{ "inputs": [${inputs.join()}], "targets": [${targets.join()}] }`]);
    const { diagnostics } = readProblem(text, { fileName: "long.rnn.json" });
    assert.deepEqual(
      diagnostics.map(({ path, offset, length }) => [...path, text.slice(offset, offset + length)]),
      [
        ["sequences", 0, "inputs", 3000, "true"],
        ["sequences", 0, "targets", 4000, "{}"],
      ],
    );
    assert.match(diagnostics[0]!.message, /^inputs\[3000\] is true, expected/);
  });

  it("is said of expected step 3000 as it is of the first", () => {
    const list = /(\b(?:steps|step)\b.)\d+/g;
    const expecting = (steps: readonly string[], length: number) =>
      file(
        [`{ "inputs": [${Array.from({ length }, () => '"a"').join()}] }`],
        `, "expect": { "sequences": [{ "steps": [${steps.join()}] }] }`,
      );
    for (const step of ['{ "h": [1, "x"] }', '{ "h": [1] }', '{ "hh": [1] }', "7"]) {
      const steps = Array.from({ length: 4000 }, (_, k) => (k === 3000 ? step : '{ "t": 1 }'));
      const short = found(expecting([step], 4000), list);
      assert.ok(short.length > 0);
      assert.deepEqual(found(expecting(steps, 4000), list), short);
    }
  });

  it("in 4000 entries is said of each", () => {
    const text = file(Array.from({ length: 4000 }, () => '{ "inputs": ["a"], "nmae": 1 }'));
    const { diagnostics } = readProblem(text, { fileName: "long.rnn.json" });
    assert.equal(diagnostics.length, 4000);
    assert.deepEqual(new Set(diagnostics.map(({ message }) => message)), new Set(['unknown key "nmae"']));
    assert.deepEqual(diagnostics[3999]!.path, ["sequences", 3999, "nmae"]);
  });
});
