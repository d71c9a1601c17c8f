/** The functions that make h_t of a_t, one by one. */
import type { Expression } from "./expression";
import { apply, now } from "./expression";

export type CellActivation = "tanh" | "relu" | "sigmoid" | "linear";

export const activations: Readonly<Record<CellActivation, Expression>> = {
  tanh: apply("tanh", now("a")),
  relu: apply("relu", now("a")),
  sigmoid: apply("σ", now("a")),
  linear: now("a"),
};

export const signs: Readonly<Record<CellActivation, string>> = { tanh: "tanh", relu: "relu", sigmoid: "σ", linear: "" };

/** What a file may choose, with what is said of each. */
export const activationChoices: readonly { readonly value: CellActivation; readonly doc: string }[] = [
  { value: "tanh", doc: "−1 to 1" },
  { value: "relu", doc: "max(0, a); its derivative at 0 is 0" },
  { value: "sigmoid", doc: "0 to 1" },
  { value: "linear", doc: "h_t = a_t" },
];

/** As an equation calls it. */
export const activationText = (activation: CellActivation): string =>
  activation === "linear" ? "a" : `${activation === "sigmoid" ? "σ" : activation}(a)`;
