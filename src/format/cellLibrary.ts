/**
 * Cells that others have published, each as a few lines of equations with its source. A file that uses one holds its equations: they
 * are copied into its `cells`, where they can be changed.
 */
import type { OwnInitial } from "../engine/initial";

/** How a parameter begins, as a file says it. */
type Initial = number | (Pick<Exclude<OwnInitial, number>, "scheme"> & { scale?: number; from?: number; to?: number });

/** A cell as a file's `cells` has it. */
export interface CellText {
  readonly title: string;
  readonly constants?: Readonly<Record<string, number>>;
  readonly equations: readonly string[];
  readonly initial?: Readonly<Record<string, Initial>>;
}

export interface LibraryCell {
  /** Its name in a file, unless that has another cell of this name. */
  readonly name: string;
  /** What others call it. */
  readonly aliases?: readonly string[];
  /** What is worth knowing of it, for a person. */
  readonly doc: string;
  /** Who published it. */
  readonly source: string;
  readonly cell: CellText;
  /** What a layer of it says besides its size. */
  readonly layer?: { readonly trainable: false };
}

export const cellLibrary: readonly LibraryCell[] = [
  {
    name: "leaky",
    aliases: ["leaky rnn", "CTRNN"],
    doc: "Each unit keeps the part 1 − α of itself, and takes the part α of what is new.",
    source: "Jaeger, Lukoševičius, Popovici and Siewert 2007, Optimization and applications of echo state networks",
    cell: {
      title: "leaky integrator",
      constants: { α: 0.2 },
      equations: ["a = Wxh x + Whh h' + bh", "h = (1 − α) h' + α tanh(a)"],
    },
  },
  {
    name: "rate network",
    doc: "Firing rates h that follow their input with the time constant τ, in steps of dt.",
    source:
      "Miller and Fumarola 2012, Mathematical equivalence of two common forms of firing rate models, the form in v",
    cell: {
      title: "rate network, in the rates",
      constants: { dt: 20, τ: 100 },
      equations: ["a = Wxh x + Whh h' + bh", "h = (1 − dt/τ) h' + dt/τ ∘ relu(a)"],
    },
  },
  {
    name: "current network",
    doc: "Currents u that follow their input with the time constant τ, in steps of dt; h are the rates that they cause.",
    source:
      "Miller and Fumarola 2012, Mathematical equivalence of two common forms of firing rate models, the form in u",
    cell: {
      title: "rate network, in the currents",
      constants: { dt: 20, τ: 100 },
      equations: ["u = (1 − dt/τ) u' + dt/τ ∘ (Wxh x + Whh h' + bh)", "h = relu(u)"],
    },
  },
  {
    name: "echo state",
    aliases: ["ESN", "reservoir"],
    doc: "A reservoir that is drawn once and never trained: only the read-out learns. ρ is about the spectral radius of ρ Whh.",
    source: "Jaeger 2001, The echo state approach; leaky: Jaeger, Lukoševičius, Popovici and Siewert 2007",
    cell: {
      title: "echo state network, leaky",
      constants: { α: 0.3, ρ: 0.9 },
      equations: ["a = Wxh x + ρ Whh h' + bh", "h = (1 − α) h' + α tanh(a)"],
      initial: { Whh: { scheme: "lecun" }, bh: { scheme: "uniform", from: -0.5, to: 0.5 } },
    },
    layer: { trainable: false },
  },
  {
    name: "peephole lstm",
    aliases: ["lstm peephole"],
    doc: "The gates look at the cell state too, each unit at its own: the diagonal peepholes that ONNX has.",
    source: "Gers, Schraudolph and Schmidhuber 2002, Learning precise timing with LSTM recurrent networks",
    cell: {
      title: "long short-term memory with peepholes",
      equations: [
        "i = σ(Wxi x + Whi h' + pi ∘ c' + bi)",
        "f = σ(Wxf x + Whf h' + pf ∘ c' + bf)",
        "g = tanh(Wxg x + Whg h' + bg)",
        "c = f ∘ c' + i ∘ g",
        "o = σ(Wxo x + Who h' + po ∘ c + bo)",
        "h = o ∘ tanh(c)",
      ],
      initial: { bf: 1 },
    },
  },
  {
    name: "coupled lstm",
    aliases: ["CIFG"],
    doc: "It forgets just as much as it takes in: the forget gate is 1 − i. ONNX calls it input_forget.",
    source: "Greff, Srivastava, Koutník, Steunebrink and Schmidhuber 2017, LSTM: a search space odyssey (CIFG)",
    cell: {
      title: "long short-term memory with coupled input and forget gate",
      equations: [
        "i = σ(Wxi x + Whi h' + bi)",
        "g = tanh(Wxg x + Whg h' + bg)",
        "o = σ(Wxo x + Who h' + bo)",
        "c = (1 − i) ∘ c' + i ∘ g",
        "h = o ∘ tanh(c)",
      ],
    },
  },
  {
    name: "forget gate alone",
    aliases: ["JANET"],
    doc: "Of the gates only the forget gate is left; β holds the new a little longer out than the old in.",
    source: "van der Westhuizen and Lasenby 2018, The unreasonable effectiveness of the forget gate (JANET)",
    cell: {
      title: "long short-term memory with a forget gate alone",
      constants: { β: 1 },
      equations: ["s = Wxf x + Whf h' + bf", "g = tanh(Wxg x + Whg h' + bg)", "h = σ(s) ∘ h' + (1 − σ(s − β)) ∘ g"],
      initial: { bf: 1 },
    },
  },
  {
    name: "hard lstm",
    doc: "Gates are 0.2 v + 0.5, cut to 0…1, as Keras 2 and TensorFlow.js have them by default.",
    source: "Chollet and others, Keras 2, layers.LSTM with recurrent_activation='hard_sigmoid'",
    cell: {
      title: "long short-term memory with the hard sigmoid of Keras 2",
      equations: [
        "i = hardsigmoid2(Wxi x + Whi h' + bi)",
        "f = hardsigmoid2(Wxf x + Whf h' + bf)",
        "g = tanh(Wxg x + Whg h' + bg)",
        "o = hardsigmoid2(Wxo x + Who h' + bo)",
        "c = f ∘ c' + i ∘ g",
        "h = o ∘ tanh(c)",
      ],
      initial: { bf: 1 },
    },
  },
  {
    name: "relu lstm",
    doc: "relu stands where an lstm has tanh, as in Keras with activation='relu'. Its states can grow without bound.",
    source: "Chollet and others, Keras, layers.LSTM with activation='relu'",
    cell: {
      title: "long short-term memory with relu",
      equations: [
        "i = σ(Wxi x + Whi h' + bi)",
        "f = σ(Wxf x + Whf h' + bf)",
        "g = relu(Wxg x + Whg h' + bg)",
        "o = σ(Wxo x + Who h' + bo)",
        "c = f ∘ c' + i ∘ g",
        "h = o ∘ relu(c)",
      ],
      initial: { bf: 1 },
    },
  },
  {
    name: "mgu",
    aliases: ["minimal gated unit"],
    doc: "A gru with one gate, which both resets and updates.",
    source: "Zhou, Wu, Zhang and Zhou 2016, Minimal gated unit for recurrent neural networks",
    cell: {
      title: "minimal gated unit",
      equations: ["f = σ(Wxf x + Whf h' + bf)", "n = tanh(Wxn x + Whn (f ∘ h') + bn)", "h = (1 − f) ∘ h' + f ∘ n"],
    },
  },
  {
    name: "mingru",
    doc: "Gate and candidate see the input alone, so that all steps can be computed at once.",
    source: "Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, Were RNNs all we needed?",
    cell: {
      title: "minGRU",
      equations: ["z = σ(Wxz x + bz)", "n = Wxn x + bn", "h = (1 − z) ∘ h' + z ∘ n"],
    },
  },
  {
    name: "minlstm",
    doc: "Gates and candidate see the input alone; f and i are scaled so that they sum to 1.",
    source: "Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, Were RNNs all we needed?",
    cell: {
      title: "minLSTM",
      equations: ["f = σ(Wxf x + bf)", "i = σ(Wxi x + bi)", "n = Wxn x + bn", "h = f / (f + i) ∘ h' + i / (f + i) ∘ n"],
    },
  },
  {
    name: "layer-norm lstm",
    aliases: ["LayerNormBasicLSTM", "LayerNormLSTM"],
    doc: "What each gate sums up, and the cell state on its way out, are brought to mean 0 and variance 1 over the units, then scaled by γ.",
    source:
      "Ba, Kiros and Hinton 2016, Layer normalization; each gate by itself, as TensorFlow's LayerNormBasicLSTMCell",
    cell: {
      title: "long short-term memory with layer normalization",
      constants: { ε: 1e-5 },
      equations: [
        "ui = Wxi x + Whi h'",
        "i = σ(γi ∘ (ui − mean(ui)) / √(mean((ui − mean(ui))²) + ε) + bi)",
        "uf = Wxf x + Whf h'",
        "f = σ(γf ∘ (uf − mean(uf)) / √(mean((uf − mean(uf))²) + ε) + bf)",
        "ug = Wxg x + Whg h'",
        "g = tanh(γg ∘ (ug − mean(ug)) / √(mean((ug − mean(ug))²) + ε) + bg)",
        "uo = Wxo x + Who h'",
        "o = σ(γo ∘ (uo − mean(uo)) / √(mean((uo − mean(uo))²) + ε) + bo)",
        "c = f ∘ c' + i ∘ g",
        "h = o ∘ tanh(γc ∘ (c − mean(c)) / √(mean((c − mean(c))²) + ε) + bc)",
      ],
      initial: { γi: 1, γf: 1, γg: 1, γo: 1, γc: 1, bf: 1 },
    },
  },
  {
    name: "slstm",
    aliases: ["xLSTM"],
    doc: "Exponential gates; n counts what was taken in, and m keeps both exponentials in range without changing h.",
    source: "Beck, Pöppel, Spanring and others 2024, xLSTM: extended long short-term memory",
    cell: {
      title: "sLSTM with its stabiliser",
      equations: [
        "ai = Wxi x + Whi h' + bi",
        "af = Wxf x + Whf h' + bf",
        "g = tanh(Wxg x + Whg h' + bg)",
        "o = σ(Wxo x + Who h' + bo)",
        "m = max(af + m', ai)",
        "i = exp(ai − m)",
        "f = exp(af + m' − m)",
        "c = f ∘ c' + i ∘ g",
        "n = f ∘ n' + i",
        "h = o ∘ c / n",
      ],
    },
  },
  {
    name: "rg-lru",
    aliases: ["RGLRU", "Griffin"],
    doc: "A linear recurrence, each unit for itself, whose gates see the input alone. It has as many units as inputs. Λ is drawn so that σ(Λ)^κ lies in 0.9…0.999.",
    source: "De, Smith, Fernando and others 2024, Griffin: mixing gated linear recurrences with local attention",
    cell: {
      title: "real-gated linear recurrent unit",
      constants: { κ: 8 },
      equations: [
        "r = σ(Wxr x + br)",
        "i = σ(Wxi x + bi)",
        "a = exp(−κ r ∘ softplus(−Λ))",
        "h = a ∘ h' + √(1 − a²) ∘ (i ∘ x)",
      ],
      initial: { Λ: { scheme: "uniform", from: 4.3, to: 9 } },
    },
  },
  {
    name: "cfc",
    aliases: ["closed-form continuous-time"],
    doc: "A liquid network in closed form: s goes from one candidate to the other with the time Δ since the step before.",
    source: "Hasani, Lechner, Amini and others 2022, Closed-form continuous-time neural networks; without its backbone",
    cell: {
      title: "closed-form continuous-time cell",
      constants: { Δ: 1 },
      equations: [
        "g = tanh(Wxg x + Whg h' + bg)",
        "n = tanh(Wxn x + Whn h' + bn)",
        "a = Wxa x + Wha h' + ba",
        "b = Wxb x + Whb h' + bb",
        "s = σ(Δ a + b)",
        "h = (1 − s) ∘ g + s ∘ n",
      ],
    },
  },
];

/** The cell of the library by its name in a file, or by one that other software has for it. */
export function libraryCell(name: string): LibraryCell | null {
  const folded = fold(name);
  return cellLibrary.find((one) => [one.name, ...(one.aliases ?? [])].some((known) => fold(known) === folded)) ?? null;
}

const fold = (name: string) => name.toLowerCase().replaceAll(/[-_ ]|cell$/g, "");
