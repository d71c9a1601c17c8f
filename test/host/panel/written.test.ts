import assert from "node:assert/strict";
import { cursorOf, viewOf, wholeTrack } from "./view";

// Forward the sums 1, 3, 6, backward 6, 5, 3; z = 6 + 2·6 = 18, and dL/dz = 2 (18 − 16) = 4.
const ends = `{
  "version": 1, "vocabulary": ["one", "two", "three"],
  "embedding": { "size": 1, "E": [[1], [2], [3]], "trainable": false },
  "layers": [{
    "cell": "rnn", "size": 1, "activation": "linear", "direction": "both", "bias": false, "frozen": ["Whh"],
    "Wxh": [[1]], "Whh": [[1]], "reverse": { "Wxh": [[1]], "Whh": [[1]] }
  }],
  "output": { "size": 1, "at": "ends", "Why": [[1, 2]], "bias": false },
  "loss": { "type": "mse" },
  "sequences": [{ "inputs": ["one", "two", "three"], "target": 16 }]
}`;

describe("Ends, an embedding and what is held fixed in the panel", () => {
  const { stepper, view } = viewOf(ends);
  beforeEach(() => stepper.runToStart());

  it("have the gradient of each end come in where the pass ends, and go on from there", () => {
    stepper.runToEnd();
    assert.deepEqual(Array.from(wholeTrack(view, "gradients.layers.0.h").max), [4, 4, 4]);
    assert.deepEqual(Array.from(wholeTrack(view, "gradients.layers.0.reverse.h").max), [8, 8, 8]);
    const above = (t: number) => {
      stepper.goToStep(t, "backward");
      return cursorOf(view).step?.layers.map(({ flows }) => flows.above.backward);
    };
    assert.deepEqual(
      [above(1), above(2), above(3)],
      [
        [0, 8],
        [0, 0],
        [4, 0],
      ],
    );
  });

  it("show the row of the embedding that a token picks", () => {
    assert.deepEqual(Array.from(stepper.run.input(2)), [2]);
    stepper.goToStep(2, "forward");
    const rows = cursorOf(view).parameters.map(({ name, picked }) => [name, picked] as const);
    assert.deepEqual(
      rows.filter(([, picked]) => picked !== null),
      [["embedding.E", "t = 2 picks row 1, “two”"]],
    );
  });

  it("have a lock at the parameters that no update moves, of both passes", () => {
    const { parameters } = view.info({ digits: 4 });
    assert.deepEqual(
      parameters.filter(({ isFrozen }) => isFrozen).map(({ name }) => name),
      ["embedding.E", "layers.0.Whh", "layers.0.reverse.Whh"],
    );
    assert.deepEqual(parameters.find(({ name }) => name === "embedding.E")?.rowNames, ["one", "two", "three"]);
  });
});
