import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { filled, PrintedError, printedShapeText, readPrinted } from "../../src/interop/printed";
import { processorMsSince } from "../processorTime";

/** Every array of a text: its name, its shape, and its numbers as JSON writes them. */
function read(text: string, shape?: readonly number[]) {
  return readPrinted(text).map((array) => {
    const sizes = shape ?? array.shape.map(({ size }) => size);
    return [array.name, printedShapeText(array), filled(array, sizes)?.join(" ")];
  });
}

describe("Numbers that programs print", () => {
  const cases: readonly [string, string, readonly (readonly [string | null, string, string])[]][] = [
    [
      "NumPy's repr of a matrix, whose zeros at the end are left out",
      "array([[ 1.76405235,  0.40015721,  0.97873798],\n       [ 2.2408932 ,  1.86755799, -0.97727788]])",
      [[null, "[2 × 3]", "1.76405235 0.40015721 0.97873798 2.24089320 1.86755799 -0.97727788"]],
    ],
    [
      "NumPy's print without commas",
      "[[ 1.76405235  0.40015721]\n [ 2.2408932   1.86755799]]\n",
      [[null, "[2 × 2]", "1.76405235 0.40015721 2.24089320 1.86755799"]],
    ],
    [
      "NumPy's exponents with a bare point",
      "W = array([[ 1.e-10,  2.e+00, -2.e-01]], dtype=float32)",
      [["W", "[1 × 3]", "1e-10 2e0 -2e-1"]],
    ],
    ["whole numbers of NumPy, which are exact", "[1. 0. -3.]", [[null, "[3]", "1 0 -3"]]],
    [
      "a dictionary of arrays and scalars",
      "{'h': array([1.5 , 2.25]), 'c': array([[0.1],\n       [0.2]])}",
      [
        ["h", "[2]", "1.50 2.25"],
        ["c", "[2 × 1]", "0.1 0.2"],
      ],
    ],
    ["NumPy 2's scalars in a list", "[np.float64(0.5), np.float64(0.25)]", [[null, "[2]", "0.5 0.25"]]],
    ["an interactive session", ">>> h\narray([0.25, 0.5 ])\n", [[null, "[2]", "0.25 0.50"]]],
    ["a notebook's output", "Out[12]: array([0.25])", [[null, "[1]", "0.25"]]],
    [
      "PyTorch's tensor with its grad_fn",
      "tensor([[ 0.0808, -0.1964],\n        [ 0.0519, -0.5000]], grad_fn=<AddmmBackward0>)",
      [[null, "[2 × 2]", "0.0808 -0.1964 0.0519 -0.5000"]],
    ],
    [
      "PyTorch's tensor on a device, with a type",
      "h_n: tensor([1.0000e-03, 2.5000e+02], device='cuda:0', dtype=torch.float64)",
      [["h_n", "[2]", "1.0000e-3 2.5000e2"]],
    ],
    [
      "a state_dict of PyTorch",
      "OrderedDict([('weight_ih_l0', tensor([[0.1, 0.2]])), ('rnn.bias_hh_l0',\n              tensor([0.3]))])",
      [
        ["weight_ih_l0", "[1 × 2]", "0.1 0.2"],
        ["rnn.bias_hh_l0", "[1]", "0.3"],
      ],
    ],
    [
      "a parameter of PyTorch",
      "Parameter containing:\ntensor([[-0.3]], requires_grad=True)",
      [[null, "[1 × 1]", "-0.3"]],
    ],
    [
      "the named parameters of PyTorch, printed one by one",
      "weight_hh_l0 Parameter containing:\ntensor([[0.5]], requires_grad=True)",
      [["weight_hh_l0", "[1 × 1]", "0.5"]],
    ],
    ["one number of PyTorch", "tensor(2.3026, grad_fn=<NllLossBackward0>)", [[null, "a number", "2.3026"]]],
    [
      "a tensor of TensorFlow",
      "tf.Tensor(\n[[0.1 0.2]\n [0.3 0.4]], shape=(2, 2), dtype=float32)",
      [[null, "[2 × 2]", "0.1 0.2 0.3 0.4"]],
    ],
    [
      "a variable of TensorFlow",
      "<tf.Variable 'lstm/kernel:0' shape=(1, 2) dtype=float32, numpy=array([[0.5 , 0.25]], dtype=float32)>",
      [["lstm/kernel", "[1 × 2]", "0.50 0.25"]],
    ],
    ["an array of JAX", "Array([0.5, 0.1], dtype=float32)", [[null, "[2]", "0.5 0.1"]]],
    [
      "Keras' get_weights",
      "[array([[0.1, 0.2]], dtype=float32), array([[0.3]], dtype=float32), array([0., 1.], dtype=float32)]",
      [
        [null, "[1 × 2]", "0.1 0.2"],
        [null, "[1 × 1]", "0.3"],
        [null, "[2]", "0 1"],
      ],
    ],
    [
      "MATLAB's matrix",
      "h =\n\n    0.1000   -0.2000\n    0.3000    0.4000\n\n",
      [["h", "[2 × 2]", "0.1000 -0.2000 0.3000 0.4000"]],
    ],
    ["MATLAB's common factor", "W =\n\n   1.0e+03 *\n\n    0.0010    1.2346\n", [["W", "[2]", "0.0010e3 1.2346e3"]]],
    [
      "MATLAB's blocks of columns",
      "W =\n\n  Columns 1 through 2\n\n    1.5000    2.5000\n    3.5000    4.5000\n\n  Column 3\n\n    5.5000\n    6.5000\n",
      [["W", "[2 × 3]", "1.5000 2.5000 5.5000 3.5000 4.5000 6.5000"]],
    ],
    ["MATLAB's and Julia's literal", "A = [1 2; 3.5 4]", [["A", "[2 × 2]", "1.0 2.0 3.5 4.0"]]],
    [
      "Julia's matrix",
      "2×3 Matrix{Float64}:\n  0.5  -1.25   2.0\n -0.1   0.0    1.0e-5\n",
      [[null, "[2 × 3]", "0.50 -1.25 2.00 -0.10 0.00 1.0e-5"]],
    ],
    [
      "Julia's vector of single precision",
      "2-element Vector{Float32}:\n 0.1\n 2.5f-6\n",
      [[null, "[2]", "0.1 2.5e-6"]],
    ],
    ["Julia's literal of single precision", "Float32[0.1 0.2; 0.3 0.4]", [[null, "[2 × 2]", "0.1 0.2 0.3 0.4"]]],
    ["R's vector over two lines", "[1]  0.1  0.25 -3.0\n[4]  1e-05\n", [[null, "[4]", "0.10 0.25 -3.00 1e-5"]]],
    [
      "R's matrix, its columns in blocks",
      "$Wxh\n     [,1] [,2]\n[1,]  0.1  0.2\n[2,]  0.3  0.4\n     [,3]\n[1,]  0.5\n[2,]  0.6\n",
      [["Wxh", "[2 × 3]", "0.1 0.2 0.5 0.3 0.4 0.6"]],
    ],
    ["Node's nested arrays", "[\n  [ 0.1, -0.2 ],\n  [ 1e-7, 3 ]\n]", [[null, "[2 × 2]", "0.1 -0.2 1e-7 3.0"]]],
    [
      "a typed array of JavaScript",
      "h: Float32Array(2) [ 0.10000000149011612, 0.5 ]",
      [["h", "[2]", "0.10000000149011612 0.50000000000000000"]],
    ],
    ["a browser's console", "(2) [Array(2) [0.1, 0.2], Array(2) [0.3, 0.4]]", [[null, "[2 × 2]", "0.1 0.2 0.3 0.4"]]],
    ["plain rows, as a spreadsheet copies them", "0.1\t0.2\n0.3\t0.4\n", [[null, "[2 × 2]", "0.1 0.2 0.3 0.4"]]],
    ["one named number", "loss = 9.83235591003", [["loss", "a number", "9.83235591003"]]],
    ["a minus of typeset pages, and digits without a zero", "[[−.42, .5]]", [[null, "[1 × 2]", "-0.42 0.5"]]],
    ["three dimensions", "[[[1. 2.]\n  [3. 4.]]\n\n [[5. 6.]\n  [7. 8.]]]", [[null, "[2 × 2 × 2]", "1 2 3 4 5 6 7 8"]]],
  ];
  for (const [title, text, expected] of cases)
    it(`are read: ${title}`, () => {
      assert.deepEqual(read(text), expected);
    });

  it("are unchecked where a program leaves some out", () => {
    const numpy =
      "array([[0.1, 0.2, ..., 0.3],\n       [0.4, 0.5, ..., 0.6],\n       ...,\n       [0.7, 0.8, ..., 0.9]])";
    assert.deepEqual(read(numpy, [4, 5]), [[null, "[3… × 3…]", "0.1 0.2   0.3 0.4 0.5   0.6      0.7 0.8   0.9"]]);
    assert.deepEqual(read(numpy, [2, 5])[0]![2], undefined);
    assert.deepEqual(read("[ 0.5, 0.25, ... 98 more items ]", [4])[0], [null, "[2…]", "0.5 0.25  "]);
    const julia = "4×4 Matrix{Float64}:\n 0.1  0.2  …  0.4\n 0.2  0.3     0.5\n ⋮         ⋱  ⋮  \n 0.7  0.8  …  0.9\n";
    assert.deepEqual(read(julia, [4, 4])[0]![2], "0.1 0.2  0.4 0.2 0.3  0.5     0.7 0.8  0.9");
    assert.deepEqual(read("5-element Vector{Float64}:\n 0.1\n ⋮\n 0.5\n", [5])[0]![2], "0.1    0.5");
  });

  it("stay with the digits that they have where somebody has written them by hand", () => {
    assert.deepEqual(read("[0.5, 0.537, -0.12]"), [[null, "[3]", "0.5 0.537 -0.12"]]);
    // Seven digits are a program's, and so are columns.
    assert.deepEqual(read("[0.5, 0.1234567]"), [[null, "[2]", "0.5000000 0.1234567"]]);
    assert.deepEqual(read("[0.5   0.123]"), [[null, "[2]", "0.500 0.123"]]);
  });

  it("are unchecked where they are no numbers", () => {
    assert.deepEqual(read("array([nan, 0.5, -inf])"), [[null, "[3]", " 0.5 "]]);
  });

  it("are read or refused in linear time, whatever the text", () => {
    const tokens = fc.constantFrom(
      "[",
      "]",
      "[[",
      "]]",
      "(",
      ")",
      ",",
      ";",
      " ",
      "\n",
      "\t",
      "array(",
      "tensor(",
      "h = ",
      "np.float64(",
      "...",
      "…",
      "⋮",
      "[1]",
      "[,1]",
      "[1,]",
      "2×3 Matrix{Float64}:",
      "Columns 1 through 2",
      "1.0e+03 *",
      "0.5",
      "-2.e-01",
      ".5",
      "nan",
      "1_000",
      "x",
      "'",
      '"',
      ":",
      "=",
      "<tf.Variable 'a' numpy=",
    );
    const words = fc.array(tokens, { maxLength: 60 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(words, fc.string()), (text) => {
        try {
          for (const array of readPrinted(text)) printedShapeText(array);
        } catch (error) {
          assert.ok(error instanceof PrintedError, String(error));
          assert.ok(error.offset >= 0 && error.offset <= text.length);
        }
      }),
      { numRuns: 3000 },
    );
    const began = process.cpuUsage();
    for (const part of [
      "[",
      "\n",
      " ",
      "h = ",
      "[1] ",
      "0.5 ",
      "0.5,",
      "array(",
      "2×3 ",
      "- ",
      "[,1]",
      "1.",
      "a",
      "(1) ",
    ])
      assert.throws(
        () => {
          readPrinted(part.repeat(200_000 / part.length));
          throw new PrintedError("was read", 0);
        },
        PrintedError,
        part,
      );
    const ms = processorMsSince(began);
    assert.ok(ms < 20_000, `${ms} ms`);
  });

  it("has as many rows, or numbers in a line, as a file has room for", () => {
    const count = 200_000;
    const [rows] = readPrinted(`[${"[1]\n".repeat(count)}]`);
    assert.equal(printedShapeText(rows!), `[${count} × 1]`);
    const [line] = readPrinted(`[1]${" 0.5".repeat(count)}`);
    assert.equal(printedShapeText(line!), `[${count}]`);
  });

  for (const [title, text, message, offset] of [
    ["a word", "array([0.1, abc])", /found abc\]\), expected a number/, 12],
    ["a bracket that is not closed", "[[0.1, 0.2]", /a \[ is not closed/, 0],
    ["rows of different lengths", "[[1, 2], [3]]", /row 1 has 1 items, and row 0 has 2/, 0],
    ["a complex number", "[1+2j]", /found \+2j\], expected a number/, 2],
    ["nothing", "  \n", /there are no numbers/, 0],
    ["prose", "the state is 0.5", /found the, expected a number/, 0],
  ] as const)
    it(`are an error at its place: ${title}`, () => {
      assert.throws(
        () => readPrinted(text),
        (error) => {
          assert.ok(error instanceof PrintedError);
          assert.match(error.message, message);
          assert.equal(error.offset, offset);
          return true;
        },
      );
    });
});
