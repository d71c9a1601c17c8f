// Windows of one VS Code for all test files of this process: to start it anew for each takes longer than many of their tests.

import { openWorkbench, startVsCode, type VsCode, type Workbench, type WorkbenchOptions } from "./workbench";

let running: Promise<VsCode> | undefined;

after(async () => (await running)?.stop());

/** A window with a folder and a profile of its own: one for all the tests of a file (`before`), closed after them (`after`). */
export async function openWindow(options: Omit<WorkbenchOptions, "env" | "vsix"> = {}): Promise<Workbench> {
  running ??= startVsCode();
  return openWorkbench(options, await running);
}
