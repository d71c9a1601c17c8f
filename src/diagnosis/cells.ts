/** The three cells once more, forward and back, with what people do otherwise in them. */
import { sigmoid } from "../engine/functions";
import type { CellOptions, Model } from "../engine/model";
import type { Matrix, Vector } from "./arithmetic";
import { outer, product, rest, sum, times, transposedProduct } from "./arithmetic";
import type { Choices } from "./choices";

/** A pass's parameters by their short names: matrices, and biases. */
export interface Parameters {
  readonly W: Readonly<Record<string, Matrix>>;
  readonly b: Readonly<Record<string, Vector>>;
}

/** Vectors by name, each [H]. */
export type Values = Readonly<Record<string, Vector>>;

/** What one step back gives. */
export interface StepBack {
  /** By the names of the trace, `h` left out. */
  readonly gradients: Values;
  /** dL/d(state before) along the recurrence. */
  readonly before: Values;
  readonly dx: Vector;
  /** The step's share of each parameter's gradient. */
  readonly shares: Parameters;
}

/** What a step back starts from. */
export interface StepThere {
  readonly x: Vector;
  /** The state before. */
  readonly prev: Values;
  readonly values: Values;
  /** The values of the pass's last step. */
  readonly last: Values;
}

export interface SlippedCell {
  forward(options: CellOptions, p: Parameters, x: Vector, prev: Values, choices: Choices): Values;
  /** @param d whole dL/dh_t, and for an LSTM what comes back to c_t from the step after */
  backward(options: CellOptions, p: Parameters, there: StepThere, d: Values, choices: Choices): StepBack;
}

type Activation = "tanh" | "sigmoid" | "relu" | "linear";

const activations: Readonly<Record<Activation, (a: number) => number>> = {
  tanh: Math.tanh,
  sigmoid,
  relu: (a) => Math.max(0, a),
  linear: (a) => a,
};

/** The derivative in terms of the activated value, as it is used everywhere here. */
const derivatives: Readonly<Record<Activation, (h: number) => number>> = {
  tanh: (h) => 1 - h * h,
  sigmoid: (h) => h * (1 - h),
  relu: (h) => (h > 0 ? 1 : 0),
  linear: () => 1,
};

function derivative(activation: Activation, v: Vector, { derivative }: Choices): number[] {
  const ofValue = derivatives[activation];
  switch (derivative) {
    case "right":
    case "ofLast":
      return v.map(ofValue);
    case "again":
      return v.map((h) => ofValue(activations[activation](h)));
    case "forgotten":
      return v.map(() => 1);
  }
}

function kept(v: Vector, { keep }: Choices): Vector {
  return keep ? v.map(keep) : v;
}

/** Wx x + Wh h + b of a gate, or of the plain cell. */
function preActivation(p: Parameters, k: string, x: Vector, h: Vector, choices: Choices): Vector {
  const [Wx, Wh] = k === "" ? ["Wxh", "Whh"] : [`Wx${k}`, `Wh${k}`];
  return kept(sum(product(p.W[Wx]!, x), product(p.W[Wh]!, h), p.b[k === "" ? "bh" : `b${k}`]!), choices);
}

/** What Wh's gradient is taken with. */
function previousOf({ prev, values, last }: StepThere, { previous }: Choices): Vector {
  return { h_prev: prev["h"]!, h_t: values["h"]!, h_T: last["h"]! }[previous];
}

/** What the plain cell's file says. */
function activationOf(options: CellOptions): Activation {
  return options["activation"] as Activation;
}

const rnn: SlippedCell = {
  forward(options, p, x, prev, choices) {
    const a = preActivation(p, "", x, prev["h"]!, choices);
    return { a, h: kept(a.map(activations[activationOf(options)]), choices) };
  },
  backward(options, p, there, d, choices) {
    const shown = choices.derivative === "ofLast" ? there.last : there.values;
    const da = times(d["h"]!, derivative(activationOf(options), shown["h"]!, choices));
    return {
      gradients: { a: da },
      before: { h: transposedProduct(p.W["Whh"]!, da) },
      dx: transposedProduct(p.W["Wxh"]!, da),
      shares: { W: { Wxh: outer(da, there.x), Whh: outer(da, previousOf(there, choices)) }, b: { bh: da } },
    };
  },
};

const lstm: SlippedCell = {
  forward(_options, p, x, prev, choices) {
    const gate = (k: string) => preActivation(p, k, x, prev["h"]!, choices);
    const i = kept(gate("i").map(sigmoid), choices);
    const f = kept(gate("f").map(sigmoid), choices);
    const g = kept(gate("g").map(Math.tanh), choices);
    const o = kept(gate("o").map(sigmoid), choices);
    const c = kept(sum(times(f, prev["c"]!), times(i, g)), choices);
    return { i, f, g, o, c, h: kept(times(o, c.map(Math.tanh)), choices) };
  },
  backward(_options, p, there, d, choices) {
    const { i, f, g, o, c } = there.values as Record<"i" | "f" | "g" | "o" | "c", Vector>;
    const dh = d["h"]!;
    const tanh_c = c.map(Math.tanh);
    const dc = sum(d["c"]!, times(dh, o, derivative("tanh", tanh_c, choices)));
    const gates = {
      i: times(dc, g, derivative("sigmoid", i, choices)),
      f: times(dc, there.prev["c"]!, derivative("sigmoid", f, choices)),
      g: times(dc, i, derivative("tanh", g, choices)),
      o: times(dh, tanh_c, derivative("sigmoid", o, choices)),
    };
    return { gradients: { ...gates, c: dc }, ...throughGates(p, there, gates, { c: times(dc, f) }, choices) };
  },
};

/** What flows back through gates that all read x_t and h_prev. */
function throughGates(p: Parameters, there: StepThere, gates: Values, before: Values, choices: Choices) {
  const entries = Object.entries(gates);
  return {
    before: { ...before, h: sum(...entries.map(([k, da]) => transposedProduct(p.W[`Wh${k}`]!, da))) },
    dx: sum(...entries.map(([k, da]) => transposedProduct(p.W[`Wx${k}`]!, da))),
    shares: {
      W: Object.fromEntries(
        entries.flatMap(([k, da]) => [
          [`Wx${k}`, outer(da, there.x)],
          [`Wh${k}`, outer(da, previousOf(there, choices))],
        ]),
      ),
      b: Object.fromEntries(entries.map(([k, da]) => [`b${k}`, da])),
    },
  };
}

const gru: SlippedCell = {
  forward(options, p, x, prev, choices) {
    const h_prev = prev["h"]!;
    const r = kept(preActivation(p, "r", x, h_prev, choices).map(sigmoid), choices);
    const z = kept(preActivation(p, "z", x, h_prev, choices).map(sigmoid), choices);
    const after = (options["reset"] === "after") !== choices.otherReset;
    const bhn = p.b["bhn"] ?? h_prev.map(() => 0);
    const q = after ? sum(product(p.W["Whn"]!, h_prev), bhn) : times(r, h_prev);
    const recurrent = after ? times(r, q) : sum(product(p.W["Whn"]!, q), bhn);
    const n = kept(sum(product(p.W["Wxn"]!, x), p.b["bn"]!, recurrent).map(Math.tanh), choices);
    const [ofNew, ofOld] = choices.swappedUpdate ? [z, rest(z)] : [rest(z), z];
    return { r, z, q, n, h: kept(sum(times(ofNew, n), times(ofOld, h_prev)), choices) };
  },
  backward(options, p, there, d, choices) {
    const { r, z, q, n } = there.values as Record<"r" | "z" | "q" | "n", Vector>;
    const h_prev = there.prev["h"]!;
    const dh = d["h"]!;
    const after = (options["reset"] === "after") !== choices.otherReset;
    const [ofNew, ofOld] = choices.swappedUpdate ? [z, rest(z)] : [rest(z), z];
    // By z, h_t grows with h_prev and falls with n; with both exchanged, the other way round.
    const towards = h_prev.map((h, j) => (choices.swappedUpdate ? n[j]! - h : h - n[j]!));
    const dz = times(dh, towards, derivative("sigmoid", z, choices));
    const dn = times(dh, ofNew, derivative("tanh", n, choices));
    const dq = after ? times(dn, r) : transposedProduct(p.W["Whn"]!, dn);
    const dr = times(after ? times(dn, q) : times(dq, h_prev), derivative("sigmoid", r, choices));
    const gates = { r: dr, z: dz, n: dn };
    const previous = previousOf(there, choices);
    return {
      gradients: gates,
      before: {
        h: sum(
          times(dh, ofOld),
          transposedProduct(p.W["Whr"]!, dr),
          transposedProduct(p.W["Whz"]!, dz),
          after ? transposedProduct(p.W["Whn"]!, dq) : times(dq, r),
        ),
      },
      dx: sum(...Object.entries(gates).map(([k, da]) => transposedProduct(p.W[`Wx${k}`]!, da))),
      shares: {
        W: {
          Wxr: outer(dr, there.x),
          Wxz: outer(dz, there.x),
          Wxn: outer(dn, there.x),
          Whr: outer(dr, previous),
          Whz: outer(dz, previous),
          Whn: after ? outer(dq, previous) : outer(dn, q),
        },
        b: { br: dr, bz: dz, bn: dn, ...(p.b["bhn"] && { bhn: after ? dq : dn }) },
      },
    };
  },
};

/** By the cell's name. A cell that is not here is not diagnosed. */
const slippedCells: Readonly<Record<string, SlippedCell | undefined>> = { rnn, lstm, gru };

export function slippedCell(kind: string): SlippedCell {
  const cell = slippedCells[kind];
  if (!cell) throw new RangeError(`the diagnosis does not know the cell ${kind}`);
  return cell;
}

/** Whether every cell of a model can be worked out here. */
export function knowsCellsOf({ layers }: Model): boolean {
  return layers.every(({ cell }) => slippedCells[cell] !== undefined);
}
