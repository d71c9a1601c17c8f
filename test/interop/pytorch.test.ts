import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { FileSource } from "../../src/interop/fileSource";
import { ImportError, type Imported, importModel } from "../../src/interop/import";
import { readSafetensors } from "../../src/interop/safetensors";
import { sourceOf } from "../../src/interop/source";
import { allOf } from "../../src/interop/stored";
import { besideFile, storedParameters } from "../../src/interop/write";
import { difference, importBytes, numbers, outputsOf, readImported } from "./imported";

const importBytesWithoutReading = (name: string, bytes: Uint8Array): Imported => importModel(sourceOf(name, bytes));

const folder = path.join(import.meta.dirname, "files");
const read = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)));
const expected = JSON.parse(readFileSync(path.join(folder, "expected.json"), "utf8")) as Record<
  string,
  { inputs: number[][]; outputs: number[][] }
>;

describe("the import of PyTorch's and NumPy's files", () => {
  for (const [name, { inputs, outputs }] of Object.entries(expected))
    if (/\.(pt|pth|ckpt|npz)$/.test(name))
      it(`${name} gives what PyTorch computes from it in double precision`, () => {
        const { model, report } = importBytes(name, read(name));
        const far = difference(outputsOf(model, inputs), outputs);
        assert.ok(far < 1e-12, `${far} ${JSON.stringify(report)}`);
        assert.ok(report.taken.length > 0);
      });

  const refused = (name: string, bytes = read(name)) => {
    try {
      importBytes(name, bytes);
    } catch (error) {
      assert.ok(error instanceof ImportError, String(error));
      assert.ok(!error.message.includes("\n"));
      return error.message;
    }
    throw new Error(`${name} was taken`);
  };

  it("projections, quantised layers and pickled objects are refused by name", () => {
    assert.match(refused("projection.pt"), /rnn\.weight_hr_l0: a projection \(proj_size\)/);
    assert.match(refused("quantised.pt"), /rnn\._all_weight_values\.0\.param: a quantised layer/);
    assert.match(refused("objects.npz"), /weight_ih_l0\.npy cannot be read: it holds pickled objects/);
    assert.match(refused("dense-only.pt"), /nothing recurrent is in it: found weight, bias/);
  });

  it("the embedding before and the linear layer behind a gru come along", () => {
    const { report, text } = importBytes("embedding.pt", read("embedding.pt"));
    assert.deepEqual(report.taken.slice(0, 1), ["emb.weight"]);
    assert.deepEqual(report.taken.slice(-2), ["fc.weight", "fc.bias"]);
    assert.match(text, /"inputSize": 6/);
  });

  it("half precision is taken exactly: the text holds the doubles that the numbers stand for", () => {
    const { chain } = importBytes("half.pt", read("half.pt"));
    const numbers = chain.layers[0]!.forward.parameters["Wxi"]!.range(0, 12);
    // A half has eleven bits: times 2¹⁴ and more, such a small number is whole.
    for (const number of numbers) assert.ok(Number.isInteger(number * 2 ** 24));
  });
});

describe("the import of PyTorch's networks of more than one module", () => {
  const models = path.join(folder, "models");
  const imported = (name: string): Imported => {
    const source = new FileSource(path.join(models, name));
    try {
      const found = importModel(source);
      // The numbers are read while the file is open.
      readImported(name, found);
      return found;
    } finally {
      source.close();
    }
  };
  const computed = JSON.parse(readFileSync(path.join(models, "expected.json"), "utf8")) as typeof expected;

  for (const [name, { inputs, outputs }] of Object.entries(computed))
    it(`${name} gives what PyTorch computes from it in double precision`, () => {
      const source = new FileSource(path.join(models, name));
      const { model } = readImported(name, importModel(source));
      source.close();
      const far = difference(outputsOf(model, inputs), outputs);
      assert.ok(far < 1e-12, `${far}`);
    });

  it("of two models in one file the first is taken, and the other named", () => {
    const { report, isPartial } = imported("averaged.pt");
    assert.ok(isPartial);
    assert.deepEqual(
      report.left.map(({ name }) => name),
      ["ema.rnn1", "ema.rnn2"],
    );
  });

  it("a module with a table of its own does not read the one before it", () => {
    const { report } = imported("two-texts.pt");
    assert.deepEqual(
      report.layers.map(({ name }) => name),
      ["encoder"],
    );
    assert.match(report.left[0]!.why, /another recurrent part: `--layer decoder` takes it/);
  });

  it("a linear layer behind a normalisation is no read-out", () => {
    const { report } = imported("normed.pt");
    assert.deepEqual(
      report.taken,
      ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map((n) => `lstm.${n}`),
    );
    assert.deepEqual(report.left.at(-1), {
      name: "fc",
      why: "it stands behind norm, a normalisation, which this format has not",
    });
  });

  it("that one module reads another is a guess, which is said", () => {
    assert.ok(
      imported("unlike.safetensors").report.warnings.includes(
        "rnn2 is taken to read rnn1: the file says it only by the order of its sorted names",
      ),
    );
  });

  it("an index whose file is not there says which one", () => {
    const index = new TextEncoder().encode('{"weight_map":{"rnn.weight_ih_l0":"a.safetensors"}}');
    assert.throws(() => importModel(sourceOf("i.json", index)), /"a\.safetensors" is not beside i\.json/);
  });
});

describe("the import of safetensors", () => {
  const draw = numbers(7);
  const rows = { "rnn.weight_ih_l0": [6, 2], "rnn.weight_hh_l0": [6, 2], "rnn.bias_ih_l0": [6], "rnn.bias_hh_l0": [6] };

  function made(type: "F32" | "BF16", cut = 0): { bytes: Uint8Array; values: Record<string, number[]> } {
    const width = type === "F32" ? 4 : 2;
    let end = 0;
    const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
    const values: Record<string, number[]> = {};
    const data: number[] = [];
    for (const [name, shape] of Object.entries(rows)) {
      const list = draw(shape.reduce((a, b) => a * b, 1));
      header[name] = { dtype: type, shape, data_offsets: [end, (end += list.length * width)] };
      const single = Float32Array.from(list);
      // A bfloat16 is the upper half of a float32.
      const bytes = [...new Uint8Array(single.buffer)].filter((_, k) => type === "F32" || k % 4 >= 2);
      if (type === "BF16") new Uint8Array(single.buffer).forEach((_, k, all) => k % 4 < 2 && (all[k] = 0));
      values[name] = [...single];
      data.push(...bytes);
    }
    const text = new TextEncoder().encode(JSON.stringify(header));
    const head = new Uint8Array(8);
    new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true);
    return {
      bytes: Uint8Array.from([...head, ...text, ...data]).subarray(0, 8 + text.length + data.length - cut),
      values,
    };
  }

  for (const type of ["F32", "BF16"] as const)
    it(`${type} becomes the doubles that it stands for, gates r z n apart`, () => {
      const { bytes, values } = made(type);
      const { chain } = importBytesWithoutReading("m.safetensors", bytes);
      const { Wxr, Whn, bz, bn, bhn } = chain.layers[0]!.forward.parameters;
      assert.deepEqual([...Wxr!.range(0, 4)], values["rnn.weight_ih_l0"]!.slice(0, 4));
      assert.deepEqual([...Whn!.range(0, 4)], values["rnn.weight_hh_l0"]!.slice(8));
      const [bih, bhh] = [values["rnn.bias_ih_l0"]!, values["rnn.bias_hh_l0"]!];
      assert.deepEqual([...bz!.range(0, 2)], [bih[2]! + bhh[2]!, bih[3]! + bhh[3]!]);
      assert.deepEqual([...bn!.range(0, 2)], bih.slice(4));
      assert.deepEqual([...bhn!.range(0, 2)], bhh.slice(4));
    });

  it("a cut file and sizes that lie give one line", () => {
    const { bytes } = made("F32");
    assert.throws(() => importBytesWithoutReading("m.safetensors", made("F32", 5).bytes), /is cut or its sizes lie/);
    const lying = bytes.slice();
    new DataView(lying.buffer).setBigUint64(0, 2n ** 40n, true);
    assert.throws(() => importBytesWithoutReading("m.safetensors", lying), /header claims 1099511627776 bytes/);
  });

  it("what is written beside a model reads back bit for bit, each tensor in single precision where that holds it", () => {
    const { chain } = importBytesWithoutReading("m.safetensors", made("F32").bytes);
    const pieces = [...besideFile(chain)];
    const { tensors } = readSafetensors(sourceOf("beside", new Uint8Array(Buffer.concat(pieces))));
    const parameters = storedParameters(chain);
    assert.deepEqual(Object.keys(tensors).toSorted(), Object.keys(parameters).toSorted());
    for (const [name, tensor] of Object.entries(tensors))
      assert.deepEqual(allOf(tensor), allOf(parameters[name]!), name);
    const text = new TextDecoder().decode(Buffer.concat(pieces));
    assert.match(text, /"layers\.0\.Wxr":\{"dtype":"F32"/);
  });
});
