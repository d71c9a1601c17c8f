/** Numbers worked by hand: two units that read three words. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { compareExpected } from "../../../src/check/check";
import { findSlips } from "../../../src/check/diagnosis/diagnose";
import { marksOf } from "../../../src/check/diagnosis/marks";
import { marksTable } from "../../../src/check/diagnosis/table";
import { marksSummary, saidOfNumber } from "../../../src/check/diagnosis/words";
import { nameOf } from "../../../src/check/names";
import { readText } from "../../files";

const Wxh = [
  [0.5, 0.1, 0],
  [-0.2, 0.8, 0],
];
const Whh = [
  [0.3, -0.4],
  [-0.6, -0.1],
];
const bh = [0.1, 0.05];
const words = [0, 1, 2];
const units = [0, 1];

const rounded = (value: number) => Number(value.toFixed(4));

/**
 * Steps as somebody writes them with four digits, going on with what he has written.
 * @param slip what he does to a pre-activation a_t[i]
 */
function steps(slip: (a: number, t: number, i: number) => number) {
  let h = [0, 0];
  return words.map((word, k) => {
    const before = h;
    const a = units.map((i) =>
      rounded(slip(Wxh[i]![word]! + Whh[i]![0]! * before[0]! + Whh[i]![1]! * before[1]! + bh[i]!, k + 1, i)),
    );
    h = a.map((a_i) => rounded(Math.tanh(a_i)));
    return { a, h };
  });
}

function found(written: readonly { a: number[]; h: number[] }[]) {
  const text = JSON.stringify({
    version: 1,
    vocabulary: ["hi", "there", "class"],
    layers: [{ cell: "rnn", size: 2, Wxh, Whh, bh, h0: [0, 0] }],
    output: {
      size: 2,
      activation: "linear",
      Why: [
        [1, 0],
        [0, 1],
      ],
      by: [0, 0],
    },
    sequences: [{ inputs: ["hi", "there", "class"] }],
    // With four digits, and what is off by rounding on the way.
    expect: { tolerance: 1e-4, sequences: [{ steps: written }] },
  });
  const { problem, expect } = readText(text);
  const comparisons = compareExpected(problem, expect);
  const names = comparisons.map(({ expected }) => nameOf(problem.model, expected));
  const findings = findSlips(problem, comparisons);
  const marks = new Map(marksOf(problem, comparisons).map(({ mark }, k) => [names[k]!, mark]));
  const said = new Map(names.map((name, k) => [name, saidOfNumber(findings, k)]));
  return { problem, comparisons, findings, marks, said };
}

describe("The marks of a working", () => {
  it("are all right where it is", () => {
    const { marks, comparisons, findings } = found(steps((a) => a));
    assert.deepEqual(new Set(marks.values()), new Set(["right"]));
    assert.equal(marksSummary(comparisons, findings), "12 of 12 steps right");
  });

  it("tell the one number that is wrong by itself from those that follow from it", () => {
    const { marks, comparisons, findings } = found(steps((a, t, i) => (t === 2 && i === 0 ? a - bh[0]! : a)));
    const wrong = [...marks].filter(([, mark]) => mark !== "right");
    assert.deepEqual(Object.fromEntries(wrong), {
      "a_2[0]": "wrong",
      "h_2[0]": "follows",
      "a_3[0]": "follows",
      "a_3[1]": "follows",
      "h_3[0]": "follows",
      "h_3[1]": "follows",
    });
    assert.equal(marksSummary(comparisons, findings), "11 of 12 steps right");
  });

  it("come with the hint that a single number allows: a bias that is forgotten in one place", () => {
    const { said, findings } = found(steps((a, t, i) => (t === 2 && i === 0 ? a - bh[0]! : a)));
    assert.deepEqual(findings.diagnoses, []);
    assert.equal(said.get("a_2[0]"), "It is off by exactly bh[0] = 0.1: is the bias in?");
    assert.equal(said.get("h_2[0]"), "It follows from your own numbers");
    assert.equal(said.get("a_1[0]"), null);
  });

  it("come with the hint that the point stands elsewhere, or that the sign is another", () => {
    const right = steps((a) => a);
    const exchanged = right.map((step, k) => (k === 0 ? { ...step, a: [0.06, -0.15] } : step));
    assert.equal(found(exchanged).said.get("a_1[0]"), "The point stands at another place");
    const other = right.map((step, k) => (k === 0 ? { ...step, a: [0.6, 0.15] } : step));
    assert.equal(found(other).said.get("a_1[1]"), "It is right but for its sign: is the minus in the right place?");
    // With one digit, or none, it may be as well of the right sign, or 0.
    for (const value of [0.1, 0]) {
      const rough = right.map((step, k) => (k === 0 ? { ...step, a: [0.6, value] } : step));
      assert.doesNotMatch(found(rough).said.get("a_1[1]") ?? "", /sign|point/);
    }
  });

  it("are copied with tabs between number, what is written, what is computed, what follows, mark and remark", () => {
    const { problem, comparisons, findings } = found(steps((a, t, i) => (t === 2 && i === 0 ? a - bh[0]! : a)));
    const lines = marksTable("two words", problem, comparisons, findings).trimEnd().split("\n");
    assert.equal(lines[0], "two words\t11 of 12 steps right");
    const cells = lines.map((line) => line.split("\t"));
    const row = (name: string) => cells.find(([first]) => first === name)!;
    assert.deepEqual(row("a_2[0]").slice(4), ["wrong", "It is off by exactly bh[0] = 0.1: is the bias in?"]);
    assert.equal(row("h_2[0]")[4], "follows from your own numbers");
    assert.ok(Math.abs(Number(row("h_2[0]")[3]) - Number(row("h_2[0]")[1])) < 1e-4);
    assert.equal(lines.length, 2 + comparisons.length);
  });
});

describe("Slips that each have numbers of their own", () => {
  it("are named together though none of them explains the others' numbers: three at once", () => {
    const text = (expect: unknown) =>
      JSON.stringify({
        version: 1,
        inputSize: 2,
        layers: [
          {
            cell: "gru",
            size: 2,
            Wxr: [
              [0.3, -0.2],
              [0.5, 0.1],
            ],
            Whr: [
              [0.2, 0.4],
              [-0.3, 0.1],
            ],
            br: [0.11, -0.23],
            Wxz: [
              [-0.4, 0.2],
              [0.1, 0.6],
            ],
            Whz: [
              [0.3, -0.1],
              [0.2, 0.5],
            ],
            bz: [0.17, 0.07],
            Wxn: [
              [0.7, -0.5],
              [0.2, 0.3],
            ],
            Whn: [
              [0.1, -0.6],
              [0.4, 0.2],
            ],
            bn: [-0.13, 0.19],
            bhn: [0.05, -0.09],
          },
        ],
        output: {
          size: 2,
          activation: "softmax",
          Why: [
            [0.6, -0.3],
            [0.2, 0.9],
          ],
          by: [0.31, -0.12],
        },
        loss: { type: "cross-entropy" },
        sequences: [
          {
            inputs: [
              [1, 0.5],
              [-0.4, 0.8],
              [0.3, -1],
            ],
            targets: [0, 1, 0],
          },
        ],
        expect,
      });
    const [Wxr, Whr, br] = [
      [
        [0.3, -0.2],
        [0.5, 0.1],
      ],
      [
        [0.2, 0.4],
        [-0.3, 0.1],
      ],
      [0.11, -0.23],
    ];
    const [Wxz, Whz, bz] = [
      [
        [-0.4, 0.2],
        [0.1, 0.6],
      ],
      [
        [0.3, -0.1],
        [0.2, 0.5],
      ],
      [0.17, 0.07],
    ];
    const [Wxn, Whn, bn, bhn] = [
      [
        [0.7, -0.5],
        [0.2, 0.3],
      ],
      [
        [0.1, -0.6],
        [0.4, 0.2],
      ],
      [-0.13, 0.19],
      [0.05, -0.09],
    ];
    const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
    const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, u_i, i) => sum + u_i * v[i]!, 0);
    let h = [0, 0];
    const steps = [
      [1, 0.5],
      [-0.4, 0.8],
      [0.3, -1],
    ].map((x) => {
      // Its bias is left out of r; z and 1 − z are exchanged; the read-out's bias is added twice.
      const r = units.map((i) => sigmoid(dot(Wxr[i]!, x) + dot(Whr[i]!, h)));
      const z = units.map((i) => sigmoid(dot(Wxz[i]!, x) + dot(Whz[i]!, h) + bz[i]!));
      const n = units.map((i) => Math.tanh(dot(Wxn[i]!, x) + bn[i]! + r[i]! * (dot(Whn[i]!, h) + bhn[i]!)));
      h = units.map((i) => z[i]! * n[i]! + (1 - z[i]!) * h[i]!);
      const logits = [0.6 * h[0]! - 0.3 * h[1]! + 2 * 0.31, 0.2 * h[0]! + 0.9 * h[1]! - 2 * 0.12];
      return { r, z, n, h, logits };
    });
    const { problem, expect } = readText(text({ tolerance: 1e-7, sequences: [{ steps }] }));
    assert.ok(br && problem);
    const { diagnoses } = findSlips(problem, compareExpected(problem, expect));
    assert.deepEqual(diagnoses[0]?.slips.map(({ id }) => id).toSorted(), [
      "doubled-bias:output.by",
      "forgotten-bias:layers.0.br",
      "swapped-update",
    ]);
    assert.equal(diagnoses[0]?.explained.length, diagnoses[0]?.wrong);
  });
});
