/** Losses of another form: a number that keeps the logarithm finite, the root of a squared error, other means, settings that are read otherwise. */
import { countTargets } from "../../engine/loss";
import type { Loss, Problem } from "../../engine/model";
import type { Choices, Factor } from "./choices";
import { isEntropy } from "./readout";
import { one, type Slip } from "./slip";

type NewSlip = Omit<Slip, "rare">;

export function lossFormSlips(problem: Problem): NewSlip[] {
  const { loss } = problem.model;
  if (!loss || loss.type === "linear") return [];
  return [
    ...(isEntropy(loss) ? [...epsilonSlips(), ...otherTypeSlips(loss)] : []),
    ...(loss.type === "mse" ? rootSlips(problem) : []),
    ...meanSlips(problem),
    ...settingSlips(problem),
    ...writtenSlips(problem),
    ...paddedSlips(problem),
  ];
}

/** Probabilities that go into another loss than their entropy. */
function otherTypeSlips({ type, factor }: Loss): NewSlip[] {
  const isClass = type === "cross-entropy";
  const of = (id: string, text: string, lossOptions: Partial<Loss>) =>
    one(id, text, { lossOptions: { classWeights: null, labelSmoothing: 0, ...lossOptions } }, "loss-type");
  return [
    of("loss-type:mse", "the loss is the squared error of the probabilities in place of their entropy", {
      type: "mse",
    }),
    of("loss-type:mse", "the loss is half the squared error of the probabilities in place of their entropy", {
      type: "mse",
      factor: factor / 2,
    }),
    ...(isClass
      ? [
          of("log-left-out", "the logarithm is left out of the entropy: the loss is −p of the target", {
            type: "linear",
            factor: -factor,
          }),
          of("term-of-loss", "(1 − target) log(1 − p) is added to the entropy, as of a binary one", {
            type: "binary-cross-entropy",
          }),
        ]
      : []),
  ];
}

/** Means that are taken of L alone, where each step's loss is what was asked for. */
function meanSlips({ model: { loss, output }, sequences }: Problem): NewSlip[] {
  if (!loss) return [];
  const hasSteps = loss.reduction === "sum" && sequences.some((sequence) => countTargets(sequence) > 1);
  const hasOutputs = output.size > 1 && !isEntropy(loss) && loss.outputs === "sum";
  const O = `the ${output.size} outputs`;
  const means: [string, string, readonly Factor[]][] = [];
  if (hasOutputs) means.push(["output-mean", `L is divided by ${O}`, ["outputMean"]]);
  if (hasOutputs && hasSteps)
    means.push(["mean-of-all", `the mean over the steps and ${O} together is taken`, ["otherReduction", "outputMean"]]);
  if (loss.type === "mse")
    for (const [id, text, factors] of [
      ...means,
      ...(hasSteps ? [["half-loss", "the mean over the steps is taken", ["otherReduction"]] as const] : []),
    ])
      means.push([id, `${text}, and half of it`, [...factors, "half"]]);
  const isWeighted = loss.classWeights !== null || sequences.some(({ weights }) => weights !== null);
  if (loss.reduction === "mean" && isWeighted)
    means.push(["plain-mean", "the mean is divided by the number of steps, not by their weights", ["plainMean"]]);
  return means.flatMap(([id, text, factors]) => [
    one(id, text, { totalFactors: factors, gradientFactors: factors }, "reduction"),
    one(id, `${text}, in the loss alone`, { totalFactors: factors }, "reduction"),
  ]);
}

/** Settings of the loss that other people read otherwise. */
function settingSlips({ model: { loss, output } }: Problem): NewSlip[] {
  if (!loss) return [];
  const slips: NewSlip[] = [];
  const { labelSmoothing, classWeights, delta, factor, type } = loss;
  if (classWeights)
    slips.push(
      one(
        "class-weights-each",
        "each entry of the loss's gradient is multiplied with its own class's weight, not with that of the target's",
        { classWeightsEach: true },
        "class-weights",
      ),
    );
  if (labelSmoothing > 0 && output.size > 1)
    slips.push(
      one(
        "smoothing-of-others",
        `the smoothing is shared by the other ${output.size - 1} classes alone: ε/(O − 1) and 1 − ε`,
        { lossOptions: { labelSmoothing: (labelSmoothing * output.size) / (output.size - 1) } },
        "smoothing",
      ),
    );
  if (type === "huber") {
    const times = (id: string, text: string, by: number) =>
      slips.push(one(id, text, { lossOptions: { factor: factor * by } }, "huber"));
    if (delta !== 1) times("huber-smooth-l1", "the loss is PyTorch's SmoothL1Loss, Huber's divided by δ", 1 / delta);
    times("huber-doubled", "Huber's ½ is left out: e² and 2δ|e| − δ²", 2);
  }
  return slips;
}

/** What people write down as the output whose loss is taken of the logits. */
function writtenSlips({ model: { output } }: Problem): NewSlip[] {
  if (output.activation !== "softmax" && output.activation !== "sigmoid") return [];
  const { activation } = output;
  return [
    one(
      "output-written:error",
      "the target is subtracted from the output itself, so that p − target is written down in its place",
      { outputWritten: "error" },
      "output-written",
      false,
    ),
    one(
      "output-written:logits",
      `the logits are written down as the output, before they go through ${activation}`,
      { outputWritten: "logits" },
      "output-written",
      false,
    ),
    one(
      "output-written:logarithm",
      `the logarithm of the output is written down, log_${activation}`,
      { outputWritten: "logarithm" },
      "output-written",
      false,
    ),
  ];
}

/** Steps without a target that are counted all the same. */
function paddedSlips({ model: { loss, output }, sequences }: Problem): NewSlip[] {
  if (!loss || output.at !== "every" || sequences.every((one) => countTargets(one) === one.length)) return [];
  const isClass = sequences.some(({ targets }) => targets?.kind === "classes");
  const text = `a step without a target is counted as one with ${isClass ? "the first class" : "zeros"}`;
  const slips = [one("target-padded", text, { targets: "padded" }, "targets")];
  if (loss.reduction === "mean") {
    const factors: readonly Factor[] = ["otherReduction", "stepMean"];
    slips.push(
      one(
        "target-padded",
        `${text}, in the number of steps, too`,
        { targets: "padded", totalFactors: factors, gradientFactors: factors },
        "targets",
      ),
    );
  }
  return slips;
}

/** What people add to p so that log 0 is no number of theirs. */
const usualEpsilons = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-9, 1e-10, 1e-12];

function epsilonSlips(): NewSlip[] {
  return usualEpsilons.flatMap((value) => {
    const text = `${value} is added to the probabilities before their logarithm is taken`;
    return [
      one("log-epsilon", `${text}, in the loss alone`, { logEpsilon: { value, in: "loss" } }),
      one("log-epsilon", `${text}, in the loss and its gradient`, { logEpsilon: { value, in: "both" } }),
    ];
  });
}

/** √ of the mean or the sum, of all steps or of each; in the gradient, too, or with the gradient of what is under the root. */
function rootSlips({ model: { loss, output }, sequences }: Problem): NewSlip[] {
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
