import type { Plugin } from "esbuild";

export function compileSchema(): Promise<{ readonly editorSchema: string; readonly compiledChecks: Plugin }>;
