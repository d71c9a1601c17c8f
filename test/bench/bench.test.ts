import assert from "node:assert/strict";
import { parametersOf } from "../../src/engine/model";
import { trainToEnd } from "./engine";
import { ownCellBars } from "./goals";
import { measureOwnCell } from "./ownCell";
import { peerLine } from "./report";
import { rateOf, ratioOf } from "./rounds";
import { relativeDifference, tolerances } from "./sameThing";
import type { About } from "./trainingProcess";
import { peerPrograms, TrainingProcess } from "./trainingProcess";
import { drawWorkload, operationsOf, shortened, workloads } from "./workloads";

const numpy = peerPrograms.find(({ name }) => name === "NumPy")!;

describe("the benchmark", () => {
  describe("beside NumPy", () => {
    let started: { process: TrainingProcess; about: About } | string;
    before(async () => {
      started = await TrainingProcess.start(numpy, 1);
    });
    after(() => {
      if (typeof started !== "string") started.process.close();
    });

    for (const workload of workloads)
      for (const precision of ["float64", "float32"] as const)
        it(`${workload.id}: NumPy in ${precision} has the engine's loss and parameters within ${tolerances[precision]} after 3 updates, or is said not to be there`, async () => {
          if (typeof started === "string") {
            const line = peerLine({ name: "NumPy", there: false, why: started });
            assert.match(line, /^NumPy is not there, so nothing is compared with it: .*(numpy|python)/);
            return;
          }
          const small = {
            ...workload,
            batch: Math.min(workload.batch, 2),
            steps: Math.min(workload.steps, 12),
            batches: 3,
          };
          const data = drawWorkload(small);
          const engine = await trainToEnd(shortened(data, 3), { precision, threads: 1 });
          await started.process.load(small, data, precision);
          const difference = relativeDifference(
            parametersOf(data.problem.model),
            engine,
            await started.process.check(3),
          );
          assert.ok(difference <= tolerances[precision], `they are ${difference} apart`);
        });
  });

  it("compares the built-in lstm with an own cell of the same equations that computes the same, one sequence at a time", async () => {
    for (const id of Object.keys(ownCellBars).filter((id) => id !== "E")) {
      const { workload, same } = await measureOwnCell(id, true);
      assert.deepEqual({ workload, same }, { workload: id, same: true });
    }
  });

  it("says of a peer whose program is not installed that it is not there", async () => {
    const why = await TrainingProcess.start({ ...numpy, command: "no-such-python" }, 1);
    assert.ok(typeof why === "string");
    assert.equal(
      peerLine({ name: "NumPy", there: false, why }),
      "NumPy is not there, so nothing is compared with it: spawn no-such-python ENOENT",
    );
  });

  it("says of a peer whose package is not installed what is missing", async () => {
    const why = await TrainingProcess.start({ ...numpy, args: ["-c", "import no_such_package"] }, 1);
    // Without Python, it is that which is missing.
    assert.ok(typeof why === "string");
    assert.match(why, /No module named 'no_such_package'|ENOENT/);
  });

  it("sets no bar beside a NumPy that multiplies with the reference BLAS", () => {
    const about = { name: "NumPy", version: "2", library: "blas 3", counts: false } as const;
    assert.equal(
      peerLine({ name: "NumPy", there: true, about }),
      "NumPy 2 with blas 3: not a fast one, so no bar is set beside it",
    );
  });

  it("finds two trainings apart that moved a tensor by [3, 4] and by [3, 4.5]: by 0.5 / 5, and by their losses", () => {
    const tensor = (...values: number[]) => ({ rank: 1, rows: 2, cols: 1, data: Float64Array.from(values) }) as const;
    const start = { b: tensor(10, 20) };
    const one = { loss: 2, parameters: { b: tensor(13, 24) } };
    assert.equal(relativeDifference(start, one, { loss: 2, parameters: { b: tensor(13, 24.5) } }), 0.1);
    assert.equal(relativeDifference(start, one, { loss: 3, parameters: { b: tensor(13, 24.5) } }), 0.5);
    assert.ok(Number.isNaN(relativeDifference(start, one, { loss: 2, parameters: { b: tensor(13, Number.NaN) } })));
    assert.throws(() => relativeDifference(start, one, { loss: 2, parameters: {} }), /b has 2 and 0 numbers/);
  });

  it("counts the operations of an update: B multiplies and adds 1340 times, C 2,475,000 times", () => {
    const [b, c] = ["B", "C"].map((id) => operationsOf(workloads.find((workload) => workload.id === id)!));
    // Two steps with a 10 × 10 matrix three times and a 10 × 1 twice, and once a 10 × 1 three times.
    assert.equal(b, 2 * (2 * (3 * 100 + 2 * 10) + 3 * 10));
    // 25 steps with a 100 × 100 and a 100 × 65, each three times; tokens are looked up.
    assert.equal(c, 2 * 25 * 3 * (10_000 + 6500));
  });

  it("takes ratios round by round, over those in which both were measured, and the median of them", () => {
    const engine = [100, 50, 90];
    const peer = [10, 10, null];
    assert.equal(ratioOf(engine, peer), 7.5);
    assert.equal(rateOf(engine), 90);
    assert.equal(rateOf(peer), 10);
  });
});
