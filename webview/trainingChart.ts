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
  /** The same of what is held back; null where nothing is. */
  readonly validation: Curve | null;
  /** The same of earlier runs: thin lines behind it. */
  readonly earlier: readonly Curve[];
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
    const isSameChart =
      before?.isLog === picture.isLog &&
      before.theme === picture.theme &&
      before.earlier === picture.earlier &&
      (before.validation === null) === (picture.validation === null);
    if (this.plot !== null && isSameChart) {
      if (before.curve !== picture.curve || before.count !== picture.count) this.plot.setData(dataOf(picture));
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
    const ghosts = picture.earlier.map((curve) => curvePoints({ curve, isLog: picture.isLog }));
    const values = ghosts.flatMap(([, all]) => all.filter((value) => value !== null));
    const epochs = Math.max(1, ...picture.earlier.map(({ count }) => count));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    // The axes have room for the earlier runs too
    const scale: uPlot.Scale = {
      ...(picture.isLog && { distr: logarithmic }),
      ...(values.length > 0 && {
        range: (_, min, max) => {
          const [from, to] = [Math.min(min ?? low, low), Math.max(max ?? high, high)];
          return picture.isLog ? uPlot.rangeLog(from, to, 10, false) : uPlot.rangeNum(from, to, 0.1, true);
        },
      }),
    };
    this.plot = new uPlot(
      {
        width: this.clientWidth,
        height,
        // On the right there is room for half of the last epoch's label
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: {
            time: false,
            ...(ghosts.length > 0 && { range: (_, min, max) => [min ?? 1, Math.max(max ?? 1, epochs)] }),
          },
          y: scale,
        },
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
          ...(picture.validation
            ? [
                {
                  label: "validation",
                  stroke: themeColor("--vscode-charts-yellow", "#cca700"),
                  width: 1.5,
                  dash: [6, 3],
                  points: { show: ({ data }: uPlot) => data[0].length <= mostDots, size: 4 },
                },
              ]
            : []),
        ],
        hooks: {
          setCursor: [(plot) => this.pointAt(plot)],
          drawAxes: [(plot) => ghosts.forEach((points) => drawGhost(plot, points, foreground))],
        },
      },
      dataOf(picture),
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
    const held = shown.validation?.part(shown.curve.perPart === 1 ? cursor.idx! : cursor.idx! >> 1);
    point(
      {
        name: shown.label,
        where: held ? `${where}; validation ${formatShort(held.max, 4)}` : where,
        values: isOne ? [part.max] : [part.min, part.max],
      },
      box.left + (cursor.left ?? 0),
      box.top + (cursor.top ?? 0),
    );
  }
}

/** The thin line of an earlier run. */
function drawGhost(plot: uPlot, [epochs, values]: readonly [number[], (number | null)[]], color: string): void {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = window.devicePixelRatio;
  ctx.beginPath();
  let isDrawing = false;
  for (const [k, epoch] of epochs.entries()) {
    const value = values[k] ?? null;
    if (value !== null) {
      const [x, y] = [plot.valToPos(epoch, "x", true), plot.valToPos(value, "y", true)];
      if (isDrawing) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
    }
    isDrawing = value !== null;
  }
  ctx.stroke();
  ctx.restore();
}

/** The epochs, and the values of each curve; both are of as many epochs. */
function dataOf({ curve, validation, isLog }: CurvePicture): uPlot.AlignedData {
  const [epochs, values] = curvePoints({ curve, isLog });
  return validation ? [epochs, values, curvePoints({ curve: validation, isLog })[1]] : [epochs, values];
}

customElements.define("training-chart", TrainingChart);
