#!/usr/bin/env bash
# flax 0.12.8 (JAX 0.10.2): RNN, of flax.linen and of flax.nnx, with seq_lengths, returns for a row of length 0 the carry after all the steps of
# its padding, as if the row were as long as the array: it takes the carry at the index length - 1, which for 0 is -1, the last one. Of
# seq_lengths both say that what lies behind a length is "considered padding" and "will be ignored"
# (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html, RNN). What one would expect is the carry handed in.
# A row of a batch that pauses so goes on from whatever fills the padding; the other lengths are right.
# Seen: rows of the lengths 3, 1 and 0 in an array of 9s, from initial_carry 0.5: of each cell the third row's carry is the first row's, after
# three steps, where it should be 0.5.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check flax==0.12.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 2>/dev/null
cat > look.py <<'PY'
import jax
import numpy as np
from flax import linen, nnx

lengths = np.array([3, 1, 0])
inputs = np.full((3, 3, 1), 9, "f")
start = np.full((3, 1), 0.5, "f")


def show(name, carry):
    leaves = jax.tree_util.tree_leaves(carry)
    print(name, " and ".join(" ".join(f"{v:.4f}" for v in np.ravel(leaf)) for leaf in leaves))



# All weights and biases are 0.1, so that nothing is drawn.
for name in ("SimpleCell", "GRUCell", "LSTMCell"):
    first = (start, start) if name == "LSTMCell" else start
    rnn = linen.RNN(getattr(linen, name)(1), return_carry=True)
    weights = jax.tree_util.tree_map(lambda w: np.full(w.shape, 0.1, "f"), rnn.init(jax.random.PRNGKey(0), inputs))
    show(f"linen {name}:", rnn.apply(weights, inputs, seq_lengths=lengths, initial_carry=first)[0])
    rnn = nnx.RNN(getattr(nnx, name)(1, 1, rngs=nnx.Rngs(0)), return_carry=True, rngs=nnx.Rngs(0))
    nnx.update(rnn, jax.tree_util.tree_map(lambda w: np.full(w.shape, 0.1, "f"), nnx.state(rnn, nnx.Param)))
    show(f"nnx {name}:", rnn(inputs, seq_lengths=lengths, initial_carry=first)[0])
PY
seen=$(venv/bin/python look.py 2>/dev/null); printf '%s\n' "$seen"
expected="linen SimpleCell: 0.7929 0.7818 0.7929
nnx SimpleCell: 0.7929 0.7818 0.7929
linen GRUCell: 0.6814 0.5789 0.6814
nnx GRUCell: 0.6650 0.5717 0.6650
linen LSTMCell: 1.5407 0.9495 1.5407 and 0.6781 0.5479 0.6781
nnx LSTMCell: 1.5407 0.9495 1.5407 and 0.6781 0.5479 0.6781"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
