/** What the functions of an equation are, and their slopes, for a person. */

export interface FunctionDoc {
  /** What it computes, of v, or of v and w. */
  readonly value: string;
  /** Its derivative; at a kink PyTorch's. */
  readonly slope: string;
}

const both = "1 for the one that it takes, half to each at a tie";

/** By the name in an equation; a function of two names stands under both. */
export const functionDocs: Readonly<Record<string, FunctionDoc>> = {
  tanh: { value: "the hyperbolic tangent, −1…1", slope: "1 − tanh(v)²" },
  σ: { value: "the logistic function 1 / (1 + e^−v), 0…1", slope: "σ(v) ∘ (1 − σ(v))" },
  sigmoid: { value: "the logistic function σ(v) = 1 / (1 + e^−v), 0…1", slope: "σ(v) ∘ (1 − σ(v))" },
  relu: { value: "v where it is above 0, else 0", slope: "1 where v > 0, else 0" },
  exp: { value: "e^v", slope: "e^v" },
  log: { value: "the natural logarithm", slope: "1 / v" },
  "√": { value: "the square root", slope: "1 / (2 √v)" },
  sqrt: { value: "the square root √v", slope: "1 / (2 √v)" },
  abs: { value: "|v|", slope: "the sign of v, 0 at 0" },
  sin: { value: "the sine of v in radians", slope: "cos(v)" },
  cos: { value: "the cosine of v in radians", slope: "−sin(v)" },
  softplus: { value: "log(1 + e^v)", slope: "σ(v)" },
  silu: { value: "v ∘ σ(v), also called swish", slope: "σ(v) ∘ (1 + v ∘ (1 − σ(v)))" },
  softmax: { value: "e^v over its sum over the units: they sum to 1", slope: "p ∘ (∂L/∂p − Σ ∂L/∂p ∘ p)" },
  hardsigmoid: {
    value: "relu6(v + 3) / 6, the hard sigmoid of PyTorch and Keras 3",
    slope: "1/6 where −3 < v < 3, else 0",
  },
  hardsigmoid2: {
    value: "0.2 v + 0.5 cut to 0…1, the hard sigmoid of Keras 2, TensorFlow.js and ONNX",
    slope: "0.2 where −2.5 ≤ v ≤ 2.5, else 0",
  },
  mean: { value: "the mean over the units: one number, the same for every unit", slope: "1/H to each unit" },
  sum: { value: "the sum over the units: one number, the same for every unit", slope: "1 to each unit" },
  min: { value: "the smaller of two, unit by unit", slope: both },
  max: { value: "the larger of two, unit by unit", slope: both },
};
