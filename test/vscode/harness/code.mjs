#!/usr/bin/env node
// Stands in for desktop VS Code's executable, where none can be had: same flags, same exit code, no display needed.
import { register } from "tsx/esm/api";

register();
const { main } = await import("./code.ts");
process.exit(await main(process.argv.slice(2)));
