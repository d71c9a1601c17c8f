/** Which values an axis writes: few and round. */

const round = (value: number) => Number(value.toPrecision(12));

/** The smallest of 1, 2, 5, 10, 20, 50… that is at least `value`. */
export function niceStep(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const k of [1, 2, 5]) if (k * power >= value) return k * power;
  return 10 * power;
}

/** The steps of from…to that get a number on the ruler: multiples of a nice distance, at least `gap` pixels apart. */
export function stepTicks(from: number, to: number, stepWidth: number, gap: number): number[] {
  const distance = niceStep(gap / stepWidth);
  const ticks: number[] = [];
  for (let t = Math.max(1, Math.ceil(from / distance) * distance); t <= to; t += distance) ticks.push(t);
  return ticks;
}

/**
 * Ticks of a logarithmic axis low…high, both positive: powers of ten, thinned out to at most `most`; where fewer than two powers
 * lie within, 1, 2 and 5 times a power.
 */
export function logTicks(low: number, high: number, most: number): number[] {
  const inside = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers: number[] = [];
  for (let k = first; k <= last; k++) if (inside(10 ** k)) powers.push(round(10 ** k));
  if (powers.length >= 2) return thin(powers, most);
  const fine: number[] = [];
  for (let k = first; k <= last; k++) for (const m of [1, 2, 5]) if (inside(m * 10 ** k)) fine.push(round(m * 10 ** k));
  return thin(fine, most);
}

/** Every n-th entry, so that at most `most` are left. */
function thin(values: readonly number[], most: number): number[] {
  const every = Math.max(1, Math.ceil(values.length / Math.max(1, most)));
  return values.filter((_, k) => k % every === 0);
}

/** Bounds of a logarithmic axis around the positive values low…high, with a little room at both ends. */
export function logRange(low: number, high: number): readonly [low: number, high: number] {
  if (!(low > 0) || !Number.isFinite(low) || !(high >= low) || !Number.isFinite(high)) return [0.1, 1];
  const room = Math.max(0.15, 0.08 * Math.log10(high / low));
  return [low / 10 ** room, high * 10 ** room];
}

/** Where a value lies on a logarithmic axis: 0 at `low`, 1 at `high`; values below the axis lie at 0. */
export function logPart(value: number, low: number, high: number): number {
  if (!(value > 0)) return 0;
  return Math.min(1, Math.max(0, Math.log(value / low) / Math.log(high / low)));
}
