import { cells, planOf } from "../engine/cells";
import type { Tensor } from "../engine/tensor";
import { unpackStored } from "./gates";
import { arrayOf, type Json, nested, objectOf, sizeOf } from "./json";
import { layouts } from "./layouts";
import type { Found, ImportedLayer } from "./network";
import { ImportError } from "./source";
import { allOf, columnsOf, given, reshaped, rowsOf, type Stored } from "./stored";

/**
 * Neural Amp Modeler's `.nam` with the architecture LSTM: for each layer one matrix [4H × (X + H)] on [x; h], gates i f g o,
 * one bias [4H], then h_0 and c_0; then the head [O × H] and its bias.
 * The runtime lets half a second of silence run through before it plays, so that is where this import starts from.
 */
export function importNam(json: Json): Found | null {
  const { architecture, config, weights, version, sample_rate: rate, metadata } = json;
  if (typeof architecture !== "string" || weights === undefined) return null;
  if (architecture !== "LSTM")
    throw new ImportError(`it is a NAM ${architecture}, which is no recurrent network: expected the architecture LSTM`);
  const sizes = objectOf(config, "config");
  const X = sizeOf(sizes["input_size"] ?? 1, "config.input_size");
  const H = sizeOf(sizes["hidden_size"], "config.hidden_size");
  const L = sizeOf(sizes["num_layers"] ?? 1, "config.num_layers");
  const numbers = nested(arrayOf(weights, "weights"), "weights");
  const [count = 0] = numbers.shape;
  let at = 0;
  const take = (...shape: number[]): Stored => {
    const length = shape.reduce((product, size) => product * size, 1);
    if (numbers.shape.length !== 1 || at + length > count)
      throw new ImportError(`weights has ${count} numbers: ${L} layers of ${H} units have more`);
    at += length;
    return reshaped(rowsOf(numbers, at - length, at), shape);
  };
  const layers = Array.from({ length: L }, (_, l): ImportedLayer => {
    const inputs = l === 0 ? X : H;
    const packed = take(4 * H, inputs + H);
    const bias = take(4 * H);
    const [h0, c0] = [take(H), take(H)];
    const name = L === 1 ? "lstm" : `lstm.${l}`;
    const { parameters } = unpackStored(
      "lstm",
      layouts.pytorch,
      {
        input: columnsOf(packed, 0, inputs),
        recurrent: columnsOf(packed, inputs, inputs + H),
        inputBias: bias,
        recurrentBias: null,
      },
      name,
    );
    const from = [`${name} of weights`];
    return {
      name,
      cell: "lstm",
      size: H,
      inputs,
      options: {},
      direction: "forward",
      forward: { parameters, initial: { h0, c0 } },
      from,
    };
  });
  const O = (count - at) / (H + 1);
  if (!Number.isInteger(O) || O < 1)
    throw new ImportError(`weights has ${count - at} numbers for the head: expected a multiple of ${H + 1}`);
  const head = { Why: take(O, H), by: take(O) };
  const samples = Math.round(0.5 * (typeof rate === "number" && rate > 0 && rate < 1e7 ? rate : 48_000));
  const name = (objectOf(metadata ?? {}, "metadata") as { name?: unknown }).name;
  return {
    format: "nam",
    producer: typeof version === "string" ? `NAM ${version}` : null,
    chains: [
      {
        layers: afterSilence(layers, samples),
        cells: {},
        output: { size: O, at: "every", activation: "linear", dense: head, skip: false, from: ["head of weights"] },
        ...(typeof name === "string" && { description: name }),
      },
    ],
    left: [],
    warnings: [
      `the initial states are those after ${samples} steps of silence, as NAM's runtime starts; it computes in single precision, where it is told to with an approximate tanh`,
    ],
  };
}

/** The layers, starting from the state in which they are after so many steps of zeros. */
function afterSilence(layers: readonly ImportedLayer[], steps: number): ImportedLayer[] {
  const numbers = ({ shape, ...tensor }: Stored): Tensor => ({
    rank: shape.length === 1 ? 1 : 2,
    rows: shape[0]!,
    cols: shape[1] ?? 1,
    data: allOf({ shape, ...tensor }),
  });
  const passes = layers.map(({ size, forward }) => ({
    parameters: Object.fromEntries(Object.entries(forward.parameters).map(([name, tensor]) => [name, numbers(tensor)])),
    state: { h: allOf(forward.initial!["h0"]!), c: allOf(forward.initial!["c0"]!) },
    plan: planOf({ cell: "lstm", options: {}, size }),
    values: Object.fromEntries(cells.lstm.quantities({}).map(({ name }) => [name, new Float64Array(size)])),
  }));
  const silence = new Float64Array(layers[0]!.inputs);
  for (let t = 1; t <= steps; t++) {
    let vector = silence;
    for (const pass of passes) {
      pass.plan.forward(pass.parameters, { token: -1, vector }, pass.state, pass.values);
      pass.state = { h: pass.values["h"]!.slice(), c: pass.values["c"]!.slice() };
      vector = pass.state.h as Float64Array<ArrayBuffer>;
    }
  }
  return layers.map((layer, l) => {
    const { h, c } = passes[l]!.state;
    const initial = { h0: given([layer.size], h), c0: given([layer.size], c) };
    return { ...layer, forward: { ...layer.forward, initial } };
  });
}
