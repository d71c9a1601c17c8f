import { plainLayout, printJson } from "../../src/format/layout";

/** The text of media/rnn.schema.json. */
export function printSchema(schema: object): string {
  return `${printJson(schema, plainLayout)}\n`;
}
