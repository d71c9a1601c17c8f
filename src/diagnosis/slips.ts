/** The slips that people make, as far as a model and its sequences have room for them. */
import type { Layer, Model, Problem } from "../engine/model";
import { parametersOf } from "../engine/model";
import { outputName } from "../engine/readout";
import type { Tensor } from "../engine/tensor";
import type { Choices } from "./choices";

export interface Slip {
  /** A short name for programs: `derivative-again`, `forgotten-bias:layers.0.bh`. */
  readonly id: string;
  /** What was done, as a sentence goes on after "as where": "the bias bh is left out". */
  readonly text: string;
  /** Of one group, one slip alone can be made at a time; biases and matrices have a group each. */
  readonly group: string;
  /** Whether it is one of the way back, of which several are often made together. */
  readonly back: boolean;
  readonly change: Partial<Choices>;
}

/** Every slip that can be made on this problem, the most usual first. */
export function slipsOf(problem: Problem): Slip[] {
  const { model } = problem;
  return [
    ...biasSlips(model),
    ...derivativeSlips(model),
    ...lossSlips(model),
    ...recurrenceSlips(problem),
    ...transposeSlips(model),
    ...gateSlips(model),
  ];
}

function one(id: string, text: string, change: Partial<Choices>, group = id, back = true): Slip {
  return { id, text, group, back, change };
}

/** A parameter's name as people say it: the layer goes where there is only one. */
export function shortName(model: Model, full: string): string {
  if (full.startsWith("output.")) return full.slice("output.".length);
  return model.layers.length === 1 ? full.slice("layers.0.".length) : full;
}

function biasSlips(model: Model): Slip[] {
  const biases = Object.entries(parametersOf(model)).filter(([, tensor]) => tensor.rank === 1 && hasNonZero(tensor));
  const recurrent = biases.map(([name]) => name).filter((name) => !name.startsWith("output."));
  const slips = biases.map(([name]) =>
    one(
      `forgotten-bias:${name}`,
      `the bias ${shortName(model, name)} is left out`,
      { forgottenBiases: [name] },
      `forgotten-bias:${name}`,
      false,
    ),
  );
  if (recurrent.length < 2) return slips;
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

const says: Readonly<Record<string, { again: string; right: string; last: string }>> = {
  tanh: { again: "1 − tanh²(h_t)", right: "1 − h_t²", last: "1 − h_T²" },
  sigmoid: { again: "σ(h_t)(1 − σ(h_t))", right: "h_t(1 − h_t)", last: "h_T(1 − h_T)" },
};

function derivativeSlips(model: Model): Slip[] {
  const curved = model.layers.find(({ cell, options }) => cell !== "rnn" || isCurved(options["activation"]));
  if (!curved) return [];
  const plain = curved.cell === "rnn";
  const activation = plain ? curved.options["activation"]! : "tanh";
  const { again, right, last } = says[activation]!;
  const name = activation === "sigmoid" ? "the sigmoid" : "tanh";
  const slips = [
    one(
      "derivative-again",
      plain
        ? `the derivative of ${name} is taken of h_t again: ${again} in place of ${right}`
        : "the derivatives of σ and tanh are taken of the gates again: 1 − tanh²(g) in place of 1 − g²",
      { derivative: "again" },
      "derivative",
    ),
    one(
      "derivative-forgotten",
      plain
        ? `the derivative ${right} of ${name} is left out`
        : "the derivatives of the gates' σ and tanh are left out",
      { derivative: "forgotten" },
      "derivative",
    ),
  ];
  if (!plain) return slips;
  return [
    ...slips,
    one(
      "derivative-of-last",
      `the last hidden state is used at every step of the way back: ${last} in place of ${right}`,
      { derivative: "ofLast" },
      "derivative",
    ),
  ];
}

function isCurved(activation: string | undefined): boolean {
  return activation === "tanh" || activation === "sigmoid";
}

function lossSlips({ loss, output }: Model): Slip[] {
  if (!loss) return [];
  const y = outputName(output.activation);
  const slips: Slip[] = [];
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
    one("ascent", "the update adds the gradient in place of subtracting it", { ascent: true }),
  );
  if (loss.type === "mse")
    slips.push(
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
  else
    slips.push(
      one("log10", "the logarithm is taken to base 10 in place of the natural one", { logBase: 10 }, "logarithm"),
      one("log2", "the logarithm is taken to base 2 in place of the natural one", { logBase: 2 }, "logarithm"),
    );
  if (output.size > 1 && loss.type !== "cross-entropy") {
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
  if (loss.type === "mse") {
    if (output.activation !== "linear")
      slips.push(
        one(
          "output-derivative-forgotten",
          `the derivative of the output's ${output.activation} is left out`,
          { outputDerivative: "forgotten" },
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

function recurrenceSlips({ model, sequences }: Problem): Slip[] {
  if (!model.loss || sequences.every(({ length }) => length < 2)) return [];
  return [
    ...(model.output.at === "last"
      ? [
          one("loss-at-every-step", "the loss's gradient is added at every step, not at the last one alone", {
            lossAtEveryStep: true,
          }),
        ]
      : []),
    one(
      "recurrence-dropped",
      "what comes back from the step after is left out of dL/dh_t",
      { recurrence: "dropped" },
      "recurrence",
    ),
    one(
      "recurrence-one-step",
      "the gradient is carried back over one step only",
      { recurrence: "oneStep" },
      "recurrence",
    ),
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
  ];
}

function transposeSlips(model: Model): Slip[] {
  const square = Object.entries(parametersOf(model)).filter(
    ([, { rank, rows, cols }]) => rank === 2 && rows === cols && rows > 1,
  );
  return square.flatMap(([name]) => {
    const short = shortName(model, name);
    const group = `transposed:${name}`;
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

function gateSlips({ layers }: Model): Slip[] {
  const slips: Slip[] = [];
  const has = (cell: Layer["cell"]) => layers.some((layer) => layer.cell === cell);
  if (has("lstm"))
    for (const order of permutations(["i", "f", "g", "o"]))
      slips.push(
        one(
          `gate-order:${order.join("")}`,
          `the gates' parameters are taken in another order: those of ${order.join(", ")} for i, f, g, o`,
          { gates: Object.fromEntries(order.map((taken, k) => ["ifgo"[k]!, taken])) },
          "gates",
          false,
        ),
      );
  const gru = layers.find(({ cell }) => cell === "gru");
  if (!gru) return slips;
  const [said, other] = gru.options["reset"] === "after" ? ["after", "before"] : ["before", "after"];
  return [
    ...slips,
    one("gate-order:zr", "the gates r and z are exchanged", { gates: { r: "z", z: "r" } }, "gates", false),
    one(
      "other-reset",
      `the reset gate acts ${other} the product with Whn, not ${said} it`,
      { otherReset: true },
      "reset",
      false,
    ),
    one(
      "swapped-update",
      "z and 1 − z are exchanged: h_t = z ∘ n + (1 − z) ∘ h_{t−1}",
      { swappedUpdate: true },
      "update",
      false,
    ),
  ];
}

/** Every order but the one given. */
function permutations(letters: readonly string[]): string[][] {
  const all = (rest: readonly string[]): string[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((letter) => all(rest.filter((other) => other !== letter)).map((order) => [letter, ...order]));
  return all(letters).slice(1);
}
