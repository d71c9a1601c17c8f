// Writes src/format/file.generated.ts anew from the schema: `npm run generate`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import schema from "../../media/rnn.schema.json";
import { generateTypes } from "./generateTypes";

void generateTypes(schema).then((text) =>
  writeFileSync(path.join(import.meta.dirname, "../../src/format/file.generated.ts"), text),
);
