import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Tensor } from "../../src/engine/tensor";
import { toNested } from "../../src/engine/tensor";
import type { LayoutName, PackedCell } from "../../src/interop/layouts";
import { LayoutError, layouts, packLayer, unpackLayer } from "../../src/interop/layouts";

const matrix = (rows: number[][]): Tensor => ({
  rank: 2,
  rows: rows.length,
  cols: rows[0]!.length,
  data: Float64Array.from(rows.flat()),
});
const vector = (numbers: number[]): Tensor => ({
  rank: 1,
  rows: numbers.length,
  cols: 1,
  data: Float64Array.from(numbers),
});
const nested = (parameters: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, toNested(tensor)]));

describe("Layouts of other software", () => {
  it("PyTorch's rows are i f g o, and its two biases add", () => {
    const parameters = unpackLayer("lstm", layouts.pytorch, {
      input: matrix([
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
      recurrent: matrix([[10], [20], [30], [40]]),
      inputBias: vector([1, 2, 3, 4]),
      recurrentBias: vector([0.5, 0.25, 0.125, 0]),
    });
    assert.deepEqual(nested(parameters), {
      Wxi: [[1, 2]],
      Whi: [[10]],
      bi: [1.5],
      Wxf: [[3, 4]],
      Whf: [[20]],
      bf: [2.25],
      Wxg: [[5, 6]],
      Whg: [[30]],
      bg: [3.125],
      Wxo: [[7, 8]],
      Who: [[40]],
      bo: [4],
    });
  });

  it("Keras' gru has its gates in columns, z r h, and keeps the second bias of its candidate", () => {
    const parameters = unpackLayer("gru", layouts.keras, {
      input: matrix([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      recurrent: matrix([[10, 20, 30]]),
      inputBias: vector([1, 2, 3]),
      recurrentBias: vector([0.1, 0.2, 0.3]),
    });
    assert.deepEqual(nested(parameters), {
      Wxz: [[1, 4]],
      Whz: [[10]],
      bz: [1.1],
      Wxr: [[2, 5]],
      Whr: [[20]],
      br: [2.2],
      Wxn: [[3, 6]],
      Whn: [[30]],
      bn: [3],
      bhn: [0.3],
    });
  });

  it("the output gate is last with PyTorch and Keras, second with ONNX, third with CS231n, last of i g f o with tf.basicLSTMCell", () => {
    const taken = (name: LayoutName) => {
      const stacked = layouts[name].stacked === "rows";
      const four = stacked ? matrix([[1], [2], [3], [4]]) : matrix([[1, 2, 3, 4]]);
      const all = unpackLayer("lstm", layouts[name], {
        input: four,
        recurrent: four,
        inputBias: null,
        recurrentBias: null,
      });
      return ["i", "f", "g", "o"].map((gate) => all[`Wx${gate}`]!.data[0]);
    };
    assert.deepEqual(taken("pytorch"), [1, 2, 3, 4]);
    assert.deepEqual(taken("keras"), [1, 2, 3, 4]);
    assert.deepEqual(taken("onnx"), [1, 3, 4, 2]);
    assert.deepEqual(taken("cs231n"), [1, 2, 4, 3]);
    assert.deepEqual(taken("tensorflow"), [1, 3, 2, 4]);
  });

  it("what is packed is unpacked as it was, in every layout and cell", () => {
    const size = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom<PackedCell>("rnn", "lstm", "gru"),
        fc.constantFrom(...(Object.keys(layouts) as LayoutName[])),
        size,
        size,
        fc.infiniteStream(fc.integer({ min: -99, max: 99 })),
        (cell, name, H, X, numbers) => {
          const drawn = (rows: number, cols: number) =>
            matrix(Array.from({ length: rows }, () => Array.from({ length: cols }, () => numbers.next().value!)));
          const parameters: Record<string, Tensor> = {};
          for (const gate of layouts[name].gates[cell]) {
            parameters[`Wx${gate}`] = drawn(H, X);
            parameters[`Wh${gate}`] = drawn(H, H);
            parameters[`b${gate}`] = { ...drawn(H, 1), rank: 1 };
          }
          if (cell === "gru") parameters["bhn"] = { ...drawn(H, 1), rank: 1 };
          const layout = layouts[name];
          const back = nested(unpackLayer(cell, layout, packLayer(cell, layout, parameters)));
          assert.deepEqual(back, nested(parameters));
        },
      ),
    );
  });

  it("gates that do not go into the rows are an error that says the shape", () => {
    const wrong = () =>
      unpackLayer("lstm", layouts.pytorch, {
        input: matrix([[1], [2], [3]]),
        recurrent: matrix([[1], [2], [3], [4]]),
        inputBias: null,
        recurrentBias: null,
      });
    assert.throws(wrong, LayoutError);
    assert.throws(wrong, /the input matrix is \[3 × 1\].*multiple of 4/);
  });
});
