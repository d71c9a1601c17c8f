/** The path of an arrow from (x1, y1) to (x2, y2) with an open head, a pixel short at both ends. */
export function arrow(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 4) return "";
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [fx, fy] = [x1 + ux, y1 + uy];
  const [tx, ty] = [x2 - ux, y2 - uy];
  const head = Math.min(4, length / 3);
  const wing = (side: number) => {
    const [x, y] = [tx - head * ux - side * 0.75 * head * uy, ty - head * uy + side * 0.75 * head * ux];
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${fx.toFixed(1)} ${fy.toFixed(1)}L${tx.toFixed(1)} ${ty.toFixed(1)}M${wing(1)}L${tx.toFixed(1)} ${ty.toFixed(1)}L${wing(-1)}`;
}
