import { zipSync } from "fflate";
import type { Problem } from "../../engine/model";
import type { Exported } from "../../format/exported";
import { type Hdf5Group, hdf5File } from "./hdf5Writer";
import { kerasStack, layerNames, type StackedLayer } from "./kerasStack";
import { roundingWarning, singles } from "./parts";

const kerasLayers = "keras.layers";

const policy = {
  module: "keras",
  class_name: "DTypePolicy",
  config: { name: "float32" },
  registered_name: null,
};

/** Keras 3's `.keras`: a zip of the configuration and of the weights, under each class's name and a count. */
export function exportKeras({ model }: Problem): Exported {
  const stack = kerasStack(model, "Keras");
  const names = layerNames(stack);
  const shape = [null, ...stack[0]!.reads];
  const layers = stack.map((layer, k) => entry(layer, names[k]!));
  const input = {
    module: kerasLayers,
    class_name: "InputLayer",
    config: { batch_shape: shape, dtype: model.embedding ? "int32" : "float32", sparse: false, name: "input_layer" },
    registered_name: null,
  };
  const config = {
    module: "keras",
    class_name: "Sequential",
    config: {
      name: "sequential",
      trainable: true,
      dtype: policy,
      layers: [input, ...layers],
      build_input_shape: shape,
    },
    registered_name: null,
    build_config: { input_shape: shape },
  };
  const groups = Object.fromEntries(stack.map((layer, k) => [names[k]!, weightsOf(layer, names[k]!)]));
  const metadata = { keras_version: "3.0.0", date_saved: "1980-01-01@00:00:00" };
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = {
    "metadata.json": text(metadata),
    "config.json": text(config),
    "model.weights.h5": hdf5File({ layers: groups, vars: {} }),
  };
  // Weights do not pack, and Keras reads what is stored as it is.
  const content = zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
  return { files: [{ name: "", content }], warnings: roundingWarning(model, "Keras") };
}

function entry(layer: StackedLayer, name: string): unknown {
  const { className, config, inner, reads } = layer;
  const own = { name, trainable: true, dtype: policy };
  const built = { input_shape: [null, ...reads] };
  const of = (kind: string, settings: object, more: object) => ({
    module: kerasLayers,
    class_name: kind,
    config: settings,
    registered_name: null,
    ...more,
  });
  if (!inner) return of(className, { ...own, ...config }, { build_config: built });
  const forward = (prefix: string, goBackwards: boolean) =>
    of(
      inner.className,
      { ...own, ...inner.config, name: `${prefix}_${inner.className.toLowerCase()}`, go_backwards: goBackwards },
      { build_config: built },
    );
  return of(
    className,
    { ...own, ...config, layer: forward("forward", false), backward_layer: forward("backward", true) },
    { build_config: built },
  );
}

/** `vars/0`, `vars/1`, …: of a recurrent layer under its cell, of a Bidirectional one under each of its passes. */
function weightsOf({ className, weights }: StackedLayer, name: string): Hdf5Group {
  const vars = (of: StackedLayer["weights"][number]): Hdf5Group => ({
    vars: Object.fromEntries(
      of.map(([key, shape, data], k) => [String(k), { shape, data: singles(data, `${key} of ${name}`) }]),
    ),
  });
  const [forward, backward] = weights;
  if (!forward) return { vars: {} };
  if (backward)
    return {
      vars: {},
      forward_layer: { cell: vars(forward), vars: {} },
      backward_layer: { cell: vars(backward), vars: {} },
    };
  return className === "Dense" || className === "Embedding" ? vars(forward) : { vars: {}, cell: vars(forward) };
}
