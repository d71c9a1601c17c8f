/**
 * The header of a `.safetensors` file: eight bytes of its length, then JSON that says of each tensor its type, its shape and where its
 * bytes stand behind it.
 * Source: the format's description in the safetensors library
 */

/** What safetensors itself allows a header to be. */
const longestHeader = 100_000_000;

export interface SafetensorsEntry {
  readonly name: string;
  /** `F64`, `F32`, `BF16` … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In the file. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * @param bytes of the file from a place on
 * @param size  of the file
 * @throws Error that says what is wrong, in words of ours alone
 */
export function readSafetensorsHeader(
  bytes: (from: number, length: number) => Uint8Array,
  size: number,
): SafetensorsHeader {
  if (size < 8) throw new Error(`a safetensors file has at least 8 bytes, this one ${size}`);
  const head = bytes(0, 8);
  const length = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
  if (length > longestHeader || 8 + length > size)
    throw new Error(`the safetensors header claims ${length} bytes, the file has ${size}`);
  const header = objectIn(new TextDecoder().decode(bytes(8, length)));
  const entries: SafetensorsEntry[] = [];
  let metadata: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(header)) {
    const known = isObject(entry) ? entry : {};
    if (name === "__metadata__") {
      metadata = known;
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = known;
    if (typeof dtype !== "string") throw new Error(`${name} is of the unknown type ${JSON.stringify(dtype)}`);
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw new Error(`${name} has no shape and offsets that are arrays of whole numbers`);
    const [begin, end] = offsets as [number, number];
    entries.push({ name, dtype, shape, begin: 8 + length + begin, end: 8 + length + end });
  }
  return { entries, metadata };
}

/** What JSON.parse says of a text quotes it, and this is another file's. */
function objectIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("the safetensors header is no JSON");
  }
  if (!isObject(value)) throw new Error("the safetensors header is no JSON object");
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
