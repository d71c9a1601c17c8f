// A real VS Code with the extension in it, for tests that look and click.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Browser, errors, type FrameLocator, type Locator, type Page } from "playwright-core";
import { launchBrowser, pageDefaults } from "../vscode/harness/browser";
import { isNoise } from "../vscode/harness/noise";
import { pageAddress } from "../vscode/harness/page";
import { repository } from "../vscode/harness/paths";
import { type Server, type Settings, startServer } from "../vscode/harness/server";
import { temporaryFolder } from "../vscode/harness/temporary";

const themes = {
  dark: { id: "Dark Modern", file: "dark_modern" },
  light: { id: "Light Modern", file: "light_modern" },
  highContrastDark: { id: "Default High Contrast", file: "hc_black" },
  highContrastLight: { id: "Default High Contrast Light", file: "hc_light" },
} as const;

export type Theme = keyof typeof themes;

/** What a test finds when it begins. */
export type Scene = {
  /** Each file's text by its name. */
  files?: Record<string, string>;
  /** The user's settings. */
  settings?: Settings;
  /** "dark" if absent. */
  theme?: Theme;
  /** The window in CSS pixels; 1400 × 900 if absent. */
  size?: { width: number; height: number };
};

export type WorkbenchOptions = Scene & {
  /** How many device pixels a CSS pixel has; 1 if absent. */
  scale?: number;
  /** More variables for the extension host. */
  env?: Record<string, string>;
  /** False: in Restricted Mode, as where nobody has said that he trusts the folder's authors. */
  isTrusted?: boolean;
  /** A packed extension to install, in place of this repository as the extension under development. */
  vsix?: string;
  /** The folder of an unpacked extension to install beside it. */
  extension?: string;
};

export type Workbench = {
  page: Page;
  /** The path on disk of the folder that the files lie in. */
  readonly folder: string;
  /** What the visible webview shows. */
  panel: FrameLocator;
  /** The row of tabs and the editor under it that has the focus. */
  activeEditor: Locator;
  /** Runs a command by the title that the palette shows, as "View: Close All Editors". */
  runCommand: (title: string) => Promise<void>;
  /** Makes the window as a new one, with a folder of its own for the files: no editor, no notification, the parts where they were. */
  begin: (scene: Scene) => Promise<void>;
  /** Closes every editor, and waits until their webviews are gone: a panel that is on its way out is not mistaken for the next one. */
  closeEditors: () => Promise<void>;
  /** Opens a file of the folder by its name, as a person does with quick open. */
  openFile: (name: string) => Promise<void>;
  /** Puts the cursor of the active text editor at a 1-based line and column. */
  goTo: (line: number, column?: number) => Promise<void>;
  /** Saves the active editor and waits until it is on disk. */
  save: () => Promise<void>;
  /** The text on disk of a file of the folder. */
  readFile: (name: string) => Promise<string>;
  /** Changes a file of the folder on disk, behind VS Code's back. */
  writeFile: (name: string, text: string) => Promise<void>;
  setTheme: (theme: Theme) => Promise<void>;
  /** Changes the user's settings; those not named stay. */
  setSettings: (settings: Settings) => Promise<void>;
  /** The texts of all notifications, the newest first. */
  notifications: () => Promise<string[]>;
  /** Waits for the notification that begins so, and takes a button of it; null closes it. */
  answer: (message: string, button: string | null) => Promise<void>;
  /** The errors so far that are not VS Code's own: exceptions, and what webviews put on the console or were refused. */
  consoleErrors: () => string[];
  close: () => Promise<void>;
};

/** A server and a browser: each window is a page of theirs. */
export type VsCode = { server: Server; browser: Browser; stop: () => Promise<void> };

/** The parts around the editors, whether they are there at first, and what changes it. */
const layout = [
  [".part.sidebar", true, "View: Toggle Primary Side Bar Visibility"],
  [".part.panel", false, "View: Toggle Panel Visibility"],
  [".part.statusbar", true, "View: Toggle Status Bar Visibility"],
] as const;
const loadTimeoutMs = 180_000;
const commandTimeoutMs = 60_000;

/** Starts a server and a browser that have no window yet. */
export async function startVsCode({
  settings,
  env,
  vsix,
  extension,
  isTrusted,
}: WorkbenchOptions = {}): Promise<VsCode> {
  const [server, browser] = await Promise.all([
    startServer({
      settings: settings ?? {},
      testDriver: !vsix,
      asksForTrust: isTrusted === false,
      ...(env && { env }),
      ...(vsix && { vsix }),
      ...(extension && { extension }),
    }),
    launchBrowser(),
  ]);
  const stop = async (): Promise<void> => {
    await browser.close();
    await server.stop();
  };
  return { server, browser, stop };
}

/**
 * Opens VS Code with the extension and a folder of its own, in a fresh profile.
 * @param running in place of a VS Code of its own, which ends with the window, one that runs already, with the settings of the window
 * @throws Error with the end of the server's log if VS Code does not show up
 */
export async function openWorkbench(options: WorkbenchOptions = {}, running?: VsCode): Promise<Workbench> {
  const { folder: parent, remove } = temporaryFolder("folder");
  const opened = path.join(parent, "samples");
  let folder = opened;
  const writeFiles = (files: Record<string, string> = {}): void => {
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  };
  writeFiles(options.files);
  let settings: Settings = { ...options.settings };
  const { server, browser, stop } = running ?? (await startVsCode(options));
  if (running) await server.writeSettings(settings);
  const close = async (): Promise<void> => {
    await (running ? page.context().close() : stop());
    remove();
  };

  const page = await browser.newPage({
    ...pageDefaults,
    ...(options.size && { viewport: options.size }),
    deviceScaleFactor: options.scale ?? 1,
  });
  page.setDefaultTimeout(commandTimeoutMs);
  const consoleErrors: string[] = [];
  page.on("console", (message) => {
    const { url } = message.location();
    // What the workbench asks its server for is its own affair: with much to do it sends requests that this server has no answer to.
    const isRequest = message.text().startsWith("Failed to load resource");
    const ours =
      url.includes("/webview/") ||
      url.includes("vscode-resource") ||
      (!isRequest && !/\/_?static\/|open-vsx|\/update\//.test(url));
    if (message.type() === "error" && ours && !isNoise(message.text())) consoleErrors.push(message.text());
  });
  page.on("pageerror", (error) => consoleErrors.push(error.stack ?? error.message));

  const quickInput = page.locator(".quick-input-widget");
  const rows = quickInput.locator(".monaco-list-row");
  const activeEditor = page.locator(".editor-group-container.active");

  /** Types into the quick input and takes the row with that label; opens it anew until there is one. */
  async function pick(open: string, text: string, label: string): Promise<void> {
    const deadline = Date.now() + commandTimeoutMs;
    const row = rows.filter({ has: page.locator(".label-name", { hasText: new RegExp(`^${escaped(label)}$`) }) });
    for (;;) {
      await page.keyboard.press(open);
      try {
        // A key that is pressed before VS Code listens is lost.
        await quickInput.locator("input").first().fill(text, { timeout: 2000 });
        await row.first().click({ timeout: 3000 });
        return;
      } catch (error) {
        if (!(error instanceof errors.TimeoutError)) throw error;
        const found = await rows.locator(".label-name").allTextContents();
        await page.keyboard.press("Escape");
        if (Date.now() > deadline)
          throw new Error(`Found no "${label}" for "${text}" in the quick input; it offers ${found.join(" | ")}`, {
            cause: error,
          });
      }
    }
  }

  async function setSettings(changed: Settings): Promise<void> {
    settings = { ...settings, ...changed };
    await server.writeSettings(settings);
  }

  async function setTheme(theme: Theme): Promise<void> {
    const deadline = Date.now() + loadTimeoutMs;
    const shown = page.locator(`.monaco-workbench.vscode-theme-defaults-themes-${themes[theme].file}-json`);
    // While VS Code starts a change can come too early to be followed, so it is made anew.
    for (let attempt = 0; ; attempt++) {
      const other = themes[theme === "light" ? "dark" : "light"];
      await setSettings({ "workbench.colorTheme": (attempt % 2 === 0 ? themes[theme] : other).id });
      if (await appears(shown, 1500)) return;
      if (Date.now() > deadline) throw new Error(`VS Code did not change to the theme ${themes[theme].id}.`);
    }
  }

  let beginnings = 0;

  const workbench: Workbench = {
    page,
    get folder() {
      return folder;
    },
    panel: page
      .locator("iframe.webview.ready")
      .filter({ visible: true })
      .contentFrame()
      .locator("iframe#active-frame")
      .contentFrame(),
    activeEditor,
    runCommand: (title) => pick("F1", `>${title}`, title),
    async begin(scene) {
      await page.keyboard.press("Escape");
      await page.setViewportSize(scene.size ?? pageDefaults.viewport);
      await workbench.closeEditors();
      await workbench.runCommand("Notifications: Clear All Notifications");
      if (folder !== opened) rmSync(folder, { recursive: true });
      // Names of one length none of which quick open takes for another.
      folder = path.join(opened, `scene-${String(++beginnings).padStart(2, "0")}`);
      writeFiles(scene.files);
      settings = { ...scene.settings, "window.title": path.basename(folder) };
      await setTheme(scene.theme ?? "dark");
      await page.waitForFunction(`document.title.endsWith(${JSON.stringify(path.basename(folder))})`);
      for (const [part, isShown, command] of layout)
        if ((await page.locator(part).isVisible()) !== isShown) await workbench.runCommand(command);
      consoleErrors.length = 0;
    },
    async closeEditors() {
      await workbench.runCommand("View: Close All Editors");
      const webviews = page.locator("iframe.webview");
      // VS Code asks about a text that a test has typed in
      const leave = page.locator(".monaco-dialog-box").getByRole("button", { name: "Don't Save" });
      const deadline = Date.now() + commandTimeoutMs;
      while ((await webviews.count()) > 0) {
        assert.ok(Date.now() < deadline, "the editors do not close");
        if (await leave.isVisible()) await leave.click();
        else await appears(webviews.first(), 500, "hidden");
      }
    },
    async openFile(name) {
      await pick("ControlOrMeta+P", path.relative(opened, path.join(folder, name)), path.basename(name));
      await activeEditor
        .locator(`.tab.active[data-resource-name=${JSON.stringify(path.basename(name))}]`)
        .waitFor({ timeout: commandTimeoutMs });
      await activeEditor.locator(".view-line").or(page.locator("iframe.webview.ready")).first().waitFor();
    },
    async goTo(line, column = 1) {
      await page.keyboard.press("Control+G");
      await quickInput.locator("input").fill(`:${line}:${column}`);
      // Pressed before VS Code has read the place, Enter does nothing.
      const deadline = Date.now() + commandTimeoutMs;
      do await page.keyboard.press("Enter");
      while (!(await appears(quickInput, 1000, "hidden")) && Date.now() < deadline);
    },
    async save() {
      await page.keyboard.press("ControlOrMeta+S");
      await activeEditor.locator(".tab.active.dirty").waitFor({ state: "detached" });
    },
    readFile: (name) => readFile(path.join(folder, name), "utf8"),
    writeFile: (name, text) => writeFile(path.join(folder, name), text),
    setTheme,
    setSettings,
    async notifications() {
      await pick("F1", ">Notifications: Show Notifications", "Notifications: Show Notifications");
      const list = page.locator(".notifications-center.visible");
      await list.waitFor();
      const texts = await list.locator(".notification-list-item-message").allTextContents();
      await page.keyboard.press("Escape");
      return texts;
    },
    async answer(message, button) {
      await pick("F1", ">Notifications: Show Notifications", "Notifications: Show Notifications");
      const item = page.locator(".notifications-center.visible .notification-list-item").filter({ hasText: message });
      await item.first().waitFor();
      await item.first().hover();
      await (button === null
        ? item.first().getByRole("button", { name: /Clear Notification/ })
        : item.first().getByRole("button", { name: button, exact: true })
      ).click();
      await item.first().waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
    },
    consoleErrors: () => [...consoleErrors],
    close,
  };

  try {
    await page.goto(
      pageAddress(server, { folder: opened, ...(!options.vsix && { extensionDevelopmentPaths: [repository] }) }),
      { timeout: loadTimeoutMs },
    );
    await page.locator(".monaco-workbench .editor-group-container").first().waitFor({ timeout: loadTimeoutMs });
    if (options.isTrusted === false) await page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor();
    await setTheme(options.theme ?? "dark");
    const sideBar = page.locator(".part.auxiliarybar");
    if (await sideBar.isVisible()) {
      await page.keyboard.press("ControlOrMeta+Alt+B");
      await sideBar.waitFor({ state: "hidden" });
    }
    return workbench;
  } catch (error) {
    const log = server.log().slice(-3000);
    await close();
    throw new Error(`VS Code did not show up. The end of its server's log:\n${log}`, { cause: error });
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

async function appears(locator: Locator, timeout: number, state: "visible" | "hidden" = "visible"): Promise<boolean> {
  try {
    await locator.waitFor({ timeout, state });
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError) return false;
    throw error;
  }
}
