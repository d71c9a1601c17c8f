/** A curve over the epochs, drawn by uPlot in the theme's colours. */

import "./language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Curve } from "../src/protocol/curve";
import { curvePoints } from "./curvePoints";
import { formatShort } from "./numbers";
import { point } from "./pointed";
import { type Theme, themeColor } from "./theme";

export interface CurvePicture {
  readonly label: string;
  /** Grows while it is trained. */
  readonly curve: Curve;
  /** How many epochs it had when the picture was made. */
  readonly count: number;
  readonly isLog: boolean;
  readonly theme: Theme;
}

const height = 180;
// The library declares its constants for compilers that inline them, which a bundler is not
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
const logarithmic: uPlot.Scale.Distr = 3;

/** A curve of more epochs has no dots. */
const mostDots = 20;

/** `<training-chart .picture=${…}>`: takes new values as they come; a new theme or axis draws it anew. */
export class TrainingChart extends HTMLElement {
  private plot: uPlot | null = null;
  private shown: CurvePicture | null = null;
  private readonly resize = new ResizeObserver(() => this.fit());

  connectedCallback(): void {
    this.resize.observe(this);
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  set picture(picture: CurvePicture) {
    const before = this.shown;
    this.shown = picture;
    const isSameChart = before?.isLog === picture.isLog && before.theme === picture.theme;
    if (this.plot !== null && isSameChart) {
      if (before.curve !== picture.curve || before.count !== picture.count) this.plot.setData(curvePoints(picture));
      return;
    }
    this.plot?.destroy();
    this.plot = null;
    if (this.clientWidth > 0) this.draw(picture);
  }

  private fit(): void {
    if (this.shown === null || this.clientWidth === 0) return;
    if (this.plot === null) this.draw(this.shown);
    else if (this.plot.width !== this.clientWidth) this.plot.setSize({ width: this.clientWidth, height });
  }

  private draw(picture: CurvePicture): void {
    const foreground = themeColor("--vscode-descriptionForeground", "#888888");
    const grid = themeColor("--vscode-panel-border", "rgba(128, 128, 128, 0.35)");
    const line = themeColor("--vscode-textLink-foreground", "#3794ff");
    const font = `11px ${themeColor("--vscode-editor-font-family", "monospace")}`;
    const axis = { stroke: foreground, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const scale: uPlot.Scale = picture.isLog ? { distr: logarithmic } : {};
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
            label: picture.label,
            stroke: line,
            width: 1.5,
            points: { show: ({ data }) => data[0].length <= mostDots, size: 4 },
          },
        ],
        hooks: { setCursor: [(plot) => this.pointAt(plot)] },
      },
      curvePoints(picture),
      this,
    );
  }

  private pointAt({ cursor, over }: uPlot): void {
    const { shown } = this;
    const part =
      cursor.idx === null || cursor.idx === undefined
        ? null
        : (shown?.curve.part(shown.curve.perPart === 1 ? cursor.idx : cursor.idx >> 1) ?? null);
    if (shown === null || part === null) {
      if (over.matches(":hover")) point(null);
      return;
    }
    const box = over.getBoundingClientRect();
    const isOne = part.from === part.to;
    const where = isOne ? `epoch ${part.from}` : `epochs ${part.from} to ${part.to}, smallest … largest`;
    point(
      { name: shown.label, where, values: isOne ? [part.max] : [part.min, part.max] },
      box.left + (cursor.left ?? 0),
      box.top + (cursor.top ?? 0),
    );
  }
}

customElements.define("training-chart", TrainingChart);
