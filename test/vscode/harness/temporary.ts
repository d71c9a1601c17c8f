import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { atExit } from "./cleanup";

/** A new folder of our own, gone when this process ends or when `remove` is called. */
export function temporaryFolder(name: string): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), `unroll-${name}-`));
  const remove = atExit(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return { folder, remove };
}
