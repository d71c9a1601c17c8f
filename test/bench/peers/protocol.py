"""What a peer says to the benchmark: a line of JSON on standard output for each line of JSON on standard input.

{"do": "about"}                    -> name, version and what it computes with
{"do": "load", "precision": ..., "workload": {...}, "parameters": {...}, "inputs": ..., "targets": ...}  -> {}
{"do": "check", "updates": n}      -> loss and parameters after so many updates from the loaded parameters
{"do": "batch", "milliseconds": m} -> {"updates": n, "seconds": s} of a batch of updates that takes about so long
A failure is answered by {"error": message}.
"""

import base64
import gc
import json
import sys
import time

import numpy as np


def array(packed):
    """An array of the benchmark: its type, its shape and its bytes."""
    data = np.frombuffer(base64.b64decode(packed["data"]), dtype=packed["type"])
    return data.reshape(packed["shape"])


def packed(value):
    value = np.ascontiguousarray(value, dtype="<f8")
    return {"type": "<f8", "shape": value.shape, "data": base64.b64encode(value.tobytes()).decode()}


class Peer:
    def __init__(self, about, make):
        self.about = about
        self.make = make
        self.training = None
        self.request = None
        self.updates = 1

    def answer(self, request):
        if request["do"] == "about":
            return self.about
        if request["do"] == "load":
            self.request = {
                **request,
                "parameters": {name: array(value) for name, value in request["parameters"].items()},
                "inputs": array(request["inputs"]),
                "targets": array(request["targets"]),
            }
            self.training = self.make(self.request)
            self.updates = 1
            return {}
        if request["do"] == "check":
            training = self.make(self.request)
            loss = sum(float(training.update()) for _ in range(request["updates"])) / request["updates"]
            return {"loss": loss, "parameters": {name: packed(v) for name, v in training.parameters().items()}}
        if request["do"] == "batch":
            return self.batch(request["milliseconds"] / 1000)
        raise ValueError(f"there is nothing that is called {request['do']}")

    def batch(self, aim):
        update, updates = self.training.update, self.updates
        gc.disable()
        start = time.perf_counter()
        for _ in range(updates):
            update()
        seconds = time.perf_counter() - start
        gc.enable()
        self.updates = max(1, round(updates * aim / seconds))
        return {"updates": updates, "seconds": seconds}

    def serve(self):
        for line in sys.stdin:
            try:
                answer = self.answer(json.loads(line))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
