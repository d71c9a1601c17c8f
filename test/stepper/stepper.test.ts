import assert from "node:assert/strict";
import * as path from "node:path";
import fc from "fast-check";
import type { Problem } from "../../src/engine/model";
import { parametersOf } from "../../src/engine/model";
import { Stepper } from "../../src/stepper/stepper";
import { problems } from "../engine/arbitrary";
import { goldens, readFile } from "../files";

/** Everything that a stepper shows at its position, as text, so that two positions can be compared bit for bit. */
function shown(stepper: Stepper): string {
  const names = Object.keys(parametersOf(stepper.problem.model));
  const numbers = (data: Float64Array | undefined) =>
    data && Array.from(data, (v) => (Object.is(v, -0) ? "-0" : String(v)));
  return JSON.stringify({
    position: stepper.position,
    phase: stepper.phase,
    t: stepper.t,
    known: stepper.program.sweeps.flatMap(({ operations }) => operations.map(({ key }) => stepper.known(key))),
    parameters: names.map((name) => [
      numbers(stepper.gradientSoFar(name)?.data),
      numbers(stepper.share(name)?.data),
      numbers(stepper.updated(name)?.data),
    ]),
  });
}

const workedExample = readFile(path.join(goldens, "documents", "2-numerical-worked.rnn.json")).problem;

function example(): Stepper {
  return new Stepper(workedExample, 0);
}

describe("the stepper on the worked example", () => {
  it("goes t = 1, 2, 3, 4 forward, t = 4, 3, 2, 1 backward, then updates", () => {
    const stepper = example();
    const places = [];
    while (!stepper.isAtEnd) {
      stepper.step();
      places.push(`${stepper.phase} ${stepper.t}`);
    }
    assert.deepEqual(places, [
      "forward 1",
      "forward 2",
      "forward 3",
      "forward 4",
      "backward 4",
      "backward 3",
      "backward 2",
      "backward 1",
      "update 0",
    ]);
  });

  it("makes a step of input, pre-activation, hidden state, logits, probabilities and loss", () => {
    const stepper = example();
    const keys = [];
    for (let k = 0; k < 6; k++) {
      stepper.stepInto();
      const { sweep, operation } = stepper.place!;
      keys.push(stepper.program.sweeps[sweep]!.operations[operation]!.key);
      assert.equal(stepper.t, 1);
    }
    assert.deepEqual(keys, ["x", "layers.0.a", "layers.0.h", "logits", "output", "loss"]);
    stepper.stepInto();
    assert.equal(stepper.t, 2);
  });

  it("knows at t = 3 of the backward pass the gradients of t = 3 and 4 alone", () => {
    const stepper = example();
    stepper.goToStep(3, "backward");
    assert.deepEqual(stepper.known("gradients.layers.0.h"), { from: 3, to: 4, steps: 2 });
    assert.deepEqual(stepper.known("layers.0.h"), { from: 1, to: 4, steps: 4 });
    assert.equal(stepper.isKnown("gradients.layers.0.h", 2), false);
    // dL/da_3 · h_2 and dL/da_4 · h_3, as the document's numbers give them
    assert.equal(stepper.share("layers.0.Whh")!.data[0]!.toFixed(4), "-0.0605");
    assert.equal(stepper.gradientSoFar("layers.0.Whh")!.data[0]!.toFixed(4), "0.1221");
    assert.equal(stepper.updated("layers.0.Whh"), null);
  });

  it("shows the updated parameter after its own operation and not before", () => {
    const stepper = example();
    stepper.goToStep(1, "backward");
    stepper.stepInto();
    assert.equal(stepper.updated("layers.0.Wxh")!.data[0]!.toFixed(8), "0.49723905");
    assert.equal(stepper.updated("layers.0.Whh"), null);
    stepper.stepInto();
    assert.equal(stepper.updated("layers.0.Whh")!.data[0]!.toFixed(10), "0.1547905489");
  });

  it("steps out of an operation to the end of its step, and from there to the end of the phase", () => {
    const stepper = example();
    stepper.stepInto();
    stepper.stepInto();
    stepper.stepOut();
    assert.equal(`${stepper.phase} ${stepper.t}`, "forward 1");
    assert.equal(stepper.isKnown("loss", 1), true);
    stepper.stepOut();
    assert.equal(`${stepper.phase} ${stepper.t}`, "forward 4");
    stepper.stepOut();
    assert.equal(`${stepper.phase} ${stepper.t}`, "backward 4");
  });

  it("refuses a step that the sequence does not have", () => {
    assert.throws(() => example().goToStep(5), /there is no step t = 5: the sequence has 4 steps/);
  });
});

describe("the stepper on random architectures", () => {
  const inProblem = (check: (problem: Problem) => void, numRuns: number) =>
    fc.assert(fc.property(problems, check), { numRuns });

  it("comes back, operation by operation, to the same state bit for bit", () => {
    inProblem((problem) => {
      const stepper = new Stepper(problem, 0);
      const forward = [shown(stepper)];
      while (!stepper.isAtEnd) {
        stepper.stepInto();
        forward.push(shown(stepper));
      }
      for (let k = forward.length - 2; k >= 0; k--) {
        stepper.stepIntoBack();
        assert.equal(shown(stepper), forward[k]);
      }
      assert.equal(stepper.isAtStart, true);
    }, 40);
  });

  it("stands after a jump where single steps would have led", () => {
    fc.assert(
      fc.property(problems, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (problem, jumps) => {
        const jumping = new Stepper(problem, 0);
        for (const position of jumps) jumping.moveTo(position);
        const walking = new Stepper(problem, 0);
        while (walking.position < jumping.position) walking.stepInto();
        assert.equal(shown(walking), shown(jumping));
      }),
      { numRuns: 60 },
    );
  });

  it("takes back each step by one step back", () => {
    inProblem((problem) => {
      const stepper = new Stepper(problem, 0);
      const places = [stepper.position];
      while (!stepper.isAtEnd) {
        stepper.step();
        places.push(stepper.position);
      }
      for (const position of places.toReversed().slice(1)) {
        stepper.stepBack();
        assert.equal(stepper.position, position);
      }
    }, 60);
  });

  it("has summed just the shares of the steps that it has come back through", () => {
    inProblem((problem) => {
      const stepper = new Stepper(problem, 0);
      for (; !stepper.isAtEnd; stepper.step())
        for (const name of Object.keys(parametersOf(problem.model))) {
          const sum = stepper.gradientSoFar(name);
          const shares = Array.from({ length: stepper.run.length }, (_, k) => stepper.share(name, k + 1)).filter(
            (share) => share !== null,
          );
          if (stepper.phase !== "backward") continue;
          sum?.data.forEach((value, k) => {
            const expected = shares.reduce((total, { data }) => total + data[k]!, 0);
            assert.ok(
              Math.abs(value - expected) <= 1e-12 * Math.max(1, Math.abs(value)),
              `${name}[${k}] at t = ${stepper.t}`,
            );
          });
        }
    }, 60);
  });

  it("never shows a value before everything it is made of", () => {
    inProblem((problem) => {
      const stepper = new Stepper(problem, 0);
      const { model } = problem;
      for (; !stepper.isAtEnd; stepper.stepInto())
        for (let t = 1; t <= stepper.run.length; t++)
          model.layers.forEach((layer, l) => {
            if (l === 0) return;
            const below = model.layers[l - 1]!.passes.map(({ prefix }) => `${prefix}.h`);
            for (const { prefix } of layer.passes)
              if (stepper.isKnown(`${prefix}.h`, t))
                for (const key of below) assert.ok(stepper.isKnown(key, t), `${prefix}.h before ${key} at t = ${t}`);
            for (const { prefix } of layer.passes)
              for (const key of below)
                if (stepper.isKnown(`gradients.${key}`, t))
                  assert.ok(
                    stepper.isKnown(`gradients.${prefix}.h`, t),
                    `gradient of ${key} before that of ${prefix}.h`,
                  );
          });
    }, 60);
  });
});
