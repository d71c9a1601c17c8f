import path from "node:path";

export const repository = path.resolve(import.meta.dirname, "../../..");
/** The nested package that holds the parts of a real VS Code. */
export const partsPackage = path.join(repository, "test/vscode");
/** What is made from the parts once: the stamp of their lock file and the unpacked Chromium. */
export const partsCache = path.join(partsPackage, ".parts");
