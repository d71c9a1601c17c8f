/** Threads as Node has them; a web host would have another file like this one. */
import * as path from "node:path";
import { Worker } from "node:worker_threads";
import type { FromWorker, Outcomes, Progress, Task, ToWorker } from "./messages";

/** What a thread is started with. */
export interface ThreadData {
  readonly task: Task;
  /** One 32-bit integer; not 0 once the task is to stop. */
  readonly cancelled: SharedArrayBuffer;
}

export interface Thread<Kind extends Task["kind"]> {
  /** Rejects where the task throws or the thread dies. */
  readonly outcome: Promise<Outcomes[Kind]>;
  /** The task stops at its next update, and what it has by then is its outcome. */
  cancel(): void;
  /** Ends the thread at once; what it has is lost. */
  terminate(): void;
}

/** Starts a thread for a task. @param file the worker's bundle */
export function startThread<T extends Task>(
  file: string,
  task: T,
  onProgress: (progress: Progress) => void,
): Thread<T["kind"]> {
  const cancelled = new SharedArrayBuffer(4);
  const data: ThreadData = { task, cancelled };
  const worker = new Worker(path.resolve(file), { workerData: data });
  const outcome = new Promise<Outcomes[T["kind"]]>((resolve, reject) => {
    worker.on("message", (message: FromWorker<T["kind"]>) => {
      switch (message.type) {
        case "progress":
          onProgress(message);
          return;
        case "outcome":
          resolve(message.outcome);
          return;
        case "error": {
          const error = new Error(message.message);
          error.stack = message.stack;
          reject(error);
        }
      }
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`the ${task.kind} thread ended with code ${code}`)));
  });
  const cancel: ToWorker = { type: "cancel" };
  return {
    outcome,
    cancel() {
      Atomics.store(new Int32Array(cancelled), 0, 1);
      worker.postMessage(cancel);
    },
    terminate() {
      void worker.terminate();
    },
  };
}
