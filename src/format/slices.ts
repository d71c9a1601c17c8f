/**
 * Long work that pauses now and then, so that whoever does it may do something else meanwhile, or give it up. It says "long" where
 * what comes next takes long however short the text is that asks for it, such as a data file, and a number where it knows how much of
 * that is done: from 0 to 1.
 */
export type Slices<Result> = Generator<void | "long" | number, Result, undefined>;

/** Of the work with a data file, what its reading from the disk is: the rest is what its numbers take. */
export const readingShare = 0.2;
/** How much is done once its text has been cut into what is written: the rest is what its sequences take. */
export const writtenShare = 0.6;

/** How much is done where so much of one part is, which goes from one share to another. */
export function shareBetween(from: number, to: number, done: number): number {
  return from + (to - from) * done;
}

/** Does it to its end without a pause. */
export function run<Result>(work: Slices<Result>): Result {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

/** Does it, unless it says that it takes long. @returns null where it has said so and is to go on between other work */
export function runIfShort<Result>(work: Slices<Result>): { readonly result: Result } | null {
  for (;;) {
    const next = work.next();
    if (next.done) return { result: next.value };
    if (next.value === "long") return null;
  }
}

/** Characters, bytes or items that are worked through at once, for that takes a few milliseconds; more of them take long. */
export const longFrom = 200_000;
