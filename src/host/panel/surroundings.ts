import type { Surroundings } from "../../engine/expression";
import type { Run } from "../../engine/run";

/** The numbers that the equations of one pass read at step t. */
export function surroundingsOf(run: Run, l: number, p: number, t: number): Surroundings {
  const { size, passes } = run.model.layers[l]!;
  const { direction, parameters } = passes[p]!;
  const sign = direction === "forward" ? 1 : -1;
  const exists = (step: number) => step >= 1 && step <= run.length;
  const pass = (step: number) => run.at(step).passes[l]![p]!;
  return {
    size,
    value(name, time) {
      if (time === "now") return pass(t).values[name]!;
      const step = time === "before" ? t - sign : t + sign;
      if (exists(step)) return pass(step).values[name]!;
      return time === "before" ? run.start[l]![p]![name]! : new Float64Array(size);
    },
    gradient(name, time) {
      if (time === "now") return pass(t).gradients[name]!;
      return exists(t + sign) ? pass(t + sign).gradients[name]! : null;
    },
    above: () => pass(t).above,
    input(time) {
      const step = time === "now" ? t : t + sign;
      if (!exists(step)) return null;
      return { token: -1, vector: l === 0 ? run.input(step) : run.at(step).h[l - 1]! };
    },
    parameter: (name) => parameters[name]!,
  };
}
