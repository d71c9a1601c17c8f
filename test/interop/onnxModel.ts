import { part, partFile } from "./parts";

export interface Values {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly isWhole?: boolean;
  readonly isBoolean?: boolean;
}

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;
  readonly branches?: Readonly<Record<string, OnnxGraph>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: Readonly<Record<string, Values>>;
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly booleans?: readonly string[];
  /** Inputs and outputs that are whole numbers. */
  readonly wholes?: readonly string[];
}

const isInts = ["scan_input_directions", "scan_output_directions"];
const isFloat = ["clip", "alpha", "beta"];

/** A model's bytes, encoded by ONNX's own protobuf definitions. */
export function onnxModel(
  graph: OnnxGraph & { producer?: [string, string]; metadata?: Record<string, string> },
): Uint8Array {
  const { onnx } = part("onnx-proto");
  const tensor = (name: string, { dims, values, isWhole, isBoolean }: Values) => ({
    name,
    dims,
    dataType: isWhole ? 7 : isBoolean ? 9 : 1,
    rawData: isBoolean
      ? Uint8Array.from(values)
      : new Uint8Array(isWhole ? BigInt64Array.from(values, BigInt).buffer : Float32Array.from(values).buffer),
  });
  const attribute = ([name, value]: [string, unknown]) => {
    if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
    if (typeof value === "number")
      return isFloat.includes(name) ? { name, type: 1, f: value } : { name, type: 2, i: value };
    const list = value as readonly unknown[];
    return typeof list[0] === "string"
      ? { name, type: 8, strings: list.map((text) => new TextEncoder().encode(text as string)) }
      : isInts.includes(name)
        ? { name, type: 7, ints: list }
        : { name, type: 6, floats: list };
  };
  const valueInfo =
    (booleans: readonly string[], wholes: readonly string[]) =>
    ([name, dims]: [string, readonly number[]]) => ({
      name,
      type: {
        tensorType: {
          elemType: booleans.includes(name) ? 9 : wholes.includes(name) ? 7 : 1,
          shape: { dim: dims.map((dimValue) => ({ dimValue })) },
        },
      },
    });
  // oxlint-disable-next-line typescript/no-explicit-any
  const built = ({ nodes, initializers = {}, inputs = {}, outputs, booleans = [], wholes = [] }: OnnxGraph): any => ({
    name: "graph",
    node: nodes.map(({ op, name, inputs, outputs, attributes = {}, branches = {} }) => ({
      opType: op,
      name,
      input: inputs,
      output: outputs,
      attribute: [
        ...Object.entries(attributes).map(attribute),
        ...Object.entries(branches).map(([key, inner]) => ({ name: key, type: 5, g: built(inner) })),
      ],
    })),
    initializer: Object.entries(initializers).map(([name, values]) => tensor(name, values)),
    input: Object.entries(inputs).map(valueInfo(booleans, wholes)),
    output: Object.entries(outputs).map(valueInfo(booleans, wholes)),
  });
  const [producerName, producerVersion] = graph.producer ?? ["test", ""];
  const message = {
    irVersion: 8,
    producerName,
    producerVersion,
    opsetImport: [{ domain: "", version: 14 }],
    graph: built(graph),
  };
  const encoded: Uint8Array = onnx.ModelProto.encode(onnx.ModelProto.fromObject(message)).finish();
  // onnx-proto does not know metadata_props: the field of number 14, a key and a value.
  const text = (number: number, value: Uint8Array) => [number * 8 + 2, value.length, ...value];
  const entries = Object.entries(graph.metadata ?? {}).map(([key, value]) =>
    text(14, Uint8Array.from([...text(1, new TextEncoder().encode(key)), ...text(2, new TextEncoder().encode(value))])),
  );
  return Uint8Array.from([...encoded, ...entries.flat()]);
}

const sessions = new WeakMap();

/** What ONNX Runtime computes, in WebAssembly. */
export async function runOnnx(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Values>>,
): Promise<Record<string, number[]>> {
  const ort = part("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = `${partFile("onnxruntime-web/dist")}/`;
  ort.env.logLevel = "fatal";
  const session = sessions.get(bytes) ?? (await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 }));
  sessions.set(bytes, session);
  const made = Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, values, isBoolean, isWhole }]) => [
      name,
      isBoolean
        ? new ort.Tensor("bool", Uint8Array.from(values), dims)
        : isWhole
          ? new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims)
          : new ort.Tensor("float32", Float32Array.from(values), dims),
    ]),
  );
  const results = await session.run(made);
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [name, Array.from((value as { data: Float32Array }).data)]),
  );
}

/**
 * A model that computes what a branch of the first If in another one does, and shows what its encoder gives.
 */
export function branchOf(bytes: Uint8Array, branch: string) {
  const { onnx } = part("onnx-proto");
  const model = onnx.ModelProto.decode(bytes);
  const { graph } = model;
  // oxlint-disable-next-line typescript/no-explicit-any
  const isIf = (node: any) => node.opType === "If";
  // oxlint-disable-next-line typescript/no-explicit-any
  const inner = graph.node.find(isIf).attribute.find((attribute: any) => attribute.name === branch).g;
  // The encoder is four convolutions, each with a relu.
  // oxlint-disable-next-line typescript/no-explicit-any
  const feature: string = inner.node.filter((node: any) => node.opType === "Relu")[3].output[0];
  // oxlint-disable-next-line typescript/no-explicit-any
  const outputs: string[] = inner.output.map((output: any) => output.name);
  const float = (name: string) => ({ name, type: { tensorType: { elemType: 1 } } });
  const whole = onnx.ModelProto.fromObject({
    irVersion: model.irVersion,
    opsetImport: model.opsetImport,
    graph: {
      name: "branch",
      node: [...graph.node.slice(0, graph.node.findIndex(isIf)), ...inner.node],
      initializer: [...graph.initializer, ...inner.initializer],
      input: graph.input,
      output: [...outputs, feature].map(float),
    },
  });
  // oxlint-disable-next-line typescript/no-explicit-any
  const sr = graph.input.find((input: any) => input.name === "sr");
  const srDims: number[] = (sr.type.tensorType.shape?.dim ?? []).map(() => 1);
  return { bytes: onnx.ModelProto.encode(whole).finish() as Uint8Array, feature, outputs, srDims };
}
