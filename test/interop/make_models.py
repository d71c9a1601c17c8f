"""Makes the files of files/models with PyTorch, networks of more than one module, and what it computes for them: expected.json.

Run by hand where a new kind of network is to be tested: python3 make_models.py (PyTorch 1.13).
"""

import json
import pathlib
import struct

import torch
from torch import nn

here = pathlib.Path(__file__).parent / "files" / "models"
here.mkdir(exist_ok=True)
T = 6
torch.manual_seed(3)
expected = {}
types = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def sequence(X):
    return torch.sin(torch.arange(1, T * X + 1, dtype=torch.float64)).reshape(T, 1, X)


def note(name, inputs, outputs):
    expected[name] = {"inputs": inputs.squeeze(1).tolist(), "outputs": outputs.detach().squeeze(1).tolist()}


def write_safetensors(name, tensors):
    """As its own writer does it: names sorted, a header of JSON and the bytes one after the other."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key in sorted(tensors):
        tensor = tensors[key].contiguous()
        bits = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
        end = len(data) + len(bits.numpy().tobytes())
        header[key] = {"dtype": types[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), end]}
        data += bits.numpy().tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (here / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


class Two(nn.Module):
    """Two recurrent modules of unlike kinds and sizes, and a head."""

    def __init__(self, X=3, both=True):
        super().__init__()
        self.rnn1, self.rnn2 = nn.LSTM(X, 5, bidirectional=both), nn.GRU(10 if both else 5, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.rnn2(self.rnn1(x)[0])[0])


model = Two()
state = model.state_dict()
torch.save(state, here / "unlike.pt")
write_safetensors("unlike.safetensors", state)
names = list(state)
parts = [{name: state[name] for name in names[:7]}, {name: state[name] for name in names[7:]}]
for base, write in {"model.safetensors": write_safetensors, "pytorch_model.bin": lambda name, part: torch.save(part, here / name)}.items():
    stem, suffix = base.rsplit(".", 1)
    files = [f"{stem}-0000{k + 1}-of-00002.{suffix}" for k in range(2)]
    for file, part in zip(files, parts):
        write(file, part)
    places = {name: file for file, part in zip(files, parts) for name in part}
    (here / f"{base}.index.json").write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
outputs = model.double()(sequence(3))
for name in ["unlike.pt", "unlike.safetensors", "model.safetensors.index.json", "pytorch_model.bin.index.json"]:
    note(name, sequence(3), outputs)

for name, kind in {"half": torch.float16, "bfloat": torch.bfloat16}.items():
    model = Two()
    short = {key: value.to(kind) for key, value in model.state_dict().items()}
    write_safetensors(f"{name}.safetensors", short)
    model = model.double()
    model.load_state_dict({key: value.double() for key, value in short.items()})
    note(f"{name}.safetensors", sequence(3), model(sequence(3)))


class Many(nn.Module):
    """So many layers that their sorted names stand in another order."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.GRU(3, 3) for _ in range(11)])
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)[0]
        return self.head(x)


model = Many()
write_safetensors("many.safetensors", model.state_dict())
note("many.safetensors", sequence(3), model.double()(sequence(3)))


class Cells(nn.Module):
    """Cells without biases, by hand one step after the other."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.out = nn.LSTMCell(3, 5, bias=False), nn.GRUCell(5, 4, bias=False), nn.Linear(4, 2)

    def forward(self, x):
        first, second, outputs = None, None, []
        for item in x:
            first = self.a(item, first)
            second = self.b(first[0], second)
            outputs.append(self.out(second))
        return torch.stack(outputs)


model = Cells()
torch.save(model.state_dict(), here / "cells.pt")
note("cells.pt", sequence(3), model.double()(sequence(3)))


class Characters(nn.Module):
    """Names that sort the decoder before the embedding that is called encoder."""

    def __init__(self):
        super().__init__()
        self.encoder, self.rnn, self.decoder = nn.Embedding(7, 4), nn.GRU(4, 4, 2), nn.Linear(4, 7, bias=False)

    def forward(self, ids):
        return self.decoder(self.rnn(self.encoder(ids))[0])


model = Characters()
ids = torch.tensor([[0], [3], [6], [2], [2], [5]])
write_safetensors("characters.safetensors", model.state_dict())
note("characters.safetensors", ids, model.double()(ids))

model = Two(both=False)
torch.save({"rnns": nn.ModuleList([model.rnn1, model.rnn2]).state_dict(), "head": model.head.state_dict()}, here / "modules.pt")
averaged = Two(both=False)
torch.save({"model": model.state_dict(), "ema": averaged.state_dict(), "epoch": 3}, here / "averaged.pt")
outputs = model.double()(sequence(3))
note("modules.pt", sequence(3), outputs)
note("averaged.pt", sequence(3), outputs)

# What is not one after the other, or stands behind what is no part of a recurrent stack.
torch.save(
    nn.ModuleDict({"embedding": nn.Embedding(6, 4), "encoder": nn.GRU(4, 4), "embedding2": nn.Embedding(6, 4), "decoder": nn.GRU(4, 4)}).state_dict(),
    here / "two-texts.pt",
)
torch.save(nn.ModuleDict({"lstm": nn.LSTM(3, 4), "norm": nn.LayerNorm(4), "fc": nn.Linear(4, 2)}).state_dict(), here / "normed.pt")

(here / "expected.json").write_text(json.dumps(expected) + "\n")
