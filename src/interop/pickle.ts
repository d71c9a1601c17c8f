import { ImportError, type Source } from "./source";

/** A name of Python's that a pickle asks for. It is never looked up. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What Python would make by calling something: here only what it would be called with. */
export class PickleObject {
  state: unknown = undefined;
  readonly entries = new Map<unknown, unknown>();
  readonly items: unknown[] = [];

  constructor(
    readonly callee: unknown,
    readonly args: unknown,
  ) {}

  /** The path of the class or function, where it is a plain one. */
  get path(): string {
    return this.callee instanceof PickleGlobal ? this.callee.path : "";
  }
}

/** What lies outside of the pickle: a tensor's storage. */
export class PersistentId {
  constructor(readonly id: unknown) {}
}

/** More values than this are no model's. */
const mostValues = 5_000_000;
const longestLine = 100_000;

const mark = Symbol("mark");

/**
 * Reads one pickle (protocols 0 to 5) as plain data; nothing of it is executed. Lists and tuples become arrays, dictionaries
 * maps, integers beyond 2⁵³ bigints.
 * @returns the value, and where the pickle ends
 * @throws ImportError
 */
export function readPickle(source: Source, start = 0): { value: unknown; end: number } {
  return new Machine(source, start).run();
}

class Machine {
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly source: Source,
    private at: number,
  ) {}

  run(): { value: unknown; end: number } {
    for (let count = 0; count < 4 * mostValues; count++) {
      const opcode = this.u8();
      if (opcode === 0x2e) return { value: this.pop(), end: this.at };
      this.step(opcode);
      if (this.stack.length > mostValues || this.memo.size > mostValues)
        throw new ImportError(`the pickle holds more than ${mostValues} values`);
    }
    throw new ImportError("the pickle does not end");
  }

  private take(length: number): Uint8Array {
    const bytes = this.source.bytes(this.at, length);
    this.at += length;
    return bytes;
  }

  private u8(): number {
    return this.take(1)[0]!;
  }

  private whole(width: number): number {
    const bytes = this.take(width);
    let value = 0;
    for (let k = width - 1; k >= 0; k--) value = value * 256 + bytes[k]!;
    if (!Number.isSafeInteger(value)) throw new ImportError("the pickle claims an impossible size");
    return value;
  }

  private line(): string {
    const start = this.at;
    while (this.u8() !== 0x0a)
      if (this.at - start > longestLine) throw new ImportError("the pickle has a line without an end");
    return new TextDecoder().decode(this.source.bytes(start, this.at - 1 - start));
  }

  private text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  private push(value: unknown): void {
    this.stack.push(value);
  }

  private pop(): unknown {
    if (this.stack.length === 0) throw new ImportError("the pickle takes more than it has put");
    const value = this.stack.pop();
    if (value === mark) throw new ImportError("the pickle takes a mark for a value");
    return value;
  }

  private top(): unknown {
    const value = this.stack.at(-1);
    if (value === undefined && this.stack.length === 0) throw new ImportError("the pickle takes more than it has put");
    return value;
  }

  private popMark(): unknown[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw new ImportError("the pickle has lost a mark");
    const values = this.stack.splice(at + 1);
    this.stack.pop();
    return values;
  }

  private get(key: number): void {
    if (!this.memo.has(key)) throw new ImportError(`the pickle asks for a value ${key} that it has not kept`);
    this.push(this.memo.get(key));
  }

  private setItems(pairs: readonly unknown[]): void {
    const target = this.top();
    const entries = target instanceof PickleObject ? target.entries : target;
    if (!(entries instanceof Map) || pairs.length % 2 !== 0)
      throw new ImportError("the pickle sets items of what has none");
    for (let k = 0; k < pairs.length; k += 2) entries.set(pairs[k], pairs[k + 1]);
  }

  private append(values: readonly unknown[]): void {
    const target = this.top();
    const items = target instanceof PickleObject ? target.items : target;
    if (!Array.isArray(items)) throw new ImportError("the pickle appends to what is no list");
    for (const value of values) items.push(value);
  }

  private call(): void {
    const args = this.pop();
    this.push(new PickleObject(this.pop(), args));
  }

  private long(bytes: Uint8Array): number | bigint {
    let value = 0n;
    if (bytes.length > 1000) throw new ImportError("the pickle holds an integer of more than a thousand bytes");
    for (let k = bytes.length - 1; k >= 0; k--) value = (value << 8n) | BigInt(bytes[k]!);
    if (bytes.length > 0 && bytes.at(-1)! & 0x80) value -= 1n << BigInt(8 * bytes.length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  private step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      case "\x80": // the protocol
        if (this.u8() > 5) throw new ImportError("the pickle is of a protocol beyond 5");
        return;
      case "\x95": // a frame: only how it was written
        this.take(8);
        return;
      case "(":
        this.stack.push(mark);
        return;
      case "0":
        this.stack.pop();
        return;
      case "1":
        this.popMark();
        return;
      case "2":
        return this.push(this.top());
      case "N":
        return this.push(null);
      case "\x88":
        return this.push(true);
      case "\x89":
        return this.push(false);
      case "I": {
        const text = this.line();
        return this.push(text === "01" ? true : text === "00" ? false : this.number(text));
      }
      case "J":
        return this.push(this.whole(4) | 0);
      case "K":
        return this.push(this.u8());
      case "M":
        return this.push(this.whole(2));
      case "L":
        return this.push(this.number(this.line().replace(/L$/, "")));
      case "\x8a":
        return this.push(this.long(this.take(this.u8())));
      case "\x8b":
        return this.push(this.long(this.take(this.whole(4))));
      case "F":
        return this.push(Number(this.line()));
      case "G": {
        const bytes = this.take(8);
        return this.push(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0));
      }
      case "S":
        return this.push(this.line().replace(/^(['"])([^]*)\1$/, "$2"));
      case "V":
        return this.push(this.line());
      case "T":
      case "X":
        return this.push(this.text(this.whole(4)));
      case "U":
      case "\x8c":
        return this.push(this.text(this.u8()));
      case "\x8d":
        return this.push(this.text(this.whole(8)));
      case "B":
        return this.push(this.take(this.whole(4)));
      case "C":
        return this.push(this.take(this.u8()));
      case "\x8e":
      case "\x96":
        return this.push(this.take(this.whole(8)));
      case "\x97": // a buffer outside of the pickle
        return this.push(new PersistentId("buffer"));
      case "\x98":
        return;
      case "]":
        return this.push([]);
      case ")":
        return this.push([]);
      case "}":
        return this.push(new Map());
      case "\x8f":
        return this.push(new Set());
      case "l":
      case "t":
      case "\x91":
        return this.push(this.popMark());
      case "\x85":
        return this.push([this.pop()]);
      case "\x86": {
        const [b, a] = [this.pop(), this.pop()];
        return this.push([a, b]);
      }
      case "\x87": {
        const [c, b, a] = [this.pop(), this.pop(), this.pop()];
        return this.push([a, b, c]);
      }
      case "d": {
        const pairs = this.popMark();
        this.push(new Map());
        return this.setItems(pairs);
      }
      case "s": {
        const [value, key] = [this.pop(), this.pop()];
        return this.setItems([key, value]);
      }
      case "u":
        return this.setItems(this.popMark());
      case "a":
        return this.append([this.pop()]);
      case "e":
        return this.append(this.popMark());
      case "\x90": {
        const values = this.popMark();
        const target = this.top();
        if (target instanceof Set) for (const value of values) target.add(value);
        return;
      }
      case "c":
        return this.push(new PickleGlobal(this.line(), this.line()));
      case "\x93": {
        const [name, module] = [this.pop(), this.pop()];
        return this.push(new PickleGlobal(String(module), String(name)));
      }
      case "R":
      case "\x81":
        return this.call();
      case "\x92": {
        const [, args, callee] = [this.pop(), this.pop(), this.pop()];
        return this.push(new PickleObject(callee, args));
      }
      case "o": {
        const [callee, ...args] = this.popMark();
        return this.push(new PickleObject(callee, args));
      }
      case "i": {
        const callee = new PickleGlobal(this.line(), this.line());
        return this.push(new PickleObject(callee, this.popMark()));
      }
      case "b": {
        const state = this.pop();
        const target = this.top();
        if (target instanceof PickleObject) target.state = state;
        return;
      }
      case "P":
        return this.push(new PersistentId(this.line()));
      case "Q":
        return this.push(new PersistentId(this.pop()));
      case "p":
        this.memo.set(Number(this.line()), this.top());
        return;
      case "q":
        this.memo.set(this.u8(), this.top());
        return;
      case "r":
        this.memo.set(this.whole(4), this.top());
        return;
      case "\x94":
        this.memo.set(this.memo.size, this.top());
        return;
      case "g":
        return this.get(Number(this.line()));
      case "h":
        return this.get(this.u8());
      case "j":
        return this.get(this.whole(4));
      default:
        throw new ImportError(`the pickle has the opcode 0x${opcode.toString(16)}, which is none`);
    }
  }

  private number(text: string): number | bigint {
    if (!/^[+-]?\d{1,400}$/.test(text))
      throw new ImportError(`the pickle holds ${JSON.stringify(text.slice(0, 40))} as an integer`);
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  }
}
