/** The worker thread, under Node: does the task that it is started with, says what comes out, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { type FromWorker, flagPlaces, type Task } from "./messages";
import type { ThreadData } from "./thread";
import { work } from "./work";

const { task, flags: shared } = workerData as ThreadData;
const flags = new Int32Array(shared);
const post = (message: FromWorker<Task["kind"]>) => parentPort?.postMessage(message);

// Its one message is that of cancelling.
parentPort?.on("message", () => Atomics.store(flags, flagPlaces.cancelled, 1));

work(task, {
  folder: __dirname,
  isCancelled: () => Atomics.load(flags, flagPlaces.cancelled) !== 0,
  takeAsked: () => Atomics.exchange(flags, flagPlaces.asked, 0) !== 0,
  post,
  nowMs: () => performance.now(),
  pause: () => new Promise((resolve) => setImmediate(resolve)),
})
  .then(
    (outcome) => post({ type: "outcome", outcome }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      post({ type: "error", message, stack: (error instanceof Error ? error.stack : null) ?? message });
    },
  )
  .finally(() => parentPort?.close());
