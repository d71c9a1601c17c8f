/** Numbers as the text editor writes them too, and what only the panel counts. */

export { formatExact, formatNumber, formatShort, formatToFit, plainNumber } from "../src/protocol/numbers";

/** `1 h 5 min`, `2 min 5 s`, `12 s`, `under 1 s` */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 1) return "under 1 s";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
