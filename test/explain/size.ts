import type { Scalar } from "../../src/engine/element";
import { evaluateScalar } from "../../src/engine/element";
import type { Part } from "../../src/explain/derive";

/**
 * How large the numbers are that an equation goes through, as far as their rounding reaches the result: 0.3 − 0.299999 is a
 * difference of sizes 0.3, and rounding can cost 0.3 · 2⁻⁵³ of it, however small it is.
 */
export function sizeOf(scalar: Scalar<Part>): number {
  const value = Math.abs(evaluateScalar(scalar));
  switch (scalar.kind) {
    case "number":
    case "constant":
      return value;
    case "sum":
      return scalar.terms.reduce((size, term) => size + sizeOf(term), 0);
    case "series": {
      let size = 0;
      for (let k = 0; k < scalar.count; k++) size += sizeOf(scalar.term(k));
      return size;
    }
    case "difference":
      return sizeOf(scalar.from) + sizeOf(scalar.minus);
    case "negative":
      return sizeOf(scalar.of);
    case "times":
      return scalar.factors.reduce((size, factor) => size * sizeOf(factor), 1);
    case "quotient": {
      const under = Math.abs(evaluateScalar(scalar.under));
      return (sizeOf(scalar.over) * sizeOf(scalar.under)) / under / under;
    }
    case "power": {
      const exponent = evaluateScalar(scalar.exponent);
      const of = Math.abs(evaluateScalar(scalar.of));
      return (value * Math.max(1, Math.abs(exponent)) * sizeOf(scalar.of)) / of;
    }
    case "pool":
      return sizeOf(scalar.of) / (scalar.over === "mean" ? scalar.of.count : 1);
    case "extreme":
      return Math.max(...scalar.of.map(sizeOf));
    case "apply":
      if (scalar.function === "square") return sizeOf(scalar.of) ** 2;
      if (scalar.function === "log") return Math.max(value, sizeOf(scalar.of) / Math.abs(evaluateScalar(scalar.of)));
      return Math.max(value, scalar.function === "√" ? value : sizeOf(scalar.of));
    case "softmax":
      return value * (1 + sizeOf(scalar.at));
    case "logSumExp":
      return value + sizeOf(scalar.of);
  }
}
