import assert from "node:assert/strict";
import { gradientFlowOf } from "../../../src/host/panel/gradientFlow";
import { UnitScan } from "../../../src/host/panel/unitOrder";
import { readText } from "../../files";

const { model } = readText(`{
  "version": 1,
  "inputSize": 1,
  "layers": [{ "cell": "rnn", "size": 1 }],
  "output": { "size": 1, "at": "every" },
  "sequences": []
}`).problem;

const verdictOf = (...norms: number[]) =>
  gradientFlowOf(model, [
    { layer: 0, pass: 0, norms: Float64Array.from(norms), largestSource: 1, units: new UnitScan(1) },
  ])?.text;

describe("The verdict on a gradient's way back", () => {
  it("tells from where to where it runs, and where it vanishes", () => {
    assert.equal(verdictOf(0.5, 1, 2), "‖∂L/∂h_t‖ runs from 2.0 at t = 3 to 0.50 at t = 1");
    assert.match(verdictOf(1e-9, 1, 2) ?? "", /the gradient vanishes$/);
  });

  it("is none of a sequence of one step, and tells of the only step that has one", () => {
    assert.equal(verdictOf(3), undefined);
    assert.equal(verdictOf(3, 0, 0), "‖∂L/∂h_t‖ is 3.0 at t = 1 alone, else 0");
    assert.equal(verdictOf(0, 0), "‖∂L/∂h_t‖ is 0 at every step");
  });
});
