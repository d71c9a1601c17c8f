/** What an expected number is called, as the textbooks write it, and what is said of a wrong one. */
import type { Comparison } from "../check";
import { shortName } from "../diagnosis/slips";
import type { Model } from "../engine/model";
import { outputName } from "../engine/readout";
import type { ExpectedNumber } from "../format/read";
import { formatExact, formatNumber, formatShort } from "../protocol/numbers";

type Place = ExpectedNumber["place"];

/** `a_2`, `h_2[1]`, `dL/dh_3`, `dL/dWhh[0][1]`, `Whh[0][1] after the update`, `L`. */
export function nameOf(model: Model, { of, place }: ExpectedNumber): string {
  const [top, ...inner] = place;
  if (of === "updated") return `${shortName(model, String(top))}${entries(inner)} after the update`;
  if (top === "loss") return "L";
  if (top === "gradients") return `dL/d${shortName(model, String(inner[0]))}${entries(inner.slice(1))}`;
  const [k, ...rest] = inner;
  const t = Number(k) + 1;
  return rest[0] === "gradients" ? `dL/d${stepName(model, rest.slice(1), t)}` : stepName(model, rest, t);
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

/** `a_2 is −0.2076 (−0.20757656854799805), expected −0.2075846: off by 8.0e−6, tolerance 1e−8` */
export function wrongText(model: Model, { expected, actual }: Comparison, tolerance: number, digits: number): string {
  const name = nameOf(model, expected);
  if (actual === null) return `there is no ${name}: expected ${formatExact(expected.value)}`;
  const [short, exact] = [formatNumber(actual, digits), formatExact(actual)];
  const found = Number(short.replaceAll("−", "-")) === actual ? exact : `${short} (${exact})`;
  const off = formatNumber(Math.abs(actual - expected.value), 2);
  return `${name} is ${found}, expected ${formatExact(expected.value)}: off by ${off}, tolerance ${formatShort(tolerance, 2)}`;
}
