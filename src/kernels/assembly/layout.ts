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
export const DENSE: i32 = 3;
export const OWN: i32 = 4;

/** One direction of a layer. H: units; C: columns, the H of each gate side by side. */
@unmanaged
export class Pass {
  /** RNN, LSTM, a gru, DENSE, which has no state, no Wh and no step before, or OWN, of which `plan` says everything */
  cell: i32;
  /** rnn and dense: 0 tanh, 1 relu, 2 sigmoid, 3 linear; gru: 0 reset after, 1 before */
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
  /** Of an embedding that it reads; then `x` has each token's row once. Else 0 */
  tokenRows: TokenRows;
  plan: OwnPlan;
}

/** The rows of a pass that reads an embedding, each token once. */
@unmanaged
export class TokenRows {
  /** How many tokens the batch has */
  count: i32;
  /** Which */
  tokens: usize;
  /** [rows] where each row's token stands among them */
  places: usize;
}

/** Where a vector [H] of a step stands: in a row whose number is found at `row`. */
@unmanaged
export class Slot {
  base: usize;
  stride: usize;
  row: usize;
}

/** One operation on vectors of all sequences that are going. */
@unmanaged
export class Instruction {
  op: i32;
  to: Slot;
  a: Slot;
  b: Slot;
  c: Slot;
  d: Slot;
  /** Of a product; of what is added to a parameter's gradient, its distance from the first one */
  more: usize;
}

/** A product with matrices that stand side by side. */
@unmanaged
export class Product {
  W: usize;
  stride: usize;
  transposed: i32;
  inner: i32;
  columns: i32;
  adds: i32;
  /** Whether it multiplies a state of the step before, which may be zero at the first step. */
  ofState: i32;
  /** Packed for the batch at hand, and how */
  panels: usize;
  form: i32;
}

/** dW (+)= Σ over all steps of right ⊗ left. */
@unmanaged
export class OwnSum {
  /** From the first gradient */
  dW: usize;
  stride: usize;
  columns: i32;
  left: Slot;
  /** 0 where it is the input */
  right: Slot;
  /** Whether it is a state of the step before. */
  ofState: i32;
  /** Whether the gradient has been cleared. */
  adds: i32;
}

/** Several records that follow each other, or addresses. */
@unmanaged
export class List {
  first: usize;
  count: i32;
}

/** Numbers of rows: 0, and those at which stand a step's own, its states, the states before it, and the step before's own. */
@unmanaged
export class RowNumbers {
  zero: i32;
  row: i32;
  stateRow: i32;
  stateBefore: i32;
  rowBefore: i32;
}

/** The step of an own cell. */
@unmanaged
export class OwnPlan {
  rowNumbers: RowNumbers;
  /** H, filled up and as the file says */
  units: i32;
  trueUnits: i32;
  /** Where an input is a vector of the step: its parts, their numbers and what they are filled up to */
  parts: i32;
  partUnits: i32;
  partFilled: i32;
  /** [X × columns] the input's matrices, and [rows × columns] their products */
  Wx: usize;
  inputColumns: i32;
  projected: usize;
  /** dL/dh of this step and of the one before */
  above: Slot;
  aboveBefore: Slot;
  /** [sequences + rows × H] of each state */
  states: List;
  /** [sequences × H] what flows into the states but h */
  flowing: List;
  forward: List;
  backward: List;
  carried: List;
  /** Products to be packed */
  forwardProducts: List;
  backwardProducts: List;
  sums: List;
  /** Pairs: where a gradient begins that is cleared first, and how many numbers it has */
  cleared: List;
  /** Products whose sums over all rows are added to dL/dx, and where their vectors stand */
  toInput: List;
  toInputOf: List;
  /** What the pass reads at the batch at hand */
  x: usize;
  xStride: usize;
  tokens: usize;
  dx: usize;
  dxStride: usize;
  /** Whether it is of a run that is looked into: goes back to the initial state, and its matrices stay packed from batch to batch */
  ofRun: i32;
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
  /** What every ℓ_t is multiplied by */
  factor: f64;
  /** Where huber goes over into a line */
  delta: f64;
  /** ε of label smoothing */
  smoothing: f64;
  layerCount: i32;
  /** Their addresses */
  layers: usize;
  /** O, as the file says and filled up */
  trueOutputs: i32;
  outputs: i32;
  /** 0 softmax, 1 sigmoid, 2 linear, 3 tanh */
  activation: i32;
  /** 0 cross-entropy, 1 binary cross-entropy, 2 mse, 3 mae, 4 huber, 5 linear, 6 cross-entropy with what each class counts */
  loss: i32;
  /** [O] what each class counts in cross-entropy; 0 where nothing but the target's class does, and that 1 */
  classWeights: usize;
  /** Where the logits are h_t itself, 0 */
  hasWhy: i32;
  Why: usize;
  by: usize;
  dWhy: usize;
  dby: usize;
  /** [X × O], 0 where the input is not read */
  Wxy: usize;
  dWxy: usize;
  /** Whether x_t is added to the logits */
  skip: i32;
  /** X of the first layer, with its filling and without */
  inputs: i32;
  trueInputs: i32;
  /** [rows × X] the inputs of the rows that are read out, and their gradients; 0 where nobody asks */
  readX: usize;
  dReadX: usize;
  /** [V × X] the embedding; 0 where there is none */
  E: usize;
  /** From the first gradient: dE, all zero but in the rows that are `Touched`; and those */
  dE: usize;
  touched: usize;
  tokens: i32;
  /** [rows × X] the embedding's rows where somebody reads them step by step, and their gradients; those are 0 where it is held fixed */
  xE: usize;
  dxE: usize;
  /** [V] for each token its first row's number + 1 while they are looked for, else 0 */
  firstRows: usize;
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
  /** [targetCount] the rows in which a backward pass of the top layer ends; 0 where those are not read */
  endRows: usize;
  /** [targetCount] classes, or [targetCount × O] numbers */
  targets: usize;
  /** [targetCount] what each loss counts in its sequence's, and what it counts in the update's gradient */
  weights: usize;
  scales: usize;
  /** Where the gradients begin; those of each matrix are as far from there as the matrix is from the first parameter. 0 where an own cell's steps alone are asked for */
  gradients: usize;
  /** [sequences × H] of each pass's states one after the other; 0 where all are zero */
  initial: usize;
  /** Where the last states go, as they stand in `initial`; or 0 */
  final: usize;
  /** Room for so many sequences in `initial` and `final` */
  stateRows: i32;
  /** Whether its gradients are added to those of the batch before */
  adds: i32;
  /** Whether it goes back: its update has a target, in this batch or in another one */
  back: i32;
  /** Whether an update follows */
  updates: i32;
}
