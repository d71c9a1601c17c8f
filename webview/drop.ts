/** Files that are dropped on the panel. */

import type { Model } from "./model";

/** What VS Code's explorer, and others, say of the files that are dragged. */
const kinds = ["application/vnd.code.uri-list", "text/uri-list"];

export function installDrop(model: Pick<Model, "openDropped">): void {
  window.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.some((type) => kinds.includes(type))) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  window.addEventListener("drop", (event) => {
    const list = kinds.map((kind) => event.dataTransfer?.getData(kind) ?? "").find((text) => text !== "");
    const uri = list?.split(/\r?\n/).find((line) => line !== "" && !line.startsWith("#"));
    if (uri === undefined) return;
    event.preventDefault();
    model.openDropped(uri);
  });
}
