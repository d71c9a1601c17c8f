import type { NumberType } from "./numbers";
import { bytesOf } from "./numbers";
import { type Field, fieldsOf, floatsAt, signed, textAt, wholesAt } from "./protobuf";
import { ImportError, type Source } from "./source";
import { checkShape, countOf, given, inFile, type Stored } from "./stored";

/** More nodes, or graphs in each other, are no model's. */
const mostNodes = 200_000;
const deepest = 30;

export interface Attribute {
  readonly float: number;
  readonly int: number;
  readonly text: string;
  readonly tensor: Stored | null;
  readonly graph: Graph | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly texts: readonly string[];
}

export interface Node {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly graph: Graph;
}

/** A graph, or a branch of an If in it, which sees all names around it. */
export interface Graph {
  readonly parent: Graph | null;
  /** The node whose branch it is. */
  owner: Node | null;
  readonly nodes: Node[];
  readonly initializers: Map<string, Stored>;
  readonly producers: Map<string, Node>;
  /** Who reads a name, in this graph and in those in it. */
  readonly readers: Map<string, Node[]>;
  readonly inputs: string[];
  readonly outputs: string[];
}

/** A value's name, and the graph in which it has it. */
export interface Place {
  readonly name: string;
  readonly graph: Graph;
}

/** Where an input of a Loop's body comes from that every turn hands on as it is, as tf2onnx does with weights; null for others. */
export function handedOn(name: string, body: Graph): Place | null {
  const { owner } = body;
  const at = body.inputs.indexOf(name);
  // A Loop's body reads its count and its condition first, and gives its condition first.
  if (owner?.op !== "Loop" || at < 2) return null;
  let result = body.outputs[at - 1] ?? "";
  for (let k = 0; k < 10; k++) {
    const node = body.producers.get(result);
    if (node?.op !== "Identity") break;
    result = node.inputs[0] ?? "";
  }
  return result === name ? { name: owner.inputs[at] ?? "", graph: owner.graph } : null;
}

export interface OnnxModel {
  readonly producer: string | null;
  readonly graph: Graph;
}

const types: Readonly<Record<number, NumberType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
  17: "float8e4m3",
  19: "float8e5m2",
};

/**
 * Reads the graphs of an ONNX model; tensors stay in the file. What its `metadata_props` hold is never read: folders and
 * source of whoever exported it.
 * @throws ImportError
 */
export function readOnnx(source: Source): OnnxModel {
  const counter = { nodes: 0 };
  let graph: Graph | null = null;
  const producer: string[] = [];
  for (const field of fieldsOf(source)) {
    if ((field.number === 2 || field.number === 3) && field.wire === "bytes") producer.push(textAt(source, field));
    if (field.number === 7 && field.wire === "bytes") graph = readGraph(source, field, null, counter, 0);
  }
  if (!graph) throw new ImportError("it is no ONNX model: it has no graph");
  return { producer: producer.filter((part) => part !== "").join(" ") || null, graph };
}

/** Whether a file can be an ONNX model: it begins with its version, and holds a graph. */
export function isOnnx(source: Source): boolean {
  try {
    let fields = 0;
    for (const { number, wire } of fieldsOf(source)) {
      if (number === 7 && wire === "bytes") return true;
      if (number > 30 || ++fields > 100) return false;
    }
  } catch {
    return source.name.toLowerCase().endsWith(".onnx");
  }
  return false;
}

function readGraph(
  source: Source,
  { offset, length }: Field,
  parent: Graph | null,
  counter: { nodes: number },
  depth: number,
): Graph {
  if (depth > deepest) throw new ImportError(`graphs lie in each other more than ${deepest} deep`);
  const graph: Graph = {
    parent,
    owner: null,
    nodes: [],
    initializers: new Map(),
    producers: new Map(),
    readers: new Map(),
    inputs: [],
    outputs: [],
  };
  for (const field of fieldsOf(source, offset, length)) {
    if (field.wire !== "bytes") continue;
    if (field.number === 1) {
      if (++counter.nodes > mostNodes) throw new ImportError(`the model has more than ${mostNodes} nodes`);
      readNode(source, field, graph, counter, depth);
    } else if (field.number === 5) {
      const { name, tensor } = readTensor(source, field);
      if (tensor) graph.initializers.set(name, tensor);
    } else if (field.number === 11 || field.number === 12) {
      const [named] = [...fieldsOf(source, field.offset, field.length)].filter(({ number }) => number === 1);
      (field.number === 11 ? graph.inputs : graph.outputs).push(named ? textAt(source, named) : "");
    }
  }
  return graph;
}

function readNode(
  source: Source,
  { offset, length }: Field,
  graph: Graph,
  counter: { nodes: number },
  depth: number,
): void {
  const texts = { 3: "", 4: "", 7: "" };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  for (const field of fieldsOf(source, offset, length)) {
    if (field.wire !== "bytes") continue;
    if (field.number === 1) inputs.push(textAt(source, field));
    else if (field.number === 2) outputs.push(textAt(source, field));
    else if (field.number === 3 || field.number === 4 || field.number === 7)
      texts[field.number] = textAt(source, field);
    else if (field.number === 5) {
      const { name, attribute } = readAttribute(source, field, graph, counter, depth);
      attributes.set(name, attribute);
    }
  }
  const node: Node = { op: texts[4], name: texts[3], domain: texts[7], inputs, outputs, attributes, graph };
  graph.nodes.push(node);
  for (const name of outputs) if (name !== "") graph.producers.set(name, node);
  for (const { graph: inner } of attributes.values()) if (inner) inner.owner = node;
  for (let around: Graph | null = graph; around; around = around.parent)
    for (const name of new Set(inputs)) {
      const readers = around.readers.get(name);
      if (readers) readers.push(node);
      else around.readers.set(name, [node]);
    }
}

function readAttribute(
  source: Source,
  { offset, length }: Field,
  graph: Graph,
  counter: { nodes: number },
  depth: number,
) {
  let name = "";
  const attribute = {
    float: 0,
    int: 0,
    text: "",
    tensor: null as Stored | null,
    graph: null as Graph | null,
    floats: [] as number[],
    ints: [] as number[],
    texts: [] as string[],
  };
  for (const field of fieldsOf(source, offset, length))
    switch (field.number) {
      case 1:
        name = textAt(source, field);
        break;
      case 2:
        attribute.float = floatsAt(source, field)[0] ?? 0;
        break;
      case 3:
        attribute.int = signed(field);
        break;
      case 4:
        attribute.text = textAt(source, field);
        break;
      case 5:
        attribute.tensor = readTensor(source, field).tensor;
        break;
      case 6:
        attribute.graph = readGraph(source, field, graph, counter, depth + 1);
        break;
      case 7:
        for (const value of floatsAt(source, field)) attribute.floats.push(value);
        break;
      case 8:
        for (const value of wholesAt(source, field)) attribute.ints.push(value);
        break;
      case 9:
        attribute.texts.push(textAt(source, field));
    }
  return { name, attribute };
}

/** A tensor, null where it is of a type without numbers. @throws ImportError */
function readTensor(source: Source, { offset, length }: Field): { name: string; tensor: Stored | null } {
  let name = "";
  let type = 0;
  let raw: Field | null = null;
  let isOutside = false;
  const dims: number[] = [];
  const lists: { number: number; field: Field }[] = [];
  const outside = new Map<string, string>();
  for (const field of fieldsOf(source, offset, length))
    switch (field.number) {
      case 1:
        for (const size of wholesAt(source, field)) dims.push(size);
        break;
      case 2:
        type = signed(field);
        break;
      case 8:
        name = textAt(source, field);
        break;
      case 9:
        raw = field;
        break;
      case 13: {
        const entry = [...fieldsOf(source, field.offset, field.length)].map((part) => textAt(source, part));
        outside.set(entry[0] ?? "", entry[1] ?? "");
        break;
      }
      case 14:
        isOutside = field.value === 1n;
        break;
      case 4:
      case 5:
      case 7:
      case 10:
      case 11:
        lists.push({ number: field.number, field });
    }
  const known = types[type];
  if (!known) return { name, tensor: null };
  checkShape(dims, name || "a tensor");
  const count = countOf(dims);
  if (isOutside) return { name, tensor: outsideTensor(source, name, known, dims, outside) };
  if (raw) {
    if (raw.length !== count * bytesOf[known])
      throw new ImportError(`${name || "a tensor"} is [${dims.join(" × ")}] of ${known}, but has ${raw.length} bytes`);
    return { name, tensor: inFile(source, raw.offset, known, dims) };
  }
  const numbers = lists.flatMap(({ number, field }) => numbersOf(source, number, field));
  if (numbers.length !== count)
    throw new ImportError(`${name || "a tensor"} is [${dims.join(" × ")}], but has ${numbers.length} numbers`);
  // A half in a list of whole numbers is there by its bits.
  const values = known === "float16" || known === "bfloat16" ? halves(numbers, known) : Float64Array.from(numbers);
  return { name, tensor: given(dims, values) };
}

function numbersOf(source: Source, number: number, field: Field): number[] {
  if (number === 4) return floatsAt(source, field);
  if (number === 10) {
    const bytes = source.bytes(field.offset, field.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: Math.floor(field.length / 8) }, (_, k) => view.getFloat64(8 * k, true));
  }
  return wholesAt(source, field);
}

function halves(bits: readonly number[], type: "float16" | "bfloat16"): Float64Array {
  const bytes = new Uint8Array(Uint16Array.from(bits).buffer);
  return inFile(
    { name: "", size: bytes.length, bytes: (at, length) => bytes.subarray(at, at + length), beside: () => null },
    0,
    type,
    [bits.length],
  ).range(0, bits.length);
}

function outsideTensor(
  source: Source,
  name: string,
  type: NumberType,
  shape: number[],
  outside: ReadonlyMap<string, string>,
): Stored {
  const location = outside.get("location") ?? "";
  const file = source.beside(location);
  if (!file)
    throw new ImportError(`${name} lies in ${JSON.stringify(location.slice(0, 100))}, which is not beside the model`);
  return inFile(file, Number(outside.get("offset") ?? 0), type, shape);
}
