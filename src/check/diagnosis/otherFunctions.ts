/** Functions that the equations of a cell do not have by name, in the place of those that they have. */
import type { Equation } from "../../engine/equations";
import type { ElementFunction, Expression } from "../../engine/expression";
import {
  apply,
  childrenOf,
  constant,
  largest,
  minus,
  negative,
  one,
  quotient,
  smallest,
  sum,
  times,
  withChildren,
} from "../../engine/expression";
import { termsOf } from "./edited";
import type { Mutation } from "./mutations";
import type { Kind } from "./rareMutations";

type Of = (v: Expression) => Expression;

interface Other {
  readonly from: ElementFunction;
  readonly id: string;
  readonly text: string;
  readonly of: Of;
}

const zero = constant(0);
/** e^v − 1 where v is negative, else 0 */
const belowZero: Of = (v) => minus(apply("exp", smallest(v, zero)), one);
const leaky =
  (slope: number): Of =>
  (v) =>
    largest(v, times(constant(slope), v));

/** PyTorch's and TensorFlow's; GANs'; Keras'. */
const leaks = [0.01, 0.2, 0.3, 0.1];
/** Klambauer et al. 2017 */
const [selu, seluAlpha] = [1.0507009873554805, 1.6732632423543772];

const others: readonly Other[] = [
  ...leaks.map((slope) => ({
    from: "relu" as const,
    id: "leaky-relu",
    text: `a leaky relu, ${slope} a below 0,`,
    of: leaky(slope),
  })),
  { from: "relu", id: "elu", text: "elu, e^a − 1 below 0,", of: (v) => sum(apply("relu", v), belowZero(v)) },
  {
    from: "relu",
    id: "selu",
    text: "selu",
    of: (v) => times(constant(selu), sum(apply("relu", v), times(constant(seluAlpha), belowZero(v)))),
  },
  {
    from: "relu",
    id: "gelu",
    text: "gelu, ½ a (1 + tanh(√(2/π) (a + 0.044715 a³))),",
    of: (v) =>
      times(
        constant(0.5),
        v,
        sum(one, apply("tanh", times(constant(Math.sqrt(2 / Math.PI)), sum(v, times(constant(0.044715), v, v, v))))),
      ),
  },
  { from: "relu", id: "softplus", text: "softplus", of: (v) => apply("softplus", v) },
  { from: "relu", id: "silu", text: "silu", of: (v) => apply("silu", v) },
  { from: "tanh", id: "leaky-relu", text: "a leaky relu, 0.01 a below 0,", of: leaky(0.01) },
  { from: "tanh", id: "softsign", text: "softsign, a / (1 + |a|),", of: (v) => quotient(v, sum(one, apply("abs", v))) },
  { from: "tanh", id: "hard-tanh", text: "a cut to −1…1", of: (v) => largest(constant(-1), smallest(one, v)) },
  {
    from: "tanh",
    id: "half-tanh",
    text: "2σ(a) − 1, which is tanh(a / 2),",
    of: (v) => minus(times(constant(2), apply("σ", v)), one),
  },
  {
    from: "tanh",
    id: "scaled-tanh",
    text: "1.7159 tanh(2a / 3)",
    of: (v) => times(constant(1.7159), apply("tanh", times(constant(2 / 3), v))),
  },
  { from: "tanh", id: "softplus", text: "softplus", of: (v) => apply("softplus", v) },
  { from: "σ", id: "sigmoid-of-negative", text: "1 / (1 + e^a), which is σ(−a),", of: (v) => apply("σ", negative(v)) },
];

/** Each in all places of what it stands for. */
export function otherFunctions({ operations: { forward }, onForward }: Kind): Mutation[] {
  return others
    .filter(({ from }) => forward.some(({ expression }) => uses(expression, from)))
    .map(({ from, id, text, of }) =>
      onForward(
        `${id}-for-${from === "σ" ? "sigmoid" : from}`,
        from,
        `${text} stands in the place of ${from}`,
        inAll((whole) => withFunction(whole, from, of)),
      ),
    );
}

/** A gate that multiplies all that goes through a function, not one of its terms alone: tanh(r ∘ (W x + U h + b)). */
export function gateOverAll({ operations: { forward }, onForward, text, titleOf }: Kind): Mutation[] {
  return forward.flatMap(({ name, expression }) => {
    if (expression.kind !== "apply") return [];
    const terms = termsOf(expression.of);
    return terms.flatMap((term) => {
      const found = gateIn(term);
      if (!found || terms.length < 2) return [];
      const { gate, rest } = found;
      const all = sum(...terms.flatMap((other) => (other === term ? termsOf(rest) : [other])));
      return [
        onForward(
          `${titleOf(gate).split(" ")[0]!}-over-all`,
          `outside:${name}`,
          `${gate} multiplies all that goes through ${expression.function} in ${name}_t, not ${text(rest)} alone`,
          (equations) =>
            equations.map((equation) =>
              equation.name === name
                ? {
                    name,
                    expression: apply(expression.function, times({ kind: "value", name: gate, time: "now" }, all)),
                  }
                : equation,
            ),
        ),
      ];
    });
  });
}

/** The quantity that multiplies a term, or what goes through its matrix, and the term without it. */
function gateIn(term: Expression): { readonly gate: string; readonly rest: Expression } | null {
  const inner = term.kind === "product" ? term.of : term;
  if (inner.kind !== "times") return null;
  const gate = inner.factors.find((factor) => factor.kind === "value" && factor.time === "now");
  if (gate?.kind !== "value") return null;
  const factors = inner.factors.filter((factor) => factor !== gate);
  const left = factors.length === 1 ? factors[0]! : times(...factors);
  return { gate: gate.name, rest: term.kind === "product" ? { ...term, of: left } : left };
}

const inAll =
  (change: Of) =>
  (equations: readonly Equation[]): readonly Equation[] =>
    equations.map(({ name, expression }) => ({ name, expression: change(expression) }));

const uses = (expression: Expression, name: ElementFunction): boolean =>
  (expression.kind === "apply" && expression.function === name) ||
  childrenOf(expression).some((child) => uses(child, name));

function withFunction(expression: Expression, from: ElementFunction, of: Of): Expression {
  const inner = withChildren(expression, (child) => withFunction(child, from, of));
  return inner.kind === "apply" && inner.function === from ? of(inner.of) : inner;
}
