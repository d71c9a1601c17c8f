#!/usr/bin/env bash
# flax 0.12.8 (JAX 0.10.2): GRUCell of flax.nnx has no bias b_hn, though the equation that it documents has one:
# n = tanh(W_in x + b_in + r * (W_hn h + b_hn)) (https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/nn/recurrent.html, GRUCell).
# Its dense_h is without bias, and as b_hn stands behind the reset gate, no other bias can take its place. flax.linen's GRUCell, documented with
# the same equation, has it. So a GRU of flax.linen, of PyTorch or of Keras (reset_after) cannot be brought into flax.nnx as it is, and a cell
# that is brought without b_hn, or with it added to b_in, gives other numbers without a word.
# Seen: the parameters' shapes (units 1: linen has four biases, nnx the three of dense_i), and one step from h = 0.5 with x = 1, all weights 0.1
# and b_hn = 2: linen gives what the equation gives; nnx does with b_hn = 0, and with b_in + b_hn in b_in's place something else.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 2>/dev/null
cat > look.py <<'PY'
import inspect

import jax
import numpy as np
from flax import linen, nnx

x, h = np.full((1, 1), 1, "f"), np.full((1, 1), 0.5, "f")
for module in (linen, nnx):
    print(f"{module.__name__} documents b_hn:", "b_{hn}" in inspect.getdoc(module.GRUCell))

weights = linen.GRUCell(1).init(jax.random.PRNGKey(0), h, x)["params"]
print("linen has the biases", *sorted(f"{name}{list(part['bias'].shape)}" for name, part in weights.items() if "bias" in part))
weights = jax.tree_util.tree_map(lambda w: np.full(w.shape, 0.1, "f"), weights)
weights["hn"]["bias"] = np.full(1, 2, "f")
print(f"linen, b_hn 2: {linen.GRUCell(1).apply({'params': weights}, h, x)[0].item():.4f}")

cell = nnx.GRUCell(1, 1, rngs=nnx.Rngs(0))
state = nnx.state(cell, nnx.Param).flat_state()
print("nnx has the biases", *(f"{part}{list(w.get_value().shape)}" for (part, kind), w in state if kind == "bias"))
nnx.update(cell, jax.tree_util.tree_map(lambda w: np.full(w.shape, 0.1, "f"), nnx.state(cell, nnx.Param)))
print(f"nnx, no b_hn: {cell(h, x)[0].item():.4f}")
cell.dense_i.bias.set_value(jax.numpy.array([0.1, 0.1, 2.1]))
print(f"nnx, b_hn added to b_in: {cell(h, x)[0].item():.4f}")


def by_hand(b_hn):
    gate = 1 / (1 + np.exp(-(0.1 + 0.1 + 0.05)))
    return (1 - gate) * np.tanh(0.1 + 0.1 + gate * (0.05 + b_hn)) + gate * 0.5


print(f"the equation: b_hn 2 {by_hand(2):.4f}, b_hn 0 {by_hand(0):.4f}")
PY
seen=$(venv/bin/python look.py 2>/dev/null); printf '%s\n' "$seen"
expected="flax.linen documents b_hn: True
flax.nnx documents b_hn: True
linen has the biases hn[1] in[1] ir[1] iz[1]
linen, b_hn 2: 0.6640
nnx has the biases dense_i[3]
nnx, no b_hn: 0.3793
nnx, b_hn added to b_in: 0.7089
the equation: b_hn 2 0.6640, b_hn 0 0.3793"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
