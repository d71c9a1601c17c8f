"""
The numbers of every cell of the library, written to numbers.json beside this file.

Each cell is said here once more, as a step of a loop over time; PyTorch's autograd gives the gradients. All is in double precision.
The loss is the sum over all steps and units of (h − target)².

    python3 make.py        # with PyTorch 1.13; the draws of another one may differ, and with them all numbers
"""

import json
import math
import pathlib

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
H, X, T = 3, 2, 5
sigmoid, tanh, relu = torch.sigmoid, torch.tanh, torch.relu


def gates(letters, recurrent=True):
    """The shapes of a weight of the input, one of the hidden state, and a bias, for each gate."""
    shapes = {}
    for k in letters:
        shapes["Wx" + k] = (H, X)
        if recurrent:
            shapes["Wh" + k] = (H, H)
        shapes["b" + k] = (H,)
    return shapes


def pre(p, k, x, h):
    return p["Wx" + k] @ x + p["Wh" + k] @ h + p["b" + k]


def hard(v):
    return torch.clamp(0.2 * v + 0.5, 0, 1)


plain = gates("h")


def leaky(p, x, s):
    new = tanh(pre(p, "h", x, s["h"]))
    return {"h": s["h"] + 0.2 * (new - s["h"])}


def rates(p, x, s):
    return {"h": s["h"] + (20 / 100) * (relu(pre(p, "h", x, s["h"])) - s["h"])}


def currents(p, x, s):
    u = s["u"] + (20 / 100) * (-s["u"] + pre(p, "h", x, s["h"]))
    return {"u": u, "h": relu(u)}


def echo(p, x, s):
    new = tanh(p["Wxh"] @ x + (0.9 * p["Whh"]) @ s["h"] + p["bh"])
    return {"h": 0.7 * s["h"] + 0.3 * new}


def peephole(p, x, s):
    i = sigmoid(pre(p, "i", x, s["h"]) + torch.diag(p["pi"]) @ s["c"])
    f = sigmoid(pre(p, "f", x, s["h"]) + torch.diag(p["pf"]) @ s["c"])
    c = f * s["c"] + i * tanh(pre(p, "g", x, s["h"]))
    o = sigmoid(pre(p, "o", x, s["h"]) + torch.diag(p["po"]) @ c)
    return {"c": c, "h": o * tanh(c)}


def coupled(p, x, s):
    i = sigmoid(pre(p, "i", x, s["h"]))
    c = s["c"] + i * (tanh(pre(p, "g", x, s["h"])) - s["c"])
    return {"c": c, "h": sigmoid(pre(p, "o", x, s["h"])) * tanh(c)}


def forget_alone(p, x, s):
    v = pre(p, "f", x, s["h"])
    return {"h": sigmoid(v) * s["h"] + (1 - sigmoid(v - 1)) * tanh(pre(p, "g", x, s["h"]))}


def lstm(gate, squash):
    def step(p, x, s):
        i, f, o = (gate(pre(p, k, x, s["h"])) for k in "ifo")
        c = f * s["c"] + i * squash(pre(p, "g", x, s["h"]))
        return {"c": c, "h": o * squash(c)}

    return step


def mgu(p, x, s):
    f = sigmoid(pre(p, "f", x, s["h"]))
    n = tanh(p["Wxn"] @ x + p["Whn"] @ (f * s["h"]) + p["bn"])
    return {"h": torch.lerp(s["h"], n, f)}


def mingru(p, x, s):
    z = sigmoid(F.linear(x, p["Wxz"], p["bz"]))
    return {"h": torch.lerp(s["h"], F.linear(x, p["Wxn"], p["bn"]), z)}


def minlstm(p, x, s):
    both = torch.stack([sigmoid(F.linear(x, p["Wx" + k], p["b" + k])) for k in "fi"])
    f, i = both / both.sum(0)
    return {"h": f * s["h"] + i * F.linear(x, p["Wxn"], p["bn"])}


def layer_norm(p, x, s):
    def normed(k):
        return F.layer_norm(p["Wx" + k] @ x + p["Wh" + k] @ s["h"], (H,), p["γ" + k], p["b" + k], 1e-5)

    c = sigmoid(normed("f")) * s["c"] + sigmoid(normed("i")) * tanh(normed("g"))
    return {"c": c, "h": sigmoid(normed("o")) * tanh(F.layer_norm(c, (H,), p["γc"], p["bc"], 1e-5))}


def slstm(p, x, s):
    i, f = pre(p, "i", x, s["h"]), pre(p, "f", x, s["h"])
    m = torch.maximum(f + s["m"], i)
    c = torch.exp(f + s["m"] - m) * s["c"] + torch.exp(i - m) * tanh(pre(p, "g", x, s["h"]))
    n = torch.exp(f + s["m"] - m) * s["n"] + torch.exp(i - m)
    return {"m": m, "c": c, "n": n, "h": sigmoid(pre(p, "o", x, s["h"])) * c / n}


def rg_lru(p, x, s):
    r, i = (sigmoid(F.linear(x, p["Wx" + k], p["b" + k])) for k in "ri")
    a = sigmoid(p["Λ"]) ** (8 * r)
    return {"h": a * s["h"] + torch.sqrt(1 - a**2) * (i * x)}


def cfc(p, x, s):
    first, second = (tanh(pre(p, k, x, s["h"])) for k in "gn")
    gate = sigmoid(pre(p, "a", x, s["h"]) * 1.0 + pre(p, "b", x, s["h"]))
    return {"h": first * (1 - gate) + gate * second}


four = gates("ifgo")
# By name: the step, the parameters' shapes, the states, and how many inputs where these are not X
cells = {
    "leaky": (leaky, plain, "h"),
    "rate network": (rates, plain, "h"),
    "current network": (currents, plain, "hu"),
    "echo state": (echo, plain, "h"),
    "peephole lstm": (peephole, {**four, "pi": (H,), "pf": (H,), "po": (H,)}, "hc"),
    "coupled lstm": (coupled, gates("igo"), "hc"),
    "forget gate alone": (forget_alone, gates("fg"), "h"),
    "hard lstm": (lstm(hard, tanh), four, "hc"),
    "relu lstm": (lstm(sigmoid, relu), four, "hc"),
    "mgu": (mgu, gates("fn"), "h"),
    "mingru": (mingru, gates("zn", recurrent=False), "h"),
    "minlstm": (minlstm, gates("fin", recurrent=False), "h"),
    "layer-norm lstm": (layer_norm, {**four, **{"γ" + k: (H,) for k in "ifgoc"}, "bc": (H,)}, "hc"),
    "slstm": (slstm, four, "hmcn"),
    "rg-lru": (rg_lru, {"Wxr": (H, H), "br": (H,), "Wxi": (H, H), "bi": (H,), "Λ": (H,)}, "h", H),
    "cfc": (cfc, gates("gnab"), "h"),
}


def numbers(step, shapes, states, inputs=X):
    draw = lambda *shape: torch.randn(*shape).requires_grad_()
    p = {name: draw(*shape) for name, shape in shapes.items()}
    start = {name: draw(H) for name in states}
    if "n" in start:  # what is divided by, like what comes to it, is above 0
        start["n"] = torch.rand(H).add(0.5).requires_grad_()
    xs, targets = [draw(inputs) for _ in range(T)], [torch.randn(H) for _ in range(T)]
    s, steps, loss = start, [], torch.zeros(())
    for x, target in zip(xs, targets):
        s = step(p, x, s)
        steps.append(s)
        loss = loss + ((s["h"] - target) ** 2).sum()
    assert math.isfinite(loss.item())
    loss.backward()
    plain_lists = lambda tensors: {name: v.tolist() for name, v in tensors.items()}
    slopes = lambda tensors: {name: v.grad.tolist() for name, v in tensors.items()}
    return {
        "size": H,
        "inputs": [x.tolist() for x in xs],
        "targets": [target.tolist() for target in targets],
        "parameters": plain_lists(p),
        "initial": plain_lists(start),
        "loss": loss.item(),
        "steps": [plain_lists(s) for s in steps],
        "gradients": {"parameters": slopes(p), "initial": slopes(start), "inputs": [x.grad.tolist() for x in xs]},
    }


torch.manual_seed(0)
lines = [f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(numbers(*cell), ensure_ascii=False)}" for name, cell in cells.items()]
here = pathlib.Path(__file__).parent
(here / "numbers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
