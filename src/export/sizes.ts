/** What of a large model or a long sequence is written. */

/** Up to so many units, steps and entries everything is. */
const mostUnits = 8;
const mostSteps = 12;
const mostEntries = 16;
/** Of more than that so many, of steps so many at either end. */
const few = 4;

/** Indices of the entries of a vector of so many that are written; `always` is one of them. */
export function shownUnits(count: number, always: number | null = null): number[] {
  if (count <= mostUnits) return Array.from({ length: count }, (_, i) => i);
  const first = Array.from({ length: few }, (_, i) => i);
  return always === null || always < few ? first : [...first, always];
}

/** t of the steps that are written, 1…T. */
export function shownSteps(length: number): number[] {
  const all = Array.from({ length }, (_, k) => k + 1);
  return length <= mostSteps ? all : [...all.slice(0, few), ...all.slice(-few)];
}

/** How many of so many entries of a matrix are written. */
export const shownEntries = (count: number): number => (count <= mostEntries ? count : few);

/** A matrix or a column in LaTeX, of a large one its corner. */
export function matrixLatex(rows: number, cols: number, entry: (i: number, j: number) => string): string {
  const [shownRows, shownCols] = [shownUnits(rows), shownUnits(cols)];
  const cutsCols = shownCols.length < cols;
  const lines = shownRows.map((i) => [...shownCols.map((j) => entry(i, j)), ...(cutsCols ? ["\\cdots"] : [])]);
  if (shownRows.length < rows) lines.push([...shownCols.map(() => "\\vdots"), ...(cutsCols ? ["\\ddots"] : [])]);
  return `\\begin{bmatrix} ${lines.map((line) => line.join(" & ")).join(" \\\\ ")} \\end{bmatrix}`;
}

/** Whether `matrixLatex` leaves something out. */
export const isCut = (rows: number, cols: number): boolean =>
  shownUnits(rows).length < rows || shownUnits(cols).length < cols;
