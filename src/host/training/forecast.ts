/** A forecast as a chart: what was given, what came, and, of a table, what really followed; of a text how probable each token was. */
import { targetAt } from "../../engine/loss";
import type { Model, Problem } from "../../engine/model";
import type { Generated, Generation } from "../../engine/predict";
import { unscaled, unscaledOutput } from "../../engine/tableScale";
import { formatNumber } from "../../protocol/numbers";

/** One column over the steps, in the numbers that the file has; step 1 is the first one given. */
export interface ForecastSeries {
  readonly name: string;
  readonly given: readonly number[];
  readonly came: readonly number[];
  /** Beside `came`; null where nobody knows. */
  readonly followed: readonly (number | null)[];
}

/** What really followed sequence `index` of a table, one output [O] a step; null where no window tells. */
export function followedAfter(problem: Problem, index: number, count: number): (number[] | null)[] {
  const { sequences, table, model } = problem;
  return Array.from({ length: count }, (_, n) => {
    // The window that begins n rows later has as its last target the row that step n stands for.
    const later = table && n % table.stride === 0 ? sequences[index + n / table.stride] : undefined;
    const target = later && targetAt(later, later.length - 1, model.output.size);
    return target instanceof Float64Array ? unscaledOutput(target, problem) : null;
  });
}

/** The columns of a forecast. @param inputs of what was given, [T × X], as the model reads them */
export function forecastSeries(
  { table }: Pick<Problem, "table">,
  inputs: Float64Array,
  came: readonly (readonly number[])[],
  followed: readonly (readonly number[] | null)[],
): ForecastSeries[] {
  const width = came[0]?.length ?? 0;
  return Array.from({ length: width }, (_, j) => {
    const column = table?.inputs[j] ?? { name: width === 1 ? "y" : `y[${j}]`, factor: 1, shift: 0 };
    return {
      name: column.name,
      given: Array.from({ length: inputs.length / width }, (_, k) => unscaled(inputs[k * width + j]!, column)),
      came: came.map((output) => output[j]!),
      followed: came.map((_, n) => followed[n]?.[j] ?? null),
    };
  });
}

/** A token of a text, and how probable the model found it after those before; null of the first one. */
export interface ShownToken {
  readonly token: string;
  readonly p: number | null;
}

/** A text as a chart: each token with a bar as high as it was probable. */
export interface TextForecast {
  readonly given: readonly ShownToken[];
  readonly came: readonly ShownToken[];
  /** The token that ended it; null where it went on for as long as it was asked to. */
  readonly ended: string | null;
}

/** The tokens of a text that a model has read and gone on with. @param outputs of every step of it */
export function textForecast(
  { vocabulary }: Pick<Model, "vocabulary">,
  tokens: Int32Array,
  outputs: readonly (readonly number[])[],
  { tokens: came, probabilities }: Pick<Generated, "tokens" | "probabilities">,
  { count, stop }: Pick<Generation, "count" | "stop">,
): TextForecast {
  // With a read-out at the last step alone nobody has asked what comes before.
  const isAtEvery = outputs.length === tokens.length;
  return {
    given: Array.from(tokens, (index, k) => ({
      token: vocabulary![index]!,
      p: k > 0 && isAtEvery ? outputs[k - 1]![index]! : null,
    })),
    came: came.map((token, n) => ({ token, p: probabilities[n]! })),
    ended: came.length < count ? (stop ?? null) : null,
  };
}

const [width, height] = [720, 260];
const margin = { left: 64, right: 16, top: 16, bottom: 28 };

export function forecastPage(title: string, series: readonly ForecastSeries[]): string {
  const charts = series.map((one) => `<h2>${escaped(one.name)}</h2>${chart(one)}`).join("\n");
  const legend = `<span class="given">— given</span> &nbsp; <span class="came">- - came</span> &nbsp; <span class="followed">— really followed</span>`;
  return page(title, legend, charts);
}

/** Tokens that are drawn: more are left out, in the middle of what was given and at the end of what came. */
const [mostGiven, mostCame] = [48, 960];
const tokensInRow = 24;
const row = { height: 96, bar: 56, cell: 30 };

export function textForecastPage(title: string, { given, came, ended }: TextForecast): string {
  const shown = [
    ...given.slice(-mostGiven).map((one) => ({ ...one, kind: "given" })),
    ...came.slice(0, mostCame).map((one) => ({ ...one, kind: "came" })),
  ];
  const rows = Array.from({ length: Math.ceil(shown.length / tokensInRow) }, (_, r) =>
    tokenRow(shown.slice(r * tokensInRow, (r + 1) * tokensInRow)),
  );
  const left = [
    ...(given.length > mostGiven ? [`The first ${given.length - mostGiven} tokens that were given are left out.`] : []),
    ...(came.length > mostCame ? [`The last ${came.length - mostCame} tokens that came are left out.`] : []),
    ...(ended === null ? [] : [`It ended with ${JSON.stringify(ended)}.`]),
  ];
  const legend = `<span class="given">▮ given</span> &nbsp; <span class="came">▮ came</span> &nbsp; each bar as high as the token was probable, after all before it`;
  return page(title, legend, [...rows, ...left.map((line) => `<p>${escaped(line)}</p>`)].join("\n"));
}

function tokenRow(tokens: readonly (ShownToken & { readonly kind: string })[]): string {
  const words = tokens.map(({ token, p }) => `${token} ${p === null ? "" : formatNumber(p, 2)}`.trim()).join(", ");
  const cells = tokens.map(({ token, p, kind }, k) => {
    const x = k * row.cell;
    const bar = (p ?? 0) * row.bar;
    const title = `${JSON.stringify(token)}${p === null ? "" : `: p = ${formatNumber(p, 4)}`}`;
    const label = token === " " ? "␣" : token === "\n" ? "⏎" : token.length > 5 ? `${token.slice(0, 4)}…` : token;
    return (
      `<g class="${kind}"><title>${escaped(title)}</title>` +
      `<rect x="${x + 4}" y="${(8 + row.bar - bar).toFixed(1)}" width="${row.cell - 8}" height="${bar.toFixed(1)}"/>` +
      `<text x="${x + row.cell / 2}" y="${row.bar + 26}" text-anchor="middle">${escaped(label)}</text></g>`
    );
  });
  return `<svg viewBox="0 0 ${tokensInRow * row.cell} ${row.height}" role="img" aria-label="${escaped(words)}">
<line class="grid" x1="0" x2="${tokensInRow * row.cell}" y1="${row.bar + 8}" y2="${row.bar + 8}"/>
${cells.join("\n")}
</svg>`;
}

/** A page without scripts, in the editor's colours. */
function page(title: string, legend: string, charts: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
  body { color: var(--vscode-foreground); font-family: var(--vscode-font-family); }
  svg { width: 100%; max-width: 960px; height: auto; }
  svg text { fill: var(--vscode-descriptionForeground); font: 11px var(--vscode-editor-font-family); }
  .grid { stroke: var(--vscode-panel-border); }
  path, circle { fill: none; stroke-width: 1.5; }
  .given { stroke: var(--vscode-charts-blue); color: var(--vscode-charts-blue); }
  .came { stroke: var(--vscode-charts-yellow); color: var(--vscode-charts-yellow); stroke-dasharray: 6 3; }
  .followed { stroke: var(--vscode-charts-green); color: var(--vscode-charts-green); }
  g { stroke: none; }
  .given rect { fill: var(--vscode-charts-blue); }
  .came rect { fill: var(--vscode-charts-yellow); }
  svg g.came text { fill: var(--vscode-foreground); stroke: none; }
  svg g.given text { stroke: none; }
</style></head>
<body><h1>${escaped(title)}</h1>
<p>${legend}</p>
${charts}
</body></html>`;
}

function chart({ name, given, came, followed }: ForecastSeries): string {
  const known = [...given, ...came, ...followed.filter((value) => value !== null)].filter(Number.isFinite);
  const [least, most] = known.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const steps = given.length + came.length;
  const x = (k: number) => margin.left + (k / Math.max(1, steps - 1)) * (width - margin.left - margin.right);
  const y = (value: number) =>
    height - margin.bottom - ((value - least) / (most - least || 1)) * (height - margin.top - margin.bottom);
  const last = given.at(-1) ?? null;
  const line = (kind: string, first: number, values: readonly (number | null)[]) => {
    let pen = "M";
    const points = values.map((value, k) => {
      if (value === null || !Number.isFinite(value)) {
        pen = "M";
        return "";
      }
      const point = `${pen}${x(first + k).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
      return point;
    });
    return `<path class="${kind}" d="${points.join("")}"/>`;
  };
  const ticks = [least, (least + most) / 2, most].map(
    (value) =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}"/>` +
      `<text x="${margin.left - 6}" y="${y(value) + 4}" text-anchor="end">${formatNumber(value, 4)}</text>`,
  );
  const begins = given.length - 1;
  const description = `${name}: ${given.length} steps given, ${came.length} came, from ${formatNumber(came[0] ?? Number.NaN, 4)} to ${formatNumber(came.at(-1) ?? Number.NaN, 4)}`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(description)}">
${ticks.join("\n")}
<text x="${x(0)}" y="${height - 8}">1</text><text x="${x(begins)}" y="${height - 8}" text-anchor="middle">${given.length}</text><text x="${x(steps - 1)}" y="${height - 8}" text-anchor="end">${steps}</text>
${line("given", 0, given)}
${line("followed", begins, [last, ...followed])}
${line("came", begins, [last, ...came])}
</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
