import { largestOf, smallestOf } from "../../protocol/extremes";

/** Colours of a picture in a hover, which cannot read the theme's variables. */
export interface ChartColors {
  readonly positive: string;
  readonly negative: string;
  /** Axis and frame of the current step. */
  readonly line: string;
  readonly text: string;
}

/** One bar of the picture: the steps from…to, and the smallest and the largest value among them. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly min: number;
  readonly max: number;
}

/** More bars than this cannot be told apart. */
export const mostBars = 200;

/**
 * One bar a step or, where they are too many, one for several steps.
 * @param values by step, t = 1…T; null where not known
 */
export function barsOf(values: readonly (number | null)[]): Bar[] {
  const each = Math.ceil(values.length / mostBars);
  const bars: Bar[] = [];
  for (let from = 1; from <= values.length; from += each) {
    const to = Math.min(values.length, from + each - 1);
    const known = values.slice(from - 1, to).filter((value) => value !== null && Number.isFinite(value)) as number[];
    if (known.length > 0) bars.push({ from, to, min: smallestOf(known, 0), max: largestOf(known, 0) });
  }
  return bars;
}

const width = 320;
const height = 72;
const foot = 14;
/** A step is never wider than this, and from `labelled` on wide enough for its number. */
const widestStep = 32;
const labelled = 20;

/**
 * A small picture of one value a step: bars up and down from 0 in the colour of their sign, the current step framed.
 * @param values by step, t = 1…T; null where not known
 * @param t the current step, 0 for none
 * @returns an SVG document
 */
export function shareChart(values: readonly (number | null)[], t: number, colors: ChartColors): string {
  const bars = barsOf(values);
  const T = values.length;
  const high = largestOf(
    bars.map(({ max }) => max),
    0,
  );
  const low = smallestOf(
    bars.map(({ min }) => min),
    0,
  );
  const span = high - low || 1;
  const plot = height - foot - 2;
  const y = (value: number) => 1 + ((high - value) / span) * plot;
  const stepWidth = Math.min(widestStep, width / T);
  const x = (step: number) => (step - 1) * stepWidth;
  const rect = (from: number, to: number, top: number, bottom: number, rest: string) => {
    const gap = stepWidth > 6 ? 1 : 0;
    const w = Math.max(1, x(to + 1) - x(from) - gap);
    return `<rect x="${round(x(from))}" y="${round(top)}" width="${round(w)}" height="${round(Math.max(0.5, bottom - top))}" ${rest}/>`;
  };
  const parts = bars.flatMap(({ from, to, min, max }) => [
    ...(max > 0 ? [rect(from, to, y(max), y(0), `fill="${colors.positive}"`)] : []),
    ...(min < 0 ? [rect(from, to, y(0), y(min), `fill="${colors.negative}"`)] : []),
  ]);
  parts.push(
    `<line x1="0" x2="${round(x(T + 1))}" y1="${round(y(0))}" y2="${round(y(0))}" stroke="${colors.line}" stroke-width="0.5"/>`,
  );
  if (t > 0) parts.push(rect(t, t, 0.5, height - foot, `fill="none" stroke="${colors.line}"`));
  const text = (at: number, anchor: string, words: string) =>
    `<text x="${round(at)}" y="${height - 3}" text-anchor="${anchor}" font-family="sans-serif" font-size="10" fill="${colors.text}">${words}</text>`;
  if (stepWidth >= labelled)
    for (let step = 1; step <= T; step++) parts.push(text(x(step + 0.5), "middle", String(step)));
  else parts.push(text(0, "start", "t = 1"), text(width, "end", `t = ${T}`));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("")}</svg>`;
}

/** To a hundredth of a pixel. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
