"""Makes the small files beside this one in which PyTorch writes cells out, and what PyTorch computes for them: written.json.

Run by hand where a new one is to be tested: python3 make_onnx.py (PyTorch 1.13, onnx 1.12).
"""

import json
import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).parent / "files"
T, H = 5, 4
torch.manual_seed(1)


def sequence(X):
    return torch.sin(torch.arange(1, T * X + 1).float()).reshape(T, 1, X)


sequences = {"wide": sequence(3), "square": sequence(H)}
h = torch.zeros(1, H)
expected = {}


class Lstms(nn.Module):
    """Two cells on each other."""

    def __init__(self, X, last=False):
        super().__init__()
        self.a, self.b, self.fc, self.last = nn.LSTMCell(X, H), nn.LSTMCell(H, H), nn.Linear(H, 2), last


class Looped(Lstms):
    def forward(self, x, h, c, h2, c2):
        outputs = []
        for t in range(x.size(0)):
            h, c = self.a(x[t], (h, c))
            h2, c2 = self.b(h, (h2, c2))
            outputs.append(h2)
        return self.fc(torch.stack(outputs))


class Unrolled(Lstms):
    def forward(self, x):
        h = c = h2 = c2 = x.new_zeros(1, H)
        for t in range(x.size(0)):
            h, c = self.a(x[t], (h, c))
            h2, c2 = self.b(h, (h2, c2))
        return self.fc(h2)


class Stepped(Lstms):
    def forward(self, x, h, c, h2, c2):
        h, c = self.a(x, (h, c))
        h2, c2 = self.b(h, (h2, c2))
        return torch.sigmoid(self.fc(h2)), h, c, h2, c2


class SteppedPlain(nn.Module):
    def __init__(self, cell, X, **how):
        super().__init__()
        self.a, self.b, self.fc = cell(X, H, **how), cell(H, H, **how), nn.Linear(H, 2)

    def forward(self, x, h, h2):
        h = self.a(x, h)
        h2 = self.b(h, h2)
        return self.fc(h2), h, h2


def stepped(model, inputs, states):
    kept, outputs = [h] * states, []
    for x in inputs:
        y, *kept = model(x, *kept)
        outputs.append(y)
    return torch.stack(outputs)


def save(name, model, inputs, arguments, outputs):
    torch.onnx.export(model, arguments, here / name, opset_version=14)
    expected[name] = {"inputs": inputs, "outputs": outputs.detach().flatten().tolist()}


x = sequences["wide"]
model = Looped(3)
save("lstms-loop.onnx", torch.jit.script(model), "wide", (x, h, h, h, h), model(x, h, h, h, h))
model = Unrolled(3)
save("lstms-unrolled.onnx", model, "wide", (x,), model(x))
for inputs, X in {"wide": 3, "square": H}.items():
    x = sequences[inputs]
    model = Stepped(X)
    save(f"lstms-{inputs}.onnx", model, inputs, (x[0], h, h, h, h), stepped(model, x, 4))
    model = SteppedPlain(nn.GRUCell, X)
    save(f"grus-{inputs}.onnx", model, inputs, (x[0], h, h), stepped(model, x, 2))
    model = SteppedPlain(nn.RNNCell, X, nonlinearity="relu")
    save(f"rnns-{inputs}.onnx", model, inputs, (x[0], h, h), stepped(model, x, 2))
model = SteppedPlain(nn.GRUCell, 3, bias=False)
save("grus-nobias.onnx", model, "wide", (sequences["wide"][0], h, h), stepped(model, sequences["wide"], 2))


class Ends(nn.Module):
    """Reads where the passes of the top layer end, as classifiers do."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.fc = nn.Linear(H * (2 if rnn.bidirectional else 1), 2)

    def forward(self, x):
        ends = self.rnn(x)[1]
        ends = ends[0] if isinstance(ends, tuple) else ends
        return torch.sigmoid(self.fc(torch.cat([ends[-2], ends[-1]], 1) if self.rnn.bidirectional else ends[-1]))


x = sequences["wide"]
kinds = {
    "ends-stacked": (nn.LSTM(3, H, 2), 14),
    "ends-both": (nn.GRU(3, H, bidirectional=True), 14),
    "ends-both-old": (nn.RNN(3, H, bidirectional=True), 9),
}
for name, (rnn, version) in kinds.items():
    model = Ends(rnn).eval()
    torch.onnx.export(model, (x,), here / f"{name}.onnx", opset_version=version)
    expected[f"{name}.onnx"] = {"inputs": "wide", "outputs": model(x).detach().flatten().tolist()}

made = {"sequences": {name: value.squeeze(1).tolist() for name, value in sequences.items()}, "files": expected}
(here / "written.json").write_text(json.dumps(made) + "\n")
