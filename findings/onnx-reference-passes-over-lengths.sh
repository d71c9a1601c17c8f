#!/usr/bin/env bash
# onnx 1.23.1: its own ReferenceEvaluator takes RNN, GRU and LSTM with sequence_lens, clip, activations and input_forget, passes over them
# without a word, and gives what the node gives without. Those are in the operators' specification (github.com/onnx/onnx/blob/main/docs/
# Operators.md#LSTM), which the evaluator is "a pure python implementation" of (https://onnx.ai/onnx/api/reference.html; mismatches "may
# remain", it says in general). One would expect either the numbers or an error, as for what else it lacks: of RNN's activations it knows
# Tanh and Affine alone, and says so, where GRU and LSTM take any name. Who holds an own reader of ONNX against it learns that it is wrong.
# Seen: for two rows of which the first is two steps long, its last state is that of three, in all three operators; with the others too the
# numbers are those of the plain node. onnxruntime 1.30.0 gives other numbers for each.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check onnx==1.23.1 onnxruntime==1.30.0 numpy==2.4.6 2>/dev/null
cat > look.py <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

X = np.array([[1, 2], [-1, 3], [2, -1]], np.float32).reshape(3, 2, 1)


def run(op, gates, lengths=None, **attributes):
    weights = {"W": np.full((1, gates, 1), 0.5, np.float32), "R": np.full((1, gates, 1), 0.3, np.float32)}
    if lengths:
        weights["lengths"] = np.array(lengths, np.int32)
    node = helper.make_node(op, ["X", "W", "R", "", "lengths" if lengths else ""], ["", "H"], hidden_size=1, **attributes)
    value = helper.make_tensor_value_info
    graph = helper.make_graph([node], "one", [value("X", TensorProto.FLOAT, [3, 2, 1])], [value("H", TensorProto.FLOAT, [1, 2, 1])],
                              [numpy_helper.from_array(array, name) for name, array in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    checker.check_model(model, full_check=True)
    try:
        own = show(ReferenceEvaluator(model).run(None, {"X": X})[0])
    except RuntimeError as error:
        own = str(error)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return own, show(session.run(None, {"X": X})[0])


def show(states):
    return " ".join(f"{v:.4f}" for v in states.ravel())


for op, gates, names in (("RNN", 1, ["Relu"]), ("GRU", 3, ["HardSigmoid", "Softsign"]), ("LSTM", 4, ["HardSigmoid", "Relu", "Softsign"])):
    cases = {"plain": {}, "sequence_lens": {"lengths": [2, 3]}, "clip": {"clip": 0.2}, "activations": {"activations": names}}
    if op == "LSTM":
        cases["input_forget"] = {"input_forget": 1}
    for name, more in cases.items():
        own, other = run(op, gates, **more)
        print(f"{op} {name}: {own}, onnxruntime {other}")
PY
seen=$(venv/bin/python look.py 2>/dev/null); printf '%s\n' "$seen"
expected="RNN plain: 0.7144 -0.2149, onnxruntime 0.7144 -0.2149
RNN sequence_lens: 0.7144 -0.2149, onnxruntime -0.3464 -0.2149
RNN clip: 0.7144 -0.2149, onnxruntime 0.1974 -0.1974
RNN activations: Unknown activation function 'Relu'., onnxruntime 1.0000 0.0400
GRU plain: 0.0621 -0.1265, onnxruntime 0.0621 -0.1265
GRU sequence_lens: 0.0621 -0.1265, onnxruntime -0.2040 -0.1265
GRU clip: 0.0621 -0.1265, onnxruntime 0.0512 -0.0465
GRU activations: 0.0621 -0.1265, onnxruntime 0.0560 -0.0892
LSTM plain: 0.3466 0.1656, onnxruntime 0.3466 0.1656
LSTM sequence_lens: 0.3466 0.1656, onnxruntime -0.0201 0.1656
LSTM clip: 0.3466 0.1656, onnxruntime 0.0475 -0.0059
LSTM activations: 0.3466 0.1656, onnxruntime 0.3119 0.1929
LSTM input_forget: 0.3466 0.1656, onnxruntime 0.3718 0.1480"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; printf '%s\n' "$expected"; exit 1; }
