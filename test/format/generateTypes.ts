import { compile, type JSONSchema } from "json-schema-to-typescript";

/** What a schema says of types alone: conditions tell which keys go together, which TypeScript need not know. */
function withoutConditions(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutConditions);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== "allOf" && key !== "markdownDescription" && key !== "defaultSnippets")
      .map(([key, value]) => [key, withoutConditions(value)]),
  );
}

/** The TypeScript of the raw file, as `file.generated.ts` holds it. */
export function generateTypes(schema: object): Promise<string> {
  return compile(withoutConditions(schema) as JSONSchema, "RnnFile", {
    bannerComment: "// Generated from media/rnn.schema.json by `npm run generate`. Do not edit.",
    ignoreMinAndMaxItems: true,
    additionalProperties: false,
    format: true,
    style: { printWidth: 120 },
  });
}
