/** The cells that a layer can name: the file's own, and those of the library, which bring their equations with them. */
import { cellLibrary } from "../../format/cellLibrary";
import { cellsIn } from "../../format/cellWords";
import { libraryEdits } from "../../format/copyCell";
import type { TextEdit } from "../../format/edit";
import type { SourceMap, TextRange } from "../../format/sourceMap";

export interface CellName {
  readonly name: string;
  readonly detail: string;
  readonly doc: string;
  /** What else the text needs then. */
  readonly edits: readonly TextEdit[];
}

/** Null where no layer's cell is named. The built-in cells come from the schema. */
export function cellNamesAt(
  text: string,
  source: SourceMap,
  offset: number,
): { readonly names: readonly CellName[]; readonly place: TextRange } | null {
  const path = source.pathAt(offset - 1) ?? [];
  const [top, l, key, ...deeper] = path;
  const value = source.locate(path);
  if (top !== "layers" || typeof l !== "number" || key !== "cell" || deeper.length > 0 || !value) return null;
  const ownKey = source.locateKey(path);
  const isInside = value.offset < offset && text[value.offset] === '"';
  if (!isInside && !(ownKey !== null && ownKey.offset + ownKey.length < offset)) return null;
  const own = cellsIn(text, source).map(
    ({ name, texts }): CellName => ({
      name,
      detail: "of this file",
      doc: texts.join("\n"),
      edits: [],
    }),
  );
  const ofLibrary = cellLibrary
    .filter(({ name }) => !own.some((one) => one.name === name))
    .flatMap((one): CellName[] => {
      const edits = libraryEdits(text, source, l, one);
      const { equations } = one.cell;
      return edits
        ? [
            {
              name: one.name,
              detail: one.cell.title,
              doc: `${one.doc}\n\n${equations.join("\n")}\n\nSource: ${one.source}`,
              edits,
            },
          ]
        : [];
    });
  return { names: [...own, ...ofLibrary], place: isInside ? value : { offset, length: 0 } };
}
