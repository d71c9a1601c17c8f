import { strict as assert } from "node:assert";
import { nothingRead } from "../../src/format/read";
import { Reader, readAtOnce } from "../../src/session/reader";

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
const long = (name: string) => file(name, 4 * readAtOnce);

function readerOf(document: Typed): { reader: Reader; read: string[] } {
  const read: string[] = [];
  const reader: Reader = new Reader(
    document,
    { fileName: "typed.rnn.json" },
    {
      onRead: () => read.push(reader.reading.problem?.name ?? "nothing"),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  return { reader, read };
}

const turns = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  );

describe("The reading of a document", () => {
  it("of a short text is there at once", () => {
    const { reader, read } = readerOf(new Typed(file("short")));
    assert.equal(reader.reading.problem?.name, "short");
    assert.ok(reader.isUpToDate);
    assert.deepEqual(read, []);
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
    const { reader } = readerOf(new Typed(file("long", 20 * readAtOnce)));
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
