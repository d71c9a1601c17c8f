import assert from "node:assert/strict";
import { parse } from "jsonc-parser";
import { describe, it } from "mocha";
import { applyEdits } from "../../src/format/edit";
import type { ExpectedValues } from "../../src/format/expectEdit";
import { expectEdits } from "../../src/format/expectEdit";

function written(text: string, sequence: number, expected: ExpectedValues, tolerance: number | null = null): string {
  const result = applyEdits(text, expectEdits(text, sequence, expected, tolerance));
  const errors: unknown[] = [];
  parse(result, errors as [], { allowTrailingComma: true });
  assert.deepEqual(errors, [], result);
  return result;
}

describe("Taking expectations into a file's text", () => {
  it("adds them behind the last key, in the file's style, and a comment stays", () => {
    const text = `{
  "version": 1, // the first
  "sequences": [] // none
}
`;
    assert.equal(
      written(text, 0, { loss: 1.5, steps: [{ h: [0.5] }, null] }, 5e-4),
      `{
  "version": 1, // the first
  "sequences": [], // none
  "expect": { "tolerance": 0.0005, "sequences": [{ "loss": 1.5, "steps": [{ "h": [0.5] }, null] }] }
}
`,
    );
  });

  it("replaces number by number what is expected already, and adds what is not", () => {
    const text = `{
  "expect": {
    "tolerance": 1e-8,
    "sequences": [
      { "loss": 2.0, // L
        "steps": [
          { "h": [0.50, 0.25] }, // t = 1
          null
        ] }
    ]
  }
}
`;
    assert.equal(
      written(text, 0, {
        loss: 2,
        steps: [{ h: [0.5, 0.75], loss: 1 }, { h: [1, 2] }],
        gradients: { "output.by": [3] },
      }),
      `{
  "expect": {
    "tolerance": 1e-8,
    "sequences": [
      { "loss": 2.0, // L
        "steps": [
          { "h": [0.50, 0.75], "loss": 1 }, // t = 1
          { "h": [1, 2] }
        ],
        "gradients": { "output.by": [3] } }
    ]
  }
}
`,
    );
  });

  it("leaves other sequences as they are, and fills the place of those that expect nothing with null", () => {
    assert.equal(
      written('{ "expect": { "sequences": [{ "loss": 1 }] } }', 2, { loss: 3 }),
      '{ "expect": { "sequences": [{ "loss": 1 }, null, { "loss": 3 }] } }',
    );
  });

  it("puts another shape in the place of the old one", () => {
    assert.equal(
      written('{ "expect": { "sequences": [{ "gradients": { "output.Why": [[1, 2]] } }] } }', 0, {
        gradients: { "output.Why": [[1], [2]] },
      }),
      '{ "expect": { "sequences": [{ "gradients": { "output.Why": [[1], [2]] } }] } }',
    );
  });

  it("writes into an empty expect, and widens a tolerance", () => {
    assert.equal(written('{ "expect": {} }', 0, { loss: 1 }), '{ "expect": { "sequences": [{ "loss": 1 }] } }');
    assert.equal(
      written('{ "expect": { "tolerance": 1e-9, "sequences": [] } }', 0, { loss: 1 }, 0.5),
      '{ "expect": { "tolerance": 0.5, "sequences": [{ "loss": 1 }] } }',
    );
  });

  it("refuses a text that is none, and a number that no file can hold", () => {
    assert.throws(() => expectEdits("[", 0, { loss: 1 }, null), /no valid file/);
    assert.throws(() => expectEdits("{}", 0, { loss: Number.NaN }, null), RangeError);
  });

  it("writes the batch, and lets one number of a tensor follow the whole", () => {
    const text =
      '{ "expect": { "sequences": [{ "gradients": { "layers.0.Whh[0][1]": 9, "layers.0.bh": [null, 3] } }] } }';
    const gradients = { "layers.0.Whh": [[1, 2]], "layers.0.bh": [4, 5] };
    assert.equal(
      written(text, 0, { gradients }),
      '{ "expect": { "sequences": [{ "gradients": { "layers.0.Whh[0][1]": 2, "layers.0.bh": [4, 5], "layers.0.Whh": [[1, 2]] } }] } }',
    );
    assert.equal(
      applyEdits(text, expectEdits(text, 0, {}, null, { loss: 1 })),
      text.replace(/\] \} \}$/, '], "batch": { "loss": 1 } } }'),
    );
  });
});
