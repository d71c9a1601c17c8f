// Generated from media/rnn.schema.json by `npm run generate`. Do not edit.

export type Matrix = number[][];
export type Vector = number[];
export type TracedVector = number[] | null;
export type PassValues = {
  a?: TracedVector;
  i?: TracedVector;
  f?: TracedVector;
  g?: TracedVector;
  o?: TracedVector;
  c?: TracedVector;
  r?: TracedVector;
  z?: TracedVector;
  n?: TracedVector;
  h?: TracedVector;
} | null;
export type LayersValues =
  | ({
      a?: TracedVector;
      i?: TracedVector;
      f?: TracedVector;
      g?: TracedVector;
      o?: TracedVector;
      c?: TracedVector;
      r?: TracedVector;
      z?: TracedVector;
      n?: TracedVector;
      h?: TracedVector;
      forward?: PassValues;
      backward?: PassValues;
    } | null)[]
  | null;

export interface RnnFile {
  version: 1;
  name?: string;
  description?: string;
  /**
   * @minItems 1
   */
  vocabulary?: string[];
  labels?: string[];
  inputSize?: number;
  /**
   * @minItems 1
   */
  layers: Layer[];
  output: {
    size: number;
    at?: "every" | "last";
    activation?: "softmax" | "sigmoid" | "linear" | "tanh";
    Why?: Matrix;
    by?: Vector;
  };
  loss?: {
    type: "cross-entropy" | "binary-cross-entropy" | "mse";
    reduction?: "sum" | "mean";
  };
  sequences?:
    | Sequence[]
    | {
        task?: "sum-sign" | "adding" | "copy" | "parity" | "sine";
        count?: number;
        length?: number;
        seed?: number;
        file?: string;
      };
  initial?: {
    scheme?: "xavier" | "lecun" | "normal" | "uniform" | "orthogonal" | "identity" | "zeros";
    scale?: number;
    seed?: number;
    forgetBias?: number;
  };
  training?: {
    optimizer?: {
      type?: "sgd" | "adagrad" | "rmsprop" | "adam" | "adamw";
      learningRate?: number;
      momentum?: number;
      nesterov?: boolean;
      beta1?: number;
      beta2?: number;
      alpha?: number;
      epsilon?: number;
      weightDecay?: number;
    };
    epochs?: number;
    batchSize?: number;
    shuffle?: boolean;
    seed?: number;
    clip?: {
      type: "norm" | "value";
      at: number;
    } | null;
    truncate?: number | null;
    precision?: "float64" | "float32";
  };
  expect?: {
    tolerance?: number;
    sequences?: ({
      loss?: number;
      steps?: ({
        t?: number | null;
        x?: TracedVector;
        a?: TracedVector;
        i?: TracedVector;
        f?: TracedVector;
        g?: TracedVector;
        o?: TracedVector;
        c?: TracedVector;
        r?: TracedVector;
        z?: TracedVector;
        n?: TracedVector;
        h?: TracedVector;
        forward?: PassValues;
        backward?: PassValues;
        layers?: LayersValues;
        logits?: TracedVector;
        output?: TracedVector;
        target?: number | number[] | null;
        loss?: number | null;
        gradients?: {
          logits?: TracedVector;
          x?: TracedVector;
          a?: TracedVector;
          i?: TracedVector;
          f?: TracedVector;
          g?: TracedVector;
          o?: TracedVector;
          c?: TracedVector;
          r?: TracedVector;
          z?: TracedVector;
          n?: TracedVector;
          h?: TracedVector;
          forward?: PassValues;
          backward?: PassValues;
          layers?: LayersValues;
        } | null;
      } | null)[];
      gradients?: {
        [k: string]: (number | number[])[];
      };
      updated?: {
        [k: string]: (number | number[])[];
      };
    } | null)[];
  };
}
export interface Layer {
  cell: "rnn" | "lstm" | "gru";
  size: number;
  activation?: "tanh" | "relu" | "sigmoid" | "linear";
  reset?: "after" | "before";
  direction?: "forward" | "backward" | "both";
  Wxh?: Matrix;
  Whh?: Matrix;
  bh?: Vector;
  Wxi?: Matrix;
  Whi?: Matrix;
  bi?: Vector;
  Wxf?: Matrix;
  Whf?: Matrix;
  bf?: Vector;
  Wxg?: Matrix;
  Whg?: Matrix;
  bg?: Vector;
  Wxo?: Matrix;
  Who?: Matrix;
  bo?: Vector;
  Wxr?: Matrix;
  Whr?: Matrix;
  br?: Vector;
  Wxz?: Matrix;
  Whz?: Matrix;
  bz?: Vector;
  Wxn?: Matrix;
  Whn?: Matrix;
  bn?: Vector;
  bhn?: Vector;
  h0?: Vector;
  c0?: Vector;
  reverse?: {
    Wxh?: Matrix;
    Whh?: Matrix;
    bh?: Vector;
    Wxi?: Matrix;
    Whi?: Matrix;
    bi?: Vector;
    Wxf?: Matrix;
    Whf?: Matrix;
    bf?: Vector;
    Wxg?: Matrix;
    Whg?: Matrix;
    bg?: Vector;
    Wxo?: Matrix;
    Who?: Matrix;
    bo?: Vector;
    Wxr?: Matrix;
    Whr?: Matrix;
    br?: Vector;
    Wxz?: Matrix;
    Whz?: Matrix;
    bz?: Vector;
    Wxn?: Matrix;
    Whn?: Matrix;
    bn?: Vector;
    bhn?: Vector;
    h0?: Vector;
    c0?: Vector;
  };
}
export interface Sequence {
  name?: string;
  inputs?: (string | number | number[])[];
  text?: string;
  targets?: (string | number | number[] | null)[] | string;
  target?: string | number | number[];
  h0?: (
    | number
    | number[]
    | {
        forward?: Vector;
        backward?: Vector;
      }
    | null
  )[];
  c0?: (
    | number
    | number[]
    | {
        forward?: Vector;
        backward?: Vector;
      }
    | null
  )[];
  state?: "carry";
}
