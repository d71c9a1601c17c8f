import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { GradientVerdict } from "../../../src/protocol/panel";
import { worked } from "../editor/worked";
import { viewOf } from "./view";

const verdict: GradientVerdict = { kind: "right", mark: "✓ 2e−10", text: "right" };

/** Which parameters have a mark. */
function marked(text: string, position: (length: number) => number): string[] {
  const { stepper, view } = viewOf(text);
  stepper.moveTo(position(stepper.program.length));
  return view
    .cursor({ playing: false, speed: 2 }, 4, () => verdict)
    .parameters.flatMap(({ name, check }) => (check === verdict ? [name] : []));
}

describe("A verdict on a gradient", () => {
  it("stands beside it once it is complete, and not before", () => {
    const { stepper } = viewOf(worked);
    stepper.goToStep(2, "backward");
    const before = stepper.position;
    assert.deepEqual(
      marked(worked, () => before),
      [],
    );
    const all = ["layers.0.Wxh", "layers.0.Whh", "layers.0.bh", "output.Why", "output.by"];
    assert.deepEqual(
      marked(worked, (length) => length),
      all,
    );
  });

  it("stands beside the read-out's after one step back where the last step alone is read out", () => {
    const last = worked
      .replace('"size": 4,', '"size": 4, "at": "last",')
      .replace('"targets": ["there", "class", "!", "!"]', '"target": "!"');
    const { stepper } = viewOf(last);
    stepper.goToStep(4, "backward");
    assert.deepEqual(
      marked(last, () => stepper.position),
      ["output.Why", "output.by"],
    );
  });
});
