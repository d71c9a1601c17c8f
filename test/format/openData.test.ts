import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { decodeText, EncodingError, mostDataBytes, openData } from "../../src/format/openData";
import { longFrom, run } from "../../src/format/slices";

describe("A data file", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "unroll-data-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => path.join(folder, name);

  it("is read to its last byte", () => {
    const bytes = Buffer.alloc(9 * 2 ** 20, "0123456789\n");
    writeFileSync(at("long"), bytes);
    assert.ok(bytes.equals(run(openData(at("long")))));
    writeFileSync(at("empty"), "");
    assert.equal(run(openData(at("empty"))).length, 0);
  });

  it("that is long says so before it is read, and pauses while it is", () => {
    writeFileSync(at("short"), Buffer.alloc(longFrom));
    assert.deepEqual([...openData(at("short"))], []);
    writeFileSync(at("long"), Buffer.alloc(9 * 2 ** 20));
    assert.deepEqual([...openData(at("long"))], ["long", (0.2 * 4) / 9, (0.2 * 8) / 9]);
  });

  it("that is a folder is refused", () => {
    mkdirSync(at("folder"));
    assert.throws(() => run(openData(at("folder"))), { message: "it is a folder, expected a plain file" });
  });

  it("that is not there is refused", () => {
    assert.throws(() => run(openData(at("nothing"))), { message: "there is no such file" });
  });

  if (process.platform !== "win32") {
    it("that is a pipe, a device or a socket is refused at once, by whatever name", async () => {
      execFileSync("mkfifo", [at("pipe")]);
      symlinkSync(at("pipe"), at("link"));
      const server = createServer().listen(at("socket"));
      await new Promise((resolve) => server.once("listening", resolve));
      for (const [name, kind] of [
        [at("pipe"), "a pipe"],
        [at("link"), "a pipe"],
        [at("socket"), "a socket"],
        ["/dev/zero", "a device"],
      ] as const)
        assert.throws(() => run(openData(name)), { message: `it is ${kind}, expected a plain file` });
      server.close();
    });
  }

  it("that is too large, if only in name, is refused before a byte of it is read", () => {
    writeFileSync(at("sparse"), "");
    truncateSync(at("sparse"), 20e9);
    assert.throws(() => run(openData(at("sparse"))), {
      message: "it has 20,000 MB, more than 269 MB do not fit into memory",
    });
    truncateSync(at("sparse"), mostDataBytes + 1);
    assert.throws(() => run(openData(at("sparse"))), /more than 269 MB/);
  });

  it("that becomes shorter or longer while it is read is what was there when it was opened", () => {
    writeFileSync(at("changing"), Buffer.alloc(9 * 2 ** 20, 1));
    const shorter = openData(at("changing"));
    shorter.next();
    shorter.next();
    truncateSync(at("changing"), 5 * 2 ** 20);
    assert.equal(run(shorter).length, 5 * 2 ** 20);
    const longer = openData(at("changing"));
    longer.next();
    appendFileSync(at("changing"), "more");
    assert.equal(run(longer).length, 5 * 2 ** 20);
  });

  it("is text to its last character, a byte order mark included", () => {
    const text = `\uFEFF${"é∂𝄞a".repeat(1_000_003)}`;
    assert.equal(run(decodeText(Buffer.from(text))), text);
  });

  it("with a byte that is no UTF-8 is told where that stands", () => {
    const wrong: [number[], number, number, string][] = [
      [[0xe9], 1, 1, "0xE9"],
      [[0x61, 0x0a, 0xc3, 0xa9, 0x62, 0xff, 0x63], 2, 3, "0xFF"],
      [[0x61, 0x62, 0xf0, 0x9d, 0x84], 1, 3, "0xF0"],
      [[0x0a, 0x0a, 0xed, 0xa0, 0x80], 3, 1, "0xED"],
      [[0x00, 0xc0, 0x80], 1, 2, "0xC0"],
    ];
    const before = Buffer.from("é𝄞\n".repeat(600_001));
    for (const [bytes, line, column, byte] of wrong)
      for (const [prefix, lines] of [
        [Buffer.alloc(0), 0],
        [before, 600_001],
      ] as const)
        assert.throws(
          () => run(decodeText(Buffer.concat([prefix, Buffer.from(bytes)]))),
          (error) =>
            error instanceof EncodingError &&
            error.line === line + lines &&
            error.column === column &&
            error.message === `the byte ${byte} is no UTF-8: expected a text saved as UTF-8`,
        );
  });
});
