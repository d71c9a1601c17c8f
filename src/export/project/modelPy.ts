import { type CellKind, cellOf, cells } from "../../engine/cells";
import { equationTexts } from "../../engine/equationTexts";
import type { Layer, Model, Problem } from "../../engine/model";
import { parametersOf } from "../../engine/model";
import type { CellOptions } from "../../engine/step";
import { cellName, forwardFunction, type Library, pythonText, torch } from "../python";

/** Vectors of many sequences at once stand beside each other as columns: [H × N]. */
const columns: Library = {
  ...torch,
  sum: "sum_over_units",
  mean: "mean_over_units",
  number: (v) => `torch.tensor(float(${v}))`,
  full: (v) => `x.new_ones((H, 1)) * (${v})`,
};

/** The cells of which PyTorch has a fast function; the others are written out. */
const fusedFunctions: readonly (readonly [name: string, kind: CellKind, options: CellOptions])[] = [
  ["fused_lstm", "lstm", {}],
  ["fused_gru", "gru", { reset: "after" }],
  ["fused_rnn_tanh", "rnn", { activation: "tanh" }],
  ["fused_rnn_relu", "rnn", { activation: "relu" }],
];

/** The fast function that has a cell's equations, whatever the cell is called. */
function fusedName(layer: Layer): string | null {
  const texts = equationTexts(cellOf(layer), layer.options).join();
  const isSame = ([, kind, options]: (typeof fusedFunctions)[number]) =>
    ["true", "false"].some((bias) => equationTexts(cells[kind], { ...options, bias }).join() === texts);
  return fusedFunctions.find(isSame)?.[0] ?? null;
}

const written = (layer: Layer) => layer.cell !== "dense" && fusedName(layer) === null;

/** A value of JSON as one of Python. */
function python(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (typeof value === "string") return pythonText(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) {
    const flat = value.every((item) => typeof item !== "object" || item === null);
    const items = value.map((item) => python(item, inner));
    if (flat) return `[${items.join(", ")}]`;
    return `[\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return "{}";
  return `{\n${entries.map(([key, item]) => `${inner}${pythonText(key)}: ${python(item, inner)},\n`).join("")}${indent}}`;
}

function layerConfig(layer: Layer) {
  const { cell, options, size, passes } = layer;
  return {
    cell,
    size,
    activation: cell === "dense" ? options["activation"] : undefined,
    passes: passes.map(({ prefix, direction, parameters, initial }) => ({
      prefix,
      backward: direction === "backward",
      parameters: Object.keys(parameters),
      initial: Object.fromEntries(cellOf(layer).states.map((name) => [name, Array.from(initial[name]!)])),
    })),
  };
}

function modelConfig({ layers, output, loss, embedding, inputSize, vocabulary, frozen }: Model) {
  return {
    inputs: inputSize,
    reads: embedding ? "embedding" : vocabulary ? "tokens" : "vectors",
    layers: layers.map(layerConfig),
    output: { ...output, Why: output.Why !== null, by: output.by !== null, Wxy: output.Wxy !== null },
    loss: loss && { ...loss, classWeights: loss.classWeights && Array.from(loss.classWeights) },
    frozen: [...frozen],
  };
}

/** `model.py`: the network with its own cells, and its loss. */
export function modelPy({ name, model, training }: Problem): string {
  const shapes = Object.fromEntries(
    Object.entries(parametersOf(model)).map(([key, { rank, rows, cols }]) => [key, rank === 1 ? [rows] : [rows, cols]]),
  );
  const functions = new Map(model.layers.filter(written).map((layer) => [cellName(layer), layer]));
  const cells = model.layers.map((layer) =>
    layer.cell === "dense" && !layer.own ? "dense" : (fusedName(layer) ?? `written(${cellName(layer)}_forward)`),
  );
  return `${[
    `"""The network and its loss. Written by Unroll; needs PyTorch 1.13 or later."""`,
    String.raw`import json
import struct
from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import nn`,
    `NAME = ${pythonText(name)}`,
    `PRECISION = torch.${training.precision}`,
    `MODEL = ${python(modelConfig(model))}`,
    `# Parameters by their names in the model file\nSHAPES = ${python(shapes)}`,
    helpers,
    ...[...functions.values()].map((layer) => forwardFunction(layer, columns)),
    fused,
    `CELLS = [${cells.join(", ")}]`,
    network,
  ].join("\n\n\n")}\n`;
}

const helpers = String.raw`def sum_over_units(v):
    return v.sum(0, keepdim=True)


def mean_over_units(v):
    return v.mean(0, keepdim=True)


def load_parameters(path):
    """A safetensors file as tensors by their names: eight bytes of length, a header in JSON, then the numbers."""
    types = {"F64": torch.float64, "F32": torch.float32}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        start = file.tell()
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            raw = bytearray(file.read(end - begin))
            tensors[name] = torch.frombuffer(raw, dtype=types[entry["dtype"]]).reshape(entry["shape"]).clone()
    return tensors


def save_parameters(tensors, path):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        kind = {torch.float64: "F64", torch.float32: "F32"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for tensor in tensors.values():
            file.write(tensor.detach().cpu().contiguous().numpy().tobytes())`;

const fused = String.raw`# A cell reads x [T, N, X] and its state [N, H] by name, and gives h [T, N, H]; time runs upwards.


def packed(weights, letter, gates):
    """The gates below each other, as PyTorch has them; None where there are no biases."""
    if f"{letter}{gates[0]}" not in weights:
        return None
    return torch.cat([weights[f"{letter}{gate}"] for gate in gates])


def fused_lstm(weights, x, state):
    Wx, Wh, b = (packed(weights, letter, "ifgo") for letter in ("Wx", "Wh", "b"))
    parameters = [Wx, Wh] if b is None else [Wx, Wh, b, torch.zeros_like(b)]
    start = [state["h"][None], state["c"][None]]
    return torch.lstm(x, start, parameters, b is not None, 1, 0.0, False, False, False)[0]


def fused_gru(weights, x, state):
    Wx, Wh, b = (packed(weights, letter, "rzn") for letter in ("Wx", "Wh", "b"))
    parameters = [Wx, Wh]
    if b is not None:
        # Inside the reset product stands a bias of its own
        bhn = weights["bhn"]
        parameters += [b, torch.cat([torch.zeros_like(bhn), torch.zeros_like(bhn), bhn])]
    return torch.gru(x, state["h"][None], parameters, b is not None, 1, 0.0, False, False, False)[0]


def fused_rnn(function):
    def run(weights, x, state):
        b = weights.get("bh")
        parameters = [weights["Wxh"], weights["Whh"]] + ([] if b is None else [b, torch.zeros_like(b)])
        return function(x, state["h"][None], parameters, b is not None, 1, 0.0, False, False, False)[0]

    return run


fused_rnn_tanh, fused_rnn_relu = fused_rnn(torch.rnn_tanh), fused_rnn(torch.rnn_relu)


def written(forward):
    """A cell that is written out step by step: sequences are columns there."""

    def run(weights, x, state):
        T, N, _ = x.shape
        columns = {name: value if value.dim() == 2 else value[:, None] for name, value in weights.items()}
        start = {name: value.t() for name, value in state.items()}
        h = forward(columns, x.transpose(1, 2), start, range(T))["h"]
        return h.expand(T, h.shape[1], N).transpose(1, 2)

    return run


def dense(weights, x, state):
    return F.linear(x, weights["W"], weights.get("b"))


ACTIVATIONS = {
    "linear": lambda z: z,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "softmax": lambda z: torch.softmax(z, dim=-1),
}`;

const network = String.raw`class Network(nn.Module):
    """Reads x [T, N, X], or ids [T, N]; gives logits [T, N, O], or [1, N, O] where one step is read."""

    def __init__(self):
        super().__init__()
        self.names = list(SHAPES)
        self.parts = nn.ParameterList(
            nn.Parameter(torch.zeros(shape), requires_grad=name not in MODEL["frozen"]) for name, shape in SHAPES.items()
        )

    def by_name(self):
        return dict(zip(self.names, self.parts))

    @torch.no_grad()
    def take(self, tensors):
        """Takes parameters over by their names in the model file."""
        for name, part in self.by_name().items():
            part.copy_(tensors[name])

    def forward(self, x, start=None):
        """start: states [N, H] by layer and name ("layers.0": {"h": …}) that replace the model's own."""
        named = self.by_name()
        if MODEL["reads"] == "embedding":
            x = named["embedding.E"][x]
        elif MODEL["reads"] == "tokens" and not x.is_floating_point():
            x = F.one_hot(x, MODEL["inputs"]).to(self.parts[0].dtype)
        N, h, ends = x.shape[1], x, None
        for cell, layer in zip(CELLS, MODEL["layers"]):
            outputs, ends = [], []
            for p in layer["passes"]:
                weights = {name: named[f"{p['prefix']}.{name}"] for name in p["parameters"]}
                given = (start or {}).get(p["prefix"], {})
                state = {
                    name: given[name] if name in given else h.new_tensor(values).expand(N, -1).contiguous()
                    for name, values in p["initial"].items()
                }
                out = cell(weights, h.flip(0) if p["backward"] else h, state)
                if layer.get("activation"):
                    out = ACTIVATIONS[layer["activation"]](out)
                ends.append(out[-1])
                outputs.append(out.flip(0) if p["backward"] else out)
            h = torch.cat(outputs, dim=-1)
        output = MODEL["output"]
        if output["at"] == "every":
            top, read = h, x
        else:
            top = (torch.cat(ends, dim=-1) if output["at"] == "ends" else h[-1])[None]
            read = x[-1:]
        z = F.linear(top, named["output.Why"], named.get("output.by")) if output["Why"] else top
        if output["Wxy"]:
            z = z + F.linear(read, named["output.Wxy"])
        return z + read if output["skip"] else z


def outputs_of(logits):
    return ACTIVATIONS[MODEL["output"]["activation"]](logits)


def step_losses(z, classes, vectors):
    """l_t of each step [T, N]; classes [T, N] are -1 where the target is a vector, or there is none."""
    loss, O = MODEL["loss"], z.shape[-1]
    kind, mean = loss["type"], loss["outputs"] == "mean"
    over = (lambda v: v.mean(-1)) if mean else (lambda v: v.sum(-1))
    if kind == "cross-entropy":
        weights = None if loss["classWeights"] is None else z.new_tensor(loss["classWeights"])
        options = {"weight": weights, "reduction": "none", "label_smoothing": loss["labelSmoothing"]}
        flat = z.reshape(-1, O)
        each = F.cross_entropy(flat, classes.reshape(-1), ignore_index=-1, **options).reshape(classes.shape)
        if vectors is not None:
            soft = F.cross_entropy(flat, vectors.reshape(-1, O), **options).reshape(classes.shape)
            each = torch.where(classes >= 0, each, soft)
        return loss["factor"] * each
    if kind == "binary-cross-entropy":
        return loss["factor"] * over(F.binary_cross_entropy_with_logits(z, vectors, reduction="none"))
    y = outputs_of(z)
    each = {
        "mse": lambda: (y - vectors) ** 2,
        "mae": lambda: (y - vectors).abs(),
        "huber": lambda: F.huber_loss(y, vectors, reduction="none", delta=loss["delta"]),
        "linear": lambda: y * vectors,
    }[kind]()
    return loss["factor"] * over(each)


def tensors_of(sequences, device, dtype):
    """Sequences of one length as tensors, side by side."""
    O, T = MODEL["output"]["size"], len(sequences[0]["inputs"])
    ids = not isinstance(sequences[0]["inputs"][0], list)
    x = torch.tensor([s["inputs"] for s in sequences], dtype=None if ids else dtype, device=device).transpose(0, 1)
    steps = range(T) if MODEL["output"]["at"] == "every" else [T - 1]
    targets = [[s["targets"][t] for s in sequences] for t in steps]
    classes = torch.tensor([[v if isinstance(v, int) else -1 for v in row] for row in targets], device=device)
    vectors = None
    if any(isinstance(v, list) for row in targets for v in row):
        rows = [[v if isinstance(v, list) else [0.0] * O for v in row] for row in targets]
        vectors = torch.tensor(rows, dtype=dtype, device=device)
    counts = [
        [0.0 if s["targets"][t] is None else (s["weights"][t] if "weights" in s else 1.0) for s in sequences]
        for t in steps
    ]
    start = defaultdict(dict)
    for prefix, states in (sequences[0].get("start") or {}).items():
        for name in states:
            start[prefix][name] = torch.tensor([s["start"][prefix][name] for s in sequences], dtype=dtype, device=device)
    return x, start, classes, vectors, torch.tensor(counts, dtype=dtype, device=device)


def divisor(sequence, own_weight=False):
    """The sum of what the steps with a target count: what a mean divides by."""
    weights = MODEL["loss"]["classWeights"]
    total = 0.0
    for t, target in enumerate(sequence["targets"]):
        if target is not None:
            step = sequence["weights"][t] if "weights" in sequence else 1.0
            total += step * (weights[target] if weights is not None and isinstance(target, int) else 1.0)
    return total * (sequence.get("weight", 1.0) if own_weight else 1.0)


class Loss(nn.Module):
    """
    What an update takes the gradient of: the share of these sequences in the loss of their whole batch, by "batchReduction";
    and the sum of their own losses L.
    """

    def __init__(self, network, reduction):
        super().__init__()
        self.network = network
        self.reduction = reduction

    def forward(self, sequences, batch_size, batch_divisor):
        groups = defaultdict(list)
        for sequence in sequences:
            groups[len(sequence["inputs"]), str(sorted(sequence.get("start") or ()))].append(sequence)
        part = self.network.parts[0]
        objective, own = part.new_zeros(()), part.new_zeros(())
        for group in groups.values():
            x, start, classes, vectors, counts = tensors_of(group, part.device, part.dtype)
            each = (counts * step_losses(self.network(x, start), classes, vectors)).masked_fill(counts == 0, 0.0).sum(0)
            weight = each.new_tensor([s.get("weight", 1.0) for s in group])
            if MODEL["loss"]["reduction"] == "mean":
                of_mean = each.new_tensor([1 / d if d else 0.0 for d in map(divisor, group)])
                L = weight * of_mean * each
            else:
                L = weight * each
            own = own + L.sum().detach()
            if self.reduction == "targets":
                objective = objective + (weight * each).sum() / batch_divisor
            else:
                objective = objective + L.sum() / (batch_size if self.reduction == "sequences" else 1)
        # Whoever has nothing of a batch takes part in its update with nothing
        return objective + 0 * sum(p.sum() for p in self.network.parts if p.requires_grad), own`;
