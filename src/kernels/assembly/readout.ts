/**
 * The read-out of the rows that have a target, their losses and the gradients.
 *   z = Why h + Wxy x + by (+ x);  y = activation(z)
 *   cross-entropy  −Σ_j w_j q_j log p_j;   binary cross-entropy  Σ_j target softplus(−z) + (1 − target) softplus(z);
 *   mse  Σ_j e_j²;   mae  Σ_j |e_j|;   huber  Σ_j ½ e_j², or a line;   linear  Σ_j target_j y_j,   e = y − target
 */
import { expAll, sigmoidAll, tanhAll } from "./elements";
import { exp, log, log1p, sigmoid } from "./functions";
import { Batch, Layer, Network, Pass } from "./layout";
import { multiply, NOT_PACKED, sumOuterProducts } from "./matrix";
import { addTo, gatherRows, repeatRow, scatterRows, sumRows } from "./rows";
import { clear, sumOfLanes } from "./vector";

const R: usize = sizeof<real>();
const SOFTMAX: i32 = 0;
const SIGMOID: i32 = 1;
const LINEAR: i32 = 2;
const CROSS_ENTROPY: i32 = 0;
const BINARY_CROSS_ENTROPY: i32 = 1;
const SQUARED: i32 = 2;
const ABSOLUTE: i32 = 3;
const HUBER: i32 = 4;
const SOFT_CROSS_ENTROPY: i32 = 6;

/** The row of the k-th target. */
// @ts-ignore: decorator
@inline
function rowOf(batch: Batch, k: i32): usize {
  return batch.targetRows == 0 ? <usize>(batch.firstTargetRow + k) : <usize>load<i32>(batch.targetRows + ((<usize>k) << 2));
}

// @ts-ignore: decorator
@inline
function passOf(layer: Layer, p: i32): Pass {
  return p == 0 ? layer.first : layer.second;
}

/** Which rows a pass of the top layer is read in: those with a target, or those in which it ends. */
// @ts-ignore: decorator
@inline
function rowsOfPass(batch: Batch, pass: Pass): usize {
  return batch.endRows != 0 && pass.reversed != 0 ? batch.endRows : batch.targetRows;
}

/** The rows of the top layer that are read. */
// @ts-ignore: decorator
@inline
function readRows(network: Network, batch: Batch, top: Layer, out: usize): usize {
  const bytes = <usize>top.columns * R;
  if (batch.targetRows == 0) return out + <usize>batch.firstTargetRow * bytes;
  if (batch.endRows == 0) gatherRows(network.read, bytes, out, bytes, batch.targetRows, batch.targetCount, top.columns);
  else {
    let column: usize = 0;
    for (let p = 0; p < top.passes; p++) {
      const pass = passOf(top, p);
      gatherRows(network.read + column, bytes, out + column, bytes, rowsOfPass(batch, pass), batch.targetCount, pass.units);
      column += <usize>pass.units * R;
    }
  }
  return network.read;
}

/** The inputs of the rows that are read out; they need not be a whole number of lanes. */
function inputsOfRows(network: Network, batch: Batch): usize {
  const bytes = <usize>network.inputs * R;
  const x = network.E != 0 ? network.xE : batch.vectors;
  if (batch.targetRows == 0) return x + <usize>batch.firstTargetRow * bytes;
  for (let k = 0; k < batch.targetCount; k++) memory.copy(network.readX + <usize>k * bytes, x + rowOf(batch, k) * bytes, bytes);
  return network.readX;
}

/** Whether inputs are tokens whose one-hot vectors are read. */
// @ts-ignore: decorator
@inline
function readsTokens(network: Network, batch: Batch): bool {
  return batch.tokens != 0 && network.E == 0;
}

/** The token of the k-th row that is read out. */
// @ts-ignore: decorator
@inline
function tokenOf(batch: Batch, k: i32): usize {
  return <usize>load<i32>(batch.tokens + (rowOf(batch, k) << 2));
}

/** The logits: without a matrix h itself, whose passes stand one behind the other there, each without its filling. */
// @ts-ignore: decorator
@inline
function addState(network: Network, batch: Batch, top: Layer, h: usize): void {
  const yBytes = <usize>network.outputs * R;
  if (network.hasWhy != 0) {
    multiply(network.y, yBytes, h, <usize>top.columns * R, network.Why, yBytes, false, 0, NOT_PACKED, batch.targetCount, top.columns, network.outputs, true, network.room);
    return;
  }
  for (let k = 0; k < batch.targetCount; k++) {
    let to = network.y + <usize>k * yBytes;
    let from = h + <usize>k * <usize>top.columns * R;
    for (let p = 0; p < top.passes; p++) {
      const pass = passOf(top, p);
      memory.copy(to, from, <usize>pass.trueUnits * R);
      to += <usize>pass.trueUnits * R;
      from += <usize>pass.units * R;
    }
  }
}

function addInputs(network: Network, batch: Batch): void {
  const O = network.outputs;
  const yBytes = <usize>O * R;
  const rows = batch.targetCount;
  if (readsTokens(network, batch)) {
    for (let k = 0; k < rows; k++) {
      const y = network.y + <usize>k * yBytes;
      const token = tokenOf(batch, k);
      if (network.Wxy != 0) addTo(y, network.Wxy + token * yBytes, O);
      if (network.skip != 0) store<real>(y + token * R, load<real>(y + token * R) + 1);
    }
    return;
  }
  const x = inputsOfRows(network, batch);
  const xBytes = <usize>network.inputs * R;
  if (network.Wxy != 0)
    multiply(network.y, yBytes, x, xBytes, network.Wxy, yBytes, false, 0, NOT_PACKED, rows, network.inputs, O, true, network.room);
  if (network.skip == 0) return;
  for (let k = 0; k < rows; k++)
    for (let j = 0; j < network.trueInputs; j++) {
      const y = network.y + <usize>k * yBytes + <usize>j * R;
      store<real>(y, load<real>(y) + load<real>(x + <usize>k * xBytes + <usize>j * R));
    }
}

/**
 * Logits, losses and, in place of the logits, dL/dz.
 * @param out [rows × columns] h_t of the top layer
 * @returns the sum over the sequences of their losses, NaN where the loss of a step is not finite
 */
export function forwardReadout(network: Network, batch: Batch, top: Layer, out: usize): f64 {
  const O = network.outputs;
  const yBytes = <usize>O * R;
  repeatRow(network.y, network.by, batch.targetCount, O);
  addState(network, batch, top, readRows(network, batch, top, out));
  if (network.Wxy != 0 || network.skip != 0) addInputs(network, batch);

  let loss: f64 = 0;
  for (let k = 0; k < batch.targetCount; k++) {
    const y = network.y + <usize>k * yBytes;
    const target =
      network.loss == CROSS_ENTROPY
        ? batch.targets + ((<usize>k) << 2)
        : batch.targets + <usize>(k * network.trueOutputs) * R;
    const ofRow = network.factor * lossOfRow(network, y, target, load<real>(batch.scales + <usize>k * R) * <real>network.factor);
    if (!isFinite(ofRow)) return NaN;
    loss += <f64>load<real>(batch.weights + <usize>k * R) * ofRow;
  }
  return loss;
}

/** After `forwardReadout` over the same batch: dL/dh_t of every row of the batch, also of those without a target. */
export function backwardReadout(network: Network, batch: Batch, top: Layer, out: usize): void {
  const n = top.columns;
  const outBytes = <usize>n * R;
  const O = network.outputs;
  const yBytes = <usize>O * R;
  const rows = batch.targetCount;
  const above = top.above;
  let h = out + <usize>batch.firstTargetRow * outBytes;
  let dh = above + <usize>batch.firstTargetRow * outBytes;
  if (batch.targetRows != 0) {
    h = network.read;
    dh = network.dRead;
  }
  if (rows < batch.rows || batch.endRows != 0) clear(above, batch.rows * n);
  if (network.hasWhy != 0) multiply(dh, outBytes, network.y, yBytes, network.Why, yBytes, true, 0, NOT_PACKED, rows, O, n, false, network.room);
  else spreadState(network, batch, top, dh);
  if (batch.targetRows != 0) {
    let column: usize = 0;
    for (let p = 0; p < top.passes; p++) {
      const pass = passOf(top, p);
      scatterRows(above + column, outBytes, dh + column, outBytes, rowsOfPass(batch, pass), rows, pass.units);
      column += <usize>pass.units * R;
    }
  }
  const adds = batch.adds != 0;
  if (network.hasWhy != 0) sumOuterProducts(batch.gradients + network.dWhy, yBytes, h, outBytes, network.y, yBytes, n, rows, O, adds, network.room);
  sumRows(batch.gradients + network.dby, network.y, yBytes, rows, O, adds);
  if (network.Wxy != 0) sumInputs(network, batch, adds);
  if (network.dxE != 0 && (network.Wxy != 0 || network.skip != 0)) spreadInputs(network, batch);
}

/** dL/dh of logits that are h itself. */
function spreadState(network: Network, batch: Batch, top: Layer, dh: usize): void {
  clear(dh, batch.targetCount * top.columns);
  for (let k = 0; k < batch.targetCount; k++) {
    let from = network.y + <usize>k * <usize>network.outputs * R;
    let to = dh + <usize>k * <usize>top.columns * R;
    for (let p = 0; p < top.passes; p++) {
      const pass = passOf(top, p);
      memory.copy(to, from, <usize>pass.trueUnits * R);
      from += <usize>pass.trueUnits * R;
      to += <usize>pass.units * R;
    }
  }
}

/** dWxy */
function sumInputs(network: Network, batch: Batch, adds: bool): void {
  const O = network.outputs;
  const yBytes = <usize>O * R;
  const dWxy = batch.gradients + network.dWxy;
  const rows = batch.targetCount;
  if (!readsTokens(network, batch)) {
    sumOuterProducts(dWxy, yBytes, inputsOfRows(network, batch), <usize>network.inputs * R, network.y, yBytes, network.inputs, rows, O, adds, network.room);
    return;
  }
  if (!adds) clear(dWxy, network.inputs * O);
  for (let k = 0; k < rows; k++) addTo(dWxy + tokenOf(batch, k) * yBytes, network.y + <usize>k * yBytes, O);
}

/** What an embedding's rows have from the read-out. */
function spreadInputs(network: Network, batch: Batch): void {
  const X = network.inputs;
  const xBytes = <usize>X * R;
  const O = network.outputs;
  const yBytes = <usize>O * R;
  const rows = batch.targetCount;
  if (network.Wxy != 0) {
    multiply(network.dReadX, xBytes, network.y, yBytes, network.Wxy, yBytes, true, 0, NOT_PACKED, rows, O, X, false, network.room);
    for (let k = 0; k < rows; k++) addTo(network.dxE + rowOf(batch, k) * xBytes, network.dReadX + <usize>k * xBytes, X);
  }
  // As many outputs as inputs: both are filled up alike, with zeros.
  if (network.skip != 0)
    for (let k = 0; k < rows; k++) addTo(network.dxE + rowOf(batch, k) * xBytes, network.y + <usize>k * yBytes, X);
}

/** One step's loss ℓ, before its factor; z becomes dL/dz = scale · dℓ/dz. */
// @ts-ignore: decorator
@inline
function lossOfRow(network: Network, z: usize, target: usize, scale: real): f64 {
  // What fills the row up is 0, and stays so where nothing but each number's own error is taken.
  if (network.activation == LINEAR && network.loss >= SQUARED && network.loss != SOFT_CROSS_ENTROPY)
    return errorOfLogits(network, z, target, scale);
  const O = network.trueOutputs;
  // What fills the row up shall neither be the largest nor count in a sum.
  for (let j = O; j < network.outputs; j++) store<real>(z + <usize>j * R, -Infinity);
  let loss: f64;
  if (network.loss == CROSS_ENTROPY) {
    const index = load<i32>(target);
    loss =
      network.classWeights == 0 ? crossEntropy(z, network.outputs, index, scale) : smoothedCrossEntropy(network, z, index, scale);
  } else if (network.loss == SOFT_CROSS_ENTROPY) loss = softCrossEntropy(network, z, target, scale);
  else if (network.loss == BINARY_CROSS_ENTROPY) loss = binaryCrossEntropy(z, O, target, scale);
  else loss = errorOfValues(network, z, target, scale);
  for (let j = O; j < network.outputs; j++) store<real>(z + <usize>j * R, 0);
  return loss;
}

/** −Σ_j w_j q_j log p_j, q being what label smoothing makes of a class. */
function smoothedCrossEntropy(network: Network, z: usize, target: i32, scale: real): f64 {
  const O = network.trueOutputs;
  const w = network.classWeights;
  const ofClass = (1 - network.smoothing) * <f64>load<real>(w + <usize>target * R);
  const ofAll = network.smoothing / <f64>O;
  const z_target = <f64>load<real>(z + <usize>target * R);
  let sum: f64 = 0;
  let apart: f64 = 0;
  for (let j: usize = 0; j < <usize>O; j++) {
    const w_j = <f64>load<real>(w + j * R);
    sum += w_j;
    apart += w_j * (<f64>load<real>(z + j * R) - z_target);
  }
  const whole = exponentials(z, network.outputs) - z_target;
  const count = ofClass + ofAll * sum;
  const factor = v128.splat<real>(<real>((<f64>scale * count) / <f64>sumOfExponentials));
  for (let p = z; p < z + <usize>network.outputs * R; p += 16) v128.store(p, v128.mul<real>(v128.load(p), factor));
  for (let j: usize = 0; j < <usize>O; j++) {
    let q = ofAll * <f64>load<real>(w + j * R);
    if (j == <usize>target) q += ofClass;
    store<real>(z + j * R, <real>(<f64>load<real>(z + j * R) - <f64>scale * q));
  }
  // Where smoothing is 0 nothing comes of the classes that a weight of 0 leaves out.
  return ofClass * whole + (ofAll == 0 ? 0 : ofAll * (sum * whole - apart));
}

/** The same of probabilities: `target` holds what log p_j counts. */
function softCrossEntropy(network: Network, z: usize, target: usize, scale: real): f64 {
  const O = network.trueOutputs;
  const largest = largestOf(z, network.outputs);
  let count: f64 = 0;
  let apart: f64 = 0;
  for (let j: usize = 0; j < <usize>O; j++) {
    const q = <f64>load<real>(target + j * R);
    count += q;
    if (q != 0) apart += q * (<f64>load<real>(z + j * R) - <f64>largest);
  }
  const whole = exponentials(z, network.outputs) - <f64>largest;
  const factor = (<f64>scale * count) / <f64>sumOfExponentials;
  for (let j: usize = 0; j < <usize>O; j++) {
    const p = z + j * R;
    store<real>(p, <real>(factor * <f64>load<real>(p) - <f64>scale * <f64>load<real>(target + j * R)));
  }
  return count * whole - apart;
}

/** The second result of `exponentials`. */
let sumOfExponentials: real = 0;

/** e^(z − largest) in place of z, and their sum. @returns log Σ_j e^z_j */
function exponentials(z: usize, n: i32): f64 {
  const end = z + <usize>n * R;
  const largest = largestOf(z, n);
  const shift = v128.splat<real>(largest);
  let sum = v128.splat<real>(0);
  let p = z;
  for (; p < end; p += 16) v128.store(p, v128.sub<real>(v128.load(p), shift));
  expAll(z, z, n);
  for (p = z; p < end; p += 16) sum = v128.add<real>(sum, v128.load(p));
  sumOfExponentials = sumOfLanes(sum);
  return <f64>largest + log(<f64>sumOfExponentials);
}

// @ts-ignore: decorator
@inline
function largestOf(z: usize, n: i32): real {
  let most = v128.load(z);
  for (let p = z + 16; p < z + <usize>n * R; p += 16) most = v128.pmax<real>(most, v128.load(p));
  return largestLane(most);
}

function largestLane(v: v128): real {
  const largest = max<real>(v128.extract_lane<real>(v, 0), v128.extract_lane<real>(v, 1));
  if (sizeof<real>() == 8) return largest;
  return max<real>(largest, <real>max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

function crossEntropy(z: usize, n: i32, target: i32, scale: real): f64 {
  const at = z + <usize>target * R;
  const z_target = load<real>(at);
  const loss = exponentials(z, n) - <f64>z_target;
  const factor = v128.splat<real>(scale / sumOfExponentials);
  for (let p = z; p < z + <usize>n * R; p += 16) v128.store(p, v128.mul<real>(v128.load(p), factor));
  store<real>(at, load<real>(at) - scale);
  return loss;
}

function softplus(z: f64): f64 {
  return max<f64>(z, 0) + log1p(expOf(-abs<f64>(z)));
}

/** One number's exponential in double precision. */
function expOf(x: f64): f64 {
  return sizeof<real>() == 8
    ? f64x2.extract_lane(exp(f64x2.splat(x)), 0)
    : <f64>f32x4.extract_lane(exp(f32x4.splat(<f32>x)), 0);
}

function binaryCrossEntropy(z: usize, n: i32, target: usize, scale: real): f64 {
  let loss: f64 = 0;
  for (let j = 0; j < n; j++) {
    const at = z + <usize>j * R;
    const z_j = load<real>(at);
    const t = load<real>(target + <usize>j * R);
    loss += <f64>t * softplus(-(<f64>z_j)) + (1 - <f64>t) * softplus(<f64>z_j);
    const y = v128.extract_lane<real>(sigmoid(v128.splat<real>(z_j)), 0);
    store<real>(at, (y - t) * scale);
  }
  return loss;
}

/** dℓ/dy of one output. */
// @ts-ignore: decorator
@inline
function slope(network: Network, error: real, target: real): real {
  if (network.loss == SQUARED) return error + error;
  if (network.loss == ABSOLUTE) return error > 0 ? 1 : error < 0 ? -1 : error;
  if (network.loss == HUBER) return max<real>(<real>-network.delta, min<real>(<real>network.delta, error));
  return target;
}

// @ts-ignore: decorator
@inline
function lossOfValue(network: Network, y: f64, error: f64, target: f64): f64 {
  if (network.loss == SQUARED) return error * error;
  const size = abs<f64>(error);
  if (network.loss == ABSOLUTE) return size;
  if (network.loss == HUBER) return size <= network.delta ? (error * error) / 2 : network.delta * (size - network.delta / 2);
  return target * y;
}

/** Where y is z itself. */
function errorOfLogits(network: Network, z: usize, target: usize, scale: real): f64 {
  const O = <usize>network.trueOutputs * R;
  let loss: f64 = 0;
  for (let j: usize = 0; j < O; j += R) {
    const y = load<real>(z + j);
    const wanted = load<real>(target + j);
    const error = y - wanted;
    loss += lossOfValue(network, <f64>y, <f64>error, <f64>wanted);
    store<real>(z + j, scale * slope(network, error, wanted));
  }
  return loss;
}

function errorOfValues(network: Network, z: usize, target: usize, scale: real): f64 {
  const O = <usize>network.trueOutputs * R;
  activate(network, z);
  let loss: f64 = 0;
  let inner: real = 0;
  for (let j: usize = 0; j < O; j += R) {
    const y = load<real>(z + j);
    const wanted = load<real>(target + j);
    const error = y - wanted;
    loss += lossOfValue(network, <f64>y, <f64>error, <f64>wanted);
    inner += slope(network, error, wanted) * y;
  }
  for (let j: usize = 0; j < O; j += R) {
    const y = load<real>(z + j);
    const wanted = load<real>(target + j);
    const dy = scale * slope(network, y - wanted, wanted);
    if (network.activation == SOFTMAX) store<real>(z + j, y * (dy - scale * inner));
    else store<real>(z + j, dy * (network.activation == SIGMOID ? y * (1 - y) : 1 - y * y));
  }
  return loss;
}

/** y = activation(z), in place. */
function activate(network: Network, z: usize): void {
  const end = z + <usize>network.outputs * R;
  if (network.activation == SOFTMAX) {
    exponentials(z, network.outputs);
    const sum = v128.splat<real>(sumOfExponentials);
    for (let p = z; p < end; p += 16) v128.store(p, v128.div<real>(v128.load(p), sum));
  } else if (network.activation == SIGMOID) {
    sigmoidAll(z, z, network.outputs);
  } else {
    tanhAll(z, z, network.outputs);
  }
}
