// Runs the tests of an extension as desktop VS Code does when it is started with the same flags.

import { format } from "node:util";
import { launchBrowser, pageDefaults } from "./browser";
import { isNoise } from "./noise";
import { pageAddress } from "./page";
import { startServer } from "./server";
import { temporaryFolder } from "./temporary";

type Flags = { extensionDevelopmentPaths: string[]; extensionTestsPath: string; folder: string | undefined };

const loadTimeoutMs = 120_000;

/**
 * Shows VS Code with the extension under development, lets its tests run and prints what they print.
 * @param args desktop VS Code's flags: --extensionDevelopmentPath=, --extensionTestsPath=, a folder; others are ignored
 * @returns the tests' exit code; 0 if all passed
 */
export async function main(args: string[]): Promise<number> {
  const flags = readFlags(args);
  const folder = flags.folder ?? temporaryFolder("folder").folder;
  const [server, browser] = await Promise.all([startServer({ testDriver: true }), launchBrowser()]);
  try {
    const page = await browser.newPage(pageDefaults);
    page.setDefaultTimeout(loadTimeoutMs);
    const exitCode = new Promise<number>((resolve, reject) => {
      page.on("crash", () => reject(new Error("The page of VS Code crashed.")));
      page.exposeFunction("codeAutomationExit", resolve).catch(reject);
    });
    await page.exposeFunction("codeAutomationLog", (type: string, values: unknown[]) => {
      const print = type === "error" || type === "warn" ? console.error : console.log;
      const text = format(...values);
      if (!isNoise(text)) print(text);
    });
    await page.goto(pageAddress(server, { ...flags, folder }));
    return await exitCode;
  } catch (error) {
    console.error(`${String(error)}\nThe end of the VS Code server's log:\n${server.log().slice(-3000)}`);
    return 1;
  } finally {
    await browser.close();
    await server.stop();
  }
}

function readFlags(args: string[]): Flags {
  const values = (name: string): string[] =>
    args.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3));
  const extensionTestsPath = values("extensionTestsPath")[0];
  if (!extensionTestsPath) throw new Error("Found no --extensionTestsPath=, expected the tests' entry point.");
  return {
    extensionDevelopmentPaths: values("extensionDevelopmentPath"),
    extensionTestsPath,
    folder: args.find((arg) => !arg.startsWith("-")),
  };
}
