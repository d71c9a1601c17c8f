import type { ErrorObject } from "ajv";
import { suggestion } from "../engine/nearest";
import { describe, listed, nameOf } from "./draft";
import type { OwnCells } from "./ownCells";
import { bad } from "./parse";
import type { Report } from "./report";
import { type Part, validator } from "./schemaChecks";
import type { Slices } from "./slices";
import type { Path } from "./sourceMap";
import { type Translation, translateKey, translateValue } from "./translate";

/** Where a file has more unknown keys than this, nobody is helped by what they resemble. */
const mostSuggestions = 1000;

/** What the messages read in the schema around an error. */
interface SchemaPart {
  readonly type?: string | readonly string[];
  readonly expected?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly owner?: string;
  readonly own?: readonly string[];
  readonly severity?: "warning";
}

/** Items of a long array that are checked at once. */
const itemsInSlice = 2048;

/** What was found in a value, or in some items of a long array. */
interface Found {
  readonly errors: readonly ErrorObject[];
  readonly holder: { value: unknown };
  /** The path of the value, or of the array, in the file. */
  readonly base: Path;
  /** Which item of the array is the first. */
  readonly from: number;
}

/**
 * Checks a value against the schema, reports every deviation, and puts `bad` in the place of what cannot be used.
 * @param value what the parser made; it is changed
 * @param base the path of the value in the file
 * @returns the value, or `bad` where it is unusable as a whole
 */
export function checkStructure(
  value: unknown,
  whole: "file" | "sequence",
  base: Path,
  own: OwnCells,
  report: Report,
): unknown {
  if (value === bad) return bad;
  if (whole === "sequence" && isObject(value)) own.takeFromSequence(value, base);
  const found = validate(value, whole, base, 0);
  reportAll([found], whole, own, report);
  putBack(own, report);
  return found.holder.value;
}

/** Checks what the file's own cells have, each for itself. */
function putBack(own: OwnCells, report: Report): void {
  own.putBack((value, part, path) => {
    const found = validate(value, part, path, 0);
    reportAll([found], "file", own, report);
    return found.holder.value;
  });
}

/** The same, with pauses in which somebody else may work. */
export function* checkInSlices(
  value: unknown,
  whole: "file" | "sequence",
  base: Path,
  own: OwnCells,
  report: Report,
): Slices<unknown> {
  if (value === bad) return bad;
  if (whole === "file") own.takeOut();
  else if (isObject(value)) own.takeFromSequence(value, base);
  const long = whole === "file" ? longArraysOf(value) : longArraysOfSequence(value, base);
  // Its first items stand for an array while what is around it is checked.
  for (const { parent, key, items } of long) parent[key] = items.slice(0, itemsInSlice);
  const first = validate(value, whole, base, 0);
  for (const { parent, key, items } of long) parent[key] = items;
  const found = [first];
  for (const { items, part, path } of long)
    for (let from = itemsInSlice; from < items.length; from += itemsInSlice) {
      yield;
      const some = validate(items.slice(from, from + itemsInSlice), part, path, from);
      if (some.errors.length > 0) found.push(some);
    }
  if (long.length > 0) yield;
  reportAll(found, whole, own, report);
  putBack(own, report);
  for (const { holder, base, from } of found.slice(1)) {
    const { items } = long.find(({ path }) => path === base)!;
    for (const [k, item] of (holder.value as unknown[]).entries()) items[from + k] = item;
  }
  return first.holder.value;
}

function validate(value: unknown, part: Part, base: Path, from: number): Found {
  const check = validator(part);
  return { errors: check(value) ? [] : (check.errors ?? []), holder: { value }, base, from };
}

interface LongArray {
  readonly parent: Record<string, unknown>;
  readonly key: string;
  readonly items: unknown[];
  readonly path: Path;
  readonly part: Part;
}

/** The arrays of a file that may be long, and are: its sequences, else their inputs and targets, and expected steps. */
function longArraysOf(file: unknown): LongArray[] {
  const long: LongArray[] = [];
  const find = (parent: unknown, key: string, at: Path, part: Part): unknown => {
    const found = isObject(parent) ? parent[key] : undefined;
    const array = longArray(parent, key, at, part);
    if (array === null) return found;
    long.push(array);
    return null;
  };
  const forEach = (list: unknown, each: (item: unknown, k: number) => void) => {
    if (Array.isArray(list)) (list as unknown[]).forEach(each);
  };
  forEach(find(file, "sequences", [], "sequences"), (sequence, k) => {
    long.push(...longArraysOfSequence(sequence, ["sequences", k]));
  });
  const expect = isObject(file) ? file["expect"] : undefined;
  forEach(isObject(expect) ? expect["sequences"] : undefined, (sequence, k) =>
    find(sequence, "steps", ["expect", "sequences", k], "steps"),
  );
  return long;
}

function longArraysOfSequence(sequence: unknown, base: Path): LongArray[] {
  return (["inputs", "targets"] as const).flatMap((key) => longArray(sequence, key, base, key) ?? []);
}

function longArray(parent: unknown, key: string, at: Path, part: Part): LongArray | null {
  const found = isObject(parent) ? parent[key] : undefined;
  if (!isObject(parent) || !Array.isArray(found) || found.length <= itemsInSlice) return null;
  return { parent, key, items: found as unknown[], path: [...at, key], part };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function reportAll(found: readonly Found[], whole: "file" | "sequence", own: OwnCells, report: Report): void {
  const unknownKeys = found.map(({ errors }) => new Set(errors.flatMap(unknownKey)));
  const suggests = unknownKeys.reduce((sum, { size }) => sum + size, 0) <= mostSuggestions;
  for (const [k, one] of found.entries()) reportErrors(one, unknownKeys[k]!, suggests, whole, own, report);
}

function unknownKey({ keyword, instancePath, params }: ErrorObject): string[] {
  return keyword === "additionalProperties" ? [`${instancePath}/${String(params["additionalProperty"])}`] : [];
}

function reportErrors(
  { errors, holder, base, from }: Found,
  unknownKeys: ReadonlySet<string>,
  suggests: boolean,
  whole: "file" | "sequence",
  own: OwnCells,
  report: Report,
): void {
  for (const error of errors) {
    const { parent, key, path } = follow(holder, error.instancePath);
    const at = [...base, ...(from === 0 ? path : [from + (path[0] as number), ...path.slice(1)])];
    const data = (parent as Record<string | number, unknown>)[key];
    if (data === bad) continue;
    const part = error.parentSchema as SchemaPart;
    switch (error.keyword) {
      case "if":
      case "propertyNames":
        break;
      case "additionalProperties": {
        const name = String(error.params["additionalProperty"]);
        if (name === "$schema" && path.length === 0) break;
        const known = own.keysAt(at) ?? Object.keys(part.properties ?? {});
        const inFile = whole === "sequence" ? ["sequences", 0, ...at] : at;
        const translation = translateKey([...inFile, name], data as Readonly<Record<string, unknown>>, known);
        if (translation !== null) {
          report[translation.severity]("other-word", [...at, name], translation.message, "key", translation.remedy);
          break;
        }
        report.warning(
          "unknown-key",
          [...at, name],
          `unknown key ${JSON.stringify(name)}${suggests ? suggestion(name, known) : ""}`,
          "key",
        );
        break;
      }
      case "required": {
        const name = String(error.params["missingProperty"]);
        const whose = path.length === 0 && base.length === 0 ? "the file" : nameOf(at);
        report.error("missing-key", at, `${whose} has no ${JSON.stringify(name)}`, "opening");
        break;
      }
      default:
        if (error.propertyName !== undefined) {
          if (!unknownKeys.has(`${error.instancePath}/${error.propertyName}`))
            reportForeignKey(error, part, at, report);
          break;
        }
        const translation = error.keyword === "enum" ? translateValue(at, data) : textAsInputs(at, data);
        if (translation !== null) report.error("other-word", at, translation.message, "value", translation.remedy);
        else
          report.error(
            error.keyword === "type" ? "type" : "value",
            at,
            valueMessage(error, part, at.length === 0 && whole === "sequence" ? "the line" : nameOf(at), data),
          );
        (parent as Record<string | number, unknown>)[key] = bad;
    }
  }
}

/** `"inputs": "hello"`, which is what somebody writes who thinks of letters. */
function textAsInputs(at: Path, data: unknown): Translation | null {
  const [top, k, key, ...deeper] = at;
  if (top !== "sequences" || typeof k !== "number" || key !== "inputs" || deeper.length > 0) return null;
  if (typeof data !== "string") return null;
  return {
    severity: "error",
    message: `inputs is ${describe(data)}, expected an array of items; a text, one token a character, stands under "text"`,
    remedy: { kind: "instead", set: [[[top, k, "text"], data]] },
  };
}

/** A key that the format knows and that has no meaning here. */
function reportForeignKey(error: ErrorObject, part: SchemaPart, at: (string | number)[], report: Report): void {
  const key = error.propertyName!;
  const own = listed(part.own ?? []);
  if (part.severity === "warning")
    report.warning("unused-key", [...at, key], `${key} means nothing to ${part.owner}, which reads ${own}`, "key");
  else
    report.error(
      "foreign-key",
      [...at, key],
      `${key} does not belong to ${part.owner}, whose own keys are ${own}`,
      "key",
    );
}

function valueMessage(error: ErrorObject, part: SchemaPart, name: string, data: unknown): string {
  const found = describe(data);
  switch (error.keyword) {
    case "type": {
      const expected = part.expected ?? listed([part.type ?? ""].flat().map(typeInWords), "or");
      const text = typeof data === "string" && /^[-+]?(nan|inf|infinity)$/i.test(data) ? `the text ${found}` : found;
      return `${name} is ${text}, expected ${expected}`;
    }
    case "enum": {
      const known = (error.schema as unknown[]).map(String);
      const near = typeof data === "string" ? suggestion(data, known) : "";
      const choices = (error.schema as unknown[]).map((choice) => JSON.stringify(choice));
      return `${name} is ${found}, expected ${choices.length > 1 ? "one of " : ""}${listed(choices, "or")}${near}`;
    }
    case "minimum":
      return `${name} is ${found}, expected ${String(error.schema)} or more`;
    case "maximum":
      return `${name} is ${found}, expected ${String(error.schema)} or less`;
    case "exclusiveMinimum":
      return `${name} is ${found}, expected more than ${String(error.schema)}`;
    case "exclusiveMaximum":
      return `${name} is ${found}, expected less than ${String(error.schema)}`;
    case "minItems":
    case "minLength":
      return `${name} is empty, expected at least one ${error.keyword === "minItems" ? "item" : "character"}`;
    default:
      return `${name} ${error.message ?? "is wrong"}`;
  }
}

function typeInWords(type: string): string {
  const words: Record<string, string> = {
    array: "an array",
    object: "an object",
    string: "a text in double quotes",
    number: "a number",
    integer: "a whole number",
    boolean: "true or false",
    null: "null",
  };
  return words[type] ?? type;
}

/** What holds the value of a JSON pointer, its key there, and the path to it. */
function follow(
  holder: { value: unknown },
  pointer: string,
): { parent: object; key: string | number; path: (string | number)[] } {
  let parent: object = holder;
  let key: string | number = "value";
  const path: (string | number)[] = [];
  if (pointer === "") return { parent, key, path };
  for (const segment of pointer.slice(1).split("/")) {
    const inside: unknown = (parent as Record<string | number, unknown>)[key];
    // What stood around it has been found unusable already.
    if (typeof inside !== "object" || inside === null) return { parent, key, path };
    parent = inside;
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    key = Array.isArray(parent) ? Number(name) : name;
    path.push(key);
  }
  return { parent, key, path };
}
