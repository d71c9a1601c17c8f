"""Makes the small files beside this one with the real libraries, and what these compute for them: expected.json.

Run by hand where a new kind of file is to be tested: python3 make.py (PyTorch 1.13, NumPy 1.24, h5py 3.7).
"""

import collections
import io
import json
import pathlib
import zipfile

import h5py
import numpy as np
import torch
from torch import nn

here = pathlib.Path(__file__).parent / "files"
here.mkdir(exist_ok=True)
expected = {}
T, X, H = 7, 3, 4
torch.manual_seed(1)
inputs = torch.sin(torch.arange(1, T * X + 1, dtype=torch.float64)).reshape(T, 1, X)


def note(name, outputs, **more):
    expected[name] = {"inputs": inputs.squeeze(1).tolist(), "outputs": outputs.detach().squeeze(1).double().tolist(), **more}


class Tagger(nn.Module):
    """A recurrent module with a read-out."""

    def __init__(self, rnn, width, outputs=2):
        super().__init__()
        self.rnn = rnn
        self.fc = nn.Linear(width, outputs)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


def run(model):
    return model.double()(inputs)


def save(name, value, **how):
    torch.save(value, here / name, **how)


kinds = {
    "lstm": Tagger(nn.LSTM(X, H, 2), H),
    "gru": Tagger(nn.GRU(X, H), H),
    "rnn": Tagger(nn.RNN(X, H), H),
    "both": Tagger(nn.LSTM(X, H, 2, bidirectional=True), 2 * H),
    "nobias": Tagger(nn.GRU(X, H, bias=False), H),
}
for name, model in kinds.items():
    save(f"{name}.pt", model.state_dict())
    note(f"{name}.pt", run(model))
    model.float()

model = kinds["lstm"]
exact = run(model)
model.float()
save("legacy.pth", model.state_dict(), _use_new_zipfile_serialization=False)
note("legacy.pth", exact)
save("lightning.ckpt", {"epoch": 3, "state_dict": {f"model.{k}": v for k, v in model.state_dict().items()}, "hyper_parameters": {"a": 1}, "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(2)}}}]})
note("lightning.ckpt", exact)
save("wrapped.pt", collections.OrderedDict((f"module._orig_mod.{k}", v) for k, v in model.state_dict().items()))
note("wrapped.pt", exact)
save("double.pt", model.double().state_dict())
note("double.pt", exact)
model.float()
save("module.pt", nn.RNN(X, H, nonlinearity="relu"))
whole = torch.load(here / "module.pt")
note("module.pt", whole.double()(inputs)[0])


def keep(script, name, wanted):
    """Without what names where this file lies."""
    buffer = io.BytesIO()
    torch.jit.save(script, buffer)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(here / name, "w") as kept:
        for entry in made.infolist():
            if wanted(entry.filename):
                kept.writestr(entry.filename, made.read(entry))


# The code is PyTorch's own, and names where this file lies; its numbers are all that is read.
keep(torch.jit.script(model), "script.pt", lambda name: "/code/" not in name)
note("script.pt", exact)

# One storage for all, with offsets; a transposed view; a view with a step.
flat = torch.cat([p.reshape(-1) for p in model.state_dict().values()])
at, shared = 0, {}
for key, p in model.state_dict().items():
    shared[key] = flat[at : at + p.numel()].reshape(p.shape)
    at += p.numel()
columns = model.rnn.weight_ih_l0.detach().t().contiguous()
shared["rnn.weight_ih_l0"] = columns.t()
wide = torch.zeros(4 * H, 2 * H)
wide[:, ::2] = model.rnn.weight_hh_l0.detach()
shared["rnn.weight_hh_l0"] = wide[:, ::2]
save("shared.pt", shared)
note("shared.pt", exact)

for kind, type_ in {"half": torch.float16, "bfloat": torch.bfloat16}.items():
    short = {k: v.to(type_) for k, v in model.state_dict().items()}
    save(f"{kind}.pt", short)
    rounded = Tagger(nn.LSTM(X, H, 2), H)
    rounded.load_state_dict({k: v.double() for k, v in short.items()})
    rounded = rounded.double()
    rounded.load_state_dict({k: v.double() for k, v in short.items()})
    note(f"{kind}.pt", rounded(inputs))

normed = Tagger(nn.LSTM(X, H), H)
nn.utils.weight_norm(normed.rnn, "weight_hh_l0")
nn.utils.weight_norm(normed.fc)
with torch.no_grad():
    normed.rnn.weight_hh_l0_g.mul_(1.5)
save("weight_norm.pt", normed.state_dict())
note("weight_norm.pt", run(normed))

save("projection.pt", Tagger(nn.LSTM(X, H, proj_size=2), 2).state_dict())
torch.backends.quantized.engine = "qnnpack" if "fbgemm" not in torch.backends.quantized.supported_engines else "fbgemm"
quantised = torch.quantization.quantize_dynamic(Tagger(nn.LSTM(X, H), H), {nn.LSTM, nn.Linear})
save("quantised.pt", quantised.state_dict())
save("embedding.pt", nn.ModuleDict({"emb": nn.Embedding(6, X), "rnn": nn.GRU(X, H), "fc": nn.Linear(H, 6)}).state_dict())
save("dense-only.pt", nn.Linear(3, 2).state_dict())

# NumPy: names of PyTorch, Fortran order, types, compressed.
model.float()
arrays = {k: v.numpy() for k, v in model.state_dict().items()}
np.savez(here / "names.npz", **arrays)
note("names.npz", exact)
np.savez_compressed(here / "fortran.npz", **{k: np.asfortranarray(v) for k, v in arrays.items()})
note("fortran.npz", exact)
np.savez(here / "big-endian.npz", **{k: v.astype(">f8") for k, v in arrays.items()})
note("big-endian.npz", exact)
gru = kinds["gru"].float()
weights = [p.detach().numpy() for p in gru.rnn.parameters()]
np.savez(here / "nameless.npz", *weights)
note("nameless.npz", gru.rnn.double()(inputs)[0])
np.savez(here / "objects.npz", weight_ih_l0=np.array([{"a": 1}, None], dtype=object))

# Keras 2's whole model, as it writes it through h5py.
rng=np.random.default_rng(3)
with h5py.File(here / "keras2.h5", "w") as f:
    f.attrs['keras_version']='2.15.0'; f.attrs['backend']='tensorflow'
    f.attrs['model_config']=json.dumps({"class_name":"Sequential","config":{"name":"sequential","layers":[{"class_name":"LSTM","config":{"name":"lstm","units":2,"activation":"tanh","recurrent_activation":"sigmoid","return_sequences":True}},{"class_name":"Dense","config":{"name":"dense","units":1,"activation":"linear"}}]}})
    g=f.create_group('model_weights')
    def layer(name,path,ws):
        l=g.create_group(name); l.attrs['weight_names']=[(path+'/'+k+':0').encode() for k in ws]
        for k,w in ws.items(): l.create_dataset(path+'/'+k+':0',data=w)
    layer('lstm','lstm/lstm_cell',{'kernel':rng.normal(size=(3,8)).astype('f4'),'recurrent_kernel':rng.normal(size=(2,8)).astype('f4'),'bias':rng.normal(size=8).astype('f4')})
    layer('dense','dense',{'kernel':rng.normal(size=(2,1)).astype('f4'),'bias':rng.normal(size=1).astype('f4')})

# One norm a column, of a matrix as high as it is wide; one norm for all.
columns = nn.RNN(X, X).double()
nn.utils.weight_norm(columns, "weight_hh_l0", dim=1)
nn.utils.weight_norm(columns, "weight_ih_l0", dim=None)
with torch.no_grad():
    columns.weight_hh_l0_g.mul_(torch.tensor([[1.7, 0.3, 1.2]]))
save("weight_norm-columns.pt", columns.state_dict())
note("weight_norm-columns.pt", columns(inputs)[0])


class Two(nn.Module):
    """Of functions that TorchScript keeps in its code alone."""

    def __init__(self):
        super().__init__()
        self.a = nn.RNN(X, H, nonlinearity="relu")
        self.b = nn.RNN(H, H)

    def forward(self, x):
        return self.b(self.a(x)[0])[0]


two = Two().double()
keep(torch.jit.trace(two, inputs), "relu-traced.pt", lambda name: not name.endswith(".debug_pkl"))
note("relu-traced.pt", two(inputs))
cell = nn.RNNCell(X, H, nonlinearity="relu").double()
save("relu-cell.pt", cell)
state, states = torch.zeros(1, H).double(), []
for x in inputs:
    state = cell(x, state)
    states.append(state)
note("relu-cell.pt", torch.stack(states))

(here / "expected.json").write_text(json.dumps(expected) + "\n")
print(sum(f.stat().st_size for f in here.iterdir()), "bytes")
