/** Gradients that are cut within the loop over time, as far as those of the file are large enough to be. */

import { cellOf } from "../../engine/cells";
import type { Expression } from "../../engine/expression";
import { apply, constant, largest, pool, quotient, smallest, sum, times } from "../../engine/expression";
import { norm } from "../../engine/functions";
import type { Layer, Problem } from "../../engine/model";
import { asItShouldBe } from "./choices";
import { compute, workOfStep } from "./compute";
import type { Edit } from "./edited";
import { comesFromAfter, kindOf, operationsOf, sumOf, termsOf } from "./edited";
import { one, type Slip } from "./slip";

/** So many are looked at for what is large enough to be cut, where these are no more multiplications than so many. */
const mostSequences = 4;
const mostWork = 2e8;
/** Thresholds that people cut at. */
const usualCuts = [1, 5, 0.5, 0.1, 10, 2, 0.25, 0.01];

type Cut = (v: Expression) => Expression;

const byEntry =
  (at: number): Cut =>
  (v) =>
    largest(constant(-at), smallest(constant(at), v));

/** v · min(1, at / ‖v‖) */
const byNorm =
  (at: number): Cut =>
  (v) =>
    times(smallest(constant(1), quotient(constant(at), apply("√", pool("sum", apply("square", v))))), v);

export function cutSlips(problem: Problem): Omit<Slip, "rare">[] {
  const { model, sequences, training } = problem;
  if (!model.loss || sequences.every(({ length }) => length < 2)) return [];
  const steps = sequences.slice(0, mostSequences).reduce((sum, { length }) => sum + length, 0);
  if (steps * workOfStep(model) > mostWork) return [];
  const kinds = [...new Map(model.layers.map((layer) => [kindOf(layer), layer])).values()];
  const states = [...new Set(kinds.flatMap((layer) => cellOf(layer).states))];
  if (states.length === 0) return [];
  const cuts = [...new Set([...(training.clip ? [training.clip.at] : []), ...usualCuts])];
  const { norm, entry, shares } = sizesOf(problem);
  const onTheWay = (at: number, how: "entry" | "norm", which: readonly string[], what: "coming" | "whole") => {
    const cut = how === "entry" ? byEntry(at) : byNorm(at);
    const said = which.map((name) => `∂L/∂${name}`).join(" and ");
    const by = how === "entry" ? "entry by entry" : "by its norm";
    return one(
      which.length < states.length ? `clipped-on-the-way:${which.join("+")}` : "clipped-on-the-way",
      what === "coming"
        ? `at each step what comes back into ${said} is clipped ${by} at ${at} before it is gone on with`
        : `at each step the whole ${said} is clipped ${by} at ${at} before it is gone on with`,
      { edits: kinds.map((layer) => cutIn(layer, which, cut, what)) },
      "clipped-on-the-way",
    );
  };
  const ofInner = (at: number) =>
    one(
      "clipped-on-the-way:inner",
      `at each step ${inner.map((name) => `∂L/∂${name}`).join(", ")} ${inner.length > 1 ? "are" : "is"} clipped entry by entry at ${at} where ${inner.length > 1 ? "they come" : "it comes"} about`,
      {
        edits: kinds.map((layer) => ({
          kind: kindOf(layer),
          back: (back) => ({
            ...back,
            whole: Object.fromEntries(
              Object.entries(back.whole).map(([name, it]) => [name, inner.includes(name) ? byEntry(at)(it) : it]),
            ),
          }),
        })),
      },
      "clipped-on-the-way",
    );
  const quantities = kinds.flatMap((layer) => Object.keys(operationsOf(layer).whole));
  const inner = [...new Set(quantities.filter((name) => !states.includes(name)))];
  const sets = states.length > 1 ? [states, ...states.map((name) => [name])] : [states];
  return [
    ...cuts
      .filter((at) => at < entry)
      .flatMap((at) => [
        ...sets.flatMap((which) => [onTheWay(at, "entry", which, "coming"), onTheWay(at, "entry", which, "whole")]),
        ...(inner.length > 0 ? [ofInner(at)] : []),
      ]),
    ...cuts
      .filter((at) => at < norm)
      .flatMap((at) => [onTheWay(at, "norm", states, "coming"), onTheWay(at, "norm", states, "whole")]),
    ...cuts
      .filter((at) => at < shares)
      .flatMap((at) => [
        one(
          "clipped-each-step",
          `the parameters' gradients are clipped entry by entry at ${at} after each step's share is added`,
          { sharesCut: { at, what: "sum" } },
          "clipped",
        ),
        one(
          "clipped-each-step",
          `each step's share of the parameters' gradients is clipped entry by entry at ${at} before it is added`,
          { sharesCut: { at, what: "share" } },
          "clipped",
        ),
      ]),
  ];
}

function cutIn(layer: Layer, states: readonly string[], cut: Cut, what: "coming" | "whole"): Edit {
  const own = cellOf(layer).states.filter((name) => states.includes(name));
  const changed = (all: Readonly<Record<string, Expression>>, change: Cut) => ({
    ...all,
    ...Object.fromEntries(own.map((name) => [name, change(all[name]!)])),
  });
  const inSum: Cut = (whole) => {
    const terms = termsOf(whole);
    const coming = terms.filter(comesFromAfter);
    if (coming.length === 0) return whole;
    const here = terms.filter((term) => !coming.includes(term));
    return here.length === 0 ? cut(sumOf(coming)) : sum(...here, cut(sumOf(coming)));
  };
  return {
    kind: kindOf(layer),
    back: (back) => ({
      ...back,
      whole: changed(back.whole, what === "coming" ? inSum : cut),
      coming: what === "coming" ? changed(back.coming, cut) : back.coming,
    }),
  };
}

/** Of the first sequences: the largest norm and entry of what is gone back with at a step, and the largest entry of what parameters' gradients are made of. */
function sizesOf(problem: Problem): { readonly norm: number; readonly entry: number; readonly shares: number } {
  const traces = problem.sequences.slice(0, mostSequences).map(
    (_, k) =>
      compute(problem, k, asItShouldBe).trace as {
        readonly steps: readonly {
          readonly gradients: { readonly layers: unknown; readonly logits: unknown; readonly x: unknown };
        }[];
        readonly gradients: unknown;
      },
  );
  const steps = traces.flatMap((trace) => trace.steps.map(({ gradients }) => gradients));
  const ofLayers = steps.map(({ layers }) => vectorsIn(layers));
  const entry = largestIn(ofLayers.flat());
  const others = vectorsIn([traces.map(({ gradients }) => gradients), steps.map(({ logits, x }) => [logits, x])]);
  return {
    norm: ofLayers.reduce((most, vectors) => Math.max(most, norm(...vectors)), 0),
    entry,
    shares: Math.max(entry, largestIn(others)),
  };
}

function largestIn(vectors: readonly Float64Array[]): number {
  let largest = 0;
  for (const v of vectors) for (let i = 0; i < v.length; i++) largest = Math.max(largest, Math.abs(v[i]!));
  return largest;
}

function vectorsIn(value: unknown): readonly Float64Array[] {
  if (ArrayBuffer.isView(value)) return [value as Float64Array];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(vectorsIn) : [];
}
