/** A curve over the epochs, drawn by uPlot in the theme's colours. */

import "./language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatShort } from "./numbers";
import { point } from "./pointed";
import { type Theme, themeColor } from "./theme";

export interface Curve {
  readonly label: string;
  /** One value an epoch. */
  readonly values: readonly number[];
  readonly isLog: boolean;
  readonly theme: Theme;
  readonly digits: number;
}

const height = 180;
// The library declares its constants for compilers that inline them, which a bundler is not
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const logarithmic: uPlot.Scale.Distr = 3;

/** A curve of more epochs has no dots. */
const mostDots = 20;

/** `<training-chart .curve=${…}>`: takes new values as they come; a new theme or axis draws it anew. */
export class TrainingChart extends HTMLElement {
  private plot: uPlot | null = null;
  private shown: Curve | null = null;
  private readonly resize = new ResizeObserver(() => this.fit());

  connectedCallback(): void {
    this.resize.observe(this);
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  set curve(curve: Curve) {
    const before = this.shown;
    this.shown = curve;
    const isSameChart = before?.isLog === curve.isLog && before.theme === curve.theme;
    if (this.plot !== null && isSameChart) {
      if (before.values !== curve.values) this.plot.setData(chartData(curve));
      return;
    }
    this.plot?.destroy();
    this.plot = null;
    if (this.clientWidth > 0) this.draw(curve);
  }

  private fit(): void {
    if (this.shown === null || this.clientWidth === 0) return;
    if (this.plot === null) this.draw(this.shown);
    else if (this.plot.width !== this.clientWidth) this.plot.setSize({ width: this.clientWidth, height });
  }

  private draw(curve: Curve): void {
    const foreground = themeColor("--vscode-descriptionForeground", "#888888");
    const grid = themeColor("--vscode-panel-border", "rgba(128, 128, 128, 0.35)");
    const line = themeColor("--vscode-textLink-foreground", "#3794ff");
    const font = `11px ${themeColor("--vscode-editor-font-family", "monospace")}`;
    const axis = { stroke: foreground, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const scale: uPlot.Scale = curve.isLog ? { distr: logarithmic } : {};
    this.plot = new uPlot(
      {
        width: this.clientWidth,
        height,
        // On the right there is room for half of the last epoch's label
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { time: false }, y: scale },
        axes: [
          { ...axis, size: 26, gap: 4, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
          {
            ...axis,
            size: 60,
            gap: 6,
            values: (_, splits) => splits.map((value) => (value === null ? "" : formatShort(value, 3))),
          },
        ],
        series: [
          { label: "epoch" },
          {
            label: curve.label,
            stroke: line,
            width: 1.5,
            points: { show: ({ data }) => data[0].length <= mostDots, size: 4 },
          },
        ],
        hooks: { setCursor: [(plot) => this.pointAt(plot)] },
      },
      chartData(curve),
      this,
    );
  }

  private pointAt({ cursor, over }: uPlot): void {
    const value = cursor.idx === null || cursor.idx === undefined ? undefined : this.shown?.values[cursor.idx];
    if (value === undefined || this.shown === null || cursor.idx === null || cursor.idx === undefined) {
      if (over.matches(":hover")) point(null);
      return;
    }
    const box = over.getBoundingClientRect();
    const where = `epoch ${cursor.idx + 1}`;
    point(
      { name: this.shown.label, where, values: [value] },
      box.left + (cursor.left ?? 0),
      box.top + (cursor.top ?? 0),
    );
  }
}

/** Epochs 1, 2, … and their values; what a curve cannot show is a gap. */
function chartData({ values, isLog }: Curve): uPlot.AlignedData {
  return [
    values.map((_, k) => k + 1),
    values.map((value) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null)),
  ];
}

customElements.define("training-chart", TrainingChart);
