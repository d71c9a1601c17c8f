/** The slips that people make, as far as a model and its sequences have room for them. */

import { cellOf } from "../../engine/cells";
import { expressionText } from "../../engine/expressionText";
import { countTargets } from "../../engine/loss";
import type { BatchReduction, Clip, Layer, Loss, Model, Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import { readsEnds } from "../../engine/network";
import { outputName } from "../../engine/readout";
import type { Tensor } from "../../engine/tensor";
import type { Choices, Factor } from "./choices";
import { concatenatedSlips } from "./concatenated";
import { cutSlips } from "./cutSlips";
import { lossFormSlips } from "./lossFormSlips";
import { mutationsOf } from "./mutations";
import { isEntropy } from "./readout";
import { onBoth, one, rare, type Slip, shortName } from "./slip";
import { updateSlips } from "./updateSlips";
import { wiringSlips } from "./wiringSlips";

/** Every slip that can be made on this problem, the most usual first. */
export function slipsOf(problem: Problem): Slip[] {
  const { model, sequences } = problem;
  const isLong = sequences.some(({ length }) => length > 1);
  const { derivatives, terms, functions, factors } = mutationsOf(model);
  // Without a loss there is no way back, and over one step nothing comes back.
  const back = model.loss !== null;
  const all = distinct([
    ...biasSlips(model),
    ...(back ? derivatives.map((slip) => ({ ...slip, rare: slip.id.includes(":") })) : []),
    ...rare(outputTwiceSlips(model)),
    ...lossSlips(problem),
    ...rare(outputSlopeSlips(model)),
    ...rare(divisionSlips(problem)),
    ...recurrenceSlips(problem),
    ...(back && isLong ? rare(terms) : []),
    ...rare(startSlips(problem)),
    ...(back ? rare(targetSlips(problem)) : []),
    ...rare(tokensFromOne(problem)),
    ...rare(functions),
    ...transposeSlips(model),
    ...rare(concatenatedSlips(model)),
    ...gateSlips(model),
    ...(back ? rare(clipSlips(problem)) : []),
    ...rare(readoutSlips(problem)),
    ...(back ? rare(lossSettingSlips(problem)) : []),
    ...(back ? rare(shareSlips(problem)) : []),
    ...(back ? rare(memorySlips(problem)) : []),
    ...(back ? rare(factors) : []),
    ...(back ? rare(updateSlips(problem)) : []),
    ...(back ? rare(lossFormSlips(problem)) : []),
    ...(back ? rare(cutSlips(problem)) : []),
    ...rare(wiringSlips(problem)),
  ]);
  return all.map((slip) => (isUsual(slip, problem) ? { ...slip, rare: false } : slip));
}

const usual: ReadonlySet<string> = new Set([
  "recurrence-dropped",
  "derivative-again:gates",
  "derivative-forgotten:gates",
  "hard-sigmoid",
  "forget-bias-one",
  "swapped-update",
  "bias-outside-reset",
  "other-reset",
]);

/** Seen in many programs, so that it is looked for beside any other. */
function isUsual({ id, change }: Slip, { model, training }: Problem): boolean {
  const { clipped } = change;
  if (clipped) return clipped.type === training.clip?.type && clipped.at === training.clip.at && !clipped.each;
  const [start, of] = id.split(":");
  const isOfState = model.layers.some((layer) => cellOf(layer).states.includes(of ?? ""));
  return usual.has(id) || (isOfState && (start === "dropped" || start === "derivative-again"));
}

function biasSlips(model: Model): Slip[] {
  const biases = Object.entries(parametersOf(model)).filter(([, tensor]) => tensor.rank === 1 && hasNonZero(tensor));
  const recurrent = biases.map(([name]) => name).filter((name) => !name.startsWith("output."));
  const slips = biases.flatMap(([name]) => [
    one(
      `forgotten-bias:${name}`,
      `the bias ${shortName(model, name)} is left out`,
      { forgottenBiases: [name] },
      `forgotten-bias:${name}`,
      false,
    ),
    one(
      `doubled-bias:${name}`,
      `the bias ${shortName(model, name)} is added twice`,
      { doubledBiases: [name] },
      `forgotten-bias:${name}`,
      false,
    ),
  ]);
  slips.push(
    ...rare(
      biases.map(([name]) =>
        one(
          `doubled-bias:${name}`,
          `the bias ${shortName(model, name)} is added twice, and its gradient is twice its share`,
          { doubledBiases: [name], scaled: { [name]: 2 } },
          `forgotten-bias:${name}`,
          false,
        ),
      ),
    ),
  );
  if (recurrent.length < 2) return slips;
  // A bias that is added inside a product has no other beside it.
  const beside = recurrent.filter((name) => !/\.bh[a-z]$/.test(name));
  const all = new Map([
    [beside.join(), `the biases ${beside.map((name) => shortName(model, name)).join(", ")} are added twice`],
    [recurrent.join(), "all the cells' biases are added twice"],
  ]);
  const doubled = [...all].flatMap(([joined, said]) => {
    const names = joined.split(",");
    const twice = Object.fromEntries(names.map((name) => [name, 2]));
    const of = (text: string, change: Partial<Choices>) =>
      one("doubled-biases", text, { doubledBiases: names, ...change }, "forgotten-biases", false);
    return [of(said, {}), of(`${said}, and their gradients are twice their shares`, { scaled: twice })];
  });
  slips.push(...rare(doubled));
  const text = `the biases ${recurrent.map((name) => shortName(model, name)).join(", ")} are left out`;
  return [
    ...slips,
    one(
      "forgotten-biases",
      recurrent.length > 6 ? "all the cells' biases are left out" : text,
      { forgottenBiases: recurrent },
      "forgotten-biases",
      false,
    ),
  ];
}

function hasNonZero({ data }: Tensor): boolean {
  return data.some((number) => number !== 0);
}

function lossSlips(problem: Problem): Slip[] {
  const { model, sequences } = problem;
  const { loss, output } = model;
  if (!loss) return [];
  const ascent = one("ascent", "the update adds the gradient in place of subtracting it", { update: ["ascent"] });
  // A gradient that is handed in is nobody's to get wrong.
  if (loss.type === "linear") return [ascent];
  const y = outputName(output.activation);
  const slips: Slip[] = [];
  // The ½ of a squared error is more usual than a mean that was not asked for.
  if (loss.type === "mse")
    slips.push(
      one("factor-two-loss", "the squared error is halved in the loss alone", { lossFactors: ["half"] }, "factor"),
      one(
        "factor-two",
        "the factor 2 of the squared error's derivative is forgotten",
        { gradientFactors: ["half"] },
        "factor",
      ),
      one(
        "half-loss",
        "the squared error is halved, ½(y − target)²",
        { lossFactors: ["half"], gradientFactors: ["half"] },
        "factor",
      ),
    );
  const [other, said] = loss.reduction === "sum" ? ["mean", "sum"] : ["sum", "mean"];
  const reduction = `the ${other} over the steps is taken in place of their ${said}`;
  slips.push(
    one(
      "other-reduction",
      reduction,
      { lossFactors: ["otherReduction"], gradientFactors: ["otherReduction"] },
      "reduction",
    ),
    one("other-reduction-loss", `${reduction}, in the loss alone`, { lossFactors: ["otherReduction"] }, "reduction"),
    one(
      "other-reduction-gradient",
      `${reduction}, in the gradients alone`,
      { gradientFactors: ["otherReduction"] },
      "reduction",
    ),
    one(
      "negative-gradient",
      `the error has the wrong sign: target − ${y} in place of ${y} − target`,
      { gradientFactors: ["negative"] },
      "sign",
    ),
    ascent,
  );
  if (isEntropy(loss))
    slips.push(
      one(
        "negative-loss",
        "the loss has the wrong sign: the minus before the logarithm is left out",
        { lossFactors: ["negative"] },
        "sign-loss",
      ),
      one("log10", "the logarithm is taken to base 10 in place of the natural one", { logBase: 10 }, "logarithm"),
      one("log2", "the logarithm is taken to base 2 in place of the natural one", { logBase: 2 }, "logarithm"),
    );
  if (isEntropy(loss)) slips.push(...rare(entropySlips(problem)));
  if (loss.type === "cross-entropy") {
    const mean = `the cross-entropy is divided by the ${output.size} classes`;
    const all = `the mean over the steps and the ${output.size} classes together is taken`;
    slips.push(
      one("class-mean", mean, { lossFactors: ["outputMean"], gradientFactors: ["outputMean"] }, "outputs"),
      one("class-mean", `${mean}, in the loss alone`, { lossFactors: ["outputMean"] }, "outputs"),
      one("class-mean", `${mean}, in the gradients alone`, { gradientFactors: ["outputMean"] }, "outputs"),
    );
    if (loss.reduction === "sum")
      slips.push(...onBoth("mean-of-all", all, ["otherReduction", "outputMean"], "reduction"));
    if (loss.reduction === "sum" && sequences.length > 1)
      slips.push(
        ...onBoth(
          "mean-of-all",
          `the mean over the ${sequences.length} sequences, the steps and the ${output.size} classes together is taken`,
          ["otherReduction", "outputMean", "batchMean"],
          "reduction",
        ),
      );
  }
  if (output.size > 1 && loss.type !== "cross-entropy" && loss.outputs === "sum") {
    const mean = `the mean over the ${output.size} outputs is taken in place of their sum`;
    slips.push(
      one("output-mean", mean, { lossFactors: ["outputMean"], gradientFactors: ["outputMean"] }, "outputs"),
      one("output-mean-loss", `${mean}, in the loss alone`, { lossFactors: ["outputMean"] }, "outputs"),
      one("output-mean-gradient", `${mean}, in the gradients alone`, { gradientFactors: ["outputMean"] }, "outputs"),
    );
  }
  if (output.activation !== "linear")
    slips.push(
      one("logit-for-output", `the loss's gradient is taken of the logit, z − target in place of ${y} − target`, {
        logitForOutput: true,
      }),
    );
  if (!isEntropy(loss)) {
    if (output.activation !== "linear")
      slips.push(
        one(
          "output-derivative-forgotten",
          `the derivative of the output's ${output.activation} is left out`,
          { outputDerivative: "forgotten" },
          "outputDerivative",
        ),
      );
    if (output.activation === "softmax")
      slips.push(
        one(
          "derivative-diagonal",
          "of the softmax's derivative only the diagonal y(1 − y) is taken",
          { outputDerivative: "diagonal" },
          "outputDerivative",
        ),
      );
  } else {
    const name = output.activation === "sigmoid" ? "sigmoid" : "softmax";
    slips.push(
      one(
        "output-derivative-on-top",
        `the ${name}'s derivative p(1 − p) is applied on top of p − target, which has it already`,
        { outputDerivative: "onTop" },
        "outputDerivative",
      ),
    );
    if (output.activation === "softmax")
      slips.push(
        one(
          "softmax-matrix-on-top",
          "the softmax's whole derivative is applied on top of p − target, which has it already",
          { outputDerivative: "matrixOnTop" },
          "outputDerivative",
        ),
      );
  }
  return slips;
}

/** The derivative of the output's own activation, taken of something else; one of an output that has none. */
function outputSlopeSlips({ output: { activation }, loss }: Model): Slip[] {
  if (!loss || loss.type === "linear") return [];
  const slip = (id: string, text: string, outputDerivative: Choices["outputDerivative"]) =>
    one(id, text, { outputDerivative }, "outputDerivative");
  if (activation === "linear")
    return [
      slip(
        "output-derivative-added",
        "a sigmoid's derivative y(1 − y) multiplies the linear output's error",
        "ofSigmoid",
      ),
      slip("output-derivative-added", "a tanh's derivative 1 − y² multiplies the linear output's error", "ofTanh"),
    ];
  if (activation === "softmax") return [];
  const y = outputName(activation);
  const [right, again, ofLogits] =
    activation === "tanh"
      ? [`1 − ${y}²`, `1 − tanh²(${y})`, "1 − z²"]
      : [`${y}(1 − ${y})`, `σ(${y})(1 − σ(${y}))`, "z(1 − z)"];
  const text = `the derivative of the output's ${activation} is taken of`;
  return [
    slip("output-derivative-again", `${text} the output again: ${again} in place of ${right}`, "again"),
    slip("output-derivative-of-logits", `${text} the logits: ${ofLogits} in place of ${right}`, "ofLogits"),
    ...(isEntropy(loss)
      ? [
          slip(
            "output-derivative-again",
            `${again} is applied on top of ${y} − target, which has the sigmoid's derivative already`,
            "againOnTop",
          ),
        ]
      : []),
  ];
}

/** What is made of an entropy otherwise. */
function entropySlips({ model: { output, loss } }: Problem): Slip[] {
  if (!loss) return [];
  const slips: Slip[] = [];
  for (const base of [2, 10])
    slips.push(
      one(
        `log${base}`,
        `the logarithm is taken to base ${base} in place of the natural one, and its derivative with it`,
        { logBase: base, gradientFactors: [1 / Math.log(base)] },
        "logarithm",
      ),
    );
  if (loss.reduction === "sum")
    slips.push(
      one(
        "bits-per-step",
        "the loss is the mean over the steps in bits, with the logarithm to base 2",
        { logBase: 2, lossFactors: ["otherReduction"] },
        "logarithm",
      ),
    );
  slips.push(
    one(
      "perplexity",
      "the perplexity, e to the mean over the steps, stands in the loss's place",
      { perplexity: Math.E },
      "perplexity",
    ),
    one(
      "perplexity",
      "2 to the mean over the steps, which is in nats, stands in the loss's place",
      { perplexity: 2 },
      "perplexity",
    ),
  );
  const isSigmoid = loss.type === "binary-cross-entropy";
  const alone = isSigmoid
    ? "the sigmoid's derivative is multiplied to −target / p alone: the loss's gradient is target·(p − 1) in place of p − target"
    : "of the softmax's derivative only the diagonal p(1 − p) is taken: the loss's gradient is target·(p − 1) in place of p − target";
  const diagonal = one("derivative-diagonal", alone, { outputDerivative: "diagonal" }, "outputDerivative");
  if (!isSigmoid) slips.push(diagonal);
  if (isSigmoid) {
    for (const [said, change] of [
      [", in the loss alone", { entropyTerms: "targetAlone" }],
      ["", { entropyTerms: "targetAlone", outputDerivative: "diagonal" }],
      [", in the gradients alone", { outputDerivative: "diagonal" }],
    ] as const)
      slips.push(
        one("term-of-loss", `(1 − target) log(1 − p) is left out of the entropy${said}`, change, "outputDerivative"),
      );
    for (const [kind, text] of [
      ["negated", "(1 − target) log(1 − p) has the wrong sign in the entropy"],
      ["ofTarget", "(1 − target) log p stands in the place of (1 − target) log(1 − p) in the entropy"],
    ] as const)
      for (const [said, where] of [
        ["", "both"],
        [", in the loss alone", "loss"],
        [", in the gradients alone", "gradient"],
      ] as const)
        slips.push(one("rest-of-entropy", text + said, { entropyRest: { kind, in: where } }, "outputDerivative"));
  } else if (!loss.classWeights && output.size > 1)
    slips.push(
      one(
        "term-of-loss",
        "(1 − target) log(1 − p) is added to the entropy, as of a binary one, in the loss alone",
        { entropyTerms: "both" },
        "entropy-terms",
      ),
    );
  return slips;
}

/** Divisions by how many there are of something. */
function divisionSlips({ model, sequences, training }: Problem): Slip[] {
  if (!model.loss) return [];
  const slips: Slip[] = [];
  const both = (id: string, text: string, factor: Factor) => onBoth(id, text, [factor], id);
  if (sequences.length > 1)
    slips.push(...both("batch-mean", `what is summed is divided by the ${sequences.length} sequences`, "batchMean"));
  slips.push(...batchSlips(model, training, sequences.length));
  if (sequences.some((sequence) => countTargets(sequence) > 1))
    for (const [said, lastStepAlone] of [
      ["the loss and its gradient are those", ["loss", "gradient"]],
      ["the loss is that", ["loss"]],
      ["the loss's gradient is that", ["gradient"]],
    ] as const)
      slips.push(one("last-loss-alone", `${said} of the last step alone`, { lastStepAlone }, "last-loss-alone"));
  if (model.output.at === "every" && sequences.some((sequence) => countTargets(sequence) > 1))
    for (const step of ["first", "last"] as const)
      for (const [said, of] of [
        ["the loss and in its gradient", ["loss", "gradient"]],
        ["the loss", ["loss"]],
        ["the loss's gradient", ["gradient"]],
      ] as const) {
        const text = `the ${step} step is left out of the sum in ${said}: a loop that ${step === "first" ? "begins too late" : "ends too early"}`;
        slips.push(one(`loss-left-out:${step}`, text, { lossLeftOut: { step, of } }, "last-loss-alone"));
      }
  // Where every step has a target it is the mean over those.
  if (sequences.some((sequence) => countTargets(sequence) < sequence.length))
    slips.push(...both("step-mean", "what is summed is divided by all steps, those without a target too", "stepMean"));
  return slips;
}

/** What a batch's loss and gradient are made of the sequences'. */
function batchSlips({ loss }: Model, training: Problem["training"], B: number): Slip[] {
  if (B < 2) return [];
  const own = training.batchReduction;
  const said: Readonly<Record<BatchReduction, string>> = {
    sequences: `the mean over the ${B} sequences`,
    sum: `the sum over the ${B} sequences`,
    targets: "the mean over all steps with a target",
  };
  const ids = { sequences: "batch-mean", sum: "batch-sum", targets: "batch-target-mean" };
  const others = (["sum", "sequences", "targets"] as const).filter((other) => other !== own);
  const slips = others.flatMap((other) => {
    const text = `${said[other]} is taken in place of ${own === "targets" ? said[own] : own === "sum" ? "their sum" : "their mean"}`;
    const of = (where: string, loss: BatchReduction | null, gradient: BatchReduction | null) =>
      one(ids[other], text + where, { batchAs: { loss, gradient } }, "batch-as");
    return [of("", other, other), of(", in the gradients alone", null, other), of(", in the loss alone", other, null)];
  });
  const each = (batchLeft: "first" | "last", isWhole: boolean) =>
    one(
      "one-sequence-left",
      `the gradients are those of the ${batchLeft} sequence alone: they are assigned at each, not summed${isWhole ? ", and not divided" : ""}`,
      { batchLeft, ...(isWhole && { batchAs: { loss: null, gradient: "sum" } }) },
      "batch-left",
    );
  return loss ? [...slips, ...(["last", "first"] as const).flatMap((k) => [each(k, true), each(k, false)])] : [];
}

function recurrenceSlips({ model, sequences }: Problem): Slip[] {
  if (!model.loss || sequences.every(({ length }) => length < 2)) return [];
  return [
    ...(model.output.at === "last"
      ? [
          one("loss-at-every-step", "the loss's gradient is added at every step, not at the last one alone", {
            fromOutput: "lastAtEvery",
          }),
        ]
      : []),
    ...(model.output.at === "every"
      ? rare([
          one(
            "last-error-at-every-step",
            "what comes back from the output is that of the last step at every step: a variable that still holds it",
            { fromOutput: "lastAtEvery" },
            "last-error",
          ),
          one(
            "last-error-alone",
            "what comes back from the output is added at the last step alone, as where there is one output after it",
            { fromOutput: "lastAlone" },
            "last-error",
          ),
        ])
      : []),
    one(
      "own-state",
      "the recurrent weights' gradient is taken with h_t in place of h_{t−1}",
      { previous: "h_t" },
      "previous",
    ),
    one(
      "last-state",
      "the recurrent weights' gradient is taken with the last hidden state at every step",
      { previous: "h_T" },
      "previous",
    ),
    one(
      "wrapped-state",
      "at t = 1 the recurrent weights' gradient is taken with the last hidden state, Python's h[-1], in place of h_0",
      { previous: "wrapped" },
      "previous",
    ),
    ...assignedSlips(model),
    one(
      "first-step-left-out",
      "the loop over time leaves out t = 1 on the way back",
      { leftOutStep: "first" },
      "left-out-step",
    ),
    ...(model.output.at === "every"
      ? [
          one(
            "last-step-left-out",
            "the loop over time leaves out the last step on the way back",
            { leftOutStep: "last" },
            "left-out-step",
          ),
        ]
      : []),
    ...(["first", "last"] as const).map((step) => ({
      ...one(
        `${step}-step-left-out`,
        `the loop over time leaves out ${step === "first" ? "t = 1" : "the last step"} on the way back, in the cells alone`,
        { leftOutStep: step, leftOutInCells: true },
        "left-out-step",
      ),
      rare: true,
    })),
    ...truncationSlips(sequences.reduce((most, { length }) => Math.max(most, length), 0)),
    {
      ...one(
        "upward",
        "the loop over time goes from t = 1 to the last step on the way back, too: what comes back is what the step before had",
        { flow: { kind: "upward" } },
        "recurrence",
      ),
      rare: true,
    },
  ];
}

/** An activation of the output that the loss applies again: probabilities that are taken for logits. */
function outputTwiceSlips({ output, loss }: Model): Slip[] {
  const { activation } = output;
  if (!loss || !isEntropy(loss) || (activation !== "softmax" && activation !== "sigmoid")) return [];
  return [
    one(
      "output-twice",
      `the ${activation} is applied twice: the loss is taken of the probabilities as if they were logits`,
      { outputTwice: "inLoss" },
      "output-twice",
      false,
    ),
    one(
      "output-twice",
      `the ${activation} is applied twice, in the output as in the loss`,
      { outputTwice: "throughout" },
      "output-twice",
      false,
    ),
  ];
}

/** Targets of another step, and targets that are forgotten on the way back. */
function targetSlips(problem: Problem): Slip[] {
  const { model, sequences } = problem;
  const { loss, output } = model;
  if (!loss || loss.type === "linear") return [];
  const slips: Slip[] = [];
  const step = "the output is compared with the target of the step";
  const others: readonly (readonly [string, string, Choices["targets"]])[] = [
    ["target-of-after", `${step} after, and the last one with none`, "after"],
    ["target-of-before", `${step} before, and the first one with none`, "before"],
    ["target-rolled", `${step} after, and the last one with the first target`, "rolled"],
    ["target-rolled", `${step} before, and the first one with the last target`, "rolledBack"],
  ];
  if (sequences.some((sequence) => countTargets(sequence) > 1))
    for (const [id, text, targets] of others)
      slips.push(
        one(id, text, { targets }, "targets"),
        one(id, `${text}, in the loss alone`, { targets, settingsIn: "loss" }, "targets"),
        one(id, `${text}, in the gradients alone`, { targets, settingsIn: "gradient" }, "targets"),
      );
  if (loss.type === "cross-entropy" && output.at === "every" && sequences.some(({ inputs }) => inputs.tokens !== null))
    slips.push(
      one(
        "target-is-input",
        "the output is compared with the input of its own step, not with its target",
        { targets: "input" },
        "targets",
      ),
    );
  for (const [targets, text] of classesFromOne(problem))
    slips.push(
      one("classes-from-one", text, { targets }, "targets"),
      one("classes-from-one", `${text}, in the loss alone`, { targets, settingsIn: "loss" }, "targets"),
      one("classes-from-one", `${text}, in the gradients alone`, { targets, settingsIn: "gradient" }, "targets"),
    );
  if (isEntropy(loss)) {
    const name = output.activation === "sigmoid" ? "sigmoid" : "softmax";
    slips.push(
      one(
        "target-forgotten",
        "the target is not subtracted: the loss's gradient is p in place of p − target",
        { targetTaken: "never" },
        "target-forgotten",
      ),
      one(
        "target-twice",
        "the target is subtracted twice: the loss's gradient is p − 2·target in place of p − target",
        { targetTaken: "twice" },
        "target-forgotten",
      ),
      one(
        "target-everywhere",
        "1 is subtracted of every output: the loss's gradient is p − 1 in place of p − target",
        { targetTaken: "everywhere" },
        "target-forgotten",
      ),
      one(
        "output-derivative-forgotten",
        `the ${name}'s derivative is left out: the loss's gradient is ${name === "softmax" ? "−target / p" : "(p − target) / (p(1 − p))"} in place of p − target`,
        { outputDerivative: "forgotten" },
        "outputDerivative",
      ),
    );
  }
  return slips;
}

/** Where a step's class is counted from 1 by one who counts from 0, or the other way round. */
function classesFromOne({ model: { output }, sequences }: Problem): (readonly [Choices["targets"], string])[] {
  const all = sequences.flatMap(({ targets }) =>
    targets?.kind === "classes" ? Array.from(targets.classes).filter((k) => k >= 0) : [],
  );
  if (all.length === 0 || output.size < 2) return [];
  const first = all.includes(0) ? ", of the first one the last, Python's p[-1]" : "";
  const before = `the target is the class before its own, as where classes are counted from 1${first}`;
  const last = all.includes(output.size - 1) ? ", of the last one none, a vector of zeros" : "";
  const after = `the target is the class after its own, as where classes are counted from 1${last}`;
  return [
    ["classBefore", before],
    ["classAfter", after],
  ];
}

/** Tokens, and classes with them, that are counted from 1 by one who counts from 0, or the other way round. */
function tokensFromOne(problem: Problem): Slip[] {
  const { model, sequences } = problem;
  const tokens = sequences.flatMap(({ inputs }) => [...(inputs.tokens ?? [])]);
  // Of an embedding another row is read.
  if (tokens.length === 0 || model.embedding || model.inputSize < 2) return [];
  const classes = new Map(classesFromOne(problem));
  return ([-1, 1] as const).flatMap((by) => {
    if (by > 0 && tokens.some((token) => token + by >= model.inputSize)) return [];
    const text = (what: string) =>
      `${what} the one ${by > 0 ? "after" : "before"} its own, as where the vocabulary is counted from 1${by < 0 && tokens.includes(0) ? ", and before the first stands the last" : ""}`;
    const targets = by > 0 ? "classAfter" : "classBefore";
    const shifted = { tokensShifted: by };
    return [
      one("tokens-from-one", text("a token of the inputs is"), shifted, "tokens", false),
      ...(classes.has(targets)
        ? [
            one(
              "tokens-from-one",
              text("each token, of the inputs and of the targets, is"),
              { ...shifted, targets },
              "tokens",
              false,
            ),
          ]
        : []),
    ];
  });
}

/** Gradients that are summed into memory that holds others. */
function memorySlips({ model, sequences }: Problem): Slip[] {
  const slips: Slip[] = [];
  const groups = model.layers.flatMap(({ passes }) =>
    passes.flatMap(({ prefix, parameters }) => alike(prefix, parameters)),
  );
  const said = (names: readonly string[]) => names.map((name) => `d${shortName(model, name)}`).join(", ");
  if (groups.length > 1)
    slips.push(
      one(
        "shared-memory",
        `the gates' gradients are summed into the same memory: ${said(groups[0]!)} are one array, and so are the others`,
        { shared: groups },
        "shared",
      ),
    );
  for (const names of groups)
    slips.push(
      one(
        "shared-memory",
        `${said(names)} are one array: what is added to one is added to all`,
        { shared: [names] },
        "shared",
      ),
    );
  const biases = Object.entries(parametersOf(model)).filter(([, { rank, data }]) => rank === 1 && data.length > 1);
  const names = biases.map(([name]) => name);
  const some: (readonly [readonly string[], string])[] = [
    [names, "the biases' gradients are"],
    [names.filter((name) => name.startsWith("layers.")), "the cells' biases' gradients are"],
    ...names.map((name) => [[name], `d${shortName(model, name)} is`] as const),
  ];
  for (const [totalled, text] of new Map(some.map((it) => [it[0].join(), it])).values())
    if (totalled.length > 0)
      slips.push(
        one(
          "bias-totalled",
          `${text} summed over the units, too: one number for all of them`,
          { totalled },
          "totalled",
        ),
      );
  if (sequences.length > 1)
    slips.push(
      one(
        "not-zeroed",
        "the gradients of the sequences before have not been set to zero: these are added to them",
        { accumulated: true },
        "accumulated",
      ),
    );
  return slips;
}

/** Parameters of a pass that differ by their gate's letter alone. */
function alike(prefix: string, parameters: Readonly<Record<string, Tensor>>): string[][] {
  const groups = new Map<string, string[]>();
  for (const [name, { rank, rows, cols }] of Object.entries(parameters)) {
    const start = /^(Wx|Wh|bh|b)[a-z]$/.exec(name)?.[1];
    if (start === undefined) continue;
    const key = `${start} ${rank} ${rows} ${cols}`;
    groups.set(key, [...(groups.get(key) ?? []), `${prefix}.${name}`]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function assignedSlips(model: Model): Slip[] {
  const left = (which: "first" | "last") =>
    which === "first" ? "those of t = 1 are left" : "those of the last step are left";
  const all = (["all", "cells"] as const).flatMap((names) =>
    (["first", "last"] as const).map((which) =>
      one(
        "assigned",
        `${names === "all" ? "the weights' gradients" : "the cells' gradients"} are assigned at each step, not summed over time: ${left(which)}`,
        { assigned: { names, left: which } },
        "assigned",
      ),
    ),
  );
  const each = Object.keys(parametersOf(model)).map((name) =>
    one(
      "assigned",
      name === "embedding.E"
        ? "dE is assigned at each step, not summed over the steps that have the same token"
        : `d${shortName(model, name)} is assigned at each step, not summed over time`,
      { assigned: { names: [name], left: name === "embedding.E" ? "last" : "first" } },
      "assigned",
    ),
  );
  if (model.embedding)
    each.push(
      one(
        "assigned",
        "dE is assigned at each step on the way back, not summed over the steps that have the same token",
        { assigned: { names: ["embedding.E"], left: "first" } },
        "assigned",
      ),
    );
  return [...all, ...each.map((slip) => ({ ...slip, rare: true }))];
}

/** What the states begin with, and in which order a backward pass's are read. */
function startSlips({ model, sequences }: Problem): Slip[] {
  const slips: Slip[] = [];
  const isGiven = [...model.layers.keys()].some((l) =>
    sequences.some(
      ({ initial, carry }) =>
        carry ||
        (initial?.[l] ?? model.layers[l]!.passes.map((pass) => pass.initial)).some((state) =>
          Object.values(state).some((v) => v.some((number) => number !== 0)),
        ),
    ),
  );
  if (isGiven)
    slips.push(
      one(
        "start-at-zero",
        sequences.some(({ carry }) => carry)
          ? "the states begin with zeros, and not where the sequence before ended"
          : "the states begin with zeros, and not with the initial states of the file",
        { startsAtZero: true },
        "start",
        false,
      ),
    );
  const states = new Set(isGiven ? model.layers.flatMap((layer) => cellOf(layer).states) : []);
  if (states.size > 1)
    for (const state of states)
      slips.push(
        one(
          `start-at-zero:${state}`,
          `${state} begins with zeros, and not with the initial state of the file`,
          { startsAtZero: state },
          "start",
          false,
        ),
      );
  if (sequences.length > 1 && sequences.some(({ carry }) => !carry))
    slips.push(
      one(
        "state-carried",
        "a sequence goes on from the states in which the one before it ended: they are not set back",
        { carries: true },
        "start",
        false,
      ),
    );
  if (sequences.some(({ length }) => length > 1))
    slips.push(
      one(
        "inputs-reversed",
        "the inputs are read from the last one to the first",
        { reversedInputs: true },
        "inputs",
        false,
      ),
    );
  if (sequences.some(({ length }) => length > 1)) {
    for (const [inputsFrom, read, at] of [
      ["before", "x_{t−1}", "t = 1"],
      ["after", "x_{t+1}", "the last step"],
    ] as const)
      slips.push(
        one(
          `inputs-of-${inputsFrom}`,
          `the cells read ${read} in place of x_t, and zeros at ${at}`,
          { inputsFrom },
          "inputs",
          false,
        ),
      );
    const reads = {
      h_prev: "h_{t−1}",
      mean: "the mean of all h_t",
      sum: "the sum of all h_t",
      max: "the largest of all h_t, unit by unit,",
      first: "h_1",
    };
    const pools = ["mean", "sum", "max"] as const;
    const ofLast = model.output.at === "last" ? (["h_prev", ...pools, "first"] as const) : (["h_prev"] as const);
    const wanted = readsEnds(model) ? pools : ofLast;
    for (const read of wanted)
      slips.push(
        one(
          read === "h_prev" ? "reads-before" : `reads-${read}`,
          `the output reads ${reads[read]} in place of ${readsEnds(model) ? "the states in which the passes end" : model.output.at === "last" ? "h_T" : "h_t"}`,
          { reads: read },
          "reads",
          false,
        ),
      );
  }
  if (model.layers.length > 1 && sequences.some(({ length }) => length > 1))
    slips.push(
      one(
        "delayed-layers",
        "each layer reads what the one below it had at the step before",
        { delayedLayers: true },
        "delayed",
        false,
      ),
    );
  if (model.layers.some(({ passes }) => passes.length > 1))
    slips.push(
      one(
        "passes-exchanged",
        "the backward pass's state stands before the forward pass's",
        { passesExchanged: true },
        "passes-exchanged",
        false,
      ),
    );
  if (model.layers.some(({ passes }) => passes.some(({ direction }) => direction === "backward")))
    slips.push(
      one(
        "not-turned",
        "the backward pass's states are read in the order in which it computes them, its last one at t = T",
        { notTurned: true },
        "turned",
        false,
      ),
    );
  if (readsEnds(model))
    slips.push(
      one(
        "reads-last",
        "the output reads the backward pass at t = T, where it begins, and not at t = 1, where it ends",
        { readsLast: true },
        "reads-last",
        false,
      ),
    );
  return slips;
}

/** The read-out's terms and its activation. */
function readoutSlips({ model, sequences }: Problem): Slip[] {
  const { output, loss } = model;
  const slips: Slip[] = [];
  if (output.Wxy)
    slips.push(one("left-out:Wxy", "Wxy x_t is left out of z_t", { forgottenTerms: ["Wxy"] }, "left-out:Wxy", false));
  if (output.skip)
    slips.push(one("left-out:skip", "x_t is left out of z_t", { forgottenTerms: ["skip"] }, "left-out:skip", false));
  const others = (["linear", "sigmoid", "softmax", "tanh"] as const).filter((other) => other !== output.activation);
  for (const other of others)
    if (other !== "softmax" || output.size > 1)
      slips.push(
        one(
          `output-activation:${other}`,
          other === "linear"
            ? `the output's ${output.activation} is left out`
            : output.activation === "linear"
              ? `the output goes through ${other}`
              : `${other} stands in the place of the output's ${output.activation}`,
          { outputActivation: other },
          "output-activation",
          false,
        ),
      );
  if (output.activation === "softmax" && output.at === "every" && sequences.some(({ length }) => length > 1))
    for (const [over, said] of [
      ["all", "over all steps and outputs together: np.sum without an axis"],
      ["steps", "over the steps: along the other axis"],
    ] as const)
      slips.push(
        one(`softmax-over:${over}`, `the softmax is taken ${said}`, { softmaxOver: over }, "output-activation", false),
      );
  slips.push(...scaledLogits(model));
  if (!loss || !output.Why) return slips;
  return [
    ...slips,
    one("readout-of-before", "dWhy is taken with h_{t−1} in place of h_t", { readState: "h_prev" }, "read-state"),
    ...(output.at === "every"
      ? [
          one(
            "readout-of-last",
            "dWhy is taken with the last hidden state at every step",
            { readState: "h_T" },
            "read-state",
          ),
        ]
      : []),
  ];
}

/** A temperature, or what attention divides by. */
function scaledLogits({ output, layers, loss }: Model): Slip[] {
  const { activation } = output;
  if (activation !== "softmax" && activation !== "sigmoid") return [];
  const read = output.Why?.cols ?? layers.at(-1)?.size ?? 1;
  const factors: (readonly [number, string])[] = [
    [0.5, "divided by 2"],
    [2, "multiplied by 2"],
    ...(read > 1 ? [[1 / Math.sqrt(read), `divided by √${read}`] as const] : []),
  ];
  return factors.flatMap(([factor, how]) => {
    const text = `the logits are ${how} before they go through ${activation}, as by a temperature`;
    const scaled = (inGradient: boolean) => ({ logitsScaled: { factor, inGradient } });
    return [
      one("logits-scaled", text, scaled(true), "output-activation", false),
      ...(loss
        ? [one("logits-scaled", `${text}; not on the way back`, scaled(false), "output-activation", false)]
        : []),
    ];
  });
}

/** What the file says of the loss and of its weights, forgotten. */
function lossSettingSlips({ model, sequences }: Problem): Slip[] {
  const { loss, output } = model;
  if (!loss) return [];
  const slips: Slip[] = [];
  const inEach = (id: string, text: string, change: Partial<Choices>, group = id) =>
    slips.push(
      one(id, text, change, group),
      one(id, `${text}, in the loss alone`, { ...change, settingsIn: "loss" }, group),
      one(id, `${text}, in the gradients alone`, { ...change, settingsIn: "gradient" }, group),
    );
  const option = (id: string, text: string, lossOptions: Partial<Loss>) => inEach(id, text, { lossOptions });
  if (loss.classWeights)
    option("class-weights-forgotten", "the classes' weights are forgotten", { classWeights: null });
  if (loss.labelSmoothing !== 0)
    option("smoothing-forgotten", "the label smoothing is forgotten", { labelSmoothing: 0 });
  if (loss.factor !== 1)
    option("loss-factor-forgotten", `the loss's factor ${loss.factor} is forgotten`, { factor: 1 });
  if (loss.outputs === "mean" && output.size > 1)
    option("output-sum", `the sum over the ${output.size} outputs is taken in place of their mean`, { outputs: "sum" });
  if (loss.type === "huber" && loss.delta !== 1)
    option("huber-delta", `Huber's δ is 1 in place of ${loss.delta}`, { delta: 1 });
  for (const type of ["mse", "mae", "huber"] as const)
    if (["mse", "mae", "huber"].includes(loss.type) && type !== loss.type)
      inEach(
        `loss-type:${type}`,
        `the loss is ${lossName(type)} in place of ${lossName(loss.type)}`,
        { lossOptions: { type } },
        "loss-type",
      );
  if (loss.type === "mae" || loss.type === "huber")
    inEach(
      "loss-type:mse",
      `the loss is half the squared error in place of ${lossName(loss.type)}`,
      { lossOptions: { type: "mse", factor: loss.factor / 2 } },
      "loss-type",
    );
  if (sequences.some(({ weights }) => weights !== null))
    inEach(
      "step-weights-forgotten",
      "the steps' weights are forgotten",
      { forgottenWeights: ["step"] },
      "step-weights",
    );
  if (sequences.some(({ weight }) => weight !== 1))
    inEach(
      "sequence-weight-forgotten",
      "the sequence's weight is forgotten",
      { forgottenWeights: ["sequence"] },
      "sequence-weight",
    );
  return slips;
}

function lossName(type: Loss["type"]): string {
  return type === "mse" ? "the squared error" : type === "mae" ? "the absolute error" : type;
}

/** The cells' shares taken with the input of another step. */
function shareSlips({ model, sequences }: Problem): Slip[] {
  if (!model.loss || sequences.every(({ length }) => length < 2)) return [];
  return [
    one(
      "input-of-before",
      "the input weights' gradient is taken with x_{t−1} in place of x_t",
      { inputOf: "before" },
      "input",
    ),
    one(
      "input-of-after",
      "the input weights' gradient is taken with x_{t+1} in place of x_t",
      { inputOf: "after" },
      "input",
    ),
  ];
}

/** How far people follow an error: over a few steps, or over as many as libraries do by default. */
const truncations = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 25, 30, 32, 35, 50, 64, 100];

function truncationSlips(T: number): Slip[] {
  const steps = truncations.filter((k) => k <= T - 2);
  return [
    ...steps.map((k) =>
      one(
        k === 1 ? "recurrence-one-step" : `truncated:${k}`,
        k === 1
          ? "the gradient is carried back over one step only"
          : `the gradient is carried back over ${k} steps only, from each step anew`,
        { flow: { kind: "overlapping", steps: k } },
        "recurrence",
      ),
    ),
    ...truncations
      .filter((k) => k > 1 && k < T)
      .map((k) =>
        one(
          `truncated-chunks:${k}`,
          `the gradient is carried back within chunks of ${k} steps only`,
          { flow: { kind: "chunks", steps: k } },
          "recurrence",
        ),
      ),
    ...rare(
      truncations
        .filter((k) => k < T)
        .flatMap((k) => [
          ...(k > 1 && T % k !== 0
            ? [
                one(
                  `truncated-chunks:${k}`,
                  `the gradient is carried back within chunks of ${k} steps only, counted from the last step`,
                  { flow: { kind: "chunksFromEnd", steps: k } },
                  "recurrence",
                ),
              ]
            : []),
          one(
            `last-steps-alone:${k}`,
            k === 1 ? "the way back goes over the last step alone" : `the way back goes over the last ${k} steps alone`,
            { flow: { kind: "last", steps: k } },
            "recurrence",
          ),
        ]),
    ),
  ];
}

/** Thresholds that people clip at. */
const usualClips = [1, 5, 10, 0.5, 0.25, 0.1, 2, 3];

function clipSlips({ training }: Problem): Slip[] {
  const own = training.clip;
  const others = (["norm", "value"] as const).flatMap((type) => usualClips.map((at) => ({ type, at })));
  const all = [...(own ? [own] : []), ...others.filter(({ type, at }) => type !== own?.type || at !== own.at)];
  const asFile = (clip: Clip) => (clip === own ? ", as the file's `clip` says," : "");
  const norms = all.filter(({ type }) => type === "norm");
  return [
    ...all.map((clip) => clipSlip(clip, false, asFile(clip))),
    ...norms.map((clip) => clipSlip(clip, true, asFile(clip))),
  ];
}

/** @param each whether each gradient is clipped by itself */
export function clipSlip(clip: Clip, each: boolean, asFile = ""): Slip {
  const how = clip.type === "norm" ? "by their norm" : "entry by entry";
  const text = each
    ? `each gradient was clipped by its own norm at ${clip.at}${asFile} before it was written down`
    : `the gradients were clipped ${how} at ${clip.at}${asFile} before they were written down`;
  return one(each ? "clipped-each" : "clipped", text, { clipped: { ...clip, each } }, "clipped");
}

/** The same slip can come of two equations. */
function distinct(slips: readonly Slip[]): Slip[] {
  return [...new Map(slips.map((slip) => [`${slip.id} ${slip.text}`, slip])).values()];
}

function transposeSlips(model: Model): Slip[] {
  const matrices = Object.entries(parametersOf(model)).filter(
    ([name, { rank, rows, cols }]) => rank === 2 && rows > 1 && cols > 1 && name !== "embedding.E",
  );
  return matrices.flatMap(([name, { rows, cols }]) => {
    const short = shortName(model, name);
    const group = `transposed:${name}`;
    if (rows !== cols)
      return rare([
        one(
          `reshaped:${name}`,
          `${short} is read in the other order, column after column, as by reshape in the place of a transpose`,
          { transposed: [{ name, where: "everywhere" }] },
          group,
          false,
        ),
        one(
          `reshaped-gradient:${name}`,
          `d${short} is written in the other order, column after column, as by reshape in the place of a transpose`,
          { transposed: [{ name, where: "gradient" }] },
          group,
        ),
      ]);
    return [
      one(
        `transposed:${name}`,
        `${short} is transposed`,
        { transposed: [{ name, where: "everywhere" }] },
        group,
        false,
      ),
      one(
        `transposed-back:${name}`,
        `${short} is not transposed on the way back, where its transpose belongs`,
        { transposed: [{ name, where: "back" }] },
        group,
      ),
      one(
        `transposed-gradient:${name}`,
        `d${short} is transposed`,
        { transposed: [{ name, where: "gradient" }] },
        group,
      ),
    ];
  });
}

/** Gates that a cell computes alike, each with parameters of its own, and blocks of parameters: another order of them is easily taken. */
function gateSlips({ layers }: Model): Slip[] {
  const inOrder = (gates: readonly string[], order: readonly string[]) => {
    const moved = gates.filter((gate, k) => order[k] !== gate);
    return one(
      `gate-order:${order.join("")}`,
      moved.length === 2
        ? `the gates ${moved.join(" and ")} are exchanged`
        : `the gates' parameters are taken in another order: those of ${order.join(", ")} for ${gates.join(", ")}`,
      { gates: Object.fromEntries(order.map((taken, k) => [gates[k]!, taken])) },
      "gates",
      false,
    );
  };
  const usual = layers.flatMap((layer) =>
    gatesAlike(layer).flatMap((gates) => otherOrders(gates).map((order) => inOrder(gates, order))),
  );
  const unlike = layers.flatMap((layer) => {
    const blocks = blocksOf(layer);
    const isKnown = (order: readonly string[]) =>
      gatesAlike(layer).some((gates) => blocks.every((gate, k) => order[k] === gate || gates.includes(gate)));
    return otherOrders(blocks)
      .filter((order) => !isKnown(order))
      .map((order) => inOrder(blocks, order));
  });
  const slips = [...usual, ...rare(unlike)];
  return slips.filter(({ id }, k) => slips.findIndex((other) => other.id === id) === k);
}

/** Of five gates there would be 119 other orders. */
const mostGates = 4;

/** The quantities of one letter whose functions are taken of the same but for that letter: i, f, g and o of an lstm, r and z of a gru. */
function gatesAlike(layer: Layer): string[][] {
  const groups = new Map<string, string[]>();
  for (const { name, expression } of cellOf(layer).forwardOperations(layer.options)) {
    if (!/^[a-z]$/.test(name) || expression.kind !== "apply") continue;
    const alike = expressionText(expression.of).replaceAll(new RegExp(`\\b(Wx|Wh|bh|b)${name}\\b`, "g"), "$1_");
    if (!alike.includes("Wx_")) continue;
    groups.set(alike, [...(groups.get(alike) ?? []), name]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** The gates that have a matrix of x and one of h, whatever they are computed of. */
function blocksOf({ passes, cell }: Layer): string[] {
  const parameters = passes[0]?.parameters ?? {};
  if (cell === "rnn") return [];
  return Object.keys(parameters).flatMap((name) => {
    const gate = /^Wx([a-z])$/.exec(name)?.[1];
    return gate !== undefined && parameters[`Wh${gate}`] ? [gate] : [];
  });
}

/** Every order of gates but the one given; none of so many gates that there would be too many orders. */
export function otherOrders(gates: readonly string[]): string[][] {
  if (gates.length > mostGates) return [];
  const all = (rest: readonly string[]): string[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((letter) => all(rest.filter((other) => other !== letter)).map((order) => [letter, ...order]));
  return all(gates).slice(1);
}
