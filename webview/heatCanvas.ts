/** A heat map on a canvas, for matrices and for tracks whose cells are too small for numbers. */

import type { ColorScale } from "./colors";
import { type Extremes, heatPixels, reduceExtremes } from "./timeline/aggregate";

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

/** `<heat-canvas .picture=${…}>`: painted when the picture is another one than before, and then at once. */
export class HeatCanvas extends HTMLElement {
  private readonly canvas = document.createElement("canvas");
  private painted: HeatPicture | null = null;

  connectedCallback(): void {
    if (this.canvas.parentElement !== this) this.append(this.canvas);
  }

  set picture(picture: HeatPicture) {
    if (isSame(this.painted, picture)) return;
    this.painted = picture;
    this.paint(picture);
  }

  private paint({ data, scale, colors, width, height, left, dataWidth }: HeatPicture): void {
    const ratio = window.devicePixelRatio;
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    const { canvas } = this;
    canvas.width = w;
    canvas.height = h;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
    const context = canvas.getContext("2d");
    if (context === null || data.columns === 0 || data.rows === 0) return;

    const cells = reduceExtremes(data, Math.max(1, Math.round(dataWidth * ratio)), h);
    const isAggregated = cells.min !== cells.max && cells.min.some((value, k) => value !== cells.max[k]);
    const { width: pw, height: ph, pixels } = heatPixels(cells, scale, colors, isAggregated && h / cells.rows >= 2);
    const source = new OffscreenCanvas(pw, ph);
    const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
    source.getContext("2d")?.putImageData(new ImageData(bytes, pw, ph), 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(source, left * ratio, 0, dataWidth * ratio, h);

    // Cells that are large enough stand apart
    const [cw, ch] = [(dataWidth * ratio) / cells.columns, h / cells.rows];
    const gap = Math.max(1, Math.round(ratio));
    if (cw >= 7 * ratio)
      for (let c = 0; c <= cells.columns; c++) context.clearRect(Math.round(left * ratio + c * cw), 0, gap, h);
    if (ch >= 6 * ratio) for (let r = 1; r < cells.rows; r++) context.clearRect(0, Math.round(r * ch), w, gap);
  }
}

customElements.define("heat-canvas", HeatCanvas);
