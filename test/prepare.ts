// Installs what the suites take beyond `npm ci`, in one step before them: a slow network is then no test's failure, and of
// suites that run side by side none installs what another is about to use. Where all is there it takes no time.

import { prepareParts as prepareRuntimes } from "./interop/parts";
import { prepareChromium, prepareParts } from "./vscode/harness/parts";

async function prepare(): Promise<void> {
  await prepareRuntimes();
  await prepareParts();
  await prepareChromium();
}

prepare().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
