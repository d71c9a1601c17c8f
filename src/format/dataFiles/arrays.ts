/** Sequences in arrays of NumPy: `.npy` with the inputs, `.npz` with inputs and targets. */
import { unzipSync } from "fflate";
import type { Sequence } from "../../engine/model";
import { counted, type Draft, listed } from "../draft";
import type { RnnFile } from "../file.generated";
import type { bad } from "../parse";
import type { Collector } from "../report";
import { mostSequences, tooManySequences } from "../sequenceLimit";
import type { Slices } from "../slices";
import type { Path } from "../sourceMap";
import { type NumpyArray, readNumpy } from "./npy";
import { type NumericContext, type NumericSequences, type NumericSource, TargetViews } from "./numeric";

type Given = Exclude<Draft<Exclude<NonNullable<RnnFile["sequences"]>, unknown[]>>, typeof bad>;

/** What an archive may unpack to. */
const mostUnpacked = 1 << 30;

/** Null where something has been reported. @param path where the model file describes the arrays */
export function* openArrays(
  bytes: Uint8Array,
  file: string,
  given: Given,
  path: Path,
  report: Collector,
): Slices<NumericSource | null> {
  for (const key of ["tokens", "length", "window", "horizon", "stride", "scale"] as const)
    if (given[key] !== undefined)
      report.warning(
        "unused-key",
        [...path, key],
        `${key} means nothing to arrays, which have inputs and targets`,
        "key",
      );
  const fail = (message: string) => {
    report.error("data-file", [...path, "file"], `${file} ${message}`);
    return null;
  };
  let inputs: NumpyArray;
  let targets: NumpyArray | null;
  try {
    const arrays = /\.npz$/i.test(file) ? unpack(bytes) : new Map([["inputs", bytes]]);
    const named = (key: "inputs" | "targets", usual: readonly string[]) => {
      const name = given[key];
      if (typeof name !== "string" || name === "next") return usual.find((one) => arrays.has(one)) ?? null;
      if (arrays.has(name)) return name;
      throw new Error(`has no array ${JSON.stringify(name)}: it has ${listed([...arrays.keys()])}`);
    };
    const inputName = named("inputs", ["inputs", "x", "X", "x_train", "X_train"]);
    if (inputName === null)
      return fail(`has no array "inputs": it has ${listed([...arrays.keys()])}, one of which "inputs" may name`);
    const targetName = named("targets", ["targets", "y", "Y", "y_train"]);
    const read = function* (name: string): Slices<NumpyArray> {
      try {
        return yield* readNumpy(arrays.get(name)!);
      } catch (error) {
        throw new Error(`cannot be read: in ${name}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    };
    inputs = yield* read(inputName);
    targets = targetName === null ? null : yield* read(targetName);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const shape = inputs.shape;
  if ((shape.length !== 2 && shape.length !== 3) || shape.includes(0))
    return fail(`has inputs of the shape ${shapeOf(inputs)}, expected [N × T × X] or [T × X]`);
  if (shape.length === 3 && shape[0]! > mostSequences) {
    report.error("too-large", [...path, "file"], tooManySequences(file));
    return null;
  }
  const cut: Cut = { file, path, inputs, targets, shiftsInputs: given.targets === "next" };
  return {
    kind: "numeric",
    inputSize: shape.at(-1)!,
    overlaps: false,
    read: (context) => readArrays(cut, context, report),
  };
}

/** The arrays of an archive by their names. */
function unpack(bytes: Uint8Array): Map<string, Uint8Array> {
  let total = 0;
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!name.endsWith(".npy")) return false;
        total += originalSize;
        if (total > mostUnpacked) throw new Error("it unpacks to more than fits into memory");
        return true;
      },
    });
  } catch (error) {
    throw new Error(`cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return new Map(Object.entries(files).map(([name, content]) => [name.slice(0, -".npy".length), content]));
}

function shapeOf({ shape }: NumpyArray): string {
  return `[${shape.join(" × ")}]`;
}

interface Cut {
  readonly file: string;
  readonly path: Path;
  readonly inputs: NumpyArray;
  readonly targets: NumpyArray | null;
  readonly shiftsInputs: boolean;
}

function* readArrays(
  cut: Cut,
  { facts, inputSize }: NumericContext,
  report: Collector,
): Slices<NumericSequences | null> {
  const { file, path, inputs } = cut;
  const X = inputs.shape.at(-1)!;
  const T = inputs.shape.at(-2)!;
  const N = inputs.shape.length === 3 ? inputs.shape[0]! : 1;
  const fail = (code: string, message: string) => {
    report.error(code, [...path, "file"], `${file} ${message}`);
    return null;
  };
  if (inputSize !== null && inputSize !== X)
    return fail("shape", `has inputs of ${counted(X, "number")} a step, but the input size is ${inputSize}`);
  if (inputSize === null) return null;
  const { lossType, outputSize, at } = facts;
  let views: TargetViews | null = null;
  /** The row of the first sequence's targets, and how far those of the next one are. */
  let [firstRow, rowsApart] = [0, T];
  if (cut.targets || cut.shiftsInputs) {
    if (lossType === undefined)
      return fail("missing-loss", 'has targets, which need a loss, and the file has none: expected "loss"');
    if (lossType === null || outputSize === null || at === null) return null;
    const isClass = lossType === "cross-entropy";
    const width = isClass ? 1 : outputSize;
    if (cut.shiftsInputs) {
      if (isClass || X !== outputSize || at === "last")
        return fail(
          "shape",
          `gives the targets "next" as [${X}], expected an output of that size at every step, and a loss of numbers`,
        );
      const shifted = new Float64Array(inputs.data.length);
      shifted.set(inputs.data.subarray(X));
      return { ...finish(N, T, X, inputs, (k) => nextTargets(shifted, k, T, X)), table: null };
    }
    const targets = cut.targets!;
    const steps = at === "every" ? [T] : [];
    const batch = inputs.shape.length === 3 ? [N] : [];
    const expected = [...batch, ...steps, ...(width === 1 ? [] : [width])];
    const withOne = [...batch, ...steps, width];
    const matches = (shape: readonly number[]) =>
      targets.shape.length === shape.length && targets.shape.every((size, d) => size === shape[d]);
    if (!matches(expected) && !matches(withOne))
      return fail("shape", `has targets of the shape ${shapeOf(targets)}, expected [${withOne.join(" × ")}]`);
    if (isClass) {
      const wrong = targets.data.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= outputSize);
      if (wrong >= 0)
        return fail(
          "class-range",
          `has the target ${targets.data[wrong]}, expected classes from 0 to ${outputSize - 1}`,
        );
    }
    if (at === "every") views = new TargetViews(targets.data, width, T, isClass, at);
    else {
      // The one target of each sequence stands where a view of T rows ends.
      const padded = new Float64Array((T - 1 + N) * width);
      padded.set(targets.data, (T - 1) * width);
      views = new TargetViews(padded, width, T, isClass, at);
      [firstRow, rowsApart] = [0, 1];
    }
  }
  yield;
  return { ...finish(N, T, X, inputs, (k) => views && views.from(firstRow + k * rowsApart)), table: null };
}

function nextTargets(shifted: Float64Array, k: number, T: number, X: number): Sequence["targets"] {
  const present = new Uint8Array(T).fill(1);
  present[T - 1] = 0;
  return { kind: "vectors", vectors: shifted.subarray(k * T * X, (k + 1) * T * X), present };
}

function finish(N: number, T: number, X: number, { data }: NumpyArray, targetsOf: (k: number) => Sequence["targets"]) {
  const sequences = Array.from(
    { length: N },
    (_, k): Sequence => ({
      name: null,
      length: T,
      inputs: { tokens: null, vectors: data.subarray(k * T * X, (k + 1) * T * X) },
      targets: targetsOf(k),
      weights: null,
      weight: 1,
      initial: null,
      carry: false,
    }),
  );
  const itemOf = (k: number) => (t: number) => {
    const row = (k * T + t) * X;
    return X === 1 ? data[row]! : Array.from(data.subarray(row, row + X));
  };
  return { sequences, itemOf };
}
