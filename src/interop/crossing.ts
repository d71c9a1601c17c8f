/** What was found in a file, as plain data with all of its numbers: what one thread can send to another. */
import type { Found } from "./network";
import { allOf, given, type Stored } from "./stored";

/** A tensor whose numbers are there. */
interface Held {
  readonly shape: readonly number[];
  readonly numbers: Float64Array;
}

/** @returns what was found, and the memory of its numbers, which can be handed over */
export function heldNumbers(found: Found): { readonly held: unknown; readonly buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const held = mapped(found, (value) => {
    if (!isStored(value)) return null;
    // A view would take what it is a part of along.
    const numbers = Float64Array.from(allOf(value));
    buffers.push(numbers.buffer);
    return { shape: value.shape, numbers } satisfies Held;
  });
  return { held, buffers };
}

/** The other way. */
export function foundFrom(held: unknown): Found {
  return mapped(held, (value) => (isHeld(value) ? given(value.shape, value.numbers) : null)) as Found;
}

/** A copy in which what `change` gives something for is that. */
function mapped(value: unknown, change: (value: object) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const changed = change(value);
  if (changed !== null) return changed;
  if (Array.isArray(value)) return value.map((inner) => mapped(inner, change));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]));
}

function isStored(value: object): value is Stored {
  return "range" in value && typeof value.range === "function";
}

function isHeld(value: object): value is Held {
  return "numbers" in value && value.numbers instanceof Float64Array;
}
