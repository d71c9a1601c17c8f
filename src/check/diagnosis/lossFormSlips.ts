/** Losses of another form: a number that keeps the logarithm finite, the root of a squared error. */
import type { Problem } from "../../engine/model";
import type { Choices, Factor } from "./choices";
import { isEntropy } from "./readout";
import { one, type Slip } from "./slip";

export function lossFormSlips(problem: Problem): Omit<Slip, "rare">[] {
  const { loss } = problem.model;
  if (!loss) return [];
  return isEntropy(loss) ? epsilonSlips() : loss.type === "mse" ? rootSlips(problem) : [];
}

/** What people add to p so that log 0 is no number of theirs. */
const usualEpsilons = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-9, 1e-10, 1e-12];

function epsilonSlips(): Omit<Slip, "rare">[] {
  return usualEpsilons.flatMap((value) => {
    const text = `${value} is added to the probabilities before their logarithm is taken`;
    return [
      one("log-epsilon", `${text}, in the loss alone`, { logEpsilon: { value, in: "loss" } }),
      one("log-epsilon", `${text}, in the loss and its gradient`, { logEpsilon: { value, in: "both" } }),
    ];
  });
}

/** √ of the mean or the sum, of all steps or of each; in the gradient, too, or with the gradient of what is under the root. */
function rootSlips({ model: { loss, output }, sequences }: Problem): Omit<Slip, "rare">[] {
  if (!loss) return [];
  const hasSteps = output.at === "every" && sequences.some(({ length }) => length > 1);
  const hasOutputs = output.size > 1;
  const steps = loss.reduction === "sum" ? "mean" : "sum";
  const outputs: Factor = loss.outputs === "sum" ? "outputMean" : output.size;
  const ofOutputs = loss.outputs === "sum" ? "mean" : "sum";
  const under: [string, readonly Factor[]][] = [["the loss", []]];
  if (hasSteps) under.push([`the ${steps} over the steps`, ["otherReduction"]]);
  if (hasOutputs) under.push([`the ${ofOutputs} over the outputs`, [outputs]]);
  if (hasSteps && hasOutputs)
    under.push([`the ${steps} over the steps and ${ofOutputs} over the outputs`, ["otherReduction", outputs]]);
  const root = (text: string, change: Partial<Choices>) => one("root-of-loss", text, change, "root");
  const slips = under.flatMap(([said, factors]) => {
    const text = `the root of ${said} is taken`;
    const all = (where: "loss" | "both") => ({ rootOf: { what: "all", under: factors, in: where } }) as const;
    const ofInside = `${text}, in the loss alone; its gradient is that of what is under the root`;
    return [
      root(text, all("both")),
      root(`${text}, in the loss alone`, all("loss")),
      ...(factors.length > 0 ? [root(ofInside, { ...all("loss"), gradientFactors: factors })] : []),
    ];
  });
  if (!hasSteps) return slips;
  for (const [said, factors] of under.filter(([, factors]) => !factors.includes("otherReduction")))
    slips.push(
      root(`the root of each step's ${factors.length === 0 ? "squared error" : `error, ${said},`} is taken`, {
        rootOf: { what: "step", under: factors, in: "both" },
      }),
    );
  return slips;
}
