/** Arrows as wide as what they carry. */

/** The outline of an arrow from (x1, y1) to (x2, y2) whose shaft is `width` wide: to be filled. */
export function flowArrow(x1: number, y1: number, x2: number, y2: number, width: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 3) return "";
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const half = width / 2;
  const head = Math.min(length * 0.6, 4 + width * 0.7);
  const wing = half + 2.5;
  const at = (along: number, across: number) =>
    `${(x1 + ux * along - uy * across).toFixed(1)} ${(y1 + uy * along + ux * across).toFixed(1)}`;
  const neck = length - head;
  return `M${at(0, half)}L${at(neck, half)}L${at(neck, wing)}L${at(length, 0)}L${at(neck, -wing)}L${at(neck, -half)}L${at(0, -half)}Z`;
}

/** How wide a shaft is that carries `value`, where `most` is the largest of all: linear, so that what is a hundredth looks like a hundredth. */
export function flowWidth(value: number, most: number, widest: number): number {
  if (!Number.isFinite(value)) return widest;
  return most > 0 ? Math.max(0.4, widest * Math.min(1, Math.abs(value) / most)) : 0.4;
}

/** The outline of a river through the points, as wide at each as its value. */
export function river(points: readonly { readonly x: number; readonly width: number }[], y: number): string {
  if (points.length < 2) return "";
  const upper = points.map(({ x, width }) => `${x.toFixed(1)} ${(y - width / 2).toFixed(2)}`);
  const lower = points.toReversed().map(({ x, width }) => `${x.toFixed(1)} ${(y + width / 2).toFixed(2)}`);
  return `M${[...upper, ...lower].join("L")}Z`;
}
