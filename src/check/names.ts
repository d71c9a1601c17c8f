/** What an expected number is called, as the textbooks write it. */
import type { Model } from "../engine/model";
import { outputName } from "../engine/readout";
import { wholeBatch } from "../format/expectedNumbers";
import type { ExpectedNumber } from "../format/read";
import { shortName } from "./diagnosis/slip";

type Place = ExpectedNumber["place"];

/** `a_2`, `h_2[1]`, `dL/dh_3`, `dL/dWhh[0][1]`, `Whh[0][1] after the update`, `L`. */
export function nameOf(model: Model, { sequence, of, place }: ExpectedNumber): string {
  const name = nameInSequence(model, of, place);
  return sequence === wholeBatch ? `${name} of the batch` : name;
}

function nameInSequence(model: Model, of: ExpectedNumber["of"], place: Place): string {
  const [top, ...inner] = place;
  if (of === "updated") return `${shortName(model, String(top))}${entries(inner)} after the update`;
  if (top === "loss") return "L";
  if (top === "gradients") return `∂L/∂${shortName(model, String(inner[0]))}${entries(inner.slice(1))}`;
  const [k, ...rest] = inner;
  const t = Number(k) + 1;
  return rest[0] === "gradients" ? `∂L/∂${stepName(model, rest.slice(1), t)}` : stepName(model, rest, t);
}

function stepName(model: Model, place: Place, t: number): string {
  const [key, ...rest] = place;
  if (key === "t") return "t";
  if (key === "layers") {
    const [l, ...inner] = rest;
    const names = inner.filter((segment) => typeof segment === "string");
    const index = inner.filter((segment) => typeof segment === "number");
    const layer = model.layers.length === 1 ? "" : `layers.${l}.`;
    const [name, ...passes] = names.toReversed();
    const H =
      model.layers[Number(l)]!.size * (model.layers[Number(l)]!.passes.length > 1 && names.length === 1 ? 2 : 1);
    return `${layer}${passes.map((pass) => `${pass}.`).join("")}${name}_${t}${H === 1 ? "" : entries(index)}`;
  }
  const symbols: Readonly<Record<string, string>> = {
    logits: "z",
    output: outputName(model.output.activation),
    loss: "ℓ",
    x: "x",
    target: "target",
  };
  const size = key === "x" ? model.inputSize : model.output.size;
  return `${symbols[String(key)]}_${t}${size === 1 ? "" : entries(rest)}`;
}

function entries(place: Place): string {
  return place.map((index) => `[${index}]`).join("");
}
