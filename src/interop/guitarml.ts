import { type Json, nested, objectOf } from "./json";
import type { Found } from "./network";
import { found } from "./stateDict";
import { given } from "./stored";

/** GuitarML's and Proteus' JSON: PyTorch's names as arrays in arrays. Their plug-ins add the input to the output, whatever `skip` says. */
export function importGuitarMl(json: Json): Found | null {
  if (json["state_dict"] === undefined || json["model_data"] === undefined) return null;
  const model = objectOf(json["model_data"], "model_data");
  const state = objectOf(json["state_dict"], "state_dict");
  const tensors = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, nested(value, name)]));
  const read = found("guitarml", typeof model["model"] === "string" ? model["model"] : null, tensors);
  return {
    ...read,
    chains: read.chains.map((chain) => {
      const inputs = chain.layers[0]!.inputs;
      const { output } = chain;
      const { warnings: _, ...rest } = chain;
      if (!output.dense) return rest;
      if (output.size === inputs) return { ...rest, output: { ...output, skip: true } };
      // Of an input with knobs beside the signal, the signal alone is added, which comes first.
      const Wxy = new Float64Array(output.size * inputs);
      for (let j = 0; j < Math.min(output.size, inputs); j++) Wxy[j * inputs + j] = 1;
      return { ...rest, output: { ...output, dense: { ...output.dense, Wxy: given([output.size, inputs], Wxy) } } };
    }),
    warnings: [...read.warnings, "the input is added to the output, as the plug-ins do"],
  };
}

/** A state_dict as JSON, as RTNeural reads PyTorch's networks. */
export function importStateDictJson(json: Json): Found | null {
  const names = Object.keys(json);
  if (!names.some((name) => /(^|\.)weight_hh(_l\d+)?$/.test(name))) return null;
  const tensors = Object.fromEntries(
    names.filter((name) => Array.isArray(json[name])).map((name) => [name, nested(json[name], name)]),
  );
  return found("state-dict-json", null, tensors);
}
