/** A whole network over a whole batch, forward and back; and updates one after the other. */
import { Batch, DENSE, Layer, LSTM, Network, OWN, Pass } from "./layout";
import { clearFrozen, clearTouched, gradientNorm, Optimizer, touch, Touched, touchedRow, update } from "./optimizer";
import { backwardPass, forwardPass } from "./pass";
import { backwardReadout, forwardReadout } from "./readout";
import { addTo, gatherRows, scatterRows } from "./rows";
import { projectTokens, sumOverTokens, sumRowsOfTokens } from "./tokens";
import { clear, copy } from "./vector";

const R: usize = sizeof<real>();

// @ts-ignore: decorator
@inline
function layerAt(network: Network, l: i32): Layer {
  return changetype<Layer>(load<usize>(network.layers + ((<usize>l) << 2)));
}

/** h_t of a layer, [rows × columns]. */
function outputOf(layer: Layer, batch: Batch): usize {
  return layer.out != 0 ? layer.out : layer.first.h + <usize>(batch.sequences * layer.columns) * R;
}

/** @returns the sum over the sequences of their losses, NaN where the loss of a step is not finite */
export function forward(network: Network, batch: Batch): f64 {
  if (network.xE != 0) gatherRows(network.xE, <usize>network.inputs * R, network.E, <usize>network.inputs * R, batch.tokens, batch.rows, network.inputs);
  let x = network.E != 0 ? network.xE : batch.vectors;
  let tokens = network.E != 0 ? <usize>0 : batch.tokens;
  let xStride = <usize>network.inputs * R;
  let states = batch.initial;
  for (let l = 0; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const stride = <usize>layer.columns * R;
    for (let p = 0; p < layer.passes; p++) {
      const pass = p == 0 ? layer.first : layer.second;
      states = startStates(pass, batch, states);
      if (readsTokenRows(pass)) {
        projectTokens(network, batch, pass);
        forwardPass(pass, batch, 0, 0, 0, network.room);
      } else if (pass.reversed == 0) forwardPass(pass, batch, x, xStride, tokens, network.room);
      else {
        if (tokens != 0) reverseTokens(pass.tokens, tokens, batch);
        else gatherInputs(pass, batch, x, xStride);
        forwardPass(pass, batch, pass.x, xStride, tokens != 0 ? pass.tokens : <usize>0, network.room);
      }
      if (layer.out == 0) continue;
      const hBytes = <usize>pass.units * R;
      const index = pass.reversed != 0 ? batch.reversed : <usize>0;
      gatherRows(layer.out + <usize>p * hBytes, stride, pass.h + <usize>batch.sequences * hBytes, hBytes, index, batch.rows, pass.units);
    }
    x = outputOf(layer, batch);
    tokens = 0;
    xStride = stride;
  }
  if (batch.final != 0) endStates(network, batch);
  const top = layerAt(network, network.layerCount - 1);
  return batch.targetCount > 0 ? forwardReadout(network, batch, top, x) : 0;
}

/** Rows of the input need not be a whole number of lanes. */
function gatherInputs(pass: Pass, batch: Batch, x: usize, xStride: usize): void {
  for (let k: usize = 0; k < <usize>batch.rows; k++)
    memory.copy(pass.x + k * xStride, x + <usize>load<i32>(batch.reversed + (k << 2)) * xStride, xStride);
}

function reverseTokens(to: usize, from: usize, batch: Batch): void {
  for (let k: usize = 0; k < <usize>batch.rows; k++)
    store<i32>(to + (k << 2), load<i32>(from + ((<usize>load<i32>(batch.reversed + (k << 2))) << 2)));
}

/** Puts the states that a pass starts from before its rows. @returns where the next pass's stand */
// @ts-ignore: decorator
@inline
function startStates(pass: Pass, batch: Batch, states: usize): usize {
  if (pass.cell == DENSE) return states;
  const n = batch.sequences * pass.units;
  const block = <usize>(batch.stateRows * pass.units) * R;
  if (pass.cell == OWN) {
    for (let k = 0; k < pass.plan.states.count; k++) {
      const rows = load<usize>(pass.plan.states.first + ((<usize>k) << 2));
      if (states == 0) clear(rows, n);
      else {
        copy(rows, states, n);
        states += block;
      }
    }
    return states;
  }
  if (states == 0) {
    clear(pass.h, n);
    if (pass.cell == LSTM) clear(pass.c, n);
    return 0;
  }
  copy(pass.h, states, n);
  if (pass.cell != LSTM) return states + block;
  copy(pass.c, states + block, n);
  return states + 2 * block;
}

function endStates(network: Network, batch: Batch): void {
  let to = batch.final;
  for (let l = 0; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    for (let p = 0; p < layer.passes; p++) {
      const pass = p == 0 ? layer.first : layer.second;
      if (pass.cell == DENSE) continue;
      const block = <usize>(batch.stateRows * pass.units) * R;
      if (pass.cell == OWN) {
        for (let k = 0; k < pass.plan.states.count; k++) {
          lastRows(to, load<usize>(pass.plan.states.first + ((<usize>k) << 2)), pass.units, batch);
          to += block;
        }
        continue;
      }
      lastRows(to, pass.h, pass.units, batch);
      to += block;
      if (pass.cell != LSTM) continue;
      lastRows(to, pass.c, pass.units, batch);
      to += block;
    }
  }
}

/** The row of each sequence's last step. */
function lastRows(to: usize, rows: usize, units: i32, batch: Batch): void {
  const bytes = <usize>units * R;
  let going = 0;
  for (let t = batch.length - 1; t >= 0; t--) {
    const first = load<i32>(batch.offsets + ((<usize>t) << 2));
    const n = load<i32>(batch.offsets + ((<usize>(t + 1)) << 2)) - first;
    // The longer ones come first, so those that end here follow those that go on.
    for (; going < n; going++)
      copy(to + <usize>going * bytes, rows + <usize>(batch.sequences + first + going) * bytes, units);
  }
}

/** After `forward` over the same batch: the gradients of all parameters. */
export function backward(network: Network, batch: Batch): void {
  const top = layerAt(network, network.layerCount - 1);
  const byToken = readsTokenRows(layerAt(network, 0).first);
  // What goes back to an embedding from the read-out, and from a cell by its equations, is summed row by row.
  const readsRows = network.dxE != 0 && (network.Wxy != 0 || network.skip != 0);
  if (readsRows || (network.dxE != 0 && !byToken)) clear(network.dxE, batch.rows * network.inputs);
  backwardReadout(network, batch, top, outputOf(top, batch));
  if (readsRows && byToken) sumRowsOfTokens(network, batch);
  for (let l = network.layerCount - 1; l >= 0; l--) {
    const layer = layerAt(network, l);
    const stride = <usize>layer.columns * R;
    const first = l == 0;
    const below = first ? layer : layerAt(network, l - 1);
    const tokens = first && network.E == 0 ? batch.tokens : <usize>0;
    const x = !first ? outputOf(below, batch) : network.E != 0 ? network.xE : batch.vectors;
    const xStride = <usize>layer.first.inputs * R;
    const dx = !first ? below.above : byToken ? <usize>0 : network.dxE;
    let addsDx = first;
    // Only a pass that reads the layer's rows themselves writes dL/dx_t there.
    if (!first && (layer.first.reversed != 0 || layer.first.cell == OWN)) {
      clear(dx, batch.rows * layer.first.inputs);
      addsDx = true;
    }
    for (let p = 0; p < layer.passes; p++) {
      const pass = p == 0 ? layer.first : layer.second;
      const hBytes = <usize>pass.units * R;
      const index = pass.reversed != 0 ? batch.reversed : <usize>0;
      let dh = layer.above;
      let dhStride = stride;
      if (layer.out != 0) {
        dh = pass.dh;
        dhStride = hBytes;
        gatherRows(dh, hBytes, layer.above + <usize>p * hBytes, stride, index, batch.rows, pass.units);
      }
      if (readsTokenRows(pass)) {
        backwardPass(pass, batch, 0, 0, 0, dh, dhStride, 0, 0, false, network.room);
        sumOverTokens(network, batch, pass);
      } else if (pass.reversed == 0) {
        backwardPass(pass, batch, x, xStride, tokens, dh, dhStride, dx, xStride, addsDx, network.room);
        addsDx = true;
      } else {
        const dxOwn = dx == 0 ? <usize>0 : pass.dx;
        const adds = pass.cell == OWN;
        if (dx != 0 && adds) clear(dxOwn, batch.rows * pass.inputs);
        const tokensOwn = tokens != 0 ? pass.tokens : <usize>0;
        backwardPass(pass, batch, pass.x, xStride, tokensOwn, dh, dhStride, dxOwn, xStride, adds, network.room);
        if (dx != 0) scatterRows(dx, xStride, dxOwn, xStride, index, batch.rows, pass.inputs);
      }
    }
  }
  if (network.dxE != 0 && !byToken) sumRowsOfTokens(network, batch);
}

/** Whether a pass reads an embedding, each token's row once. */
// @ts-ignore: decorator
@inline
function readsTokenRows(pass: Pass): bool {
  return changetype<usize>(pass.tokenRows) != 0;
}

/** What `train` tells beside its result. */
@unmanaged
export class Report {
  /** Added to: the losses of the sequences */
  loss: f64;
  /** The largest norm of an update's gradient */
  norm: f64;
}

/**
 * Goes over batches, forward and back, and makes the updates that follow them.
 * @param batches their addresses
 * @returns how many it has done: fewer than `count` where a loss or a gradient is not finite, whose update is not made
 */
export function train(network: Network, optimizer: Optimizer, batches: usize, count: i32, report: Report): i32 {
  for (let k = 0; k < count; k++) {
    const batch = changetype<Batch>(load<usize>(batches + ((<usize>k) << 2)));
    const loss = forward(network, batch);
    if (isNaN(loss)) return k;
    if (batch.back != 0) backward(network, batch);
    if (batch.updates != 0 && !step(optimizer, report)) return k;
    report.loss += loss;
  }
  return count;
}

/** One update from the gradients. @returns whether they are finite; where not, nothing is updated */
export function step(optimizer: Optimizer, report: Report): bool {
  if (optimizer.frozenCount != 0) clearFrozen(optimizer);
  const norm = gradientNorm(optimizer);
  if (!isFinite(norm)) return false;
  report.norm = max<f64>(report.norm, norm);
  update(optimizer, norm);
  return true;
}

/** The gradients of a batch without an update. @returns as `forward` */
export function gradients(network: Network, batch: Batch): f64 {
  const loss = forward(network, batch);
  if (batch.back != 0 && !isNaN(loss)) backward(network, batch);
  return loss;
}

/** Sums `count` gradients of `size` numbers, always in the same order, into the first. */
export function sumGradients(first: usize, next: usize, stride: usize, count: i32, size: i32): void {
  const end = first + <usize>size * R;
  for (; first < end; first += 16) {
    let sum = v128.load(first);
    let p = next;
    for (let k = count; k > 1; k--) {
      sum = v128.add<real>(sum, v128.load(p));
      p += stride;
    }
    v128.store(first, sum);
    next += 16;
  }
}

/** Sums the rows of an embedding of `count` gradients, always in the same order, into the first, and makes the others' zero. */
export function sumTouched(optimizer: Optimizer, stride: usize, count: i32): void {
  const behind = <usize>optimizer.size * R;
  const bytes = <usize>optimizer.rowSize * R;
  const all = changetype<Touched>(optimizer.touched);
  for (let s: usize = 1; s < <usize>count; s++) {
    const dE = optimizer.gradients + s * stride + behind;
    const touched = changetype<Touched>(optimizer.touched + s * stride);
    for (let k = 0; k < touched.count; k++) {
      const row = touchedRow(touched, k);
      addTo(optimizer.gradients + behind + <usize>row * bytes, dE + <usize>row * bytes, optimizer.rowSize);
      touch(all, row, optimizer.rows);
    }
    clearTouched(touched, dE, optimizer.rows, optimizer.rowSize);
  }
}

/** Copies so many bytes. */
export function copyBytes(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
