import { Ajv, type Options, type ValidateFunction } from "ajv";
import schema from "../../media/rnn.schema.json";
import { cellKinds } from "../engine/variants";
import { schemaWithCells } from "./cellSchema";

/** Words of the schema that say something to people and nothing to the checker. */
const annotations = [
  "markdownDescription",
  "enumDescriptions",
  "defaultSnippets",
  /** What a value of this place is called: "a vector: an array of numbers". */
  "expected",
  /** In `propertyNames`: whose keys these are, and which of them are its own. */
  "owner",
  "own",
  "severity",
];

/** What is checked by itself, and where the schema says how: a sequence is a line of a data file, the others are arrays that may be long. */
export const parts = {
  file: "file",
  sequence: "file#/definitions/sequence",
  sequences: "file#/properties/sequences",
  inputs: "file#/definitions/sequence/properties/inputs",
  targets: "file#/definitions/sequence/properties/targets",
  /** What a cell of the file's own has, by whatever name. */
  vector: "file#/definitions/vector",
  matrix: "file#/definitions/matrix",
  number: "file#/definitions/number",
  tracedVector: "file#/definitions/tracedVector",
  states: "file#/definitions/sequence/properties/h0",
  steps: "file#/properties/expect/properties/sequences/items/properties/steps",
} as const;
export type Part = keyof typeof parts;

/** Ajv with the schema of all cells that there are now. @param code how it writes the checks, where somebody keeps them */
export function schemaChecker(code: Options["code"] = {}): Ajv {
  // A definition that is not copied to each of its uses keeps the compiled checks small.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictTypes: false,
    inlineRefs: false,
    code,
  });
  for (const word of annotations) ajv.addKeyword(word);
  return ajv.addSchema(schemaWithCells(schema), "file");
}

/** By the part, and by the cells that there were when it was made. */
const validators = new Map<string, ValidateFunction>();

/** The check of a part. Ajv takes a tenth of a second to make it: the build puts a file with all checks in the place of this one. */
export function validator(part: Part): ValidateFunction {
  const name = [part, ...cellKinds()].join(" ");
  const known = validators.get(name);
  if (known) return known;
  const made = schemaChecker().getSchema(parts[part])!;
  validators.set(name, made);
  return made;
}
