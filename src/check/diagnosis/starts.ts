/** What the states begin with, where that is not what the file says. */
import type { State } from "../../engine/step";

/**
 * Ones; where the layer below, or the forward pass, has ended, with or without a gradient that flows back there; what the states of a
 * layer, or its two passes, or the layers have of each other.
 */
export type Start =
  | { readonly kind: "ones"; readonly state: string | null }
  | { readonly kind: "layerBefore" | "passBefore"; readonly flows: boolean }
  | { readonly kind: "statesExchanged" | "passesExchanged" | "layersExchanged" };

/** By layer, by pass. */
export type States = readonly (readonly State[])[];

export function startAs(start: Start, given: States): States {
  switch (start.kind) {
    case "ones":
      return inEach(given, (state) =>
        Object.fromEntries(
          Object.entries(state).map(([name, v]) => [
            name,
            start.state === null || start.state === name ? new Float64Array(v.length).fill(1) : v,
          ]),
        ),
      );
    case "statesExchanged":
      return inEach(given, (state) => {
        const names = Object.keys(state);
        return Object.fromEntries(names.map((name, n) => [name, state[names.at(n - 1)!]!]));
      });
    // Where another has ended is known once that one has been computed.
    case "layerBefore":
    case "passBefore":
      return given;
    case "passesExchanged":
      return given.map((passes) => passes.toReversed());
    case "layersExchanged":
      return given.toReversed();
  }
}

const inEach = (all: States, change: (state: State) => State): States => all.map((passes) => passes.map(change));
