/** A print of numbers that is pasted where a file has a value. */
import { Literal } from "../format/layout";
import type { PrintedArray } from "./printed";
import { filled, PrintedError, readPrinted } from "./printed";

/**
 * The value of JSON that a pasted text stands for: of one printed array its numbers with their digits, in rows; a column or a row
 * behind a key of a vector, such as `"bh":`, as that vector.
 * @param before what stands before it in the file
 * @returns null where the text is no single array, is JSON already, or where no value belongs
 */
export function pastedValue(text: string, before: string): unknown {
  if (!/\d/.test(text) || !/[:[,]\s*$/.test(before) || isJson(text)) return null;
  let arrays: PrintedArray[];
  try {
    arrays = readPrinted(text);
  } catch (error) {
    // It is something else, and is pasted as such.
    if (error instanceof PrintedError) return null;
    throw error;
  }
  const [array, ...others] = arrays;
  if (!array || others.length > 0 || array.shape.some(({ isOpen }) => isOpen)) return null;
  const sizes = array.shape.map(({ size }) => size);
  const texts = filled(array, sizes)!;
  const key = /"([^"\\]*)"\s*:\s*$/.exec(before)?.[1];
  const isMatrix = key === undefined || /(?:^|\.)[WE]\w*$|^inputs$|^targets$/.test(key);
  const isFlat = !isMatrix && sizes.length === 2 && sizes.includes(1);
  return nest(texts, isFlat ? [texts.length] : sizes);
}

function nest(texts: readonly (string | null)[], [size, ...inner]: readonly number[]): unknown {
  if (size === undefined) return texts[0] === null || texts[0] === undefined ? null : new Literal(texts[0]);
  const stride = texts.length / size;
  return Array.from({ length: size }, (_, k) => nest(texts.slice(k * stride, (k + 1) * stride), inner));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
