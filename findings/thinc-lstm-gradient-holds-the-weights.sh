#!/usr/bin/env bash
# thinc 8.3.13: the gradients of its LSTM on the CPU (NumpyOps) are those of no loss. What the layer gives forward is an LSTM to six digits, but
# its weights' gradients are added onto copies of the weights themselves, where they should be added onto zeros (backprop_lstm in
# thinc/backends/numpy_ops.pyx splits `params` for both). Besides, the first step of a sequence hands nothing back. A layer's callback is to
# give the gradient of its input and to add those of its parameters (https://thinc.ai/docs/concept). Whatever the layer is to learn, every
# update so pulls its weights to 0. (PyTorchLSTM, beside it in the package, wraps PyTorch's.)
# Seen: for a loss that does not depend on the outputs the gradient is the weights, and one update of SGD with the rate 0.1 takes a tenth of
# them; for another loss not one of 48 numbers is within a tenth of the central difference (of the equations, in float64); for a sequence of one
# step the input's gradient is 0, and by differences it is not.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check thinc==8.3.13 numpy==2.4.6 2>/dev/null
cat > look.py <<'PY'
import numpy as np
from thinc.api import LSTM, NumpyOps, SGD

units = inputs = 2
ops = NumpyOps()
numbers = np.random.RandomState(1)
layer = LSTM(nO=units, nI=inputs)
layer.ops = ops
layer.initialize()
weights = numbers.normal(size=layer.get_param("LSTM").shape).astype("f")
layer.set_param("LSTM", weights)
long, short = (numbers.normal(size=(steps, inputs)).astype("f") for steps in (4, 1))
sizes = [(4, units, inputs), (4, units), (4, units, units), (4, units)]
ends = np.cumsum([np.prod(size) for size in sizes])
matrices = np.concatenate([np.full(np.prod(size), len(size) == 3) for size in sizes])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(flat, sequence):
    of_input, bias, of_state, bias2 = (part.reshape(size) for part, size in zip(np.split(flat, ends[:-1]), sizes))
    h = c = np.zeros(units)
    outputs = []
    for x in sequence:
        f, i, o, g = of_input @ x + bias + of_state @ h + bias2
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)


def differences(loss, at):
    steps = np.eye(at.size).reshape(-1, *at.shape) * 1e-5
    return np.array([(loss(at + step) - loss(at - step)) / 2e-5 for step in steps]).reshape(at.shape)


def look(sequence, of_outputs):
    """For the loss sum(outputs * of_outputs): the layer, the outputs, and the gradient of the input."""
    one = layer.copy()
    outputs, back = one(ops.list2padded([sequence]), is_train=True)
    of_input = back(ops.list2padded([of_outputs]))
    return one, ops.padded2list(outputs)[0], ops.padded2list(of_input)[0]


one, outputs, _ = look(long, np.zeros((4, units), "f"))
print("outputs as by hand:", np.allclose(outputs, by_hand(weights.astype(float), long), atol=1e-6))
print("a loss that is always 0: the gradient is the weights:", np.array_equal(one.get_grad("LSTM")[matrices], weights[matrices]))
one.finish_update(SGD(0.1, L2=0, grad_clip=0))
print("and one update leaves of them", *np.unique((one.get_param("LSTM") / weights)[matrices].round(3)))

of_outputs = numbers.normal(size=(4, units)).astype("f")
gradient = look(long, of_outputs)[0].get_grad("LSTM")
true = differences(lambda flat: (by_hand(flat, long) * of_outputs).sum(), weights.astype(float))
print("another loss: within a tenth of the difference are", np.sum(abs(gradient - true) < 0.1 * abs(true)), "of", true.size)

of_outputs = of_outputs[:1]
of_input = look(short, of_outputs)[2]
true = differences(lambda x: (by_hand(weights.astype(float), x) * of_outputs).sum(), short.astype(float))
print("one step: the input's gradient is", *of_input[0], "and by differences", *true[0].round(4))
PY
seen=$(venv/bin/python look.py); printf '%s\n' "$seen"
expected="outputs as by hand: True
a loss that is always 0: the gradient is the weights: True
and one update leaves of them 0.9
another loss: within a tenth of the difference are 0 of 48
one step: the input's gradient is 0.0 0.0 and by differences 0.2565 -0.3541"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
