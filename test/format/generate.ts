// Writes anew what the cells add to media/rnn.schema.json, and src/format/file.generated.ts from it: `npm run generate`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import schema from "../../media/rnn.schema.json";
import { schemaWithCells } from "../../src/format/cellSchema";
import { generateTypes } from "./generateTypes";
import { printSchema } from "./printSchema";

const root = path.join(import.meta.dirname, "../..");
const whole = schemaWithCells(schema);
writeFileSync(path.join(root, "media/rnn.schema.json"), printSchema(whole));
void generateTypes(whole).then((text) => writeFileSync(path.join(root, "src/format/file.generated.ts"), text));
