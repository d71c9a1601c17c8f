import type { Reading, ReadOptions } from "../format/read";
import { nothingRead, readInSlices } from "../format/read";
import { run, type Slices } from "../format/slices";

/** What is read, as far as it matters here. */
export interface ReadDocument {
  /** Another one after every change. */
  readonly version: number;
  getText(): string;
}

/** Told of what happens to a reading. */
export interface ReaderEvents {
  /** The text has been read anew. */
  readonly onRead: () => void;
  /** Our own fault. */
  readonly onFailure: (error: unknown) => void;
}

/** Characters that are read at once, for that takes a few milliseconds; longer texts in slices between other work. */
export const readAtOnce = 200_000;
/** Milliseconds of a slice: less than one picture of the screen, with what else a turn has to do. */
const sliceMs = 8;
/** Milliseconds without a change after which a text is read: a long one not between the strokes of somebody who types. */
const pauseMs = 80;
const longPauseMs = 400;
/** What takes longer to read waits longer, so that less of it is given up; but never longer than this. */
const longestPauseMs = 2000;

/** Keeps the reading of a document: of its newest version, as soon as typing pauses; until then the last one stays. */
export class Reader {
  private current: Reading = nothingRead;
  private readVersion: number | null = null;
  private length = 0;
  private work: { readonly version: number; readonly slices: Slices<Reading>; readonly begunMs: number } | null = null;
  private tookMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly waiting = new Set<(reading: Reading | null) => void>();
  private isDisposed = false;

  /** Reads a short text before it returns; of a long one the reading is empty until `onRead`. */
  constructor(
    private readonly document: ReadDocument,
    private readonly options: ReadOptions,
    private readonly events: ReaderEvents,
  ) {
    const work = this.begin();
    if (this.length <= readAtOnce) this.keep(work.version, run(work.slices));
    else setImmediate(() => this.goOn(work));
  }

  /** The last that there is. */
  get reading(): Reading {
    return this.current;
  }

  /** Whether it is of the very text that stands in the document now. */
  get isUpToDate(): boolean {
    return this.readVersion === this.document.version;
  }

  /** The reading of the very text that stands in the document now, read to its end if need be, whatever waits for it. */
  upToDate(): Reading {
    if (!this.isUpToDate) {
      const work = this.work?.version === this.document.version ? this.work : this.begin();
      this.finish(work.version, run(work.slices));
    }
    return this.current;
  }

  /** The same once it has been read between other work; null where the document is closed before that. */
  whenUpToDate(): Promise<Reading | null> {
    if (this.isDisposed) return Promise.resolve(null);
    if (this.isUpToDate || this.length <= readAtOnce) return Promise.resolve(this.upToDate());
    if (!this.work && !this.timer) this.changed();
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  /** To be called when the document, or what it names, has changed: gives up what is being read, and reads once typing pauses. */
  changed(): void {
    this.stop();
    const isLong = this.length > readAtOnce;
    const pause = isLong ? Math.min(longestPauseMs, Math.max(longPauseMs, this.tookMs)) : pauseMs;
    this.timer = setTimeout(() => this.read(), pause);
  }

  dispose(): void {
    this.stop();
    this.isDisposed = true;
    this.answer(null);
  }

  private stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.work = null;
  }

  private begin(): NonNullable<typeof this.work> {
    this.stop();
    const text = this.document.getText();
    this.length = text.length;
    this.work = {
      version: this.document.version,
      slices: readInSlices(text, this.options),
      begunMs: performance.now(),
    };
    return this.work;
  }

  private read(): void {
    const work = this.begin();
    if (this.length <= readAtOnce) this.finish(work.version, run(work.slices));
    else this.goOn(work);
  }

  private goOn(work: NonNullable<typeof this.work>): void {
    if (work !== this.work) return;
    try {
      const end = performance.now() + sliceMs;
      let next = work.slices.next();
      while (!next.done && performance.now() < end) next = work.slices.next();
      if (next.done) {
        this.tookMs = performance.now() - work.begunMs;
        this.finish(work.version, next.value);
      } else setImmediate(() => this.goOn(work));
    } catch (error) {
      this.stop();
      this.answer(null);
      this.events.onFailure(error);
    }
  }

  private keep(version: number, reading: Reading): void {
    this.stop();
    this.readVersion = version;
    this.current = reading;
  }

  private finish(version: number, reading: Reading): void {
    this.keep(version, reading);
    this.events.onRead();
    // A change whose event is still to come: who waits, waits for that.
    if (this.isUpToDate) this.answer(reading);
  }

  private answer(reading: Reading | null): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve(reading);
  }
}
