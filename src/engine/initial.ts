import { Random } from "./random";
import type { Tensor } from "./tensor";

export interface InitialSettings {
  readonly scheme: "xavier" | "lecun" | "normal" | "uniform" | "orthogonal" | "identity" | "zeros";
  /** Deviation of `normal` (default 0.01), factor of `identity` (default 1); null where the file leaves it out. */
  readonly scale: number | null;
  readonly seed: number;
  /** What a forget gate's bias begins with. */
  readonly forgetBias: number;
}

/** How a parameter of a cell of the file's own begins where a layer leaves it out: with a number, or drawn. */
export type OwnInitial =
  | number
  | (Pick<InitialSettings, "scheme" | "scale"> & {
      /** The bounds of scheme `uniform`, both or none. */
      readonly from: number | null;
      readonly to: number | null;
    });

/** A parameter that the file leaves out. */
export interface ParameterShape {
  /** Short name: `Wxh`, `bf`. */
  readonly name: string;
  readonly rank: 1 | 2;
  readonly rows: number;
  readonly cols: number;
  readonly role: "embedding" | "input" | "recurrent" | "output" | "bias" | "forgetBias";
  /** H of its layer; of the top layer for the read-out. */
  readonly hidden: number;
  /** What a cell of the file's own says of it; null where the settings hold. */
  readonly initial?: OwnInitial | null;
}

/**
 * Draws parameters, one after the other, from one generator.
 * Sources: Glorot and Bengio 2010 (xavier), LeCun et al. 1998 (lecun), Saxe et al. 2014 (orthogonal), Le et al. 2015 (identity).
 * @param shapes in the order of the file
 */
export function drawParameters(shapes: readonly ParameterShape[], settings: InitialSettings): Tensor[] {
  const random = new Random(settings.seed);
  return shapes.map((shape) => {
    const { rank, rows, cols, role } = shape;
    const data = new Float64Array(rows * cols);
    if (typeof shape.initial === "number") data.fill(shape.initial);
    else if (shape.initial) drawOwn(data, shape, shape.initial, settings, random);
    else if (role === "forgetBias") data.fill(settings.forgetBias);
    else if (role !== "bias") drawMatrix(data, shape, settings, random);
    return { rank, rows, cols, data };
  });
}

function drawOwn(
  data: Float64Array,
  shape: ParameterShape,
  { scheme, scale, from, to }: Exclude<OwnInitial, number>,
  settings: InitialSettings,
  random: Random,
): void {
  if (from === null || to === null) return drawMatrix(data, shape, { ...settings, scheme, scale }, random);
  for (let k = 0; k < data.length; k++) data[k] = from + random.uniform() * (to - from);
}

function drawMatrix(data: Float64Array, shape: ParameterShape, settings: InitialSettings, random: Random): void {
  const { rows, cols, role, hidden } = shape;
  const fill = (draw: () => number) => {
    for (let k = 0; k < data.length; k++) data[k] = draw();
  };
  const uniform = (bound: number) => fill(() => (2 * random.uniform() - 1) * bound);
  const xavier = () => uniform(Math.sqrt(6 / (rows + cols)));
  // An embedding is drawn as PyTorch draws it, whatever the scheme.
  if (role === "embedding") return fill(() => random.normal());
  switch (settings.scheme) {
    case "xavier":
      return xavier();
    case "lecun":
      return fill(() => random.normal() / Math.sqrt(cols));
    case "normal":
      return fill(() => random.normal() * (settings.scale ?? 0.01));
    case "uniform":
      return uniform(1 / Math.sqrt(hidden));
    case "orthogonal":
      return role === "recurrent" ? drawOrthogonal(data, rows, random) : xavier();
    case "identity": {
      if (role !== "recurrent") return xavier();
      for (let i = 0; i < rows; i++) data[i * cols + i] = settings.scale ?? 1;
      return;
    }
    case "zeros":
      return;
  }
}

/** Orthonormal rows from normal numbers, by Gram and Schmidt's process done twice (once loses digits on close rows). */
function drawOrthogonal(data: Float64Array, n: number, random: Random): void {
  for (let i = 0; i < n; i++) {
    const row = data.subarray(i * n, (i + 1) * n);
    for (let k = 0; k < n; k++) row[k] = random.normal();
    for (let round = 0; round < 2; round++)
      for (let j = 0; j < i; j++) {
        const other = data.subarray(j * n, (j + 1) * n);
        let inner = 0;
        for (let k = 0; k < n; k++) inner += row[k]! * other[k]!;
        for (let k = 0; k < n; k++) row[k]! -= inner * other[k]!;
      }
    let square = 0;
    for (const v of row) square += v * v;
    const length = Math.sqrt(square);
    for (let k = 0; k < n; k++) row[k]! /= length;
  }
}
