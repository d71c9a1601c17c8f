/** A pass that reads an embedding: each token's row is multiplied once, however often the token stands in the batch. */
import { Batch, Network, Pass, TokenRows } from "./layout";
import { multiply, NOT_PACKED, sumOuterProducts } from "./matrix";
import { touch, Touched } from "./optimizer";
import { addTo, position, repeatRow } from "./rows";
import { copy } from "./vector";

const R: usize = sizeof<real>();

// @ts-ignore: decorator
@inline
function placeOf(rows: TokenRows, k: i32): i32 {
  return load<i32>(rows.places + ((<usize>k) << 2));
}

// @ts-ignore: decorator
@inline
function tokenAt(rows: TokenRows, k: i32): i32 {
  return load<i32>(rows.tokens + ((<usize>k) << 2));
}

/**
 * Finds each row's place among those of its token's first row, which stand one behind the other from row 0 on: the first rows behind them
 * go where a token stands again. The place of a row that has gone is written as ~place.
 */
function findPlaces(network: Network, batch: Batch, pass: Pass): void {
  const rows = pass.tokenRows;
  const index = pass.reversed != 0 ? batch.reversed : <usize>0;
  let count = 0;
  for (let k = 0; k < batch.rows; k++) {
    const token = load<i32>(batch.tokens + (position(index, k) << 2));
    const first = network.firstRows + ((<usize>token) << 2);
    if (load<i32>(first) == 0) {
      store<i32>(first, k + 1);
      count++;
    }
    store<i32>(rows.places + ((<usize>k) << 2), load<i32>(first) - 1);
  }
  rows.count = count;
  let hole = 0;
  for (let k = 0; k < batch.rows; k++) {
    const place = placeOf(rows, k);
    const isFirst = place == k;
    const token = load<i32>(batch.tokens + (position(index, k) << 2));
    const first = network.firstRows + ((<usize>token) << 2);
    if (k < count) {
      if (isFirst) store<i32>(rows.tokens + ((<usize>k) << 2), token);
      continue;
    }
    if (isFirst) {
      while (placeOf(rows, hole) == hole) hole++;
      store<i32>(rows.tokens + ((<usize>hole) << 2), token);
      store<i32>(rows.places + ((<usize>k) << 2), ~hole);
      store<i32>(first, hole + 1);
      hole++;
    } else store<i32>(rows.places + ((<usize>k) << 2), load<i32>(first) - 1);
  }
  for (let k = 0; k < count; k++) store<i32>(network.firstRows + ((<usize>tokenAt(rows, k)) << 2), 0);
}

/** z = b + Wx E[token] of all steps. */
export function projectTokens(network: Network, batch: Batch, pass: Pass): void {
  findPlaces(network, batch, pass);
  const rows = pass.tokenRows;
  const count = rows.count;
  const C = pass.columns;
  const zBytes = <usize>C * R;
  const xBytes = <usize>pass.inputs * R;
  for (let k = 0; k < count; k++)
    copy(pass.x + <usize>k * xBytes, network.E + <usize>tokenAt(rows, k) * xBytes, pass.inputs);
  repeatRow(pass.z, pass.b, count, C);
  multiply(pass.z, zBytes, pass.x, xBytes, pass.Wx, zBytes, false, 0, NOT_PACKED, count, pass.inputs, C, true, network.room);
  // Behind the first rows nothing is read; a token that stands again among them has its first row there, too.
  for (let k = count; k < batch.rows; k++) {
    const place = placeOf(rows, k);
    copy(pass.z + <usize>k * zBytes, pass.z + <usize>(place < 0 ? ~place : place) * zBytes, C);
  }
  for (let k = 0; k < count; k++) {
    const place = placeOf(rows, k);
    if (place != k) copy(pass.z + <usize>k * zBytes, pass.z + <usize>place * zBytes, C);
  }
}

/**
 * After `backwardPass`: dWx += Σ E[token] ⊗ Σ_t da_t and dE[token] += Wxᵀ Σ_t da_t, over the steps t with that token.
 */
export function sumOverTokens(network: Network, batch: Batch, pass: Pass): void {
  const rows = pass.tokenRows;
  const count = rows.count;
  const C = pass.columns;
  const zBytes = <usize>C * R;
  const xBytes = <usize>pass.inputs * R;
  for (let k = 0; k < count; k++) {
    const place = placeOf(rows, k);
    if (place != k) addTo(pass.z + <usize>place * zBytes, pass.z + <usize>k * zBytes, C);
  }
  for (let k = count; k < batch.rows; k++) {
    const place = placeOf(rows, k);
    const from = pass.z + <usize>k * zBytes;
    if (place < 0) copy(pass.z + <usize>(~place) * zBytes, from, C);
    else addTo(pass.z + <usize>place * zBytes, from, C);
  }
  sumOuterProducts(batch.gradients + pass.dWx, zBytes, pass.x, xBytes, pass.z, zBytes, pass.inputs, count, C, batch.adds != 0, network.room);
  if (network.dxE == 0) return;
  multiply(network.dxE, xBytes, pass.z, zBytes, pass.Wx, zBytes, true, 0, NOT_PACKED, count, C, pass.inputs, false, network.room);
  for (let k = 0; k < count; k++) addRowOfToken(network, batch, tokenAt(rows, k), network.dxE + <usize>k * xBytes);
}

/** dE[token] += dL/dx_t: a token has a gradient in its own row alone. */
export function sumRowsOfTokens(network: Network, batch: Batch): void {
  for (let k: usize = 0; k < <usize>batch.rows; k++)
    addRowOfToken(network, batch, load<i32>(batch.tokens + (k << 2)), network.dxE + k * <usize>network.inputs * R);
}

// @ts-ignore: decorator
@inline
function addRowOfToken(network: Network, batch: Batch, token: i32, d: usize): void {
  const bytes = <usize>network.inputs * R;
  addTo(batch.gradients + network.dE + <usize>token * bytes, d, network.inputs);
  touch(changetype<Touched>(batch.gradients + network.touched), token, network.tokens);
}
