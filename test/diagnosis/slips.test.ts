import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { Comparison } from "../../src/check";
import { compareNumbers, numberAt } from "../../src/check";
import type { Choices } from "../../src/diagnosis/choices";
import { asItShouldBe, combine } from "../../src/diagnosis/choices";
import { compute } from "../../src/diagnosis/compute";
import { diagnose } from "../../src/diagnosis/diagnose";
import { inPrecision } from "../../src/diagnosis/digits";
import { slipsOf } from "../../src/diagnosis/slips";
import type { Problem } from "../../src/engine/model";
import type { ExpectedNumber } from "../../src/format/read";
import { problems } from "../engine/arbitrary";

const tolerance = 1e-9;

/** Every number of a sequence, as somebody expects it who computes so. */
function expectationsOf(problem: Problem, choices: Choices): ExpectedNumber[] {
  const right = whole(problem, asItShouldBe);
  const computed = whole(problem, choices);
  const numbers: ExpectedNumber[] = [];
  for (const of of ["trace", "updated"] as const)
    for (const place of placesOf(right[of]))
      numbers.push({ sequence: 0, path: ["expect", ...place], value: numberAt(computed[of], place)!, of, place });
  // What a step takes in is no result.
  return numbers.filter(({ place }) => !["t", "x", "target"].includes(String(place[2])) && !place.includes("q"));
}

function whole(problem: Problem, choices: Choices) {
  const { trace, updated } = compute(problem, 0, choices);
  return { trace, updated: updated() };
}

function placesOf(value: unknown): (string | number)[][] {
  if (typeof value === "number") return [[]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    placesOf(inner).map((place) => [Array.isArray(value) ? Number(key) : key, ...place]),
  );
}

function compared(problem: Problem, numbers: readonly ExpectedNumber[]): Comparison[] {
  return compareNumbers(problem, tolerance, numbers);
}

describe("A slip", function () {
  this.timeout(120_000);

  it("is named by the diagnosis of numbers that are made with it, alone or among others that give the same numbers", () => {
    const named = new Set<string>();
    fc.assert(
      fc.property(problems, fc.nat(), (problem, choice) => {
        const slips = slipsOf(problem);
        const slip = slips[choice % slips.length]!;
        const comparisons = compared(problem, expectationsOf(problem, combine([slip.change])));
        const far = comparisons.filter(
          ({ right, actual, expected }) => !right && Math.abs(actual! - expected.value) > 1e-4,
        );
        // A slip that changes nothing here, or next to nothing, cannot be seen.
        fc.pre(far.length > 0 && comparisons.every(({ right }, k) => right || far.includes(comparisons[k]!)));
        const found = diagnose(problem, tolerance, comparisons);
        const alone = found.filter(({ slips }) => slips.length === 1).map(({ slips }) => slips[0]!.id);
        assert.ok(alone.includes(slip.id), `${slip.id} is taken for ${JSON.stringify(found)}`);
        named.add(slip.group.split(":")[0]!);
      }),
      { numRuns: 60 },
    );
    // The property has not been held by a few kinds of slips alone.
    assert.ok(named.size >= 12, [...named].join(", "));
  });

  it("and another on the way back are named together", () => {
    // An update that adds an error of the wrong sign is right again, so that it would not be seen.
    fc.assert(
      fc.property(problems, fc.nat(), fc.nat(), (problem, a, b) => {
        const slips = slipsOf(problem).filter(({ back, group }) => back && group !== "ascent");
        const [first, second] = [slips[a % slips.length]!, slips[b % slips.length]!];
        fc.pre(first.group !== second.group);
        // Where one of them alone changes nothing, as where the gradient is 0, it is not looked for among two.
        for (const { change } of [first, second])
          fc.pre(compared(problem, expectationsOf(problem, combine([change]))).some(({ right }) => !right));
        const comparisons = compared(problem, expectationsOf(problem, combine([first.change, second.change])));
        fc.pre(comparisons.filter(({ right }) => !right).length >= 4);
        fc.pre(comparisons.every(({ right, actual, expected }) => right || Math.abs(actual! - expected.value) > 1e-4));
        for (const diagnosis of diagnose(problem, tolerance, comparisons)) {
          assert.ok(diagnosis.slips.length <= 2);
          assert.equal(diagnosis.explained.length, diagnosis.wrong);
        }
        assert.ok(diagnose(problem, tolerance, comparisons).length > 0, `${first.id} and ${second.id}`);
      }),
      { numRuns: 25 },
    );
  });

  it("is not named where single numbers are wrong by chance", () => {
    fc.assert(
      fc.property(problems, fc.nat(), fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (problem, choice, error) => {
        const numbers = expectationsOf(problem, asItShouldBe);
        const wrong = choice % numbers.length;
        const expected = numbers.map((number, k) =>
          k === wrong ? { ...number, value: number.value + error } : number,
        );
        const found = diagnose(problem, tolerance, compared(problem, expected));
        assert.deepEqual(found, []);
      }),
      { numRuns: 30 },
    );
  });

  it("is not named where all numbers are wrong by chance", () => {
    fc.assert(
      fc.property(problems, fc.infiniteStream(fc.double({ min: -0.3, max: 0.3, noNaN: true })), (problem, errors) => {
        const expected = expectationsOf(problem, asItShouldBe).map((number) => ({
          ...number,
          value: number.value + (errors.next().value as number) + 0.31,
        }));
        assert.deepEqual(diagnose(problem, tolerance, compared(problem, expected)), []);
      }),
      { numRuns: 5 },
    );
  });
});

describe("Numbers in few digits", function () {
  this.timeout(120_000);

  for (const [how, verb] of [
    ["rounded", "rounded"],
    ["cutOff", "cut off"],
  ] as const)
    for (const [kind, noun] of [
      ["decimals", "decimals"],
      ["significant", "significant digits"],
    ] as const)
      it(`are found ${verb} after 4 ${noun}`, () => {
        fc.assert(
          fc.property(problems, (problem) => {
            const precision = { kind, digits: 4 } as const;
            // Small ones have fewer digits than the others, and a few numbers may all end in a zero.
            const numbers = expectationsOf(problem, asItShouldBe)
              .filter(({ value }) => Math.abs(value) > 0.05)
              .map((number) => ({ ...number, value: inPrecision(number.value, precision, how) }));
            fc.pre(numbers.length >= 12);
            const [found] = diagnose(problem, tolerance, compared(problem, numbers));
            assert.match(found!.slips[0]!.text, new RegExp(`the numbers are ${verb} after 4 `));
          }),
          { numRuns: 10 },
        );
      });

  it("are taken at their decimal text: 0.29 cut off after two decimals is 0.29, −0.0996 rounded −0.1", () => {
    assert.equal(inPrecision(0.29, { kind: "decimals", digits: 2 }, "cutOff"), 0.29);
    assert.equal(inPrecision(-0.0996, { kind: "decimals", digits: 2 }, "rounded"), -0.1);
    assert.equal(inPrecision(0.027609, { kind: "significant", digits: 3 }, "cutOff"), 0.0276);
    assert.equal(inPrecision(1234.5, { kind: "significant", digits: 2 }, "rounded"), 1200);
  });
});
