// Writes media/courses anew: `npm run generate`.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileText } from "./exercise";
import { exercises } from "./exercises";

const folder = path.join(import.meta.dirname, "../../../media/courses");
mkdirSync(folder, { recursive: true });
for (const exercise of exercises()) writeFileSync(path.join(folder, `${exercise.file}.rnn.json`), fileText(exercise));
