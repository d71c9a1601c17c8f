/** The colour theme as the page has it now. */

import { ColorScale, parseColor, type Rgb, type ThemeKind } from "./colors";

export interface Theme {
  readonly kind: ThemeKind;
  readonly background: Rgb;
  readonly colors: ColorScale;
  /** Of gates, which are 0…1. */
  readonly gates: ColorScale;
}

/** The colours of a track's or vector's numbers. */
export const colorsOf = (theme: Theme, { palette }: { readonly palette: "signed" | "gate" }): ColorScale =>
  palette === "gate" ? theme.gates : theme.colors;

function themeKind(): ThemeKind {
  const { classList } = document.body;
  if (classList.contains("vscode-high-contrast-light")) return "highContrastLight";
  if (classList.contains("vscode-high-contrast")) return "highContrastDark";
  return classList.contains("vscode-light") ? "light" : "dark";
}

/** A theme variable's value, as a colour that canvases and charts understand. */
export function themeColor(variable: string, fallback: string): string {
  return getComputedStyle(document.body).getPropertyValue(variable).trim() || fallback;
}

export function readTheme(): Theme {
  const kind = themeKind();
  const isDark = kind === "dark" || kind === "highContrastDark";
  const background =
    parseColor(themeColor("--vscode-editor-background", "")) ?? (isDark ? [30, 30, 30] : [255, 255, 255]);
  return {
    kind,
    background,
    colors: new ColorScale(kind, background),
    gates: new ColorScale(kind, background, "gate"),
  };
}

/** Calls back after each change of the colour theme. */
export function onThemeChange(changed: () => void): void {
  new MutationObserver(changed).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  // A theme of the same kind changes the variables alone, which stand on the root element
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
}
