import type { Found, Left } from "./network";
import { bytesOf, type NumberType } from "./numbers";
import { PersistentId, PickleGlobal, PickleObject, readPickle } from "./pickle";
import { ImportError, type Source } from "./source";
import { found, foundInEach, type ModuleFacts, someNames } from "./stateDict";
import { combined, countOf, inFile, mapped, type Stored, strided } from "./stored";
import type { Zip } from "./zip";

const storages: Readonly<Record<string, NumberType>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  QInt8Storage: "int8",
  QUInt8Storage: "uint8",
  QInt32Storage: "int32",
};

/** Types as `torch.float16` is called; newer files name them beside storages of bytes. */
const types: Readonly<Record<string, NumberType>> = {
  float64: "float64",
  float32: "float32",
  float16: "float16",
  bfloat16: "bfloat16",
  float8_e4m3fn: "float8e4m3",
  float8_e5m2: "float8e5m2",
  int64: "int64",
  int32: "int32",
  int16: "int16",
  int8: "int8",
  uint8: "uint8",
  bool: "bool",
  qint8: "int8",
  quint8: "uint8",
  qint32: "int32",
};

/** Where storages lie: by their keys. */
type Storages = (key: string, type: NumberType | null, count: number) => Storage;

/** A class of TorchScript as it is written, by its path; null where it is not in the file. */
type CodeOf = (path: string) => string | null;

/** Bytes of code beyond which it is not read. */
const mostCode = 1 << 24;

interface Storage {
  readonly source: Source;
  readonly offset: number;
  readonly bytes: number;
  readonly type: NumberType | null;
  readonly littleEndian: boolean;
}

/** A zip of PyTorch, of `torch.save` or of TorchScript: `NAME/data.pkl` and beside it a file for each storage. */
export function isPytorchZip(zip: Zip): boolean {
  return [...zip.keys()].some((name) => /(^|\/)data\.pkl$/.test(name));
}

export function importPytorchZip(zip: Zip): Found {
  const { value, storageOf, codeOf, isScript } = openZip(zip);
  return modelOf(value, storageOf, isScript ? "torchscript" : "pytorch", codeOf);
}

function openZip(zip: Zip): { value: unknown; storageOf: Storages; codeOf: CodeOf; isScript: boolean } {
  const pickleName = [...zip.keys()].find((name) => /(^|\/)data\.pkl$/.test(name))!;
  const folder = pickleName.slice(0, -"data.pkl".length);
  const isScript = zip.has(`${folder}constants.pkl`);
  const order = zip.get(`${folder}byteorder`)?.();
  const littleEndian =
    order === undefined || !new TextDecoder().decode(order.bytes(0, Math.min(order.size, 3))).startsWith("big");
  const { value } = readPickle(zip.get(pickleName)!());
  const kept = new Map<string, Source>();
  const storageOf: Storages = (key, type) => {
    const name = `${folder}data/${key}`;
    const source = kept.get(name) ?? zip.get(name)?.();
    if (!source) throw new ImportError(`the storage ${name} is not in the file`);
    kept.set(name, source);
    return { source, offset: 0, bytes: source.size, type, littleEndian };
  };
  // `__torch__.a.b.RNN` is a class of `code/__torch__/a/b.py`.
  const codeOf: CodeOf = (path) => {
    const parts = path.split(".");
    const name = parts.pop()!;
    const file = zip.get(`${folder}code/${parts.join("/")}.py`)?.();
    if (!file || file.size > mostCode) return null;
    const classes = new TextDecoder().decode(file.bytes(0, file.size)).split(/^class /m);
    return classes.find((text) => text.startsWith(`${name}(`)) ?? null;
  };
  return { value, storageOf, codeOf, isScript };
}

/** The first number of a file of `torch.save` before its zips: 0x1950a86a20f9469cfc6c. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;

/**
 * A file of one pickle after the other: a magic number, a version, the system, the object, the storages' keys; then each
 * storage's length and bytes. Also a plain pickle.
 */
export function importLegacy(source: Source): Found {
  const first = readPickle(source);
  if (first.value !== legacyMagic) {
    return modelOf(
      first.value,
      (key) => {
        throw new ImportError(`the pickle names a storage ${key} that is not in the file`);
      },
      "pickle",
    );
  }
  const version = readPickle(source, first.end);
  const system = readPickle(source, version.end);
  const object = readPickle(source, system.end);
  const keys = readPickle(source, object.end);
  const littleEndian = !(system.value instanceof Map) || system.value.get("little_endian") !== false;
  const facts = new Map<string, NumberType>();
  // A storage's width is its type's, which is named only where it is used.
  visit(object.value, (value) => {
    if (!(value instanceof PersistentId)) return;
    const { key, type } = storageId(value);
    if (type) facts.set(key, type);
  });
  const places = new Map<string, Storage>();
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const name = String(key);
    const type = facts.get(name);
    const head = source.bytes(at, 8);
    const count = Number(new DataView(head.buffer, head.byteOffset, 8).getBigInt64(0, littleEndian));
    if (!type) throw new ImportError(`the storage ${name} is of no known type`);
    const bytes = count * bytesOf[type];
    if (!Number.isSafeInteger(bytes) || bytes < 0 || at + 8 + bytes > source.size)
      throw new ImportError(`the file is cut or its sizes lie: the storage ${name} claims ${count} numbers`);
    places.set(name, { source, offset: at + 8, bytes, type, littleEndian });
    at += 8 + bytes;
  }
  return modelOf(
    object.value,
    (key) => {
      const place = places.get(key);
      if (!place) throw new ImportError(`the storage ${key} is not in the file`);
      return place;
    },
    "pytorch",
  );
}

/** `("storage", torch.FloatStorage, "0", "cpu", 48)` */
function storageId({ id }: PersistentId): { key: string; type: NumberType | null; count: number } {
  const [what, storage, key, , count] = Array.isArray(id) ? id : [];
  if (what !== "storage" || typeof key !== "string")
    throw new ImportError("the pickle points to something that is no storage");
  const name = storage instanceof PickleGlobal ? storage.name : "";
  const type = Object.hasOwn(storages, name) ? storages[name]! : null;
  if (type === null && name !== "UntypedStorage")
    throw new ImportError(`storages of the type ${name.slice(0, 60)} are not read`);
  return { key, type, count: Number(count) };
}

/** Every value in a value, each once. */
function visit(value: unknown, meet: (value: unknown) => void): void {
  const seen = new Set<unknown>();
  const todo = [value];
  while (todo.length > 0) {
    const next = todo.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    meet(next);
    if (Array.isArray(next) || next instanceof Set) for (const inner of next) todo.push(inner);
    else if (next instanceof Map) for (const pair of next) todo.push(...pair);
    else if (next instanceof PersistentId) todo.push(next.id);
    else if (next instanceof PickleObject) todo.push(next.args, next.state, next.entries, next.items);
  }
}

interface Collected {
  readonly tensors: Record<string, Stored>;
  readonly facts: Record<string, ModuleFacts>;
  readonly refused: Left[];
}

type Named = { readonly path: string; readonly table: Collected };

function modelOf(value: unknown, storageOf: Storages, format: string, codeOf: CodeOf = () => null): Found {
  const tables = tablesOf(value, storageOf, codeOf);
  const recurrent = tables.filter(isRecurrentTable);
  const [one] = recurrent;
  if (!one)
    throw new ImportError(
      `nothing recurrent is in it: found ${someNames(tables.flatMap(({ table }) => Object.keys(table.tensors)))}`,
    );
  // Several models in one file keep the names under which they lie there.
  if (recurrent.length > 1) return foundInEach(format, recurrent.map(underPath));
  // Modules that were saved one by one, `{ "rnn": …, "fc": … }`, are one model.
  const modules = tables.filter((other) => other === one || hasMatrix(other));
  if (modules.length === 1) return found(format, null, one.table.tensors, one.table.facts, one.table.refused);
  const all = modules.map(underPath);
  return found(
    format,
    null,
    Object.assign({}, ...all.map(({ tensors }) => tensors)) as Record<string, Stored>,
    Object.assign({}, ...all.map(({ facts }) => facts)) as Record<string, ModuleFacts>,
    one.table.refused,
  );
}

function tablesOf(value: unknown, storageOf: Storages, codeOf: CodeOf = () => null): Named[] {
  const tables: Named[] = [];
  collectTables(value, "", new TensorReader(storageOf, codeOf), tables, new Set());
  return tables;
}

const isRecurrentTable = ({ table }: Named) =>
  Object.keys(table.tensors).some((name) => /(^|\.)weight_(hh|ih)/.test(name)) || table.refused.length > 0;

const hasMatrix = ({ table }: Named) =>
  Object.entries(table.tensors).some(([name, { shape }]) => /(^|\.)weight$/.test(name) && shape.length === 2);

function underPath({ path, table }: Named): Collected {
  const under = <T>(entries: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [`${path}${name}`, entry]));
  return { tensors: under(table.tensors), facts: under(table.facts), refused: table.refused };
}

/** All tensors of a file of `torch.save`, by their names: a part of a model that lies in several files. */
export function readPytorchZip(zip: Zip): Record<string, Stored> {
  const { value, storageOf } = openZip(zip);
  return Object.assign({}, ...tablesOf(value, storageOf).map(({ table }) => table.tensors)) as Record<string, Stored>;
}

/** Dictionaries that hold tensors, and modules, wherever they lie: a checkpoint has its `state_dict` beside other things. */
function collectTables(
  value: unknown,
  path: string,
  reader: TensorReader,
  tables: Named[],
  seen: Set<unknown>,
  depth = 0,
): void {
  if (depth > 12 || typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  const entries = entriesOf(value);
  if (!entries) return;
  const table: Collected = { tensors: Object.create(null) as Record<string, Stored>, facts: {}, refused: [] };
  if (value instanceof PickleObject && isModule(value)) {
    collectModule(value, "", reader, table, new Set());
    tables.push({ path, table });
    return;
  }
  for (const [key, inner] of entries) {
    if (typeof key !== "string") continue;
    if (isTensor(inner)) table.tensors[key] = reader.read(inner, key);
    else refuse(key, inner, table.refused);
  }
  if (Object.keys(table.tensors).length > 0 || table.refused.length > 0) tables.push({ path, table });
  // What an optimizer remembers has the shapes of parameters, and is none.
  for (const [key, inner] of entries)
    if (typeof key === "string" && !/optim|sched/i.test(key))
      collectTables(inner, `${path}${key}.`, reader, tables, seen, depth + 1);
}

function entriesOf(value: object): Map<unknown, unknown> | null {
  if (value instanceof Map) return value;
  if (!(value instanceof PickleObject)) return null;
  if (value.entries.size > 0) return value.entries;
  return value.state instanceof Map ? value.state : null;
}

const isTensor = (value: unknown): value is PickleObject =>
  value instanceof PickleObject && /^torch\._utils\._rebuild_|^torch\._tensor\._rebuild/.test(value.path);

/** A module of PyTorch keeps `_parameters` and `_modules`; one of TorchScript has its parameters among its attributes. */
function isModule(value: PickleObject): boolean {
  if (!(value.state instanceof Map)) return false;
  return value.state.has("_parameters") || value.path.startsWith("__torch__.");
}

/**
 * The function of an RNN or an RNNCell: modules keep it as `mode` and as `nonlinearity`. TorchScript writes either beside the
 * code, or calls one of both functions there alone.
 */
function activationOf(state: Map<unknown, unknown>, code: string | null): "relu" | "tanh" | null {
  const constant = /^ +(?:mode|nonlinearity) : Final\[str\] = "(\w+)"/m.exec(code ?? "")?.[1];
  const kept = state.get("mode") ?? state.get("nonlinearity") ?? constant;
  if (kept === "RNN_RELU" || kept === "relu") return "relu";
  if (kept === "RNN_TANH" || kept === "tanh") return "tanh";
  if (code === null || !/^RNN(Cell)?\(/.test(code)) return null;
  const [one, ...others] = new Set(code.match(/(?<=\btorch\.(?:rnn_)?)(?:relu|tanh)(?=(?:_cell)?\()/g));
  return others.length === 0 && (one === "relu" || one === "tanh") ? one : null;
}

function collectModule(
  module: PickleObject,
  prefix: string,
  reader: TensorReader,
  table: Collected,
  around: Set<unknown>,
): void {
  if (around.has(module) || around.size > 100) throw new ImportError("modules lie in each other more than 100 deep");
  around.add(module);
  const state = module.state as Map<unknown, unknown>;
  const activation = activationOf(state, reader.codeOf(module.path));
  if (activation) table.facts[prefix] = { activation };
  const named = (name: string): Iterable<[unknown, unknown]> => {
    const inner = state.get(name);
    return (typeof inner === "object" && inner !== null && entriesOf(inner)) || [];
  };
  const attributes = state.has("_parameters")
    ? [...named("_parameters"), ...named("_buffers"), ...named("_modules")]
    : [...state];
  for (const [key, value] of attributes) {
    if (typeof key !== "string") continue;
    const name = `${prefix}${key}`;
    if (isTensor(value)) table.tensors[name] = reader.read(value, name);
    else if (value instanceof PickleObject && isModule(value)) collectModule(value, `${name}.`, reader, table, around);
    else refuse(name, value, table.refused);
  }
  around.delete(module);
}

/** Quantised recurrent layers are objects of PyTorch's own that only it can open. */
function refuse(name: string, value: unknown, refused: Left[]): void {
  let opaque: string | null = null;
  visit(value, (inner) => {
    if (inner instanceof PickleGlobal && /(CellParams|PackedParams|ScriptObject|torch\.classes)/.test(inner.path))
      opaque ??= inner.path;
  });
  if (opaque !== null || /(^|\.)_all_weight_values/.test(name))
    refused.push({
      name,
      why: `a quantised layer, which is an object that PyTorch alone can open (${opaque ?? "its weights"})`,
      recurrent: /_all_weight|rnn|lstm|gru/i.test(name),
    });
}

class TensorReader {
  constructor(
    private readonly storageOf: Storages,
    readonly codeOf: CodeOf,
  ) {}

  /** @throws ImportError, also for a tensor of a kind that is not read */
  read(object: PickleObject, name: string, depth = 0): Stored {
    const args = Array.isArray(object.args) ? object.args : [];
    const kind = object.path.replace(/^.*\./, "");
    if (depth > 4) throw new ImportError(`${name} is a parameter of a parameter`);
    switch (kind) {
      case "_rebuild_parameter":
      case "_rebuild_parameter_with_state":
        if (!isTensor(args[0])) throw new ImportError(`${name} is a parameter without a tensor`);
        return this.read(args[0], name, depth + 1);
      case "_rebuild_tensor":
      case "_rebuild_tensor_v2":
      case "_rebuild_tensor_v3":
        return this.view(args, kind === "_rebuild_tensor_v3" ? args[6] : null, name);
      case "_rebuild_qtensor":
        return this.dequantised(args, name);
      default:
        throw new ImportError(`${name} is made by ${object.path.slice(0, 80)}, which is not read`);
    }
  }

  private view([storage, offset, size, stride]: readonly unknown[], type: unknown, name: string): Stored {
    if (!(storage instanceof PersistentId)) throw new ImportError(`${name} has no storage`);
    const { key, type: named, count } = storageId(storage);
    const place = this.storageOf(key, named, count);
    const wanted =
      type instanceof PickleGlobal && Object.hasOwn(types, type.name) ? types[type.name]! : (named ?? place.type);
    if (!wanted) throw new ImportError(`${name} is of a type that is not read`);
    const shape = sizes(size, name);
    const steps = sizes(stride, name);
    const whole = inFile(
      place.source,
      place.offset,
      wanted,
      [Math.floor(place.bytes / bytesOf[wanted])],
      place.littleEndian,
    );
    if (typeof offset !== "number") throw new ImportError(`${name} has no offset`);
    return strided(whole, shape, steps, offset, name);
  }

  /** scale · (q − zero point), for the whole tensor or for each of its rows. */
  private dequantised(args: readonly unknown[], name: string): Stored {
    const tensor = this.view(args, null, name);
    const [scheme, scale, zero] = Array.isArray(args[4]) ? args[4] : [];
    const isWhole = scheme instanceof PickleGlobal && scheme.name === "per_tensor_affine";
    if (isWhole && typeof scale === "number" && typeof zero === "number")
      return mapped(tensor, (q) => (q - zero) * scale);
    if (isTensor(scale) && isTensor(zero) && Array.isArray(args[4]) && args[4][3] === 0) {
      const [rows = 1] = tensor.shape;
      const width = countOf(tensor.shape) / rows;
      const [factor, shift] = [this.read(scale, name, 1), this.read(zero, name, 1)].map(
        (row): Stored => ({
          shape: tensor.shape,
          range: (from, to) => {
            const all = row.range(0, rows);
            return Float64Array.from({ length: to - from }, (_, k) => all[Math.floor((from + k) / width)]!);
          },
        }),
      );
      return combined(
        combined(tensor, shift!, (q, z) => q - z, name),
        factor!,
        (q, s) => q * s,
        name,
      );
    }
    throw new ImportError(`${name} is quantised in a way that is not read`);
  }
}

function sizes(value: unknown, name: string): number[] {
  // A `torch.Size` is a tuple, where it is one of PyTorch's own objects.
  const list = value instanceof PickleObject && Array.isArray(value.args) ? value.args.flat(1) : value;
  if (!Array.isArray(list) || !list.every((size) => typeof size === "number"))
    throw new ImportError(`${name} has no shape`);
  return list;
}
