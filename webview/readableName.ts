/** How a person reads the name of a number: what the trace calls `gradients.layers.0.h[3]` is ∂L/∂h[3] of layer 1. */

/**
 * @param name   as the trace has it, alone or among words: `updated layers.1.Whh[0][2]`, `‖gradients.layers.0.reverse.h‖`
 * @param layers how many layers the model has: of one alone nobody says which
 */
export function readableName(name: string, layers: number): string {
  let place = "";
  const short = name
    .replaceAll(/layers\.(\d+)\.(reverse\.)?/g, (_, layer: string, reverse: string | undefined) => {
      if (layers > 1) place = `, layer ${Number(layer) + 1}`;
      return reverse === undefined ? "" : "←";
    })
    .replaceAll(/\b(?:output|embedding)\.(?=[A-Z]|by\b)/g, "")
    .replaceAll(/\blogits\b/g, "z")
    .replaceAll(/\bgradients\./g, "∂L/∂")
    // h of the pass that runs backward in time
    .replaceAll(/←(\w+)/g, "$1←");
  return short + place;
}
