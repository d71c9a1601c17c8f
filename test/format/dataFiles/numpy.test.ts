import assert from "node:assert/strict";
import { npy, npz } from "./numpy";
import { messagesOf, numbersFile, problemIn } from "./reading";

const inputsIn = (file: string, bytes: Uint8Array) =>
  problemIn(numbersFile({ file }), { [file]: bytes }).sequences.map(({ inputs }) => Array.from(inputs.vectors!));

describe("an array of NumPy", () => {
  it("[N × T × X] is N sequences, [T × X] one", () => {
    const numbers = Array.from({ length: 12 }, (_, k) => k + 0.5);
    assert.deepEqual(inputsIn("x.npy", npy("<f8", [2, 3, 2], numbers)), [numbers.slice(0, 6), numbers.slice(6)]);
    assert.deepEqual(inputsIn("x.npy", npy("<f8", [6, 2], numbers)), [numbers]);
  });

  it("in Fortran's order is the same array: [[1, 2, 3], [4, 5, 6]] is written 1 4 2 5 3 6", () => {
    assert.deepEqual(inputsIn("x.npy", npy("<f8", [2, 3], [1, 4, 2, 5, 3, 6], true)), [[1, 2, 3, 4, 5, 6]]);
  });

  for (const type of ["<f4", ">f8", "<i4", ">i8", "|u1"])
    it(`of the type ${type} has the same numbers`, () => {
      assert.deepEqual(inputsIn("x.npy", npy(type, [3, 1], [1, 2, 200])), [[1, 2, 200]]);
    });

  it("an archive has inputs and targets, at every step or the last", () => {
    const every = npz({ inputs: npy("<f8", [2, 2, 1], [1, 2, 3, 4]), targets: npy("<f8", [2, 2], [5, 6, 7, 8]) });
    const [, second] = problemIn(numbersFile({ file: "d.npz" }), { "d.npz": every }).sequences;
    assert.deepEqual(second!.targets, {
      kind: "vectors",
      vectors: Float64Array.of(7, 8),
      present: Uint8Array.of(1, 1),
    });
    const last = npz({ x: npy("<f8", [2, 2, 1], [1, 2, 3, 4]), y: npy("<i8", [2], [1, 0]) });
    const classes = {
      version: 1,
      layers: [{ cell: "rnn", size: 2 }],
      output: { size: 2, at: "last" },
      loss: { type: "cross-entropy" },
      sequences: { file: "d.npz" },
    };
    const { sequences } = problemIn(classes, { "d.npz": last });
    assert.deepEqual(
      sequences.map(({ targets }) => targets),
      [
        { kind: "classes", classes: Int32Array.of(-1, 1), probabilities: null },
        { kind: "classes", classes: Int32Array.of(-1, 0), probabilities: null },
      ],
    );
  });

  it("its arrays may have other names, which the file says", () => {
    const bytes = npz({ a: npy("<f8", [2, 1], [1, 2]), b: npy("<f8", [2, 1], [3, 4]) });
    const { sequences } = problemIn(numbersFile({ file: "d.npz", inputs: "b", targets: "a" }), { "d.npz": bytes });
    assert.deepEqual(Array.from(sequences[0]!.inputs.vectors!), [3, 4]);
    assert.deepEqual(messagesOf(numbersFile({ file: "d.npz" }), { "d.npz": bytes }), [
      'd.npz has no array "inputs": it has a and b, one of which "inputs" may name',
    ]);
  });

  const good = npy("<f8", [2, 1], [1, 2]);
  const wrong: [string, Uint8Array, RegExp][] = [
    ["is none", Buffer.from("PK or something else"), /does not begin as NumPy's arrays do/],
    ["is cut off", good.subarray(0, good.length - 3), /ends after 1 of 2 numbers/],
    ["has a second array behind it", Uint8Array.from([...good, ...good]), /goes on after its 2 numbers/],
    ["holds no number", npy("<f8", [2, 1], [1, Number.NaN]), /its number 1 is NaN/],
    ["has one dimension", npy("<f8", [2], [1, 2]), /the shape \[2\], expected \[N × T × X\] or \[T × X\]/],
    ["claims more numbers than memory holds", npy("<f8", [1e6, 1e6, 1e6], [1, 2]), /ends after 2 of/],
    ["is of texts", Buffer.from(Buffer.from(good).toString("latin1").replace("<f8", "<U8"), "latin1"), /type "U8"/],
  ];
  for (const [title, bytes, message] of wrong)
    it(`that ${title} is refused in a sentence`, () => {
      const messages = messagesOf(numbersFile({ file: "x.npy" }), { "x.npy": bytes });
      assert.equal(messages.length, 1, messages.join("; "));
      assert.match(messages[0]!, message);
    });
});
