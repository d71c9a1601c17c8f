/** The number of a run that an expected one is compared with, by its name. */
import type { Model } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import { referenceText } from "../../explain/reference";
import { wholeBatch } from "../../format/expectedNumbers";
import type { ExpectedNumber } from "../../format/read";

/** @returns null of a number that no single sequence has */
export function referenceOf(
  model: Model,
  { sequence, of, place }: Pick<ExpectedNumber, "sequence" | "of" | "place">,
): string | null {
  if (sequence === wholeBatch) return null;
  const [top, second, ...rest] = place;
  if (of === "updated") return ofParameter(model, `updated.${top}`, String(top), place.slice(1));
  if (top === "loss") return "loss";
  if (top === "gradients") {
    const name = String(second);
    const [, pass, state] = /^(layers\.\d+(?:\.reverse)?)\.(.+)0$/.exec(name) ?? [];
    if (!Object.hasOwn(parametersOf(model), name) && pass !== undefined)
      return `gradients.initial.${pass}.${state}[${rest[0] ?? 0}]`;
    return ofParameter(model, `gradients.${name}`, name, rest);
  }
  const t = Number(second) + 1;
  const isGradient = rest[0] === "gradients";
  const [key, ...inner] = isGradient ? rest.slice(1) : rest;
  const i = inner.findLast((part) => typeof part === "number") ?? 0;
  switch (key) {
    case "logits":
      return referenceText({ kind: isGradient ? "dLogit" : "logit", t, i });
    case "output":
      return referenceText({ kind: "output", t, i });
    case "loss":
      return referenceText({ kind: "loss", t });
    case "x":
      return isGradient ? referenceText({ kind: "inputGradient", t, i }) : referenceText({ kind: "input", t, i });
    case "layers": {
      const layer = model.layers[Number(inner[0])]!;
      const names = inner.filter((part) => typeof part === "string");
      const name = names.at(-1)!;
      // h of both passes is the one after the other.
      const isJoined = layer.passes.length > 1 && names.length === 1;
      const pass = layer.passes[isJoined ? Math.floor(i / layer.size) : names[0] === "backward" ? 1 : 0]!;
      const full = `${pass.prefix}.${name}`;
      return referenceText({
        kind: isGradient ? "gradient" : "value",
        name: full,
        t,
        i: isJoined ? i % layer.size : i,
      });
    }
    case undefined:
    default:
      return null;
  }
}

function ofParameter(model: Model, start: string, name: string, at: readonly (string | number)[]): string | null {
  if (!Object.hasOwn(parametersOf(model), name)) return null;
  const [i = 0, j = 0] = at;
  return `${start}[${i}][${j}]`;
}
