/**
 * Messages cross to the webview as JSON, in which NaN and ∞ would become null: the very numbers that a user has to see.
 * `toWire` writes those as text objects before sending, `fromWire` reads them back. Typed arrays cross as they are; of one that is a
 * part of a larger memory VS Code would send all of that, so it is copied.
 */

const key = "$number";

/** The same value with NaN, ∞ and −∞ replaced by objects that JSON keeps. */
export function toWire(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : { [key]: String(value) };
  const isPart = ArrayBuffer.isView(value) && value.byteLength < value.buffer.byteLength;
  if (isPart && (value instanceof Float64Array || value instanceof Int32Array)) return value.slice();
  return mapped(value, toWire);
}

/** What `toWire` was given. */
export function fromWire(value: unknown): unknown {
  if (isObject(value) && typeof value[key] === "string") return Number(value[key]);
  return mapped(value, fromWire);
}

/** The value with its entries changed; itself where none changes, as in most messages. */
function mapped(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    let changed: unknown[] | null = null;
    for (let k = 0; k < value.length; k++) {
      const entry = change(value[k]);
      if (entry !== value[k]) (changed ??= [...value])[k] = entry;
    }
    return changed ?? value;
  }
  if (!isObject(value)) return value;
  let changed: Record<string, unknown> | null = null;
  for (const name of Object.keys(value)) {
    const entry = change(value[name]);
    if (entry !== value[name]) (changed ??= { ...value })[name] = entry;
  }
  return changed ?? value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
