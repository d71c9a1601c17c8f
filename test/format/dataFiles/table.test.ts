import assert from "node:assert/strict";
import type { Sequence } from "../../../src/engine/model";
import { Table } from "../../../src/format/dataFiles/table";
import { applyEdits } from "../../../src/format/edit";
import { remedyFix } from "../../../src/format/remedy";
import { messagesOf, numbersFile, problemIn, read } from "./reading";

const numbers = (values: ArrayLike<number> | null | undefined) => Array.from(values ?? []);
const inputsOf = ({ inputs }: Sequence) => numbers(inputs.vectors);
const targetsOf = ({ targets }: Sequence) =>
  targets?.kind === "vectors" ? numbers(targets.vectors).map((value, k) => (targets.present[k] ? value : null)) : null;

/** Ten rows: a = 1…10, b = 10, 20, … */
const tenRows = `a,b\n${Array.from({ length: 10 }, (_, k) => `${k + 1},${(k + 1) * 10}`).join("\n")}\n`;
const window = (more: object) => ({ file: "t.csv", inputs: ["a"], targets: ["a"], window: 3, ...more });

describe("a table", () => {
  it("is cut into windows whose targets stand one row later", () => {
    const { sequences } = problemIn(numbersFile(window({})), { "t.csv": tenRows });
    assert.equal(sequences.length, 7);
    assert.deepEqual(sequences.map(inputsOf).at(-1), [7, 8, 9]);
    assert.deepEqual(sequences.map(targetsOf).at(-1), [8, 9, 10]);
  });

  it("with bytes that are no UTF-8 is refused at the first of them", () => {
    const bytes = Buffer.from(`a,Größe\n1,2\n`, "latin1");
    assert.deepEqual(messagesOf(numbersFile(window({})), { "t.csv": bytes }), [
      "t.csv:1:5: the byte 0xF6 is no UTF-8: expected a text saved as UTF-8",
    ]);
  });

  it("has the horizon and the stride that the file says", () => {
    const { sequences } = problemIn(numbersFile(window({ horizon: 2, stride: 3, targets: ["b"] })), {
      "t.csv": tenRows,
    });
    assert.deepEqual(sequences.map(inputsOf), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    assert.deepEqual(sequences.map(targetsOf), [
      [30, 40, 50],
      [60, 70, 80],
    ]);
  });

  it("has one target, that of the last row, where the output is read at the last step", () => {
    const file = numbersFile(window({}), 1, { output: { size: 1, at: "last" } });
    assert.deepEqual(targetsOf(problemIn(file, { "t.csv": tenRows }).sequences[0]!), [null, null, 4]);
  });

  it("without a window is one sequence", () => {
    const { sequences } = problemIn(numbersFile({ file: "t.csv", inputs: ["a", "b"], targets: ["b"] }), {
      "t.csv": tenRows,
    });
    assert.equal(sequences.length, 1);
    assert.equal(sequences[0]!.length, 9);
    assert.deepEqual(inputsOf(sequences[0]!).slice(0, 4), [1, 10, 2, 20]);
  });

  it("is scaled to the mean and deviation of the training rows alone, which items undo", () => {
    // Of 7 windows round(0.3 · 7) = 2 are held back; those that remain see rows 1…8: mean 4.5, variance (8² − 1)/12 = 5.25.
    const file = numbersFile(window({ scale: "standard" }), 1, { validation: { fraction: 0.3 } });
    const reading = read(file, { "t.csv": tenRows });
    const { sequences, heldBack, table } = reading.problem!;
    assert.deepEqual(heldBack, [5, 6]);
    const deviation = Math.sqrt(5.25);
    assert.deepEqual(table!.inputs, [{ name: "a", factor: deviation, shift: 4.5 }]);
    assert.ok(Math.abs(inputsOf(sequences[6]!)[2]! - (9 - 4.5) / deviation) < 1e-15);
    assert.ok(Math.abs(targetsOf(sequences[6]!)![2]! - (10 - 4.5) / deviation) < 1e-15);
    assert.equal(reading.itemsOf(6)!(2), 9);
  });

  it("is scaled to 0…1 by minmax, each column by itself; one that does not move stays as far as it is from its least", () => {
    const file = numbersFile({ file: "t.csv", inputs: ["a", "c"], targets: ["b"], scale: "minmax" });
    const { table, sequences } = problemIn(file, { "t.csv": "a,b,c\n1,10,7\n3,20,7\n2,50,7" });
    assert.deepEqual(table, {
      inputs: [
        { name: "a", factor: 2, shift: 1 },
        { name: "c", factor: 1, shift: 7 },
      ],
      targets: [{ name: "b", factor: 40, shift: 10 }],
      horizon: 1,
      stride: 1,
    });
    assert.deepEqual(inputsOf(sequences[0]!), [0, 0, 1, 0]);
    assert.deepEqual(targetsOf(sequences[0]!), [0.25, 1]);
  });

  it("validation from a table of its own is scaled as what is trained on", () => {
    const file = numbersFile(window({ scale: "minmax" }), 1, { validation: { ...window({}), file: "v.csv" } });
    const { sequences, heldBack } = problemIn(file, { "t.csv": tenRows, "v.csv": "a\n10\n19\n28\n37" });
    assert.deepEqual(heldBack, [7]);
    assert.deepEqual(inputsOf(sequences[7]!), [1, 2, 3]);
  });

  const same: [string, string][] = [
    ["tabs", tenRows.replaceAll(",", "\t")],
    ["semicolons", tenRows.replaceAll(",", ";")],
    ["lines of Windows and no last line end", tenRows.trimEnd().replaceAll("\n", "\r\n")],
    ["a byte order mark", `\uFEFF${tenRows}`],
    ["quotes", tenRows.replaceAll(/[^,\n]+/g, '"$&"')],
    ["empty lines and spaces around the numbers", tenRows.replaceAll("\n", "\n\n").replaceAll(/\d+/g, " $& ")],
  ];
  const plain = problemIn(numbersFile(window({})), { "t.csv": tenRows });
  for (const [title, text] of same)
    it(`with ${title} is read as the plain one`, () => {
      assert.deepEqual(problemIn(numbersFile(window({})), { "t.csv": text }), plain);
    });

  it("a tab separates the fields of a .tsv, whatever stands most in its first line", () => {
    const file = numbersFile({ file: "t.tsv", inputs: ["a,a,a"], targets: ["b"] });
    assert.equal(problemIn(file, { "t.tsv": "a,a,a\tb\n1\t2\n3\t4\n" }).sequences[0]!.length, 1);
  });

  it("without a header has columns by their numbers from 0", () => {
    const file = numbersFile({ file: "t.csv", inputs: [1], targets: [0] });
    const { sequences } = problemIn(file, { "t.csv": "1,10\n2,20\n3,30" });
    assert.deepEqual(inputsOf(sequences[0]!), [10, 20]);
    assert.deepEqual(targetsOf(sequences[0]!), [2, 3]);
  });

  it("a quoted field may hold the separator, doubled quotes and line ends, and lines count on", () => {
    const text = 'name,a\n"x, ""y""\nz",1\n"",?\n';
    assert.deepEqual(messagesOf(numbersFile({ file: "t.csv", inputs: ["a"], targets: ["a"] }), { "t.csv": text }), [
      't.csv:4:4: "a" has no value here, but "?", expected a number',
    ]);
  });

  it("its numbers are the doubles that their digits mean", () => {
    const written = [
      "0.1",
      "-2.5",
      "+7",
      "1e-3",
      ".5",
      "3.",
      "123456789012345",
      "0.30000000000000004",
      "9007199254740993",
      "2E2",
      "1.7976931348623157e308",
    ];
    const { sequences } = problemIn(numbersFile({ file: "t.csv", inputs: ["a"] }), {
      "t.csv": `a\n${written.join("\n")}`,
    });
    assert.deepEqual(inputsOf(sequences[0]!), written.map(Number));
  });

  it("classes are labels or indices", () => {
    const file = {
      version: 1,
      labels: ["up", "down"],
      layers: [{ cell: "rnn", size: 2 }],
      output: { size: 2, at: "every" },
      loss: { type: "cross-entropy" },
      sequences: { file: "t.csv", inputs: ["a"], targets: ["way"], horizon: 0, scale: "standard" },
    };
    const { sequences } = problemIn(file, { "t.csv": "a,way\n1,up\n2,down\n3,0" });
    assert.deepEqual(sequences[0]!.targets, { kind: "classes", classes: Int32Array.of(0, 1, 0), probabilities: null });
    assert.deepEqual(messagesOf(file, { "t.csv": "a,way\n1,up\n2,sideways" }), [
      't.csv:3:3: "way" is "sideways", expected a label or a class index',
    ]);
  });
});

describe("what is wrong in a table is named with the table's line and column", () => {
  const wrong: [string, string, object, string[]][] = [
    [
      "a missing value",
      "a,b\n1,2\n3,\n,6",
      { inputs: ["a"], targets: ["b"] },
      ['t.csv:3:3: "b" has no value here, expected a number', 't.csv:4:1: "a" has no value here, expected a number'],
    ],
    ["a text", "a\n1\nabc\n2", {}, ['t.csv:3:1: "a" is the text "abc", expected a number']],
    ["a decimal comma", "a;b\n1,5;2", {}, ['t.csv:2:1: "a" is the text "1,5", expected a number with a decimal point']],
    [
      "not a number, infinity, and what is beyond double",
      "a\nNaN\n-inf\n1e999\n0x10",
      {},
      [
        't.csv:2:1: "a" has no value here, but "NaN", expected a number',
        't.csv:3:1: "a" is the text "-inf", expected a number',
        't.csv:4:1: "a" is the text "1e999", expected a number that double precision holds',
        't.csv:5:1: "a" is the text "0x10", expected a number',
      ],
    ],
    [
      "what programs write where there is no value",
      "a\nNA\n-\n#N/A\nnull",
      {},
      ["NA", "-", "#N/A", "null"].map(
        (text, k) => `t.csv:${k + 2}:1: "a" has no value here, but "${text}", expected a number`,
      ),
    ],
    [
      "thousands separators",
      'a\n"1,234.5"\n"1,300"\n1 300\n"1.234,5"\n"1,2,3"',
      {},
      [
        't.csv:2:1: "a" is the text "1,234.5", expected a number without thousands separators',
        't.csv:3:1: "a" is the text "1,300", expected a number without thousands separators, or with a decimal point',
        't.csv:4:1: "a" is the text "1 300", expected a number without thousands separators',
        't.csv:5:1: "a" is the text "1.234,5", expected a number with a decimal point',
        't.csv:6:1: "a" is the text "1,2,3", expected a number',
      ],
    ],
    [
      "two columns of one name",
      "a,b,a\n1,2,3",
      {},
      ['t.csv:1:5: "a" is the name of two columns, 0 and 2: expected the number of the one that is meant'],
    ],
    [
      "a quote that is never closed",
      'b,a\n1,2\n3,"4\n5,6\n',
      {},
      ["t.csv:3:3: the quote that opens here is not closed"],
    ],
    [
      "a row with too few fields and one with too many",
      "a,b\n1\n1,2,3",
      {},
      [
        "t.csv:2:1: the row has 1 field, expected 2 as in the first",
        "t.csv:3:1: the row has 3 fields, expected 2 as in the first",
      ],
    ],
    [
      "a column that is not there",
      "age,size\n1,2",
      { inputs: ["ages"] },
      ['t.csv:1:1: there is no column "ages": the table has "age" and "size"; did you mean "age"?'],
    ],
    [
      "a column number that is not there",
      "1,2",
      { inputs: [2] },
      ["t.csv:1:1: there is no column 2: the table has 2, 0 to 1"],
    ],
    [
      "too few rows",
      "a\n1\n2",
      { window: 3, targets: ["a"] },
      ["t.csv has 2 rows, but a window of 3 and the row 1 after it take 4"],
    ],
    ["nothing", "", {}, ["t.csv:1:1: it is empty, expected a table with a row a step"]],
  ];
  for (const [title, text, more, messages] of wrong)
    it(title, () => {
      assert.deepEqual(messagesOf(numbersFile({ file: "t.csv", inputs: ["a"], ...more }), { "t.csv": text }), messages);
    });

  it("of a value missing in each of a million rows, the first hundred and the number of the others", () => {
    const messages = messagesOf(numbersFile({ file: "t.csv", inputs: ["a"] }), {
      "t.csv": `a,b\n${",1\n".repeat(1000)}`,
    });
    assert.equal(messages.length, 101);
    assert.ok(messages.includes("t.csv has 900 more errors of this kind"));
  });

  it("a long table tells how much of it is done, ever more", () => {
    const text = `a\n${"1\n".repeat(20_000)}`;
    const slices = new Table(new TextEncoder().encode(text), false).read([[{ column: "a" }]], {
      hasErrors: false,
      error: assert.fail,
      finish: () => undefined,
    } as never);
    const told = [...slices].filter((done) => typeof done === "number");
    assert.equal(told.length, 4);
    assert.ok(told.every((done, k) => done > (told[k - 1] ?? 0.2) && done < 1));
  });

  it("columns that do not fit the output", () => {
    assert.deepEqual(
      messagesOf(numbersFile({ file: "t.csv", inputs: ["a"], targets: ["a", "b"] }), { "t.csv": tenRows }),
      ["targets names 2 columns, but the output has 1 number: expected 1"],
    );
  });
});

describe("numbers of a table that a model cannot read or reach", () => {
  const rows = `a\n${Array.from({ length: 40 }, (_, k) => 100 + 5 * k).join("\n")}`;
  const parameters = {
    Wxh: [[0.5], [-0.5]],
    Whh: [
      [0, 0],
      [0, 0],
    ],
    bh: [0, 0],
  };
  const file = (scale: object) =>
    numbersFile({ file: "t.csv", inputs: ["a"], targets: ["a"], window: 12, ...scale }, 1, {
      layers: [{ cell: "rnn", size: 2, ...parameters }],
      output: { size: 1, Why: [[1, 2]], by: [0.5] },
    });

  it("are warned of with the numbers, and scaled they are not", () => {
    const [first, second, ...more] = messagesOf(file({}), { "t.csv": rows });
    assert.match(first!, /every unit of layers\[0\] is saturated at every step/);
    // |1| + |2| + |0.5|
    assert.match(second!, /targets go up to ±295, but the outputs reach ±3\.5 at most.*"scale": "standard"/);
    assert.deepEqual(more, []);
    assert.deepEqual(messagesOf(file({ scale: "standard" }), { "t.csv": rows }), []);
  });

  it("are warned of for every cell whose gates have an end, by the names of its quantities", () => {
    const gated = (gates: string) =>
      Object.fromEntries(
        Array.from(gates).flatMap((gate) => [
          [`Wx${gate}`, [[0.5]]],
          [`Wh${gate}`, [[0]]],
        ]),
      );
    const layers: [string, object][] = [
      ["i, f, g, o", { cell: "lstm", size: 1, ...gated("ifgo") }],
      ["r, z, n", { cell: "gru", size: 1, ...gated("rzn") }],
      ["h", { cell: "rnn", size: 1, activation: "sigmoid", Wxh: [[0.5]], Whh: [[0]] }],
      ["h", { cell: "dense", size: 1, activation: "tanh", W: [[0.5]] }],
    ];
    for (const [names, layer] of layers) {
      const text = numbersFile({ file: "t.csv", inputs: ["a"], targets: ["a"], window: 12 }, 1, {
        layers: [layer],
        output: { size: 1, Why: [[100]], by: [0] },
      });
      const [message, ...more] = messagesOf(text, { "t.csv": rows });
      assert.match(message ?? "nothing", new RegExp(`is saturated at every step .*\\(${names} within 0\\.0001`));
      assert.deepEqual(more, []);
    }
  });

  it("are scaled by a quick fix", () => {
    const text = JSON.stringify(file({}));
    const { diagnostics, source } = read(file({}), { "t.csv": rows });
    assert.equal(diagnostics.length, 2);
    for (const { path, remedy } of diagnostics) {
      const fix = remedyFix(text, source, path, remedy!)!;
      assert.equal(fix.title, 'Change to "scale": "standard"');
      assert.deepEqual(messagesOf(JSON.parse(applyEdits(text, fix.edits)) as object, { "t.csv": rows }), []);
    }
  });
});
