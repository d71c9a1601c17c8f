import { Hdf5 } from "./hdf5";
import { type ArraysOf, importKerasModel, inKerasOrder, type KerasArray } from "./kerasModel";
import { importKerasArrays, snake } from "./kerasNames";
import type { Found } from "./network";
import { parseObject } from "./safetensors";
import { ImportError, type Source, textOf } from "./source";
import { someNames } from "./stateDict";

import type { Zip } from "./zip";

/**
 * Keras' `.h5`, in its three schemes of names: a whole model (`model_weights`), weights alone, and Keras 3's weights, which
 * lie under `layers/…/vars/0`. Without a configuration the arrays' names have to say what they are.
 */
export function importH5(source: Source): Found {
  const file = new Hdf5(source);
  const root = file.object(file.root);
  const text = (key: string) => {
    const value = root.attributes.get(key);
    return Array.isArray(value) ? (value[0] as string) : undefined;
  };
  const version = text("keras_version") ?? null;
  const config = text("model_config");
  if (config !== undefined) {
    const flavour = version?.startsWith("3") ? "keras3" : "keras2";
    const arraysOf: ArraysOf = ({ name }) =>
      arraysUnder(file, root.links.has("model_weights") ? `model_weights/${name}` : name);
    return importKerasModel(
      "keras-h5",
      version && `Keras ${version}`,
      parseObject(config, "model_config"),
      flavour,
      arraysOf,
    );
  }
  const arrays = file.arrays();
  const named = Object.fromEntries(Object.entries(arrays).map(([path, tensor]) => [withNames(path), tensor]));
  const found = importKerasArrays("keras-h5", named);
  if (!found || found.chains.length === 0)
    throw new ImportError(`nothing recurrent is in it: found ${someNames(Object.keys(arrays))}`);
  return { ...found, producer: version && `Keras ${version}` };
}

/** `vars/0` of a cell is its kernel: Keras 3's weights have numbers for names. */
function withNames(path: string): string {
  const cell = /^(?:layers\/)?(.*)\/cell\/vars\/([012])$/.exec(path);
  if (cell) return `${cell[1]!}/${["kernel", "recurrent_kernel", "bias"][Number(cell[2])]}`;
  const plain = /^(?:layers\/)?(.*)\/vars\/([01])$/.exec(path);
  return plain ? `${plain[1]!}/${["kernel", "bias"][Number(plain[2])]}` : path;
}

function arraysUnder(file: Hdf5, path: string): KerasArray[] {
  const arrays = Object.entries(file.arrays(path)).map(([name, tensor]) => ({
    path: `${path.replace(/^model_weights\//, "")}/${name}`,
    tensor,
  }));
  return inKerasOrder(arrays);
}

/** Keras 3's `.keras`: a zip of the configuration and the weights, under each class's name and a count. */
export function importKerasZip(zip: Zip): Found {
  const config = parseObject(textOf(zip.get("config.json")!()), "config.json");
  const metadata = zip.has("metadata.json") ? parseObject(textOf(zip.get("metadata.json")!()), "metadata.json") : {};
  const weights = zip.get("model.weights.h5");
  if (!weights) throw new ImportError("model.weights.h5 is not in the file");
  const file = new Hdf5(weights());
  const counts = new Map<string, number>();
  const places = new Map<number, string>();
  const { keras_version: version } = metadata;
  return importKerasModel(
    "keras",
    typeof version === "string" ? `Keras ${version}` : null,
    config,
    "keras3",
    ({ kind, name }, index) => {
      // Counted from the first layer on, whoever is asked for first.
      if (places.size === 0) countPlaces(config, counts, places);
      const place = places.get(index) ?? name;
      const under = (key: string) => Object.entries(file.arrays(`layers/${key}`));
      const arrays = under(place).length > 0 ? { key: place, list: under(place) } : { key: name, list: under(name) };
      return numbered(
        arrays.list.map(([path, tensor]) => ({ path: `layers/${arrays.key}/${path}`, tensor })),
        kind,
      );
    },
  );
}

function countPlaces(
  config: Readonly<Record<string, unknown>>,
  counts: Map<string, number>,
  places: Map<number, string>,
): void {
  const inner = config["config"];
  const layers = typeof inner === "object" && inner !== null ? (inner as { layers?: unknown }).layers : [];
  if (!Array.isArray(layers)) return;
  layers.forEach((layer: { class_name?: unknown }, index) => {
    const key = snake(String(layer?.class_name));
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    places.set(index, count === 0 ? key : `${key}_${count}`);
  });
}

/** Weights by their numbers, those of a pass forward before those backward; seeds of dropout are none. */
function numbered(arrays: readonly KerasArray[], kind: string): KerasArray[] {
  const isRecurrent = kind !== "Dense" && kind !== "Embedding" && kind !== "TimeDistributed";
  const own = arrays.filter(
    ({ path }) => /\/vars\/\d+$/.test(path) && !/seed/.test(path) && (!isRecurrent || /\/cell\/vars\//.test(path)),
  );
  const key = ({ path }: KerasArray) => (/backward_layer/.test(path) ? 1000 : 0) + Number(path.split("/").at(-1));
  return own.sort((a, b) => key(a) - key(b));
}
