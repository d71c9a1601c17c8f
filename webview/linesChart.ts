/** Curves over the steps on one axis, drawn by uPlot in the theme's colours. */

import "./language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatShort } from "./numbers";
import { point } from "./pointed";
import { type Theme, themeColor } from "./theme";

export interface LinesPicture {
  readonly t: Float64Array;
  readonly lines: readonly Line[];
  readonly isLog: boolean;
  readonly theme: Theme;
}

export interface Line {
  readonly label: string;
  readonly values: Float64Array;
  /** A colour of the theme, without its dashes: `charts-yellow`. */
  readonly color: string;
  readonly isDashed: boolean;
  readonly isThin: boolean;
}

const height = 180;
// The library declares its constants for compilers that inline them, which a bundler is not
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const logarithmic: uPlot.Scale.Distr = 3;

/** `<lines-chart .picture=${…}>`: another picture draws it anew. */
export class LinesChart extends HTMLElement {
  private plot: uPlot | null = null;
  private shown: LinesPicture | null = null;
  private readonly resize = new ResizeObserver(() => this.fit());

  connectedCallback(): void {
    this.resize.observe(this);
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  set picture(picture: LinesPicture) {
    const before = this.shown;
    this.shown = picture;
    const isSame =
      before !== null &&
      before.t === picture.t &&
      before.theme === picture.theme &&
      before.lines.length === picture.lines.length &&
      before.lines.every(
        ({ values, color }, k) => values === picture.lines[k]?.values && color === picture.lines[k]?.color,
      );
    if (this.plot !== null && isSame) return;
    this.plot?.destroy();
    this.plot = null;
    if (this.clientWidth > 0) this.draw(picture);
  }

  private fit(): void {
    if (this.shown === null || this.clientWidth === 0) return;
    if (this.plot === null) this.draw(this.shown);
    else if (this.plot.width !== this.clientWidth) this.plot.setSize({ width: this.clientWidth, height });
  }

  private draw({ t, lines, isLog }: LinesPicture): void {
    const foreground = themeColor("--vscode-descriptionForeground", "#888888");
    const grid = themeColor("--vscode-panel-border", "rgba(128, 128, 128, 0.35)");
    const font = `11px ${themeColor("--vscode-editor-font-family", "monospace")}`;
    const axis = { stroke: foreground, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    // What an axis cannot show is a gap.
    const shown = (value: number) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null);
    const values = lines.map((line) => Array.from(line.values, shown));
    // Without a single positive number a logarithmic axis has no ends.
    const isEmpty = values.every((all) => all.every((value) => value === null));
    this.plot = new uPlot(
      {
        width: this.clientWidth,
        height,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: { time: false },
          y: isLog && !isEmpty ? { distr: logarithmic } : isEmpty ? { range: [0, 1] } : {},
        },
        axes: [
          { ...axis, size: 26, gap: 4, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] },
          {
            ...axis,
            size: 60,
            gap: 6,
            values: (_, splits) => splits.map((value) => (value === null ? "" : formatShort(value, 3))),
          },
        ],
        series: [
          { label: "t" },
          ...lines.map(({ label, color, isDashed, isThin }) => ({
            label,
            stroke: themeColor(`--vscode-${color}`, "#3794ff"),
            width: isThin ? 0.75 : 1.5,
            ...(isDashed && { dash: [6, 3] }),
            points: { show: t.length <= 20, size: 4 },
          })),
        ],
        hooks: { setCursor: [(plot) => this.pointAt(plot)] },
      },
      [Array.from(t), ...values],
      this,
    );
  }

  private pointAt({ cursor, over }: uPlot): void {
    const { shown } = this;
    const { idx } = cursor;
    if (shown === null || idx === null || idx === undefined) {
      if (over.matches(":hover")) point(null);
      return;
    }
    const box = over.getBoundingClientRect();
    const main = shown.lines.filter(({ isThin }) => !isThin);
    point(
      {
        name: main.map(({ label }) => label).join(", "),
        where: `t = ${shown.t[idx]}`,
        values: main.map(({ values }) => values[idx] ?? Number.NaN),
      },
      box.left + (cursor.left ?? 0),
      box.top + (cursor.top ?? 0),
    );
  }
}

customElements.define("lines-chart", LinesChart);
