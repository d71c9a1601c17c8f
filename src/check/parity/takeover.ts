import { applyEdits as applyJsonEdits, findNodeAtLocation, modify, parseTree } from "jsonc-parser";
import { applyEdits, parameterEdits } from "../../format/edit";
import { splitParameters } from "../../format/parameterFile";
import type { Takeover } from "./conventions";
import { ParityError } from "./sides";

/**
 * A model file's text with a convention taken over, so that it computes as the other program does. Everything else stays.
 * @throws ParityError where parameters that would change lie in a file beside it
 */
export function takenOver(text: string, { parameters, settings }: Takeover): string {
  const { beside } = splitParameters(text, parameters);
  const moved = Object.keys(parameters).filter((name) => beside?.tensors.has(name));
  if (moved.length > 0)
    throw new ParityError(
      `${moved.length === 1 ? moved[0] : `${moved.length} parameters`} would change, which lie beside the file in ${beside!.file}`,
    );
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const formattingOptions = { insertSpaces: !/\n\t/.test(text), tabSize: 2, eol };
  const set = settings.reduce((now, { path, value }) => {
    // Taking away what is not there is no edit, and some of what would hold it may not be there either.
    const edits = value === undefined && !has(now, path) ? [] : modify(now, [...path], value, { formattingOptions });
    return applyJsonEdits(now, edits);
  }, text);
  return applyEdits(set, parameterEdits(set, parameters));
}

function has(text: string, path: readonly (string | number)[]): boolean {
  const root = parseTree(text);
  return root !== undefined && findNodeAtLocation(root, [...path]) !== undefined;
}
