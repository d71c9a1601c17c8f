/** Curves over the steps on one axis. */
import type uPlot from "uplot";
import { Chart, logarithmic, mostDots, type PointedAt } from "./chart";
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

/** `<lines-chart .picture=${…}>` */
export class LinesChart extends Chart<LinesPicture> {
  protected takes(_plot: uPlot, before: LinesPicture, picture: LinesPicture): boolean {
    return (
      before.t === picture.t &&
      before.theme === picture.theme &&
      before.lines.length === picture.lines.length &&
      before.lines.every(
        ({ values, color }, k) => values === picture.lines[k]?.values && color === picture.lines[k]?.color,
      )
    );
  }

  protected options(picture: LinesPicture): Pick<uPlot.Options, "scales" | "series"> {
    const { t, lines, isLog } = picture;
    // Without a single positive number a logarithmic axis has no ends.
    const isEmpty = valuesOf(picture).every((all) => all.every((value) => value === null));
    return {
      scales: {
        x: { time: false },
        y: isLog && !isEmpty ? { distr: logarithmic } : isEmpty ? { range: [0, 1] } : {},
      },
      series: [
        { label: "t" },
        ...lines.map(({ label, color, isDashed, isThin }) => ({
          label,
          stroke: themeColor(`--vscode-${color}`, "#3794ff"),
          width: isThin ? 0.75 : 1.5,
          ...(isDashed && { dash: [6, 3] }),
          points: { show: t.length <= mostDots, size: 4 },
        })),
      ],
    };
  }

  protected data(picture: LinesPicture): uPlot.AlignedData {
    return [Array.from(picture.t), ...valuesOf(picture)];
  }

  protected at({ t, lines }: LinesPicture, k: number): PointedAt {
    const main = lines.filter(({ isThin }) => !isThin);
    return {
      name: main.map(({ label }) => label).join(", "),
      where: `t = ${t[k]}`,
      values: main.map(({ values }) => values[k] ?? Number.NaN),
    };
  }
}

/** What an axis cannot show is a gap. */
function valuesOf({ lines, isLog }: LinesPicture): (number | null)[][] {
  const shown = (value: number) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null);
  return lines.map((line) => Array.from(line.values, shown));
}

customElements.define("lines-chart", LinesChart);
