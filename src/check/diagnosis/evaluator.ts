/** Expressions as functions that keep their memory: the same few are evaluated a hundred thousand times. */
import type { Expression, Surroundings } from "../../engine/expression";
import { evaluate } from "../../engine/expression";
import { type ElementFunction, elementFunctions, sigmoid } from "../../engine/functions";
import { addInput, addMatTransposedVec, addMatVec, addVec } from "../../engine/linear";

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
function memory(begin: (v: Float64Array) => void = () => undefined): (length: number) => Float64Array {
  let own = new Float64Array(0);
  return (length) => {
    if (own.length !== length) {
      own = new Float64Array(length);
      begin(own);
    }
    return own;
  };
}

/** Reads one vector and writes another. */
type Loop = (out: Float64Array, v: Float64Array) => void;

/** A function that is called by its own name becomes part of the loop, and its numbers need no objects. */
const loops: Partial<Record<ElementFunction, Loop>> = {
  tanh: (out, v) => {
    for (let i = 0; i < v.length; i++) out[i] = Math.tanh(v[i]!);
  },
  σ: (out, v) => {
    for (let i = 0; i < v.length; i++) out[i] = sigmoid(v[i]!);
  },
  square: (out, v) => {
    for (let i = 0; i < v.length; i++) out[i] = v[i]! * v[i]!;
  },
};

function loopOf(name: ElementFunction): Loop {
  const its: (v: number) => number = elementFunctions[name];
  return (
    loops[name] ??
    ((out, v) => {
      for (let i = 0; i < v.length; i++) out[i] = its(v[i]!);
    })
  );
}

const negate: Loop = (out, v) => {
  for (let i = 0; i < v.length; i++) out[i] = -v[i]!;
};
const subtract: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i]! -= v[i]!;
};
const multiply: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i]! *= v[i]!;
};
const divide: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i]! /= v[i]!;
};
const raise: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i]! **= v[i]!;
};
const lower: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.min(out[i]!, v[i]!);
};
const heighten: Loop = (out, v) => {
  for (let i = 0; i < out.length; i++) out[i] = Math.max(out[i]!, v[i]!);
};
const sumUp: Loop = (out, v) => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]!;
  out.fill(sum);
};
const average: Loop = (out, v) => {
  sumUp(out, v);
  for (let i = 0; i < out.length; i++) out[i]! /= v.length;
};

function compiled(expression: Expression): Evaluator {
  switch (expression.kind) {
    case "value": {
      const { name, time } = expression;
      return (from) => from.value(name, time);
    }
    case "gradient": {
      const { name, time } = expression;
      const nothing = memory();
      return (from) => from.gradient(name, time) ?? nothing(from.size);
    }
    case "above":
      return (from) => from.above();
    case "bias": {
      const { name } = expression;
      return (from) => from.parameter(name).data;
    }
    case "named":
    case "constant": {
      const { value } = expression;
      const filled = memory((own) => own.fill(value));
      return (from) => filled(from.size);
    }
    case "product": {
      const into = memory();
      const { matrix, transposed } = expression;
      const add = added(expression);
      return (from) => {
        const W = from.parameter(matrix);
        const out = into(transposed ? W.cols : W.rows).fill(0);
        add(out, from);
        return out;
      };
    }
    case "sum": {
      const [first, ...rest] = expression.terms;
      return begun(first!, rest.map(added));
    }
    case "times":
      return combined(expression.factors, multiply);
    case "difference":
      return combined([expression.from, expression.minus], subtract);
    case "quotient":
      return combined([expression.over, expression.under], divide);
    case "power":
      return combined([expression.of, expression.exponent], raise);
    case "extreme":
      return combined(expression.of, expression.which === "min" ? lower : heighten);
    case "pool":
      return changed(expression.of, expression.over === "mean" ? average : sumUp);
    case "negative":
      return changed(expression.of, negate);
    case "apply":
      return changed(expression.of, loopOf(expression.function));
    // Not in the equations of the usual cells.
    case "input":
    case "softmax":
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

/** Does something with an expression's value to what is already there. */
type Change = (out: Float64Array, from: Surroundings) => void;

function added(term: Expression): Change {
  if (term.kind !== "product") return taken(term, addVec);
  const { matrix, transposed, of } = term;
  if (of.kind === "input")
    return (out, from) => {
      const x = from.input(of.time);
      if (x) addInput(out, from.parameter(matrix), x);
    };
  const inner = evaluatorOf(of);
  return transposed
    ? (out, from) => addMatTransposedVec(out, from.parameter(matrix), inner(from))
    : (out, from) => addMatVec(out, from.parameter(matrix), inner(from));
}

function taken(part: Expression, change: Loop): Change {
  const value = evaluatorOf(part);
  return (out, from) => change(out, value(from));
}

function combined([first, ...rest]: readonly Expression[], change: Loop): Evaluator {
  return begun(
    first!,
    rest.map((part) => taken(part, change)),
  );
}

/** One value, and what is done to it. */
function begun(first: Expression, changes: readonly Change[]): Evaluator {
  const into = memory();
  const begin = evaluatorOf(first);
  return (from) => {
    const v = begin(from);
    const out = into(v.length);
    out.set(v);
    for (const change of changes) change(out, from);
    return out;
  };
}

function changed(of: Expression, loop: Loop): Evaluator {
  const into = memory();
  const inner = evaluatorOf(of);
  return (from) => {
    const v = inner(from);
    const out = into(v.length);
    loop(out, v);
    return out;
  };
}
