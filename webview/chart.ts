/** What the panel's charts share: an element in which uPlot draws in the theme's colours, as wide as its place. */

import "./language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatShort } from "./numbers";
import { point } from "./pointed";
import { themeColor } from "./theme";

const height = 180;
// The library declares its constants for compilers that inline them, which a bundler is not
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment
export const logarithmic: uPlot.Scale.Distr = 3;

/** A line of more points than these has no dots. */
export const mostDots = 20;

/** What is said of the point under the mouse. */
export interface PointedAt {
  readonly name: string;
  readonly where: string;
  readonly values: readonly number[];
}

/** `<… .picture=${…}>`: another picture draws it anew, unless the chart can take it as it is. */
export abstract class Chart<Picture> extends HTMLElement {
  private plot: uPlot | null = null;
  private shown: Picture | null = null;
  private readonly resize = new ResizeObserver(() => this.fit());

  connectedCallback(): void {
    this.resize.observe(this);
  }

  disconnectedCallback(): void {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  set picture(picture: Picture) {
    const before = this.shown;
    this.shown = picture;
    if (this.plot !== null && before !== null && this.takes(this.plot, before, picture)) return;
    this.plot?.destroy();
    this.plot = null;
    if (this.clientWidth > 0) this.draw(picture);
  }

  /** Whether what is drawn shows the picture too, perhaps with other data, which it then has been given. */
  protected abstract takes(plot: uPlot, before: Picture, picture: Picture): boolean;
  protected abstract options(picture: Picture): Pick<uPlot.Options, "scales" | "series" | "hooks">;
  protected abstract data(picture: Picture): uPlot.AlignedData;
  /** Null where there is no point. @param k of the point in the data */
  protected abstract at(picture: Picture, k: number): PointedAt | null;

  private fit(): void {
    if (this.shown === null || this.clientWidth === 0) return;
    if (this.plot === null) this.draw(this.shown);
    else if (this.plot.width !== this.clientWidth) this.plot.setSize({ width: this.clientWidth, height });
  }

  private draw(picture: Picture): void {
    const font = `11px ${themeColor("--vscode-editor-font-family", "monospace")}`;
    const grid = { stroke: themeColor("--vscode-panel-border", "rgba(128, 128, 128, 0.35)"), width: 1 };
    const axis = { stroke: quietColor(), font, grid, ticks: { show: false } };
    const { hooks, ...options } = this.options(picture);
    this.plot = new uPlot(
      {
        ...options,
        width: this.clientWidth,
        height,
        // On the right there is room for half of the last label
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        axes: [
          { ...axis, size: 26, gap: 4, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] },
          {
            ...axis,
            size: 60,
            gap: 6,
            values: (_, splits) => splits.map((value) => (value === null ? "" : formatShort(value, 3))),
          },
        ],
        hooks: { ...hooks, setCursor: [(plot) => this.pointAt(plot)] },
      },
      this.data(picture),
      this,
    );
  }

  private pointAt({ cursor, over }: uPlot): void {
    const { idx } = cursor;
    const said = this.shown === null || idx === null || idx === undefined ? null : this.at(this.shown, idx);
    if (said === null) {
      if (over.matches(":hover")) point(null);
      return;
    }
    const box = over.getBoundingClientRect();
    point(said, box.left + (cursor.left ?? 0), box.top + (cursor.top ?? 0));
  }
}

/** That of labels, and of what is of before. */
export function quietColor(): string {
  return themeColor("--vscode-descriptionForeground", "#888888");
}
