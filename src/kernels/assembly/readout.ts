/**
 * The read-out of the rows that have a target, their losses and the gradients.
 *   z = Why h + by;  y = activation(z)
 *   cross-entropy  log Σ_j e^z_j − z_target;   binary cross-entropy  Σ_j target softplus(−z) + (1 − target) softplus(z);
 *   mse  Σ_j (y_j − target_j)²
 */
import { expAll, sigmoidAll, tanhAll } from "./elements";
import { exp, log, log1p, sigmoid } from "./functions";
import { Batch, Network } from "./layout";
import { multiply, NOT_PACKED, sumOuterProducts } from "./matrix";
import { gatherRows, repeatRow, scatterRows, sumRows } from "./rows";
import { clear, sumOfLanes } from "./vector";

const R: usize = sizeof<real>();
const SOFTMAX: i32 = 0;
const SIGMOID: i32 = 1;
const LINEAR: i32 = 2;
const CROSS_ENTROPY: i32 = 0;
const BINARY_CROSS_ENTROPY: i32 = 1;

/**
 * Logits, losses and, in place of the logits, dL/dz.
 * @param out [rows × n] h_t of the top layer
 * @returns the sum over the sequences of their losses, NaN where the loss of a step is not finite
 */
export function forwardReadout(network: Network, batch: Batch, out: usize, n: i32): f64 {
  const outBytes = <usize>n * R;
  const O = network.outputs;
  const yBytes = <usize>O * R;
  let h = out + <usize>batch.firstTargetRow * outBytes;
  if (batch.targetRows != 0) {
    h = network.read;
    gatherRows(h, outBytes, out, outBytes, batch.targetRows, batch.targetCount, n);
  }
  repeatRow(network.y, network.by, batch.targetCount, O);
  multiply(network.y, yBytes, h, outBytes, network.Why, yBytes, false, 0, NOT_PACKED, batch.targetCount, n, O, true, network.room);

  let loss: f64 = 0;
  for (let k = 0; k < batch.targetCount; k++) {
    const y = network.y + <usize>k * yBytes;
    const weight = load<real>(batch.weights + <usize>k * R);
    const target =
      network.loss == CROSS_ENTROPY
        ? batch.targets + ((<usize>k) << 2)
        : batch.targets + <usize>(k * network.trueOutputs) * R;
    const ofRow = lossOfRow(network, y, target, weight * <real>batch.share);
    if (!isFinite(ofRow)) return NaN;
    loss += <f64>weight * ofRow;
  }
  return loss;
}

/** @param above [rows × n] where dL/dh_t goes: of every row of the batch, also of those without a target */
export function backwardReadout(network: Network, batch: Batch, out: usize, above: usize, n: i32): void {
  const outBytes = <usize>n * R;
  const O = network.outputs;
  const yBytes = <usize>O * R;
  const rows = batch.targetCount;
  let h = out + <usize>batch.firstTargetRow * outBytes;
  let dh = above + <usize>batch.firstTargetRow * outBytes;
  if (batch.targetRows != 0) {
    h = network.read;
    dh = network.dRead;
  }
  if (rows < batch.rows) clear(above, batch.rows * n);
  multiply(dh, outBytes, network.y, yBytes, network.Why, yBytes, true, 0, NOT_PACKED, rows, O, n, false, network.room);
  if (batch.targetRows != 0) scatterRows(above, outBytes, dh, outBytes, batch.targetRows, rows, n);
  sumOuterProducts(batch.gradients + network.dWhy, yBytes, h, outBytes, network.y, yBytes, n, rows, O, batch.adds != 0, network.room);
  sumRows(batch.gradients + network.dby, network.y, yBytes, rows, O, batch.adds != 0);
}

/** One step's loss ℓ; z becomes dL/dz = scale · dℓ/dz. */
function lossOfRow(network: Network, z: usize, target: usize, scale: real): f64 {
  const O = network.trueOutputs;
  // What fills the row up shall neither be the largest nor count in a sum.
  for (let j = O; j < network.outputs; j++) store<real>(z + <usize>j * R, -Infinity);
  let loss: f64;
  if (network.loss == CROSS_ENTROPY) loss = crossEntropy(z, network.outputs, load<i32>(target), scale);
  else if (network.loss == BINARY_CROSS_ENTROPY) loss = binaryCrossEntropy(z, O, target, scale);
  else loss = squaredError(network, z, target, scale);
  for (let j = O; j < network.outputs; j++) store<real>(z + <usize>j * R, 0);
  return loss;
}

/** The second result of `exponentials`. */
let sumOfExponentials: real = 0;

/** e^(z − largest) in place of z, and their sum. @returns log Σ_j e^z_j */
function exponentials(z: usize, n: i32): f64 {
  const end = z + <usize>n * R;
  let most = v128.load(z);
  for (let p = z + 16; p < end; p += 16) most = v128.pmax<real>(most, v128.load(p));
  const largest = largestLane(most);
  const shift = v128.splat<real>(largest);
  let sum = v128.splat<real>(0);
  let p = z;
  for (; p < end; p += 16) v128.store(p, v128.sub<real>(v128.load(p), shift));
  expAll(z, z, n);
  for (p = z; p < end; p += 16) sum = v128.add<real>(sum, v128.load(p));
  sumOfExponentials = sumOfLanes(sum);
  return <f64>largest + log(<f64>sumOfExponentials);
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

function squaredError(network: Network, z: usize, target: usize, scale: real): f64 {
  activate(network, z);
  const O = network.trueOutputs;
  let loss: f64 = 0;
  let inner: real = 0;
  for (let j = 0; j < O; j++) {
    const y = load<real>(z + <usize>j * R);
    const error = y - load<real>(target + <usize>j * R);
    loss += <f64>error * <f64>error;
    inner += error * y;
  }
  for (let j = 0; j < O; j++) {
    const at = z + <usize>j * R;
    const y = load<real>(at);
    const error = y - load<real>(target + <usize>j * R);
    const dy: real = scale + scale;
    let dz: real;
    if (network.activation == SOFTMAX) dz = dy * y * (error - inner);
    else if (network.activation == SIGMOID) dz = dy * error * y * (1 - y);
    else if (network.activation == LINEAR) dz = dy * error;
    else dz = dy * error * (1 - y * y);
    store<real>(at, dz);
  }
  return loss;
}

/** y = activation(z), in place. */
function activate(network: Network, z: usize): void {
  const end = z + <usize>network.outputs * R;
  if (network.activation == LINEAR) return;
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
