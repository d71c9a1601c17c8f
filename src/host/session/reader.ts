import type { Reading, ReadOptions } from "../../format/read";
import { nothingRead, readInSlices } from "../../format/read";
import { longFrom, run, runIfShort, type Slices } from "../../format/slices";

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
  /** It is taking long: until `done`, `cancel` gives it up, and the last reading stays until the text changes. */
  readonly onLong?: (reading: LongReading) => void;
}

export interface LongReading {
  readonly done: Promise<void>;
  readonly cancel: () => void;
  /** Called with how much of a data file has been read, from 0 to 1, as often as that is known. */
  onProgress: ((done: number) => void) | null;
}

/** Milliseconds of a slice: less than one picture of the screen, with what else a turn has to do. */
const sliceMs = 8;
/** Milliseconds without a change after which a text is read: a long one not between the strokes of somebody who types. */
const pauseMs = 80;
const longPauseMs = 400;
/** Milliseconds after which it is said that something is being read. */
const longMs = 1500;
/** What takes longer to read waits longer, so that less of it is given up; but never longer than this. */
const longestPauseMs = 2000;

/** Keeps the reading of a document: of its newest version, as soon as typing pauses; until then the last one stays. */
export class Reader {
  private current: Reading = nothingRead;
  private readVersion: number | null = null;
  /** Whether it is read between other work: the text is long, or what it names. */
  private isLong = false;
  private work: { readonly version: number; readonly slices: Slices<Reading>; readonly begunMs: number } | null = null;
  /** Ends what is said of the work; null where nothing is said. */
  private said: (() => void) | null = null;
  private long: LongReading | null = null;
  /** The version that somebody did not want to wait for. */
  private cancelled: number | null = null;
  private tookMs = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly waiting = new Set<(reading: Reading | null) => void>();
  private isDisposed = false;

  /** Reads a short text before it returns; of a long one the reading is empty until `onRead`. */
  constructor(
    private readonly document: ReadDocument,
    private readonly options: ReadOptions,
    private readonly events: ReaderEvents,
    private readonly saysAfterMs = longMs,
  ) {
    const work = this.begin();
    const short = this.isLong ? null : runIfShort(work.slices);
    if (short) this.keep(work.version, short.result);
    else this.later(work);
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
    if (this.isUpToDate) return Promise.resolve(this.current);
    if (this.cancelled === this.document.version) return Promise.resolve(null);
    // What has changed is read at once where that is short, however soon after the last stroke.
    if (!this.isLong) this.read();
    if (this.isUpToDate) return Promise.resolve(this.current);
    if (!this.work && !this.timer) this.changed();
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  /** To be called when the document, or what it names, has changed: gives up what is being read, and reads once typing pauses. */
  changed(): void {
    this.stop();
    const pause = this.isLong ? Math.min(longestPauseMs, Math.max(longPauseMs, this.tookMs)) : pauseMs;
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
    this.said?.();
    this.said = null;
    this.long = null;
  }

  private sayLong(): void {
    const { version } = this.document;
    const done = new Promise<void>((resolve) => {
      this.said = resolve;
    });
    const cancel = () => {
      if (this.work?.version !== version) return;
      this.cancelled = version;
      this.stop();
      this.answer(null);
    };
    this.long = { done, cancel, onProgress: null };
    this.events.onLong?.(this.long);
  }

  private begin(): NonNullable<typeof this.work> {
    this.stop();
    const text = this.document.getText();
    this.isLong = text.length > longFrom;
    this.work = {
      version: this.document.version,
      slices: readInSlices(text, this.options),
      begunMs: performance.now(),
    };
    return this.work;
  }

  private read(): void {
    const work = this.begin();
    const short = this.isLong ? null : runIfShort(work.slices);
    if (short) this.finish(work.version, short.result);
    else this.later(work);
  }

  private later(work: NonNullable<typeof this.work>): void {
    this.isLong = true;
    setImmediate(() => this.goOn(work));
  }

  private goOn(work: NonNullable<typeof this.work>): void {
    if (work !== this.work) return;
    try {
      const end = performance.now() + sliceMs;
      let known: number | null = null;
      let next: ReturnType<typeof work.slices.next>;
      do {
        next = work.slices.next();
        if (!next.done && typeof next.value === "number") known = next.value;
      } while (!next.done && performance.now() < end);
      if (next.done) {
        this.tookMs = performance.now() - work.begunMs;
        this.finish(work.version, next.value);
      } else {
        if (!this.said && performance.now() - work.begunMs > this.saysAfterMs) this.sayLong();
        if (known !== null) this.long?.onProgress?.(known);
        setImmediate(() => this.goOn(work));
      }
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
