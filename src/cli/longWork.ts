import { setImmediate } from "node:timers/promises";

/** Does long work to its end; a signal is heard between its parts. */
export async function finished<Result>(work: Generator<unknown, Result, undefined>): Promise<Result> {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    await setImmediate();
  }
}
