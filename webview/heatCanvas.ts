/** A heat map on a canvas, for matrices and for tracks whose cells are too small for numbers. */

import type { ColorScale } from "./colors";
import { type Extremes, enlarge, heatPixels, reduceExtremes } from "./timeline/aggregate";

/** All lengths in CSS pixels. The data covers the rectangle left…left + dataWidth of the canvas's width × height. */
export interface HeatPicture {
  readonly data: Extremes;
  /** Colours run −scale…scale. */
  readonly scale: number;
  readonly colors: ColorScale;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly dataWidth: number;
}

const keys = ["data", "scale", "colors", "width", "height", "left", "dataWidth"] as const;

function isSame(a: HeatPicture | null, b: HeatPicture): boolean {
  return a !== null && keys.every((key) => a[key] === b[key]);
}

/** Tells each canvas whether it is on the screen, or nearly so. */
const onScreen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (target instanceof HeatCanvas) target.isOnScreen = isIntersecting;
  },
  { scrollMargin: "200px" },
);

/**
 * `<heat-canvas .picture=${…}>`: painted when the picture is another one than before, and then at once; where nobody sees it, once
 * it comes into view.
 */
export class HeatCanvas extends HTMLElement {
  private readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d");
  private wanted: HeatPicture | null = null;
  private painted: HeatPicture | null = null;
  private isSeen = true;

  connectedCallback(): void {
    if (this.canvas.parentElement !== this) this.append(this.canvas);
    onScreen.observe(this);
  }

  disconnectedCallback(): void {
    onScreen.unobserve(this);
    this.isSeen = true;
  }

  set picture(picture: HeatPicture) {
    this.wanted = picture;
    this.paint();
  }

  set isOnScreen(isSeen: boolean) {
    this.isSeen = isSeen;
    this.paint();
  }

  private paint(): void {
    const { wanted } = this;
    if (wanted === null || isSame(this.painted, wanted)) return;
    // Its size is that of the page's layout, seen or not
    this.resize(wanted);
    if (!this.isSeen) return;
    this.painted = wanted;
    this.draw(wanted);
  }

  private resize({ width, height }: HeatPicture): void {
    const { canvas, wanted, painted } = this;
    const ratio = window.devicePixelRatio;
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (canvas.width !== w || canvas.height !== h) {
      // A canvas of another size is empty
      [canvas.width, canvas.height] = [w, h];
      this.painted = null;
    }
    if (painted?.width === wanted?.width && painted?.height === wanted?.height) return;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }

  private draw({ data, scale, colors, left, dataWidth }: HeatPicture): void {
    const { context } = this;
    const { width: w, height: h } = this.canvas;
    const ratio = window.devicePixelRatio;
    if (context === null) return;
    if (data.columns === 0 || data.rows === 0) {
      context.clearRect(0, 0, w, h);
      return;
    }
    const cells = reduceExtremes(data, Math.max(1, Math.round(dataWidth * ratio)), h);
    const isAggregated = cells.min !== cells.max && cells.min.some((value, k) => value !== cells.max[k]);
    const small = heatPixels(cells, scale, colors, isAggregated && h / cells.rows >= 2);
    const pixels = enlarge(small, { width: w, height: h, left: left * ratio, dataWidth: dataWidth * ratio });
    context.putImageData(new ImageData(pixels, w, h), 0, 0);

    // Cells that are large enough stand apart
    const [cw, ch] = [(dataWidth * ratio) / cells.columns, h / cells.rows];
    const gap = Math.max(1, Math.round(ratio));
    if (cw >= 7 * ratio)
      for (let c = 0; c <= cells.columns; c++) context.clearRect(Math.round(left * ratio + c * cw), 0, gap, h);
    if (ch >= 6 * ratio) for (let r = 1; r < cells.rows; r++) context.clearRect(0, Math.round(r * ch), w, gap);
  }
}

customElements.define("heat-canvas", HeatCanvas);
