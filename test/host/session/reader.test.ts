import { strict as assert } from "node:assert";
import { nothingRead } from "../../../src/format/read";
import { longFrom, type Slices } from "../../../src/format/slices";
import { Reader } from "../../../src/host/session/reader";
import { npy } from "../../format/dataFiles/numpy";

/** A document that somebody changes, and how often it gave its text away. */
class Typed {
  version = 1;
  asked = 0;

  constructor(private text: string) {}

  getText(): string {
    this.asked++;
    return this.text;
  }

  change(text: string): void {
    this.text = text;
    this.version++;
  }
}

const file = (name: string, size = 0) => `{
  "version": 1, "name": "${name}", "vocabulary": ["a", "b"],
  "layers": [{ "cell": "rnn", "size": 2 }], "output": { "size": 2 }, "loss": { "type": "cross-entropy" },
  "sequences": [${'{ "inputs": ["a", "b"], "targets": ["b", "a"] },\n'.repeat(Math.ceil(size / 48))}]
}`;
const long = (name: string) => file(name, 4 * longFrom);

function readerOf(document: Typed, data?: Uint8Array): { reader: Reader; read: string[] } {
  const read: string[] = [];
  const reader: Reader = new Reader(
    document,
    { fileName: "typed.rnn.json", ...(data && { readData: () => sliced(data) }) },
    {
      onRead: () => read.push(reader.reading.problem?.name ?? "nothing"),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  return { reader, read };
}

/** What a data file is read as. */
function* sliced(data: Uint8Array): Slices<Uint8Array> {
  if (data.length > longFrom) yield "long";
  return data;
}

const turns = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  );

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("The reading of a document", () => {
  it("of a short text is there at once", () => {
    const { reader, read } = readerOf(new Typed(file("short")));
    assert.equal(reader.reading.problem?.name, "short");
    assert.ok(reader.isUpToDate);
    assert.deepEqual(read, []);
    reader.dispose();
  });

  it("that takes long can be cancelled: the last one stays, and nobody waits, until the text changes", async () => {
    const document = new Typed(file("short"));
    const cancels: (() => void)[] = [];
    let done = 0;
    const reader: Reader = new Reader(
      document,
      { fileName: "typed.rnn.json" },
      {
        onRead: () => undefined,
        onFailure: (error) => {
          throw error;
        },
        onLong: (reading) => {
          cancels.push(reading.cancel);
          void reading.done.then(() => done++);
        },
      },
      0,
    );
    document.change(long("long"));
    const waiting = reader.whenUpToDate();
    while (cancels.length === 0) await turns(1);
    cancels[0]!();
    assert.equal(await waiting, null);
    assert.equal(reader.reading.problem?.name, "short");
    assert.ok(!reader.isUpToDate);
    assert.equal(await reader.whenUpToDate(), null);
    assert.equal(done, 1);
    document.change(file("again"));
    assert.equal((await reader.whenUpToDate())?.problem?.name, "again");
    reader.dispose();
  });

  const tokens = '"vocabulary": { "from": "sequences" }, ';
  const datas: readonly (readonly [file: string, data: Uint8Array, source: string, model: string])[] = [
    ["t.csv", bytesOf(`a\n${"1\n".repeat(300_000)}`), ', "inputs": ["a"]', ""],
    ["t.txt", bytesOf("abcd ".repeat(200_000)), "", tokens],
    ["t.jsonl", bytesOf('{ "inputs": ["a", "b"] }\n'.repeat(60_000)), "", tokens],
    [
      "t.npy",
      npy(
        "<f8",
        [600_000, 1],
        Array.from({ length: 600_000 }, () => 0),
      ),
      "",
      "",
    ],
  ];
  for (const [name, data, source, model] of datas)
    it(`that takes long tells how much of ${name} is done`, async () => {
      const told: number[] = [];
      const reader: Reader = new Reader(
        new Typed(
          `{ "version": 1, ${model}"layers": [{ "cell": "rnn", "size": 1 }], "output": { "size": 5 }, "sequences": { "file": "${name}"${source} } }`,
        ),
        {
          fileName: "typed.rnn.json",
          *readData() {
            yield "long";
            return data;
          },
        },
        {
          onRead: () => undefined,
          onFailure: (error) => {
            throw error;
          },
          onLong: (reading) => {
            reading.onProgress = (done) => told.push(done);
          },
        },
        0,
      );
      await reader.whenUpToDate();
      assert.ok(told.length > 0 && told.every((done, k) => done >= (told[k - 1] ?? 0) && done <= 1), told.join(" "));
      reader.dispose();
    });

  it("of a long text is empty until it has been read between other work", async () => {
    const { reader, read } = readerOf(new Typed(long("long")));
    assert.equal(reader.reading, nothingRead);
    assert.ok(!reader.isUpToDate);
    assert.equal((await reader.whenUpToDate())?.problem?.name, "long");
    assert.deepEqual(read, ["long"]);
    reader.dispose();
  });

  it("of a long text lets other work in between", async () => {
    const { reader } = readerOf(new Typed(file("long", 20 * longFrom)));
    let between = 0;
    let isRead = false;
    const count = () => {
      if (isRead) return;
      between++;
      setImmediate(count);
    };
    setImmediate(count);
    await reader.whenUpToDate();
    isRead = true;
    assert.ok(between > 5, `${between} turns while it was read`);
    reader.dispose();
  });

  it("of a short text that names a long data file lets other work in between, too, and typing waits for nothing", async () => {
    const line = '{ "inputs": ["a", "b"], "targets": ["b", "a"] }\n';
    const naming = (name: string) =>
      file(name).replace(/"sequences": \[[^]*\]/, '"sequences": { "file": "data.jsonl" }');
    const document = new Typed(naming("long"));
    const { reader, read } = readerOf(document, Buffer.from(line.repeat(20_000)));
    assert.equal(reader.reading, nothingRead);
    let between = 0;
    let isRead = false;
    const count = () => {
      if (isRead) return;
      between++;
      setImmediate(count);
    };
    setImmediate(count);
    const reading = await reader.whenUpToDate();
    isRead = true;
    assert.equal(reading?.problem?.sequences.length, 20_000);
    assert.ok(between > 5, `${between} turns while it was read`);
    document.change(naming("typed"));
    reader.changed();
    assert.equal(reader.reading, reading);
    assert.equal((await reader.whenUpToDate())?.problem?.name, "typed");
    assert.deepEqual(read, ["long", "typed"]);
    reader.dispose();
  });

  it("is given up where the text changes meanwhile, and is of the newest version in the end", async () => {
    const document = new Typed(long("first"));
    const { reader, read } = readerOf(document);
    await turns(1);
    document.change(long("second"));
    reader.changed();
    document.change(long("third"));
    reader.changed();
    assert.equal(reader.reading, nothingRead);
    assert.equal((await reader.whenUpToDate())?.problem?.name, "third");
    assert.deepEqual(read, ["third"]);
    reader.dispose();
  });

  it("stays the last one while somebody types, who does not have to wait for the text to be fetched", async () => {
    const document = new Typed(long("first"));
    const { reader } = readerOf(document);
    await reader.whenUpToDate();
    const { asked } = document;
    for (let k = 0; k < 100; k++) {
      document.change(long(`stroke ${k}`));
      reader.changed();
    }
    assert.equal(reader.reading.problem?.name, "first");
    assert.ok(!reader.isUpToDate);
    assert.equal(document.asked, asked);
    await reader.whenUpToDate();
    assert.equal(reader.reading.problem?.name, "stroke 99");
    assert.equal(document.asked, asked + 1);
    reader.dispose();
  });

  it("is finished at once for whoever cannot wait, from where it stands", () => {
    const document = new Typed(long("long"));
    const { reader, read } = readerOf(document);
    assert.equal(reader.upToDate().problem?.name, "long");
    assert.deepEqual(read, ["long"]);
    assert.equal(document.asked, 1);
    reader.dispose();
  });

  it("never comes where the document is closed before", async () => {
    const { reader, read } = readerOf(new Typed(long("long")));
    const waiting = reader.whenUpToDate();
    reader.dispose();
    assert.equal(await waiting, null);
    await turns(20);
    assert.deepEqual(read, []);
  });
});
