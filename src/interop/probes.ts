/** Short programs for other frameworks that print a model of theirs as a file, with what they compute as its `expect`. */

export type ProbeName = "pytorch" | "keras" | "numpy-rnn" | "numpy-lstm" | "numpy-gru";

export interface Probe {
  /** "PyTorch" */
  readonly title: string;
  readonly detail: string;
  /** Python, 15 to 25 lines. */
  readonly script: string;
}

const how = (name: string) => `# Put your own into the lines marked "yours", then: python probe.py > ${name}.rnn.json`;

const pytorch = `# Prints a torch.nn.RNN, LSTM or GRU as an .rnn.json file, with the states and gradients of PyTorch as "expect".
${how("pytorch")}
import copy, json, torch
rnn = torch.nn.LSTM(3, 4)  # yours: any number of layers, one direction or both
x = torch.randn(5, 3)  # yours: one sequence [T, X]
rnn, x, H = copy.deepcopy(rnn).double().eval(), x.detach().double(), rnn.hidden_size
cell, gates = {"R": ("rnn", "h"), "L": ("lstm", "ifgo"), "G": ("gru", "rzn")}[rnn.mode[0]]
value, slope = lambda p: p.detach(), lambda p: p.grad
def own(end, take):  # of a pass; the two biases add, but for those of a gru's candidate, of which one stands inside of the reset product
    p, names = {}, ["weight_ih", "weight_hh", "bias_ih", "bias_hh"][: 2 + 2 * rnn.bias]
    for k, g in enumerate(gates):
        W, U, *b = (take(getattr(rnn, name + end))[k * H : k * H + H] for name in names)
        p |= {f"Wx{g}": W, f"Wh{g}": U} | ({f"b{g}": b[0] if g == "n" or take is slope else sum(b)} if b else {})
        p |= {"bhn": b[1]} if b and g == "n" else {}
    return {name: v.tolist() for name, v in p.items()}
h = rnn(x)[0]
loss = (h**2).sum(); loss.backward()
more = {"activation": "relu"} if rnn.mode == "RNN_RELU" else {}
back = lambda l: {"direction": "both", "reverse": own(f"_l{l}_reverse", value)} if rnn.bidirectional else {}
layers = [{"cell": cell, "size": H, "bias": rnn.bias} | more | own(f"_l{l}", value) | back(l) for l in range(rnn.num_layers)]
slopes = {f"layers.{l}.{way}{name}": g for l in range(rnn.num_layers) for way, end in [("", ""), ("reverse.", "_reverse")][: 1 + rnn.bidirectional]
          for name, g in own(f"_l{l}{end}", slope).items()}
expect = {"loss": loss.item(), "gradients": slopes, "steps": [{"layers": [None] * (len(layers) - 1) + [{"h": row}]} for row in h.tolist()]}
print(json.dumps({"version": 1, "name": "from PyTorch", "inputSize": x.shape[1], "layers": layers, "output": {"Why": "identity"},
    "loss": {"type": "mse"}, "sequences": [{"inputs": x.tolist(), "targets": (0 * h).tolist()}], "expect": {"sequences": [expect]}}))
`;

const keras = `# Prints a keras.layers.SimpleRNN, LSTM or GRU as an .rnn.json file, with the states of Keras as "expect".
${how("keras")}
import json, keras, numpy as np
layer = keras.layers.LSTM(4)  # yours: with the activations that it has by default
x = np.random.randn(5, 3)  # yours: one sequence [T, X]

kind = type(layer).__name__
cell, gates = {"SimpleRNN": ("rnn", "h"), "LSTM": ("lstm", "ifgo"), "GRU": ("gru", "zrn")}[kind]
layer.return_sequences, layer.return_state = True, False
h = keras.ops.convert_to_numpy(layer(x[None]))[0]
W, U, *b = layer.get_weights()  # [X, kH], [H, kH], and [kH] or, of a gru with reset_after, [2, kH]
H, k = U.shape[0], len(gates)
b = np.atleast_2d(b[0] if b else np.zeros(k * H))
model = {"cell": cell, "size": H}
if cell == "gru":
    model["reset"] = "after" if layer.reset_after else "before"
for g, w, u, c in zip(gates, np.split(W, k, 1), np.split(U, k, 1), np.split(b, k, 1)):
    inner = g == "n" and model["reset"] == "after"  # the candidate's second bias stands inside of the reset product
    model |= {f"Wx{g}": w.T.tolist(), f"Wh{g}": u.T.tolist(), f"b{g}": (c[0] if inner else c.sum(0)).tolist()}
    model |= {"bhn": (c[1] if len(c) > 1 else 0 * c[0]).tolist()} if inner else {}
print(json.dumps({
    "version": 1, "name": "from Keras", "inputSize": x.shape[1], "layers": [model], "output": {"size": 1},
    "sequences": [{"inputs": np.float32(x).tolist()}],
    "expect": {"tolerance": 1e-5, "sequences": [{"steps": [{"h": row} for row in h.tolist()]}]}}))
`;

/** A cell written out in NumPy, with its parameters by the file's names. */
const numpyProbe = (cell: string, gates: string, states: string, step: readonly string[], more = ""): string => {
  const names = gates.split(" ");
  return `# Prints ${cell === "rnn" ? "an RNN" : cell === "lstm" ? "an LSTM" : "a GRU"} that you wrote with NumPy as an .rnn.json file, with your states as "expect".
${how("numpy")}
import json, numpy as np
T, X, H = 5, 3, 4  # yours
random = np.random.default_rng(0)
x = random.normal(size=(T, X))  # yours
p = {}
for gate in ${JSON.stringify(names)}:  # yours: Wx [H, X], Wh [H, H] and b [H] of each gate
    p |= {"Wx" + gate: random.normal(size=(H, X)), "Wh" + gate: random.normal(size=(H, H)), "b" + gate: random.normal(size=H)}
${more}
sigmoid = lambda v: 1 / (1 + np.exp(-v))
${
  names.length === 1
    ? ""
    : `a = lambda k, x_t, h: p["Wx" + k] @ x_t + p["Wh" + k] @ h + p["b" + k]
`
}${states
  .split(" ")
  .map((state) => `${state} = np.zeros(H)`)
  .join("; ")}
steps = []
for x_t in x:
${step.map((line) => `    ${line}`).join("\n")}
    steps.append({${states
      .split(" ")
      .map((state) => `"${state}": ${state}`)
      .join(", ")}})
file = {
    "version": 1, "name": "from NumPy", "inputSize": X, "layers": [{"cell": "${cell}", "size": H, **p}], "output": {"size": 1},
    "sequences": [{"inputs": x}], "expect": {"tolerance": 1e-9, "sequences": [{"steps": steps}]}}
print(json.dumps(file, default=lambda array: array.tolist()))
`.replaceAll(/\n\n+/g, "\n");
};

export const probes: Readonly<Record<ProbeName, Probe>> = {
  pytorch: {
    title: "PyTorch",
    detail: "torch.nn.RNN, LSTM or GRU, stacked and in both directions: states, loss and gradients",
    script: pytorch,
  },
  keras: { title: "Keras", detail: "keras.layers.SimpleRNN, LSTM or GRU: states", script: keras },
  "numpy-rnn": {
    title: "NumPy: RNN",
    detail: "a loop that you wrote yourself: states",
    script: numpyProbe("rnn", "h", "h", ['h = np.tanh(p["Wxh"] @ x_t + p["Whh"] @ h + p["bh"])  # yours']),
  },
  "numpy-lstm": {
    title: "NumPy: LSTM",
    detail: "a loop that you wrote yourself: hidden and cell states",
    script: numpyProbe("lstm", "i f g o", "h c", [
      'i, f, o = (sigmoid(a(k, x_t, h)) for k in "ifo")  # yours',
      'g = np.tanh(a("g", x_t, h))',
      "c = f * c + i * g",
      "h = o * np.tanh(c)",
    ]),
  },
  "numpy-gru": {
    title: "NumPy: GRU",
    detail: "a loop that you wrote yourself, with the reset after the product: states",
    script: numpyProbe(
      "gru",
      "r z n",
      "h",
      [
        'r, z = (sigmoid(a(k, x_t, h)) for k in "rz")  # yours',
        'n = np.tanh(p["Wxn"] @ x_t + p["bn"] + r * (p["Whn"] @ h + p["bhn"]))',
        "h = (1 - z) * n + z * h",
      ],
      'p["bhn"] = random.normal(size=H)',
    ),
  },
};

export const isProbeName = (value: unknown): value is ProbeName =>
  typeof value === "string" && Object.hasOwn(probes, value);
