import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findInThread } from "../../../src/host/interop/findInThread";
import { FileSource } from "../../../src/interop/fileSource";
import { findModels, ImportError, take } from "../../../src/interop/import";
import { numbers, readImported } from "../../interop/imported";

const thread = path.join(import.meta.dirname, "../../../dist/importThread.js");
const files = path.join(import.meta.dirname, "../../interop/files");

/** A plug-in's network of H units as JSON. */
function guitarMl(H: number): string {
  const draw = numbers(1);
  const rows = (count: number, width: number) => Array.from({ length: count }, () => draw(width));
  return JSON.stringify({
    model_data: { model: "SimpleRNN", input_size: 1, skip: 1, output_size: 1, unit_type: "LSTM", hidden_size: H },
    state_dict: {
      "rec.weight_ih_l0": rows(4 * H, 1),
      "rec.weight_hh_l0": rows(4 * H, H),
      "rec.bias_ih_l0": draw(4 * H),
      "rec.bias_hh_l0": draw(4 * H),
      "lin.weight": rows(1, H),
      "lin.bias": draw(1),
    },
  });
}

describe("A model that another thread looks for", () => {
  let folder: string;
  const written = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  before(() => {
    assert.ok(existsSync(thread), `${thread} is not there: build first`);
    folder = mkdtempSync(path.join(tmpdir(), "unroll-thread-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is the one that this thread finds, to the last digit", async () => {
    // JSON, arrays in a file, a cell of the file's own.
    for (const file of [
      written("amp.json", guitarMl(20)),
      ...["lstm.pt", "keras3-hard.keras"].map((f) => path.join(files, f)),
    ]) {
      const found = await findInThread(thread, file, () => undefined);
      assert.ok(found);
      const source = new FileSource(file);
      try {
        const here = readImported("m", take(findModels(source)));
        assert.equal(readImported("m", take(found)).text, here.text);
      } finally {
        source.close();
      }
    }
  });

  it("is given up when somebody does not want to wait", async () => {
    const file = written("large.json", guitarMl(300));
    assert.equal(await findInThread(thread, file, (cancel) => cancel()), null);
  });

  it("is refused in one line where there is none", async () => {
    const file = written("none.json", '{ "a": 1 }');
    await assert.rejects(
      findInThread(thread, file, () => undefined),
      (error) =>
        error instanceof ImportError && error.message.startsWith("it is JSON of no known kind: found the keys a;"),
    );
  });
});
