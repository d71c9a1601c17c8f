/** Long work that pauses now and then, so that whoever does it may do something else meanwhile, or give it up. */
export type Slices<Result> = Generator<void, Result, undefined>;

/** Does it to its end without a pause. */
export function run<Result>(work: Slices<Result>): Result {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}
