/**
 * What the kernels find in memory. Each class is a row of 32-bit words that ../layout.ts writes in the same order.
 *
 * Rows: what a batch holds of every step stands one below the other, step after step; at step t stand those of its
 * `counts` sequences that are still going, the longest first. A matrix of parameters stands transposed, [inputs × outputs], the
 * gates of a cell side by side, so that a token's column is one row; each block of H or O columns is filled up with zeros
 * to a whole number of lanes.
 */

/** A pass's `cell`; 2 is a gru. */
export const RNN: i32 = 0;
export const LSTM: i32 = 1;

/** One direction of a layer. H: units; C: columns, the H of each gate side by side. */
@unmanaged
export class Pass {
  /** RNN, LSTM or a gru */
  cell: i32;
  /** rnn: 0 tanh, 1 relu, 2 sigmoid, 3 linear; gru: 0 reset after, 1 before */
  option: i32;
  /** Whether it reads its sequences from their end. */
  reversed: i32;
  /** X, with its layer's filling */
  inputs: i32;
  /** H, filled up */
  units: i32;
  /** H, as the file says */
  trueUnits: i32;
  /** C */
  columns: i32;
  /** [X × C], [H × C], [C]; for a gru with reset after, [H] */
  Wx: usize;
  Wh: usize;
  b: usize;
  bhn: usize;
  /** From the first gradient: dWx, dWh, db, dbhn */
  dWx: usize;
  dWh: usize;
  db: usize;
  dbhn: usize;
  /** [rows × C] pre-activations, then gates, then the gradients of the pre-activations */
  z: usize;
  /** gru with reset after: [rows × C] the products with h_prev, then their gradients */
  u: usize;
  /** gru with reset before: [rows × H] r ∘ h_prev */
  q: usize;
  /** [sequences + rows × H]: the initial state, then h_t; so for c */
  h: usize;
  c: usize;
  /** [rows × H] */
  tanhC: usize;
  /** [sequences × H] dL/dc_t, of a gru with reset before dL/dq_t */
  dc: usize;
  /** Where the pass does not read the layer's rows themselves: its own order of them, and dL/dh_t and dL/dx_t in that order. */
  x: usize;
  tokens: usize;
  dh: usize;
  dx: usize;
  /** Wh packed on the way there, Whᵀ on the way back, and in which form for the batch at hand */
  panels: usize;
  form: i32;
}

@unmanaged
export class Layer {
  passes: i32;
  first: Pass;
  second: Pass;
  /** Columns of h_t: those of its passes side by side */
  columns: i32;
  /** [rows × columns] h_t of the layer; 0 where its one pass reads forward and they are its own */
  out: usize;
  /** [rows × columns] dL/dh_t */
  above: usize;
}

@unmanaged
export class Network {
  layerCount: i32;
  /** Their addresses */
  layers: usize;
  /** O, as the file says and filled up */
  trueOutputs: i32;
  outputs: i32;
  /** 0 softmax, 1 sigmoid, 2 linear, 3 tanh */
  activation: i32;
  /** 0 cross-entropy, 1 binary cross-entropy, 2 mse */
  loss: i32;
  Why: usize;
  by: usize;
  dWhy: usize;
  dby: usize;
  /** [rows × O] logits, then their gradients */
  y: usize;
  /** [rows × columns of the top layer] the rows that are read out, and their gradients */
  read: usize;
  dRead: usize;
  /** For packing */
  room: usize;
}

@unmanaged
export class Batch {
  /** One divided by the sequences of the update */
  share: f64;
  /** T of the longest sequence */
  length: i32;
  sequences: i32;
  rows: i32;
  /** [T + 1] the first row of each step, and the number of rows */
  offsets: usize;
  /** [rows] tokens, or 0 */
  tokens: usize;
  /** [rows × X] */
  vectors: usize;
  /** [rows] where a reversed pass finds its rows; 0 where there is none */
  reversed: usize;
  /** How many rows have a target */
  targetCount: i32;
  /** [targetCount] those rows; 0 where they follow each other */
  targetRows: usize;
  firstTargetRow: i32;
  /** [targetCount] classes, or [targetCount × O] numbers */
  targets: usize;
  /** [targetCount] what each loss counts in its sequence's */
  weights: usize;
  /** Where the gradients begin; those of each matrix are as far from there as the matrix is from the first parameter */
  gradients: usize;
  /** [sequences × H] of each pass's states one after the other; 0 where all are zero */
  initial: usize;
  /** Where the last states go, as they stand in `initial`; or 0 */
  final: usize;
  /** Room for so many sequences in `initial` and `final` */
  stateRows: i32;
  /** Whether its gradients are added to those of the batch before */
  adds: i32;
  /** Whether an update follows */
  updates: i32;
}
