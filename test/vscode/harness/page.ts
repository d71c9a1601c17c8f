// The address of a VS Code page. What desktop VS Code takes as flags, a page takes as `payload`.

import type { Server } from "./server";

export type PageOptions = {
  folder: string;
  /** The extensions under development. */
  extensionDevelopmentPaths?: string[];
  extensionTestsPath?: string;
  /** A file to open in a text editor. */
  openFile?: string;
};

/** The address at which `server` shows a folder; all paths are absolute. */
export function pageAddress(server: Server, options: PageOptions): string {
  const remote = (file: string): string =>
    `vscode-remote://${new URL(server.address).host}${file.startsWith("/") ? "" : "/"}${file.replaceAll("\\", "/")}`;
  const payload: [string, string][] = [["skipWelcome", "true"]];
  for (const extension of options.extensionDevelopmentPaths ?? [])
    payload.push(["extensionDevelopmentPath", remote(extension)]);
  if (options.extensionTestsPath) payload.push(["extensionTestsPath", remote(options.extensionTestsPath)]);
  if (options.openFile) payload.push(["openFile", remote(options.openFile)]);
  const address = new URL(server.address);
  address.searchParams.set("folder", options.folder);
  address.searchParams.set("payload", JSON.stringify(payload));
  return address.href;
}
