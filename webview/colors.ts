/**
 * Colour says sign and size: orange above 0, blue below it, the background at 0. The two hues stay apart for people
 * who see red and green alike. Mixed in OKLab, so that equal steps of the number look like equal steps.
 */

export type Rgb = readonly [r: number, g: number, b: number];
export type ThemeKind = "dark" | "light" | "highContrastDark" | "highContrastLight";

/** Reads `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(…)` and `rgba(…)`; alpha is left out. Null for anything else. */
export function parseColor(text: string): Rgb | null {
  const trimmed = text.trim();
  const hex = /^#([0-9a-f]{3,8})$/i.exec(trimmed)?.[1];
  if (hex !== undefined) {
    const short = hex.length < 6;
    const channel = (k: number) =>
      short ? Number.parseInt(hex.charAt(k).repeat(2), 16) : Number.parseInt(hex.slice(2 * k, 2 * k + 2), 16);
    return [channel(0), channel(1), channel(2)];
  }
  const parts = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(trimmed);
  return parts === null ? null : [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

export function cssColor([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}

const toLinear = (c: number) => (c <= 10.31475 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4);
const fromLinear = (c: number) =>
  Math.round(255 * Math.min(1, Math.max(0, c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)));

// Björn Ottosson's OKLab, 2020: a public definition; its matrices are the definition.
function toOklab([r8, g8, b8]: Rgb): Rgb {
  const [r, g, b] = [toLinear(r8), toLinear(g8), toLinear(b8)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Rgb): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** From `a` (part 0) to `b` (part 1). */
export function mix(a: Rgb, b: Rgb, part: number): Rgb {
  const [from, to] = [toOklab(a), toOklab(b)];
  return fromOklab([
    from[0] + (to[0] - from[0]) * part,
    from[1] + (to[1] - from[1]) * part,
    from[2] + (to[2] - from[2]) * part,
  ]);
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * toLinear(r) + 0.7152 * toLinear(g) + 0.0722 * toLinear(b);
}

/** Contrast of two colours after WCAG 2: 1…21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** Black or white, whichever is read better on the colour; at least 4.5 in contrast on any colour. */
export function inkOn(color: Rgb): Rgb {
  return contrast(color, white) >= contrast(color, black) ? white : black;
}

interface Ends {
  readonly negative: Rgb;
  readonly positive: Rgb;
  readonly nonFinite: Rgb;
}

const ends: Record<ThemeKind, Ends> = {
  dark: { negative: [63, 148, 222], positive: [226, 128, 62], nonFinite: [214, 68, 196] },
  light: { negative: [38, 118, 190], positive: [205, 98, 28], nonFinite: [168, 24, 150] },
  highContrastDark: { negative: [80, 176, 255], positive: [255, 148, 60], nonFinite: [255, 90, 240] },
  highContrastLight: { negative: [0, 84, 166], positive: [170, 70, 0], nonFinite: [140, 0, 130] },
};

/** A gate that lets nothing through, and one that lets all through: dark and bright in every theme. */
const shut: Rgb = [44, 42, 62];
const open: Rgb = [246, 226, 140];

const steps = 127;

/** A diverging scale with 2·127 + 1 colours, symmetric at 0, and one colour for what is no finite number. */
export class ColorScale {
  private readonly colors: Rgb[] = [];
  /** The same packed for image data (little-endian RGBA); the last entry is NaN's. */
  readonly packed = new Uint32Array(2 * steps + 2);
  readonly nonFinite: Rgb;

  /** @param palette signed: from one hue to another over the background at 0; gate: dark and shut at 0, bright and open at 1 */
  constructor(kind: ThemeKind, background: Rgb, palette: "signed" | "gate" = "signed") {
    const { nonFinite } = ends[kind];
    const [negative, middle, positive] =
      palette === "gate" ? [shut, shut, open] : [ends[kind].negative, background, ends[kind].positive];
    this.nonFinite = nonFinite;
    for (let k = -steps; k <= steps; k++)
      this.colors.push(k === 0 ? middle : mix(middle, k < 0 ? negative : positive, Math.abs(k) / steps));
    this.colors.push(nonFinite);
    this.colors.forEach(([r, g, b], k) => {
      this.packed[k] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  }

  /** Index into `packed` of a value on a scale of −scale…scale. */
  index(value: number, scale: number): number {
    if (!Number.isFinite(value)) return 2 * steps + 1;
    if (scale <= 0) return steps;
    return steps + Math.round(steps * Math.min(1, Math.max(-1, value / scale)));
  }

  /** The full colour of a number's sign; the middle of the scale at 0. */
  ink(value: number): Rgb {
    return this.color(Math.sign(value), 1);
  }

  color(value: number, scale: number): Rgb {
    return this.colors[this.index(value, scale)] ?? this.nonFinite;
  }
}
