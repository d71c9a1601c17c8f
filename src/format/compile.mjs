// What the build makes from the schema, so that no editor has to: the schema for VS Code's JSON service, and the compiled checks.
import * as esbuild from "esbuild";

/**
 * @returns `editorSchema`, the text of the schema with what the cells add to it, and `compiledChecks`, a plugin for esbuild
 * that puts the checks in the place of schemaChecks.ts, without Ajv and without its time to compile them
 */
export async function compileSchema() {
  const { outputFiles } = await esbuild.build({
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    write: false,
    stdin: {
      contents: `
        import standalone from "ajv/dist/standalone";
        import schema from "../../media/rnn.schema.json";
        import { schemaWithCells } from "./cellSchema";
        import { editorSchema as made } from "./editorSchema";
        import { parts, schemaChecker } from "./schemaChecks";
        export const editorSchema = JSON.stringify(made(schemaWithCells(schema)));
        export const checks = standalone.default(schemaChecker({ source: true, esm: true, lines: true }), parts);
        export const names = Object.keys(parts).join(", ");`,
      resolveDir: import.meta.dirname,
    },
  });
  const made = Buffer.from(outputFiles[0].contents).toString("base64");
  const { editorSchema, checks, names } = await import(`data:text/javascript;base64,${made}`);
  const contents = `${checks}\nconst all = { ${names} };\nexport const validator = (part) => all[part];`;
  const compiledChecks = {
    name: "compiled-checks",
    setup: ({ onLoad }) =>
      onLoad({ filter: new RegExp(`src[\\\\/]format[\\\\/]schemaChecks\\.ts$`) }, () => ({
        contents,
        loader: "js",
        resolveDir: import.meta.dirname,
      })),
  };
  return { editorSchema, compiledChecks };
}
