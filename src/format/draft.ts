import { cells, isCellKind } from "../engine/cells";
import type { Bad } from "./parse";

/** A part of a file as somebody writes it: anything may be missing, and what cannot be used is `bad`. */
export type Draft<T> =
  | Bad
  | (T extends readonly (infer Item)[] ? Draft<Item>[] : T extends object ? { [Key in keyof T]?: Draft<T[Key]> } : T);

/** What a value is for a person who reads a message. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return value === true ? "true" : "false";
}

/** How messages call the value at a path: its last key and the indices after it, `Wxh[1][2]`. */
export function nameOf(path: readonly (string | number)[]): string {
  let start = path.length - 1;
  while (start > 0 && typeof path[start] === "number") start--;
  if (path.length === 0) return "the file";
  return path
    .slice(start)
    .map((segment, k) => (k === 0 ? String(segment) : `[${segment}]`))
    .join("");
}

/** "an rnn", "an lstm", "a gru"; a cell of the file's own as it sounds */
export function withArticle(cell: string): string {
  const article = isCellKind(cell) ? cells[cell].article : /^[aeiou]/i.test(cell) ? "an" : "a";
  return `${article} ${cell}`;
}

/** "a, b and c" */
export function listed(words: readonly string[], last = "and"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words[words.length - 1]}`;
}

/** "1 step", "3 steps" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
