import { parametersOf } from "../../engine/model";
import { parameterEdits } from "../../format/edit";
import type { Reading } from "../../format/read";
import type { Fix } from "../../format/remedy";
import { parameterPath } from "../../format/sourceMap";

/** A file with more numbers than this is trained, not read. */
const mostNumbers = 20_000;

/**
 * Writes the parameters that the text leaves out, as they have been drawn: of all layers and the output, for those of one alone
 * would leave the others to be drawn from another place of the generator.
 * @returns null where the cursor is in no layer, output or embedding, or nothing has been drawn there
 */
export function drawnParametersFix(
  document: { getText(): string },
  { source, problem }: Reading,
  offset: number,
): Fix | null {
  const [top, l] = source.pathAt(offset) ?? [];
  const owner = top === "layers" && l !== undefined ? `layers.${l}.` : `${top}.`;
  if (problem === null) return null;
  const drawn = Object.entries(parametersOf(problem.model)).filter(
    ([name]) => source.locate(parameterPath(name)) === null,
  );
  const count = drawn.reduce((sum, [, { data }]) => sum + data.length, 0);
  if (count > mostNumbers || !drawn.some(([name]) => name.startsWith(owner))) return null;
  return {
    title: "Write the drawn parameters here",
    edits: parameterEdits(document.getText(), Object.fromEntries(drawn)),
  };
}
