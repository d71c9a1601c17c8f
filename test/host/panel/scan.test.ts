import assert from "node:assert/strict";
import fc from "fast-check";
import type { Problem } from "../../../src/engine/model";
import { finish, run } from "../../../src/engine/run";
import { Scanning, scanningOf } from "../../../src/host/panel/scan";
import { problems } from "../../engine/arbitrary";
import { readText } from "../../files";

/** What is seen where each step is looked at after the run, in the order of time. */
function seenAfterwards({ model, sequences }: Problem): Scanning {
  return finish(scanningOf(run(model, sequences, 0)));
}

const withoutStore = (scanning: Scanning, ascending: boolean) => {
  const { tracks, passes } = scanning.scan(() => ascending);
  return { tracks, norms: passes.map(({ norms, largestSource }) => ({ norms, largestSource })) };
};

describe("Looking through a run", () => {
  it("sees the same while the run is computed, in segments of any length, as afterwards", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 6 }), fc.boolean(), (problem, segmentLength, targets) => {
        const sequences = problem.sequences.map((sequence) => (targets ? sequence : { ...sequence, targets: null }));
        const asked = { ...problem, sequences };
        const { look } = run(asked.model, sequences, 0, { segmentLength, look: (made) => new Scanning(made) });
        assert.ok(look instanceof Scanning);
        const afterwards = seenAfterwards(asked);
        for (const ascending of [true, false])
          assert.deepEqual(withoutStore(look, ascending), withoutStore(afterwards, ascending));
      }),
      { numRuns: 60 },
    );
  });

  it("finds the first step with a number that is not finite, in the order of the computation", () => {
    const { problem } = readText(
      JSON.stringify({
        version: 1,
        inputSize: 1,
        layers: [{ cell: "rnn", size: 2 }],
        output: { size: 1 },
        loss: { type: "mse" },
        sequences: [{ inputs: [1, 2, 3], targets: [1, 2, 3] }],
      }),
    );
    const done = run(problem.model, problem.sequences, 0);
    const scanning = new Scanning(done);
    const broken = (t: number, value: number) => {
      const step = done.at(1);
      const passes = step.passes.map((all) =>
        all.map((pass) => ({ ...pass, values: { ...pass.values, h: pass.values["h"]!.map(() => value) } })),
      );
      return { ...step, t, passes };
    };
    scanning.see(broken(3, Number.NaN));
    scanning.see(broken(1, 1));
    scanning.see(broken(2, Infinity));
    const k = scanning.tracks.findIndex(({ key }) => key === "layers.0.h");
    assert.deepEqual(scanning.scan(() => true).tracks[k]!.nonFinite, { t: 2, value: Infinity });
    assert.deepEqual(scanning.scan(() => false).tracks[k]!.nonFinite, { t: 3, value: Number.NaN });
  });
});
