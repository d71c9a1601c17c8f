#!/usr/bin/env bash
# keras 3.15.1: with the NumPy backend, `import keras` fails where JAX is not installed, for that backend's math.py takes its Fourier
# transform from the JAX backend. One would expect the backend that "runs on NumPy alone" to need NumPy: https://keras.io/getting_started/
# lists it beside JAX, TensorFlow and PyTorch as one of the backends that one chooses from.
# Seen: ModuleNotFoundError: No module named 'jax'
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check keras==3.15.1 numpy scipy h5py 2>/dev/null
venv/bin/pip list 2>/dev/null | grep -i '^jax' && { echo "JAX came along: nothing can be seen."; exit 1; }
seen=$(KERAS_BACKEND=numpy venv/bin/python -c "import keras" 2>&1 | tail -1 || true)
echo "$seen"
[ "$seen" = "ModuleNotFoundError: No module named 'jax'" ] || { echo "This is not what was found before."; exit 1; }
