// Generated from media/rnn.schema.json by `npm run generate`. Do not edit.

export type Matrix = number[][];
export type Trainable = boolean;
export type Frozen = string[];
export type Vector = number[];
export type TracedVector = (number | null)[] | null;
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
  vocabulary?:
    | string[]
    | {
        from: "sequences";
      };
  labels?: string[];
  inputSize?: number;
  embedding?: {
    size: number;
    E?: Matrix;
    trainable?: Trainable;
    frozen?: Frozen;
  };
  cells?: {
    [k: string]: OwnCell;
  };
  /**
   * @minItems 1
   */
  layers: Layer[];
  output: {
    size?: number;
    at?: "every" | "last" | "ends";
    activation?: "softmax" | "sigmoid" | "linear" | "tanh";
    Why?: number[][] | string;
    by?: Vector;
    bias?: boolean;
    readsInput?: boolean;
    Wxy?: Matrix;
    skip?: boolean;
    trainable?: Trainable;
    frozen?: Frozen;
  };
  loss?: {
    type: "cross-entropy" | "binary-cross-entropy" | "mse" | "mae" | "huber" | "linear";
    reduction?: "sum" | "mean";
    factor?: number;
    outputs?: "sum" | "mean";
    delta?: number;
    classWeights?: Vector;
    labelSmoothing?: number;
  };
  sequences?:
    | Sequence[]
    | {
        task?: "sum-sign" | "adding" | "copy" | "parity" | "sine";
        count?: number;
        length?: number;
        seed?: number;
        file?: string;
        inputs?: (string | number)[] | string;
        targets?: (string | number)[] | string;
        window?: number;
        horizon?: number;
        stride?: number;
        scale?: "standard" | "minmax";
        tokens?: "characters" | "words";
      };
  parameters?: {
    file: string;
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
    batchReduction?: "sequences" | "sum" | "targets";
    schedule?: {
      type: "step" | "exponential" | "cosine" | "plateau";
      every?: number;
      factor?: number;
      epochs?: number;
      floor?: number;
      patience?: number;
    } | null;
    shuffle?: boolean;
    seed?: number;
    clip?: {
      type: "norm" | "value";
      at: number;
    } | null;
    truncate?: number | null;
    stop?: {
      patience: number;
    } | null;
    precision?: "float64" | "float32";
  };
  validation?:
    | {
        fraction?: number;
        sequences?: Sequence[];
        seed?: number;
        task?: "sum-sign" | "adding" | "copy" | "parity" | "sine";
        count?: number;
        length?: number;
        file?: string;
        inputs?: (string | number)[] | string;
        targets?: (string | number)[] | string;
        window?: number;
        horizon?: number;
        stride?: number;
        tokens?: "characters" | "words";
      }
    | Sequence[];
  expect?: {
    tolerance?: number;
    hidden?: {
      salt: string;
      decimals: number;
      sequences?: ({} | null)[];
      batch?: {};
    };
    sequences?: ({
      loss?: number;
      steps?: ({
        t?: number | null;
        input?: string | number | (number | null)[] | null;
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
        target?: number | (number | null)[] | null;
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
      gradients?: ExpectedTensors;
      updated?: ExpectedTensors;
    } | null)[];
    batch?: {
      loss?: number;
      gradients?: ExpectedTensors;
      updated?: ExpectedTensors;
    };
  };
}
export interface OwnCell {
  title?: string;
  constants?: {
    [k: string]: number;
  };
  /**
   * @minItems 1
   */
  equations: string[];
  initial?: {
    [k: string]:
      | number
      | {
          scheme?: "xavier" | "lecun" | "normal" | "uniform" | "orthogonal" | "identity" | "zeros";
          scale?: number;
          from?: number;
          to?: number;
        };
  };
}
export interface Layer {
  cell: string;
  size: number;
  activation?: "tanh" | "relu" | "sigmoid" | "linear";
  reset?: "after" | "before";
  bias?: boolean;
  trainable?: Trainable;
  frozen?: Frozen;
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
  W?: Matrix;
  b?: Vector;
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
    W?: Matrix;
    b?: Vector;
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
  weights?: Vector;
  weight?: number;
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
export interface ExpectedTensors {
  [k: string]: (number | (number | null)[] | null)[] | number;
}
