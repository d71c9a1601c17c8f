/** Threads as Node has them; a web host would have another file like this one. */
import * as path from "node:path";
import { Worker } from "node:worker_threads";
import { plainSequence } from "../../engine/model";
import { type FromWorker, flagPlaces, type Outcomes, type Progress, type Task, type ToWorker } from "./messages";

/** What a thread is started with. */
export interface ThreadData {
  readonly task: Task;
  /** Two 32-bit integers, see `flagPlaces`. */
  readonly flags: SharedArrayBuffer;
}

export interface Thread<Kind extends Task["kind"]> {
  /** Rejects where the task throws or the thread dies. */
  readonly outcome: Promise<Outcomes[Kind]>;
  /** The task stops at its next update, and what it has by then is its outcome. */
  cancel(): void;
  /** Asks a training for its weights: they come with its next progress. */
  askWeights(): void;
  /** Ends the thread at once; what it has is lost. */
  terminate(): void;
}

/** A task as plain data. */
export function plain(task: Task): Task {
  if (task.kind === "gradients") {
    const { checked } = task;
    return { ...task, checked: { ...checked, sequence: plainSequence(checked.sequence) } };
  }
  return { ...task, problem: { ...task.problem, sequences: task.problem.sequences.map(plainSequence) } };
}

/** Starts a thread for a task. @param file the worker's bundle */
export function startThread<T extends Task>(
  file: string,
  task: T,
  onProgress: (progress: Progress) => void,
): Thread<T["kind"]> {
  const shared = new SharedArrayBuffer(8);
  const data: ThreadData = { task: plain(task), flags: shared };
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
  const flags = new Int32Array(shared);
  const cancel: ToWorker = { type: "cancel" };
  return {
    outcome,
    cancel() {
      Atomics.store(flags, flagPlaces.cancelled, 1);
      worker.postMessage(cancel);
    },
    askWeights: () => void Atomics.store(flags, flagPlaces.asked, 1),
    terminate() {
      void worker.terminate();
    },
  };
}
