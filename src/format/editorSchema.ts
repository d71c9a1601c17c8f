/** A part of a JSON schema. */
type Schema = { readonly [key: string]: unknown };
type Properties = Readonly<Record<string, Schema>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What an editor shows or inserts, and what leads it to the right part of the schema; nothing of it finds an error. */
const kept = new Set(["$schema", "$ref", "title", "description", "markdownDescription", "defaultSnippets"]);

/** What is inserted behind a new key, by the type of its value; `^` keeps the quotes off. */
const bodies: Readonly<Record<string, unknown>> = {
  object: "^{$1}",
  array: "^[$1]",
  string: "$1",
  number: "^${1:0}",
  integer: "^${1:1}",
};

/**
 * The schema as an editor's JSON service gets it: completion and documentation, and no errors, for those are found and
 * said by the reader itself, in better words and with their reasons. What would check becomes what suggests: types and
 * choices turn into snippets, and keys that belong to one kind of cell or optimizer are offered where that kind stands.
 */
export function editorSchema(schema: object): object {
  return { ...project(schema as Schema, schema as Schema), allowComments: true, allowTrailingCommas: true };
}

function project(schema: Schema, root: Schema): Schema {
  const result: Record<string, unknown> = {};
  for (const key of kept) if (key in schema) result[key] = schema[key];
  const snippets = snippetsOf(schema, root);
  if (snippets.length > 0) result["defaultSnippets"] = snippets;
  if (isSchema(schema["items"])) result["items"] = project(schema["items"], root);
  if (isSchema(schema["definitions"])) result["definitions"] = projectAll(schema["definitions"], root);
  const properties = schema["properties"];
  if (!isSchema(properties)) return result;

  const rules = rulesOf(schema);
  const owned = new Set(rules.flatMap((rule) => rule.own));
  const all = projectAll(properties, root);
  const common = Object.fromEntries(Object.entries(all).filter(([key]) => !owned.has(key)));
  result["properties"] = common;
  if (rules.length > 0)
    result["allOf"] = rules.map(({ condition, own, inner }) => ({
      if: condition,
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON schema
      then: { properties: { ...pick(all, own), ...narrow(all, inner, own) } },
    }));
  // An object that its holder narrows has no keys of its own here.
  for (const key of rules.flatMap((rule) => Object.keys(rule.inner))) {
    const { properties: _, ...rest } = common[key] ?? {};
    if (key in common) common[key] = rest;
  }
  return result;
}

const projectAll = (schemas: Schema, root: Schema): Record<string, Schema> =>
  Object.fromEntries(Object.entries(schemas).map(([key, value]) => [key, project(value as Schema, root)]));

interface Rule {
  readonly condition: unknown;
  /** Keys that not every kind has. */
  readonly own: readonly string[];
  /** For keys that hold an object: the keys that it has with this kind. */
  readonly inner: Readonly<Record<string, readonly string[]>>;
}

/** Which keys go with which kind, from the conditions of the schema. */
function rulesOf(schema: Schema): Rule[] {
  const conditions = Array.isArray(schema["allOf"]) ? (schema["allOf"] as Schema[]) : [];
  const names = (part: Schema) => ((part["propertyNames"] as Schema)["enum"] as string[]) ?? [];
  const rules = conditions.map((part) => {
    const then = part["then"] as Schema;
    const inner = Object.entries((then["properties"] as Properties | undefined) ?? {}).filter(
      ([, value]) => "propertyNames" in value,
    );
    return {
      condition: part["if"],
      own: names(then),
      inner: Object.fromEntries(inner.map(([key, value]) => [key, names(value)])),
    };
  });
  const inEvery = (key: string) => rules.every((rule) => rule.own.includes(key));
  return rules.map((rule) => ({ ...rule, own: rule.own.filter((key) => !inEvery(key)) }));
}

const pick = (properties: Record<string, Schema>, keys: readonly string[]) =>
  Object.fromEntries(keys.flatMap((key) => (properties[key] ? [[key, properties[key]]] : [])));

function narrow(
  properties: Record<string, Schema>,
  inner: Rule["inner"],
  own: readonly string[],
): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(inner).map(([key, keys]) => [
      key,
      // A key that not every kind has is described here alone.
      {
        ...(own.includes(key) && properties[key]),
        properties: pick((properties[key]!["properties"] ?? {}) as Record<string, Schema>, keys),
      },
    ]),
  );
}

/** Suggested values: the schema's own, its choices, its default, or an empty value of its type. */
function snippetsOf(schema: Schema, root: Schema): unknown[] {
  if (Array.isArray(schema["defaultSnippets"])) return schema["defaultSnippets"];
  if (Array.isArray(schema["enum"])) {
    const texts = (schema["enumDescriptions"] ?? []) as readonly string[];
    return schema["enum"].map((choice, k) => ({
      label: JSON.stringify(choice),
      ...(texts[k] !== undefined && { description: texts[k] }),
      body: choice,
    }));
  }
  const [type] = [schema["type"] ?? typeOfReference(schema, root)].flat() as (string | undefined)[];
  if (type === "boolean") return [true, false].map((choice) => ({ label: String(choice), body: choice }));
  if (schema["default"] !== undefined) return [{ label: JSON.stringify(schema["default"]), body: schema["default"] }];
  // Only a value with a description is the value of a key; an item of an array needs no empty one.
  if (type === undefined || schema["markdownDescription"] === undefined || !(type in bodies)) return [];
  const empty: Record<string, string> = { object: "{ }", array: "[ ]", string: '""', number: "0", integer: "1" };
  return [{ label: empty[type], body: bodies[type] }];
}

function typeOfReference(schema: Schema, root: Schema): unknown {
  const name = typeof schema["$ref"] === "string" ? schema["$ref"].replace("#/definitions/", "") : "";
  return ((root["definitions"] as Schema | undefined)?.[name] as Schema | undefined)?.["type"];
}
