/** Expressions as functions that keep their memory: the same few are evaluated a hundred thousand times. */
import type { Expression, Surroundings } from "../../engine/expression";
import { evaluate } from "../../engine/expression";
import { elementFunctions } from "../../engine/functions";
import { addInput, addMatTransposedVec, addMatVec } from "../../engine/linear";

/** The result stands in the function's own memory, or is the leaf itself: it is read before the next call, and not written. */
export type Evaluator = (from: Surroundings) => Float64Array;

const known = new WeakMap<Expression, Evaluator>();

export function evaluatorOf(expression: Expression): Evaluator {
  let evaluator = known.get(expression);
  if (!evaluator) {
    evaluator = compiled(expression);
    known.set(expression, evaluator);
  }
  return evaluator;
}

/** Memory of the length that is asked for. */
function memory(): (length: number) => Float64Array {
  let own = new Float64Array(0);
  return (length) => {
    if (own.length !== length) own = new Float64Array(length);
    return own;
  };
}

function compiled(expression: Expression): Evaluator {
  const into = memory();
  switch (expression.kind) {
    case "value": {
      const { name, time } = expression;
      return (from) => from.value(name, time);
    }
    case "gradient": {
      const { name, time } = expression;
      return (from) => from.gradient(name, time) ?? into(from.size);
    }
    case "above":
      return (from) => from.above();
    case "bias": {
      const { name } = expression;
      return (from) => from.parameter(name).data;
    }
    case "constant": {
      const { value } = expression;
      return (from) => into(from.size).fill(value);
    }
    case "product": {
      const { matrix, transposed, of } = expression;
      if (of.kind === "input")
        return (from) => {
          const W = from.parameter(matrix);
          const out = into(W.rows).fill(0);
          const x = from.input(of.time);
          if (x) addInput(out, W, x);
          return out;
        };
      const inner = evaluatorOf(of);
      return (from) => {
        const W = from.parameter(matrix);
        const out = into(transposed ? W.cols : W.rows).fill(0);
        (transposed ? addMatTransposedVec : addMatVec)(out, W, inner(from));
        return out;
      };
    }
    case "sum":
      return combined(expression.terms, (out, v) => {
        for (let i = 0; i < out.length; i++) out[i]! += v[i]!;
      });
    case "times":
      return combined(expression.factors, (out, v) => {
        for (let i = 0; i < out.length; i++) out[i]! *= v[i]!;
      });
    case "difference":
      return combined([expression.from, expression.minus], (out, v) => {
        for (let i = 0; i < out.length; i++) out[i]! -= v[i]!;
      });
    case "apply": {
      const inner = evaluatorOf(expression.of);
      const its = elementFunctions[expression.function];
      return (from) => {
        const v = inner(from);
        const out = into(v.length);
        for (let i = 0; i < v.length; i++) out[i] = its(v[i]!);
        return out;
      };
    }
    // Not in the equations of the usual cells.
    case "input":
    case "named":
    case "negative":
    case "quotient":
    case "power":
    case "extreme":
    case "softmax":
    case "pool":
    case "target":
    case "classWeight":
    case "targetCount":
    case "stepWeight":
    case "ends":
    case "setting":
    case "update":
    case "memory":
    case "outer":
    case "logSumExp":
    case "atTarget":
    case "total":
      return (from) => evaluate(expression, from);
  }
}

function combined(parts: readonly Expression[], add: (out: Float64Array, v: Float64Array) => void): Evaluator {
  const into = memory();
  const [first, ...rest] = parts.map(evaluatorOf);
  return (from) => {
    const v = first!(from);
    const out = into(v.length);
    out.set(v);
    for (const part of rest) add(out, part(from));
    return out;
  };
}
