"""The benchmark's trainings in PyTorch: torch.nn's cells, autograd and torch.optim."""

import os

import numpy as np
import torch

from protocol import Peer

# Gates in the order in which PyTorch keeps them.
gates = {"rnn": ["h"], "lstm": ["i", "f", "g", "o"], "gru": ["r", "z", "n"]}


class Training:
    def __init__(self, request):
        w = self.workload = request["workload"]
        dtype = {"float64": torch.float64, "float32": torch.float32}[request["precision"]]
        T, B, X, H, O = (w[key] for key in ("steps", "batch", "inputs", "hidden", "outputs"))
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[w["cell"]]
        self.cell = kind(X, H).to(dtype)
        self.readout = torch.nn.Linear(H, O).to(dtype)
        given = {name: torch.tensor(np.array(value), dtype=dtype) for name, value in request["parameters"].items()}
        own = gates[w["cell"]]
        with torch.no_grad():
            self.cell.weight_ih_l0.copy_(torch.cat([given[f"layers.0.Wx{k}"] for k in own]))
            self.cell.weight_hh_l0.copy_(torch.cat([given[f"layers.0.Wh{k}"] for k in own]))
            self.cell.bias_ih_l0.copy_(torch.cat([given[f"layers.0.b{k}"] for k in own]))
            self.cell.bias_hh_l0.zero_()
            if w["cell"] == "gru":
                self.cell.bias_hh_l0[2 * H :] = given["layers.0.bhn"]
            self.readout.weight.copy_(given["output.Why"])
            self.readout.bias.copy_(given["output.by"])
        # There is one bias a gate, and only the GRU's candidate has a second one.
        self.cell.bias_hh_l0.requires_grad_(w["cell"] == "gru")
        trained = [p for p in [*self.cell.parameters(), *self.readout.parameters()] if p.requires_grad]
        self.trained = trained
        if w["optimizer"] == "adagrad":
            self.optimizer = torch.optim.Adagrad(trained, lr=w["learningRate"], eps=w["epsilon"])
        else:
            self.optimizer = torch.optim.SGD(trained, lr=w["learningRate"])
        values = torch.tensor(np.array(request["inputs"]))
        if w["input"] == "tokens":
            values = torch.nn.functional.one_hot(values.long(), X)
        values = values.to(dtype).reshape(w["batches"], B, T, X)
        self.x = [batch.transpose(0, 1).contiguous() for batch in values]
        targets = torch.tensor(np.array(request["targets"]))
        if w["loss"] == "mse":
            self.targets = list(targets.to(dtype).reshape(w["batches"], B, O))
        elif w["at"] == "every":
            self.targets = [t.T.reshape(-1) for t in targets.long().reshape(w["batches"], B, T)]
        else:
            self.targets = list(targets.long().reshape(w["batches"], B))
        self.weight = 1 / B / (T if w["reduction"] == "mean" and w["at"] == "every" else 1)
        self.next = 0

    def update(self):
        w, k = self.workload, self.next
        self.next = (k + 1) % len(self.x)
        self.optimizer.zero_grad()
        h, _ = self.cell(self.x[k])
        z = self.readout(h if w["at"] == "every" else h[-1]).reshape(-1, w["outputs"])
        if w["loss"] == "mse":
            loss = torch.nn.functional.mse_loss(z, self.targets[k], reduction="sum") * self.weight
        else:
            loss = torch.nn.functional.cross_entropy(z, self.targets[k], reduction="sum") * self.weight
        loss.backward()
        if w["cell"] == "gru":
            self.cell.bias_hh_l0.grad[: 2 * w["hidden"]] = 0
        if w["clipValue"] is not None:
            torch.nn.utils.clip_grad_value_(self.trained, w["clipValue"])
        self.optimizer.step()
        return loss.item()

    def parameters(self):
        H = self.workload["hidden"]
        found = {"output.Why": self.readout.weight, "output.by": self.readout.bias}
        for k, gate in enumerate(gates[self.workload["cell"]]):
            rows = slice(k * H, (k + 1) * H)
            found[f"layers.0.Wx{gate}"] = self.cell.weight_ih_l0[rows]
            found[f"layers.0.Wh{gate}"] = self.cell.weight_hh_l0[rows]
            found[f"layers.0.b{gate}"] = self.cell.bias_ih_l0[rows]
        if self.workload["cell"] == "gru":
            found["layers.0.bhn"] = self.cell.bias_hh_l0[2 * H :]
        return {name: value.detach().numpy() for name, value in found.items()}


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    about = {"name": "PyTorch", "version": torch.__version__, "library": "", "counts": True}
    Peer(about, Training).serve()
