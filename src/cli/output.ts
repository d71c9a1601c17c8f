/** Standard output, written as the text comes about: a result may be longer than a string, and than the memory. */
import { fstatSync, writeSync } from "node:fs";
import { escapeOf } from "../explain/text";

/** The reader of a pipe has seen enough (`| head`): no error. */
export class OutputClosed extends Error {}

/** The output cannot be written: a full disk. */
export class OutputError extends Error {}

/** Characters that are written at once: fewer calls, and little in memory. */
const enough = 1 << 16;

export class Output {
  private parts: string[] = [];
  private length = 0;
  private readonly isFile: boolean;

  constructor(private readonly descriptor = 1) {
    const is = fstatSync(descriptor);
    this.isFile = is.isFile() || is.isCharacterDevice();
    // Every writing hears of its own error; without a listener, it would end the process too.
    process.stdout.on("error", () => undefined);
  }

  /** Waits where the reader is slower. @throws OutputClosed, OutputError */
  async write(text: string): Promise<void> {
    this.parts.push(text);
    this.length += text.length;
    if (this.length >= enough) await this.flush();
  }

  async writeLine(value: unknown): Promise<void> {
    await this.write(`${JSON.stringify(value)}\n`);
  }

  /** To be called before the process ends, and where somebody waits for a line. */
  async flush(): Promise<void> {
    // Within a text of JSON these are escapes of what a terminal would take as orders.
    const bytes = Buffer.from(this.parts.join("").replaceAll(/[\u007F-\u009F]/g, escapeOf));
    this.parts = [];
    this.length = 0;
    if (bytes.length === 0) return;
    try {
      if (this.isFile && !process.stdout.isTTY) this.writeToFile(bytes);
      else await writeToPipe(bytes);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") throw new OutputClosed(message);
      throw new OutputError(
        code === "ENOSPC" ? "standard output: no space is left on the disk" : `standard output: ${message}`,
      );
    }
  }

  /** A disk that fills up takes a part of what is written: only the next attempt says why. */
  private writeToFile(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
  }
}

function writeToPipe(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())));
}
