import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { prepareChromium } from "./parts";

const quietArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--lang=en-US",
  // Nothing beyond this machine is asked, so that a test runs alike with a network and without.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** What a page starts with: a bare machine's locale (C, POSIX) is none that a desktop has. */
export const pageDefaults = {
  locale: "en-US",
  viewport: { width: 1400, height: 900 },
  reducedMotion: "reduce" as const,
};

/** A Chromium without a window and with a fresh profile; Playwright ends it when this process ends. */
export async function launchBrowser(): Promise<Browser> {
  const found = await prepareChromium();
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));
  if (found.kind === "unpacked") {
    // Its own libraries and fonts, for machines that have none.
    env["LD_LIBRARY_PATH"] = [path.join(found.folder, "al2023/lib"), env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
    env["FONTCONFIG_FILE"] = path.join(found.folder, "fonts/fonts.conf");
  }
  return chromium.launch({ executablePath: found.executable, args: quietArguments, env });
}
