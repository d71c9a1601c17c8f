#!/usr/bin/env bash
# keras 3.15.1 (JAX's backend; NumPy's gives the same): what SimpleRNN, GRU and LSTM give at masked steps depends on `unroll`, which is
# documented as a matter of speed and memory alone, and `zero_output_for_mask` is not what it is documented to be: "Whether the output should
# use zeros for the masked timesteps", "only used when return_sequences is True" (https://keras.io/api/layers/recurrent_layers/rnn/).
# Unrolled, it is passed over: masked steps repeat the last output. Not unrolled, it also acts where return_sequences is False: a sequence that is
# padded behind its end gives 0 as its output, whatever it held. And without it, unrolled again, steps masked before the first one that counts
# give 0 where a layer that is not unrolled gives the initial state (of a stateful layer: the state kept from the batch before).
# Seen: four steps, the first and the last masked. The states at the end are the same everywhere, only the outputs differ.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 2>/dev/null
cat > look.py <<'PY'
import numpy as np
from keras import layers

inputs = np.ones((1, 4, 1), "f")
mask = np.array([[False, True, True, False]])
for kind in ("SimpleRNN", "GRU", "LSTM"):
    for unroll in (False, True):
        name = f"{kind}{', unrolled' if unroll else ''}:"
        start = [np.full((1, 1), 0.5, "f")] * (2 if kind == "LSTM" else 1)
        ends = set()

        def run(sequences, zero):
            layer = getattr(layers, kind)(1, kernel_initializer="ones", recurrent_initializer="ones", unroll=unroll,
                                          return_sequences=sequences, zero_output_for_mask=zero, return_state=True)
            outputs, *states = layer(inputs, mask=mask, initial_state=start)
            ends.add(f"{float(states[0][0, 0]):.4f}")
            return " ".join(f"{v:.4f}" for v in np.ravel(outputs))

        plain, zeros, last = run(True, False), run(True, True), run(False, True)
        print(name, f"{plain} | zero_output_for_mask {zeros}, the last output alone {last} | state {' '.join(ends)}")
PY
seen=$(KERAS_BACKEND=jax venv/bin/python look.py 2>/dev/null); printf '%s\n' "$seen"
expected="SimpleRNN: 0.5000 0.9051 0.9567 0.9567 | zero_output_for_mask 0.0000 0.9051 0.9567 0.0000, the last output alone 0.0000 | state 0.9567
SimpleRNN, unrolled: 0.0000 0.9051 0.9567 0.9567 | zero_output_for_mask 0.0000 0.9051 0.9567 0.9567, the last output alone 0.9567 | state 0.9567
GRU: 0.5000 0.5706 0.6273 0.6273 | zero_output_for_mask 0.0000 0.5706 0.6273 0.0000, the last output alone 0.0000 | state 0.6273
GRU, unrolled: 0.0000 0.5706 0.6273 0.6273 | zero_output_for_mask 0.0000 0.5706 0.6273 0.6273, the last output alone 0.6273 | state 0.6273
LSTM: 0.5000 0.6821 0.8071 0.8071 | zero_output_for_mask 0.0000 0.6821 0.8071 0.0000, the last output alone 0.0000 | state 0.8071
LSTM, unrolled: 0.0000 0.6821 0.8071 0.8071 | zero_output_for_mask 0.0000 0.6821 0.8071 0.8071, the last output alone 0.8071 | state 0.8071"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
