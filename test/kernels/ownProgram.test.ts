/** How an own cell's step is laid out for the kernels: what its speed rests on. */
import assert from "node:assert/strict";
import { ownProgramOf } from "../../src/kernels/ownProgram";
import { readText } from "../files";

function programOf(...equations: readonly string[]) {
  const { problem } = readText(
    JSON.stringify({
      version: 1,
      inputSize: 3,
      cells: { mine: { equations } },
      layers: [{ cell: "mine", size: 2 }],
      output: { size: 1 },
      sequences: [{ inputs: [[1, 2, 3]] }],
    }),
  );
  return ownProgramOf(problem.model.layers[0]!);
}

type Program = ReturnType<typeof programOf>;

const countsOf = (list: Program["forward"]) =>
  list.flatMap((one) => (one.op === "product" ? [one.matrices.count] : []));
const copiesIn = (list: Program["forward"]) => list.filter(({ op }) => op === "copy").length;

const lstm = [
  "i = σ(Wxi x + Whi h' + bi)",
  "f = σ(Wxf x + Whf h' + bf)",
  "g = tanh(Wxg x + Whg h' + bg)",
  "o = σ(Wxo x + Who h' + bo)",
  "c = f ∘ c' + i ∘ g",
  "h = o ∘ tanh(c)",
] as const;

describe("the kernels' program of an own cell", () => {
  it("multiplies h' with an lstm's four matrices at once, and back with all four transposed", () => {
    const { ofInput, blocks, forward, backward, carried, sums } = programOf(...lstm);
    assert.deepEqual(ofInput, ["Wxi", "Wxf", "Wxg", "Wxo"]);
    assert.deepEqual(blocks, [["Whi", "Whf", "Whg", "Who"]]);
    assert.deepEqual(countsOf(forward), [4]);
    assert.deepEqual(countsOf(backward), []);
    assert.deepEqual(countsOf(carried), [4]);
    assert.deepEqual(
      sums.map(({ matrices }) => matrices),
      [
        { block: -1, first: 0, count: 4 },
        { block: 0, first: 0, count: 4 },
      ],
    );
  });

  it("computes tanh(c) of an lstm once for the way there and back, and copies nothing on the way", () => {
    const { forward, backward, carried } = programOf(...lstm);
    assert.equal(forward.filter(({ op }) => op === "tanh").length, 2);
    assert.equal([...backward, ...carried].filter(({ op }) => op === "tanh" || op === "σ").length, 0);
    assert.equal(copiesIn(forward) + copiesIn(carried), 0);
    // dL/dc alone, which goes from step to step
    assert.ok(copiesIn(backward) <= 1);
  });

  it("gives a matrix that multiplies another vector a product of its own", () => {
    const { blocks, forward } = programOf(
      "r = σ(Wxr x + Whr h' + br)",
      "n = tanh(Wxn x + Whn (r ∘ h') + bn)",
      "h = (1 − r) ∘ n + r ∘ h'",
    );
    assert.deepEqual(blocks, [["Whr"], ["Whn"]]);
    assert.deepEqual(countsOf(forward), [1, 1]);
  });

  it("multiplies with one matrix twice where it stands before two vectors, from the one place that it has", () => {
    const { blocks, forward, cleared } = programOf("a = tanh(W h' + Wx x)", "h = tanh(W a + b)");
    assert.deepEqual(blocks, [["W"]]);
    assert.deepEqual(countsOf(forward), [1, 1]);
    assert.deepEqual(cleared, [0]);
  });

  it("adds to dL/dx what matrices of x give, and nothing of a matrix before them", () => {
    const { blocks, ofInput, toInput } = programOf("h = tanh(U (Wx x) + Wh h')");
    assert.deepEqual([ofInput, blocks], [["Wx"], [["U"], ["Wh"]]]);
    assert.deepEqual(
      toInput.map(({ matrices }) => matrices),
      [{ block: -1, first: 0, count: 1 }],
    );
  });

  it("keeps for the way back what it reads there, and nothing else", () => {
    const { forward } = programOf("a = Wx x + Wh h' + b", "h = tanh(a) + exp(0.1 a)");
    const kept = forward.flatMap((one) =>
      "to" in one && one.to.kind === "rows" && one.to.rows.isKept ? [one.op] : [],
    );
    assert.deepEqual(kept.toSorted(), ["exp", "tanh"]);
  });
});
