import type { OwnCell } from "./network";
import { ImportError } from "./source";
import { type Stored, zeros } from "./stored";

/** A function of one argument as an equation writes it: `tanh` of `a` is `tanh(a)`. */
export interface Activation {
  /** Its name in the file's `activation`, or the cell's own, where it has one there. */
  readonly name: string;
  readonly write: (argument: string) => string;
}

const call = (name: string): Activation => ({ name, write: (argument) => `${name}(${argument})` });
/** Of something that is written more than once, and so has to be a name. */
const made = (name: string, write: (argument: string) => string): Activation => ({ name, write });

export const tanh = call("tanh");
export const sigmoid: Activation = { name: "sigmoid", write: (argument) => `σ(${argument})` };
export const linear: Activation = { name: "linear", write: (argument) => argument };

/** Activations that need no more than their name. */
const plain: Readonly<Record<string, Activation>> = {
  tanh,
  sigmoid,
  linear,
  relu: call("relu"),
  softplus: call("softplus"),
  silu: call("silu"),
  exp: call("exp"),
  hardsigmoid: call("hardsigmoid"),
  hardsigmoid2: call("hardsigmoid2"),
  abs: call("abs"),
  relu6: made("relu6", (a) => `min(relu(${a}), 6)`),
  softsign: made("softsign", (a) => `(${a}) / (1 + abs(${a}))`),
};

/** @throws ImportError where there is no such function; `what` is the source's name of it */
export function activation(name: string, what = name): Activation {
  const known = Object.hasOwn(plain, name) ? plain[name] : undefined;
  if (!known) throw new ImportError(`the activation ${what} cannot be written in this format`);
  return known;
}

/** A number in an equation. */
function number(value: number): string {
  return value < 0 ? `(−${String(-value).replace("e-", "e-")})` : String(value);
}

export function leakyRelu(alpha: number): Activation {
  return made(`leaky relu ${alpha}`, (a) => `relu(${a}) + ${number(alpha)} * min(${a}, 0)`);
}

export function elu(alpha: number, scale = 1): Activation {
  const factor = scale === 1 ? "" : `${number(scale)} * `;
  return made(`elu ${alpha}`, (a) => `${factor}(relu(${a}) + ${number(alpha)} * (exp(min(${a}, 0)) − 1))`);
}

/** α x + β */
export function affine(alpha: number, beta: number): Activation {
  return made(`affine ${alpha} ${beta}`, (a) => `(${number(alpha)} * (${a}) + ${number(beta)})`);
}

/** α tanh(β x) */
export function scaledTanh(alpha: number, beta: number): Activation {
  return made(`scaled tanh ${alpha} ${beta}`, (a) => `${number(alpha)} * tanh(${number(beta)} * (${a}))`);
}

/** min(max(α x + β, 0), 1) */
export function hardSigmoid(alpha: number, beta: number): Activation {
  if (alpha === 0.2 && beta === 0.5) return activation("hardsigmoid2");
  return made(`hard sigmoid ${alpha} ${beta}`, (a) => `min(max(${number(alpha)} * (${a}) + ${number(beta)}, 0), 1)`);
}

/** What an LSTM of others can do that the format's own does not. */
export interface LstmForm {
  /** Of i, f, o; of g; of c_t. */
  readonly gates: Activation;
  readonly candidate: Activation;
  readonly output: Activation;
  /** `pi`, `pf`, `po` times the cell state: before the step for i and f, after it for o (Gers and Schmidhuber 2000). */
  readonly peepholes?: boolean;
  /** f = 1 − i. */
  readonly coupled?: boolean;
  /** Pre-activations are cut to −clip…clip. */
  readonly clip?: number | null;
  /** Added to the forget gate's pre-activation at run time. */
  readonly forgetBias?: number;
}

const isPlain = (form: LstmForm) =>
  form.gates.name === "sigmoid" &&
  form.candidate.name === "tanh" &&
  form.output.name === "tanh" &&
  !form.peepholes &&
  !form.coupled &&
  (form.clip ?? null) === null;

/** The format's `lstm`, or null and a cell of the file's own. */
export function lstmCell(form: LstmForm): OwnCell | null {
  if (isPlain(form)) return null;
  const step = preActivations(form.clip ?? null, [form.gates, form.candidate]);
  const peephole = (name: string, state: string) => (form.peepholes ? ` + ${name} ∘ ${state}` : "");
  const state = made("c", form.output.write);
  return {
    title: "lstm with the source's own functions",
    ...step.constants,
    equations: [
      ...step.gate("i", form.gates, `Wxi x + Whi h'${peephole("pi", "c'")} + bi`),
      ...(form.coupled ? ["f = 1 − i"] : step.gate("f", form.gates, `Wxf x + Whf h'${peephole("pf", "c'")} + bf`)),
      ...step.gate("g", form.candidate, "Wxg x + Whg h' + bg"),
      "c = f ∘ c' + i ∘ g",
      ...step.gate("o", form.gates, `Wxo x + Who h'${peephole("po", "c")} + bo`),
      `h = o ∘ (${state.write("c")})`,
    ],
  };
}

export interface GruForm {
  readonly gates: Activation;
  readonly candidate: Activation;
  readonly reset: "before" | "after";
  readonly clip?: number | null;
}

/** The format's `gru`, or null and a cell of the file's own. */
export function gruCell(form: GruForm): OwnCell | null {
  const clip = form.clip ?? null;
  if (form.gates.name === "sigmoid" && form.candidate.name === "tanh" && clip === null) return null;
  const step = preActivations(clip, [form.gates, form.candidate]);
  const candidate = form.reset === "after" ? "Wxn x + bn + r ∘ (Whn h' + bhn)" : "Wxn x + Whn (r ∘ h') + bn";
  return {
    title: "gru with the source's own functions",
    ...step.constants,
    equations: [
      ...step.gate("r", form.gates, "Wxr x + Whr h' + br"),
      ...step.gate("z", form.gates, "Wxz x + Whz h' + bz"),
      ...step.gate("n", form.candidate, candidate),
      "h = (1 − z) ∘ n + z ∘ h'",
    ],
  };
}

const rnnActivations = ["tanh", "relu", "sigmoid", "linear"];

/** The format's `rnn` with its activation, or a cell of the file's own. */
export function rnnCell(activation: Activation, clip: number | null): OwnCell | null {
  if (clip === null && rnnActivations.includes(activation.name)) return null;
  const step = preActivations(clip, [activation]);
  const equations = step.gate("h", activation, "Wxh x + Whh h' + bh");
  return { title: "rnn with the source's own functions", ...step.constants, equations };
}

function preActivations(clip: number | null, functions: readonly Activation[]) {
  const cut = (text: string) => (clip === null ? text : `min(max(${text}, −clip), clip)`);
  // A function whose argument stands in it twice gets it by a name.
  const twice = functions.filter(({ write }) => write("\u0000").split("\u0000").length > 2);
  return {
    constants: clip === null ? {} : { constants: { clip } },
    gate(name: string, activation: Activation, text: string): string[] {
      if (!twice.includes(activation)) return [`${name} = ${activation.write(cut(text))}`];
      return [`a${name} = ${cut(text)}`, `${name} = ${activation.write(`a${name}`)}`];
    },
  };
}

/** brain.js' LSTM has no cell state of its own: what it keeps is multiplied into h of the step before. */
export const brainLstm: OwnCell = {
  title: "brain.js' LSTM",
  equations: [
    "i = σ(Wxi x + Whi h' + bi)",
    "f = σ(Wxf x + Whf h' + bf)",
    "o = σ(Wxo x + Who h' + bo)",
    "g = tanh(Wxg x + Whg h' + bg)",
    "c = f ∘ h' + i ∘ g",
    "h = o ∘ tanh(c)",
  ],
};

/** The parameters that a cell's equations name, and no others; biases that the layer lacks are zeros. */
export function ownParameters(
  parameters: Readonly<Record<string, Stored>>,
  own: OwnCell,
  size: number,
): Readonly<Record<string, Stored>> {
  const named = new Set(own.equations.join(" ").match(/[A-Za-z]+/g) ?? []);
  const biases = [...named].filter((name) => /^b[a-z]{1,2}$/.test(name) && !(name in parameters));
  return {
    ...Object.fromEntries(Object.entries(parameters).filter(([name]) => named.has(name))),
    ...Object.fromEntries(biases.map((name) => [name, zeros([size])])),
  };
}
