// What must not outlive this process: servers, browsers, temporary folders.

const leftToDo = new Set<() => void>();

/**
 * Runs `undo` when this process ends, by whatever way it ends. `undo` must be synchronous.
 * @returns runs `undo` now instead, once
 */
export function atExit(undo: () => void): () => void {
  leftToDo.add(undo);
  return () => {
    if (leftToDo.delete(undo)) undo();
  };
}

process.on("exit", () => {
  for (const undo of leftToDo) undo();
});
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const)
  process.on(signal, () => process.exit(128 + number));
