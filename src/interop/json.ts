import { ImportError } from "./source";
import { checkShape, given, type Stored } from "./stored";

export type Json = Readonly<Record<string, unknown>>;

/** An object in somebody's JSON. @throws ImportError */
export function objectOf(value: unknown, what: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new ImportError(`${what} is ${kindOf(value)}, expected an object`);
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ImportError(`${what} is ${kindOf(value)}, expected an array`);
}

/** A size: a whole number of at least 1. */
export function sizeOf(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= 1e6) return value;
  throw new ImportError(`${what} is ${JSON.stringify(value)?.slice(0, 60)}, expected a whole number of at least 1`);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "not there";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return JSON.stringify(value).slice(0, 60);
}

/** Arrays in arrays of numbers. @throws ImportError where they are ragged, empty, deeper than four, or hold anything else */
export function nested(value: unknown, what: string): Stored {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    if (shape.push(inner.length) > 4) throw new ImportError(`${what} is an array in arrays more than four deep`);
  }
  if (shape.length === 0 || shape.includes(0)) throw new ImportError(`${what} is ${kindOf(value)}, expected numbers`);
  checkShape(shape, what);
  const numbers = new Float64Array(shape.reduce((product, size) => product * size, 1));
  let at = 0;
  const fill = (inner: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof inner !== "number") throw new ImportError(`${what} holds ${kindOf(inner)}, expected a number`);
      numbers[at++] = inner;
      return;
    }
    if (!Array.isArray(inner) || inner.length !== shape[depth])
      throw new ImportError(`${what} is ragged: expected [${shape.join(" × ")}]`);
    for (const item of inner) fill(item, depth + 1);
  };
  fill(value, 0);
  return given(shape, numbers);
}
