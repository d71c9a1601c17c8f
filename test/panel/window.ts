// One window of one VS Code for all test files of this process: to open one anew for each takes longer than many of their tests.

import { openWorkbench, type Scene, type Workbench } from "./workbench";

let shared: Workbench | undefined;

after(() => shared?.close());

/** The window with these files in a folder of their own, as if it were new; until the next file begins. */
export async function openWindow(scene: Scene = {}): Promise<Workbench> {
  shared ??= await openWorkbench();
  await shared.begin(scene);
  return shared;
}
