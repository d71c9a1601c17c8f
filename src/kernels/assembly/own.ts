/** An own cell over all steps of a batch, forward and back: its instructions one after the other, each over the vectors of all sequences. */
import * as elements from "./elements";
import { Batch, Instruction, List, OwnPlan, OwnSum, Pass, Product, Slot } from "./layout";
import { multiply, NOT_PACKED, pack, sumOuterProducts } from "./matrix";
import * as operation from "./operations";
import { addTo } from "./rows";
import { addInputs, count, formFor, formForRun, offset, rowBefore, rowOf, sumOverInputs, sumOverStates } from "./steps";
import { clear, copy } from "./vector";

const R: usize = sizeof<real>();
const WORD: usize = 4;

// What an instruction does, in the order of ../own.ts; behind these, the functions of ./operations.ts.
const ZERO: i32 = 0;
const COPY: i32 = 1;
const NEGATE: i32 = 2;
const ONE_MINUS: i32 = 3;
const ONE_MINUS_SQUARE: i32 = 4;
const SOFTMAX: i32 = 5;
const MEAN: i32 = 6;
const TOTAL: i32 = 7;
const ADD: i32 = 8;
const SUBTRACT: i32 = 9;
const DIVIDE: i32 = 10;
const POWER: i32 = 11;
const MIN: i32 = 12;
const MAX: i32 = 13;
const ADD_3: i32 = 14;
const MULTIPLY_2: i32 = 15;
const MULTIPLY_3: i32 = 16;
const MULTIPLY_4: i32 = 17;
const INPUT: i32 = 18;
const PRODUCT: i32 = 19;
const ADD_TO_INPUT: i32 = 20;
const ADD_TO_SHARE: i32 = 21;
const TANH: i32 = 22;
const SIGMOID: i32 = 23;
const EXP: i32 = 24;

// @ts-ignore: decorator
@inline
function at(slot: Slot): usize {
  return slot.base + <usize>load<i32>(slot.row) * slot.stride;
}

// @ts-ignore: decorator
@inline
function item(list: List, k: i32): usize {
  return load<usize>(list.first + <usize>k * WORD);
}

export function ownForward(pass: Pass, batch: Batch, x: usize, xStride: usize, tokens: usize, room: usize): void {
  const plan = pass.plan;
  plan.x = x;
  plan.xStride = xStride;
  plan.tokens = tokens;
  if (plan.inputColumns > 0) {
    clear(plan.projected, batch.rows * plan.inputColumns);
    addInputs(plan.projected, plan.Wx, plan.inputColumns, x, xStride, pass.inputs, tokens, batch.rows, room);
  }
  packAll(plan, plan.forwardProducts, batch);
  for (let t = 0; t < batch.length; t++) {
    goTo(plan, batch, t);
    run(plan, plan.forward, pass, batch, t, room);
  }
}

/** @param above [rows × H] dL/dh_t from above; what comes from the step after is added to it */
export function ownBackward(
  pass: Pass,
  batch: Batch,
  x: usize,
  xStride: usize,
  tokens: usize,
  above: usize,
  aboveStride: usize,
  dx: usize,
  dxStride: usize,
  room: usize,
): void {
  const plan = pass.plan;
  plan.above.base = above;
  plan.above.stride = aboveStride;
  plan.aboveBefore.base = above;
  plan.aboveBefore.stride = aboveStride;
  plan.dx = dx;
  plan.dxStride = dxStride;
  packAll(plan, plan.backwardProducts, batch);
  for (let k = 0; k < plan.flowing.count; k++) clear(item(plan.flowing, k), batch.sequences * plan.units);
  if (batch.adds == 0 && batch.gradients != 0)
    for (let k = 0; k < plan.cleared.count; k++) {
      const pair = plan.cleared.first + <usize>k * 2 * WORD;
      clear(batch.gradients + load<usize>(pair), load<i32>(pair + WORD));
    }
  for (let t = batch.length - 1; t >= 0; t--) {
    goTo(plan, batch, t);
    run(plan, plan.backward, pass, batch, t, room);
    if (t > 0 || plan.ofRun != 0) run(plan, plan.carried, pass, batch, t, room);
  }
  plan.rowNumbers.row = 0;
  plan.rowNumbers.stateRow = batch.sequences;
  for (let k = 0; k < plan.sums.count && batch.gradients != 0; k++)
    sumGradient(changetype<OwnSum>(item(plan.sums, k)), pass, batch, x, xStride, tokens, room);
  if (dx == 0) return;
  for (let k = 0; k < plan.toInput.count; k++) {
    const product = changetype<Product>(item(plan.toInput, k));
    const d = changetype<Slot>(item(plan.toInputOf, k));
    multiply(dx, dxStride, at(d), d.stride, product.W, product.stride, true, 0, NOT_PACKED, batch.rows, product.inner, pass.inputs, true, room);
  }
}

function packAll(plan: OwnPlan, products: List, batch: Batch): void {
  for (let k = 0; k < products.count; k++) {
    const product = changetype<Product>(item(products, k));
    const numbers = product.inner * product.columns;
    const form = plan.ofRun != 0 ? formForRun(numbers) : formFor(numbers, batch);
    if (plan.ofRun != 0 && product.form == form) continue;
    product.form = form;
    if (form != NOT_PACKED)
      pack(product.panels, product.W, product.stride, product.transposed != 0, form, product.inner, product.columns);
  }
}

function goTo(plan: OwnPlan, batch: Batch, t: i32): void {
  plan.rowNumbers.row = offset(batch, t);
  plan.rowNumbers.stateRow = rowOf(batch, t);
  plan.rowNumbers.stateBefore = rowBefore(batch, t);
  plan.rowNumbers.rowBefore = t > 0 ? offset(batch, t - 1) : 0;
}

function sumGradient(sum: OwnSum, pass: Pass, batch: Batch, x: usize, xStride: usize, tokens: usize, room: usize): void {
  const plan = pass.plan;
  const adds = batch.adds != 0 || sum.adds != 0;
  const dW = batch.gradients + sum.dW;
  const left = sum.left;
  const right = sum.right;
  const n = sum.columns;
  if (changetype<usize>(right) == 0)
    sumOverInputs(dW, sum.stride, x, xStride, pass.inputs, tokens, at(left), left.stride, n, batch, adds, room);
  else if (sum.ofState != 0)
    sumOverStates(dW, sum.stride, right.base, plan.units, at(left), left.stride, n, batch, adds, room);
  else
    sumOuterProducts(dW, sum.stride, at(right), right.stride, at(left), left.stride, plan.units, batch.rows, n, adds, room);
}

/** The instructions of step t, for all sequences that are going. */
function run(plan: OwnPlan, list: List, pass: Pass, batch: Batch, t: i32, room: usize): void {
  const n = count(batch, t);
  const H = plan.units;
  const size = offsetof<Instruction>();
  let address = list.first;
  for (let k = list.count; k > 0; k--, address += size) {
    const one = changetype<Instruction>(address);
    const op = one.op;
    if (op == PRODUCT) multiplyAll(one, batch, t, n, H, room);
    else if (op == ADD_TO_SHARE) {
      if (batch.gradients == 0) continue;
      let a = at(one.a);
      for (let row = 0; row < n; row++, a += one.a.stride) addTo(batch.gradients + one.more, a, H);
    } else if (op == INPUT) readInput(plan, one, n);
    else if (op == ADD_TO_INPUT) addToInput(plan, one, n);
    else {
      compute(op, one, n, H, plan.trueUnits);
      // What fills a row up stays zero: it is multiplied, too.
      if (H > plan.trueUnits) {
        let to = at(one.to);
        for (let row = 0; row < n; row++, to += one.to.stride)
          for (let j = plan.trueUnits; j < H; j++) store<real>(to + <usize>j * R, 0);
      }
    }
  }
}

function multiplyAll(one: Instruction, batch: Batch, t: i32, n: i32, H: i32, room: usize): void {
  const product = changetype<Product>(one.more);
  const to = at(one.to);
  const columns = product.columns;
  // A state that is zero adds nothing.
  if (product.ofState != 0 && t == 0 && batch.initial == 0) {
    if (product.adds == 0)
      for (let row: usize = 0; row < <usize>n; row++) clear(to + row * one.to.stride, columns);
    return;
  }
  const panels = product.form == NOT_PACKED ? <usize>0 : product.panels;
  multiply(to, one.to.stride, at(one.a), one.a.stride, product.W, product.stride, product.transposed != 0, panels, product.form, n, product.inner, columns, product.adds != 0, room);
}

/** x_t as a vector of the step, without what fills up the parts of its layer. */
function readInput(plan: OwnPlan, one: Instruction, n: i32): void {
  let to = at(one.to);
  const first = plan.rowNumbers.row;
  for (let k: usize = 0; k < <usize>n; k++, to += one.to.stride) {
    const row = <usize>first + k;
    clear(to, plan.units);
    if (plan.tokens != 0) {
      store<real>(to + <usize>load<i32>(plan.tokens + (row << 2)) * R, 1);
      continue;
    }
    const x = plan.x + row * plan.xStride;
    let j: usize = 0;
    for (let part: usize = 0; part < <usize>plan.parts; part++)
      for (let u: usize = 0; u < <usize>plan.partUnits; u++, j++)
        store<real>(to + j * R, load<real>(x + (part * <usize>plan.partFilled + u) * R));
  }
}

function addToInput(plan: OwnPlan, one: Instruction, n: i32): void {
  if (plan.dx == 0) return;
  let a = at(one.a);
  for (let k: usize = 0; k < <usize>n; k++, a += one.a.stride) {
    const dx = plan.dx + (<usize>plan.rowNumbers.row + k) * plan.dxStride;
    let j: usize = 0;
    for (let part: usize = 0; part < <usize>plan.parts; part++)
      for (let u: usize = 0; u < <usize>plan.partUnits; u++, j++) {
        const p = dx + (part * <usize>plan.partFilled + u) * R;
        store<real>(p, load<real>(p) + load<real>(a + j * R));
      }
  }
}

function compute(op: i32, one: Instruction, n: i32, H: i32, trueUnits: i32): void {
  let to = at(one.to);
  const toStride = one.to.stride;
  if (op == ZERO) {
    for (let row = 0; row < n; row++, to += toStride) clear(to, H);
    return;
  }
  let a = at(one.a);
  const aStride = one.a.stride;
  if (op < ADD || op > MULTIPLY_4) {
    for (let row = 0; row < n; row++) {
      unary(op, to, a, H, trueUnits);
      to += toStride;
      a += aStride;
    }
    return;
  }
  let b = at(one.b);
  const bStride = one.b.stride;
  const c_0 = op == ADD_3 || op >= MULTIPLY_3 ? one.c : one.b;
  const d_0 = op == MULTIPLY_4 ? one.d : one.b;
  let c = at(c_0);
  let d = at(d_0);
  for (let row = 0; row < n; row++) {
    several(op, to, a, b, c, d, H);
    to += toStride;
    a += aStride;
    b += bStride;
    c += c_0.stride;
    d += d_0.stride;
  }
}

/** One vector of one sequence. */
function unary(op: i32, to: usize, a: usize, H: i32, trueUnits: i32): void {
  switch (op) {
    case COPY:
      copy(to, a, H);
      return;
    case NEGATE:
      for (let o: usize = 0; o < <usize>H * R; o += 16) v128.store(to + o, v128.neg<real>(v128.load(a + o)));
      return;
    case ONE_MINUS:
      for (let o: usize = 0; o < <usize>H * R; o += 16)
        v128.store(to + o, v128.sub<real>(v128.splat<real>(1), v128.load(a + o)));
      return;
    case ONE_MINUS_SQUARE:
      for (let o: usize = 0; o < <usize>H * R; o += 16) {
        const v = v128.load(a + o);
        v128.store(to + o, v128.sub<real>(v128.splat<real>(1), v128.mul<real>(v, v)));
      }
      return;
    case SOFTMAX:
      operation.softmax(to, a, H, trueUnits);
      return;
    case MEAN:
      operation.fill(to, operation.total(a, trueUnits) / <real>trueUnits, H);
      return;
    case TOTAL:
      operation.fill(to, operation.total(a, trueUnits), H);
      return;
    case TANH:
      elements.tanhAll(to, a, H);
      return;
    case SIGMOID:
      elements.sigmoidAll(to, a, H);
      return;
    case EXP:
      elements.expAll(to, a, H);
      return;
    default:
      operation.applyAll(op, to, a, H);
  }
}

/** One vector of one sequence, of two or more. */
function several(op: i32, to: usize, a: usize, b: usize, c: usize, d: usize, H: i32): void {
  const bytes = <usize>H * R;
  switch (op) {
    case ADD:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.add<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case SUBTRACT:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.sub<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case DIVIDE:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.div<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case POWER:
      operation.powerAll(to, a, b, H);
      return;
    case MIN:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.min<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case MAX:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.max<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case ADD_3:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.add<real>(v128.add<real>(v128.load(a + o), v128.load(b + o)), v128.load(c + o)));
      return;
    case MULTIPLY_2:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.mul<real>(v128.load(a + o), v128.load(b + o)));
      return;
    case MULTIPLY_3:
      for (let o: usize = 0; o < bytes; o += 16)
        v128.store(to + o, v128.mul<real>(v128.mul<real>(v128.load(a + o), v128.load(b + o)), v128.load(c + o)));
      return;
    default:
      for (let o: usize = 0; o < bytes; o += 16) {
        const abc = v128.mul<real>(v128.mul<real>(v128.load(a + o), v128.load(b + o)), v128.load(c + o));
        v128.store(to + o, v128.mul<real>(abc, v128.load(d + o)));
      }
  }
}
