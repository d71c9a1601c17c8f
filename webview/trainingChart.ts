/** A curve over the epochs. */
import uPlot from "uplot";
import type { Curve } from "../src/protocol/curve";
import { Chart, logarithmic, mostDots, type PointedAt, quietColor } from "./chart";
import { curvePoints } from "./curvePoints";
import { formatShort } from "./numbers";
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

/** `<training-chart .picture=${…}>`: takes new values as they come; a new theme or axis draws it anew. */
export class TrainingChart extends Chart<CurvePicture> {
  protected takes(plot: uPlot, before: CurvePicture, picture: CurvePicture): boolean {
    const isSameChart =
      before.isLog === picture.isLog &&
      before.theme === picture.theme &&
      before.earlier === picture.earlier &&
      (before.validation === null) === (picture.validation === null);
    if (isSameChart && (before.curve !== picture.curve || before.count !== picture.count))
      plot.setData(dataOf(picture));
    return isSameChart;
  }

  protected options(picture: CurvePicture): Pick<uPlot.Options, "scales" | "series" | "hooks"> {
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
    const points: uPlot.Series.Points = { show: ({ data }) => data[0].length <= mostDots, size: 4 };
    const ghostColor = quietColor();
    return {
      scales: {
        x: {
          time: false,
          ...(ghosts.length > 0 && { range: (_, min, max) => [min ?? 1, Math.max(max ?? 1, epochs)] }),
        },
        y: scale,
      },
      series: [
        { label: "epoch" },
        { label: picture.label, stroke: themeColor("--vscode-textLink-foreground", "#3794ff"), width: 1.5, points },
        ...(picture.validation
          ? [
              {
                label: "validation",
                stroke: themeColor("--vscode-charts-yellow", "#cca700"),
                width: 1.5,
                dash: [6, 3],
                points,
              },
            ]
          : []),
      ],
      hooks: { drawAxes: [(plot) => ghosts.forEach((ghost) => drawGhost(plot, ghost, ghostColor))] },
    };
  }

  protected data(picture: CurvePicture): uPlot.AlignedData {
    return dataOf(picture);
  }

  protected at({ label, curve, validation }: CurvePicture, k: number): PointedAt | null {
    const index = curve.perPart === 1 ? k : k >> 1;
    const part = curve.part(index);
    if (!part) return null;
    const isOne = part.from === part.to;
    const where = isOne ? `epoch ${part.from}` : `epochs ${part.from} to ${part.to}, smallest … largest`;
    const held = validation?.part(index);
    return {
      name: label,
      where: held ? `${where}; validation ${formatShort(held.max, 4)}` : where,
      values: isOne ? [part.max] : [part.min, part.max],
    };
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
