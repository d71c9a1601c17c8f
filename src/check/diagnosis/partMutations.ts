/** Slips in the two parts that a state's gradient has: what comes from its own step, and what comes back from the step after. */
import type { Expression } from "../../engine/expression";
import { gradient, gradientAfter, sum, withLeaves } from "../../engine/expression";
import type { Back } from "./edited";
import { byStep, sumOf, termsOf } from "./edited";
import type { Mutation } from "./mutations";
import type { Kind } from "./rareMutations";

/** A state's gradient by its two parts, of which neither is nothing. */
interface Parts {
  readonly state: string;
  readonly here: readonly Expression[];
  readonly after: readonly Expression[];
}

export function partMutations(kind: Kind): Mutation[] {
  const all = kind.states.flatMap((state): Parts[] => {
    const { here, after } = byStep(kind.operations.whole[state]!);
    return after.length > 0 && here.length > 0 ? [{ state, here, after }] : [];
  });
  return [
    ...all.flatMap((parts) => [...added(kind, [parts]), ...notZeroed(kind, parts), ...inPart(kind, parts)]),
    ...(all.length > 1 ? added(kind, all) : []),
    ...gradientsLeftOut(kind),
  ];
}

/** A part by a name of its own, for it is read like a quantity's gradient. */
const nameOf = (state: string, which: "here" | "after"): string => `${state} from ${which}`;

/** With one more expression, that is computed just before a quantity's own. */
function withPart(back: Back, order: readonly string[], before: string, name: string, expression: Expression): Back {
  return {
    ...back,
    whole: { ...back.whole, [name]: expression },
    order: (back.order ?? order).flatMap((other) => (other === before ? [name, other] : [other])),
  };
}

/** `dh_next += …` in the loop over time: what has come back to the steps after is added again. */
function added({ operations, gradientOf, onBack }: Kind, all: readonly Parts[]): Mutation[] {
  const said = all.map(({ state }) => gradientOf(state)).join(" and ");
  return [
    onBack(
      all.length > 1 ? "added-in-loop" : `added-in-loop:${all[0]!.state}`,
      "added-in-loop",
      `what comes back into ${said} is added to what has come back at the steps after, not assigned: += in the loop`,
      (back) =>
        all.reduce((changed, { state, here, after }) => {
          const name = nameOf(state, "after");
          const kept = sum(...after, gradientAfter(name));
          const { whole, coming, ...rest } = withPart(changed, operations.order, state, name, kept);
          return {
            ...rest,
            whole: { ...whole, [state]: sum(...here, gradient(name)) },
            coming: { ...coming, [state]: kept },
          };
        }, back),
    ),
  ];
}

/** `dh += …` where dh is still that of the step after; the initial state gets its own gradient all the same. */
function notZeroed({ gradientOf, text, onBack }: Kind, { state, here, after }: Parts): Mutation[] {
  const more = sum(...here, ...after, gradientAfter(state));
  return [
    onBack(
      `not-zeroed-in-loop:${state}`,
      "added-in-loop",
      `${text(gradientAfter(state))} itself is added to ${gradientOf(state)}, too: it is not set to zero from step to step`,
      (back) => ({ ...back, whole: { ...back.whole, [state]: more } }),
    ),
  ];
}

/** One part alone where the whole gradient of a state is used: of several uses at one, or at all gates. */
function inPart({ operations, gates, text, gradientOf, onBack }: Kind, { state, here, after }: Parts): Mutation[] {
  const { whole, order } = operations;
  const uses = (time: "now" | "after") =>
    Object.keys(whole).filter((name) => reads(whole[name]!, state, time) && (time === "after" || name !== state));
  const [now, later] = [uses("now"), uses("after")];
  if (now.length + later.length < 2) return [];
  const of = (which: "here" | "after", time: "now" | "after", names: readonly string[], id: string) => {
    const name = nameOf(state, which);
    const [read, part] =
      time === "now" ? [gradient(state), gradient(name)] : [gradientAfter(state), gradientAfter(name)];
    const inStead = (expression: Expression) =>
      withLeaves(expression, (leaf) =>
        leaf.kind === "gradient" && leaf.name === state && leaf.time === time ? part : leaf,
      );
    const changed = (all: Readonly<Record<string, Expression>>) =>
      Object.fromEntries(Object.entries(all).map(([of, it]) => [of, names.includes(of) ? inStead(it) : it]));
    const left = `only what comes ${which === "here" ? "from its own step" : "back from the step after it"}`;
    return onBack(
      `part-of-gradient:${state}:${id}`,
      `part-of-gradient:${state}`,
      `of ${text(read)} ${left} is taken in ${names.map(gradientOf).join(", ")}`,
      (back) => {
        const kept = sumOf(which === "here" ? here : after);
        const more = withPart(back, order, state, name, names.includes(state) ? inStead(kept) : kept);
        return { ...more, whole: changed(more.whole), coming: changed(more.coming) };
      },
    );
  };
  const several = now.filter((name) => gates.has(name));
  return (["here", "after"] as const).flatMap((which) => [
    ...now.map((name) => of(which, "now", [name], name)),
    ...later.map((name) => of(which, "after", [name], `${name}-before`)),
    ...(several.length > 1 ? [of(which, "now", several, "gates")] : []),
  ]);
}

function reads(expression: Expression, state: string, time: "now" | "after"): boolean {
  let found = false;
  withLeaves(expression, (leaf) => {
    found ||= leaf.kind === "gradient" && leaf.name === state && leaf.time === time;
    return leaf;
  });
  return found;
}

/** `1 − h²` alone, without the gradient that it belongs to; or such a term of a sum. */
function gradientsLeftOut({ operations, text, gradientOf, onBack }: Kind): Mutation[] {
  return Object.entries(operations.whole).flatMap(([name, expression]) =>
    termsOf(expression).flatMap((term) => {
      if (term.kind !== "times") return [];
      const left = term.factors.find((factor) => factor.kind === "gradient" && factor.time === "now");
      const rest = term.factors.filter((factor) => factor !== left);
      if (!left || rest.length === 0) return [];
      const others: Expression = rest.length === 1 ? rest[0]! : { ...term, factors: rest };
      const changed = sumOf(termsOf(expression).map((other) => (other === term ? others : other)));
      return [
        onBack(
          `gradient-left-out:${name}`,
          `gradient-left-out:${name}`,
          `${text(others)} stands alone in ${gradientOf(name)}: ${text(left)} is left out`,
          (back) => ({ ...back, whole: { ...back.whole, [name]: changed } }),
        ),
      ];
    }),
  );
}
