"""The benchmark's trainings in NumPy: vectorised, with the memory of a batch allocated once.

Everything that does not wait for the step before is done for all steps at once: the inputs' share of the pre-activations, the
read-out with its loss, the derivatives of the activations, and each gradient of a weight as one product over time and batch.
Matrices are kept as [inputs x outputs], the gates of a cell side by side. All parameters are views of one vector, and so are
their gradients, so that the optimizer has one array to go over.
"""

import os

import numpy as np

from protocol import Peer


FAST = ("openblas", "mkl", "accelerate", "blis")


def blas():
    """The library that multiplies, and whether it is a fast one."""
    configured = configured_blas()
    for name in (configured, *loaded_libraries()):
        if any(fast in name.lower() for fast in FAST):
            return name, True
    return configured, False


def configured_blas():
    """What NumPy was built with."""
    try:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    except (TypeError, KeyError):
        return "unknown BLAS"
    return f"{found.get('name', 'unknown BLAS')} {found.get('version', '')}".strip()


def loaded_libraries():
    """The shared libraries of this process, where the system tells: a distribution's NumPy takes whatever BLAS is installed."""
    try:
        with open("/proc/self/maps") as maps:
            return sorted({os.path.basename(line.split()[-1]) for line in maps if ".so" in line})
    except OSError:
        return []


class Rnn:
    """a_t = x_t Wx + h_{t-1} Wh + b, h_t = tanh(a_t)"""

    def __init__(self, T, B, X, H, dtype):
        self.shapes = {"Wx": (X, H), "Wh": (H, H), "b": (H,)}
        self.names = [("Wx", "Wxh", slice(None)), ("Wh", "Whh", slice(None)), ("b", "bh", slice(None))]
        self.A = np.empty((T, B, H), dtype)
        self.h = np.zeros((T + 1, B, H), dtype)
        self.dA = np.empty((T, B, H), dtype)
        self.slope = np.empty((T, B, H), dtype)
        self.steps = list(zip(self.A, self.h, self.h[1:]))
        self.back = list(zip(self.dA[:-1], self.dA[1:], self.slope[:-1]))[::-1]

    def forward(self, p):
        Wh = p["Wh"]
        for a, h_prev, h in self.steps:
            np.dot(h_prev, Wh, out=h)
            h += a
            np.tanh(h, out=h)

    def backward(self, p, dH):
        WhT, T = p["Wh"].T, len(self.A)
        np.multiply(self.h[1:], self.h[1:], out=self.slope)
        np.subtract(1, self.slope, out=self.slope)
        if dH.ndim == 2:
            np.multiply(dH, self.slope[-1], out=self.dA[-1])
            for da, da_next, slope in self.back:
                np.dot(da_next, WhT, out=da)
                da *= slope
        else:
            np.multiply(dH[-1], self.slope[-1], out=self.dA[-1])
            for (da, da_next, slope), dh in zip(self.back, dH[T - 2 :: -1]):
                np.dot(da_next, WhT, out=da)
                da += dh
                da *= slope
        return self.dA, self.dA


class Lstm:
    """Gates o, i, f and g side by side: the first three are sigmoids, the last three go into c."""

    def __init__(self, T, B, X, H, dtype):
        self.shapes = {"Wx": (X, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
        self.names = [
            (own, theirs + gate, slice(k * H, (k + 1) * H))
            for k, gate in enumerate("oifg")
            for own, theirs in (("Wx", "Wx"), ("Wh", "Wh"), ("b", "b"))
        ]
        self.A = np.empty((T, B, 4 * H), dtype)
        self.gates = np.empty((T, B, 4, H), dtype)
        self.h = np.zeros((T + 1, B, H), dtype)
        self.c = np.zeros((T + 1, B, H), dtype)
        self.tanh_c = np.empty((T, B, H), dtype)
        self.dA = np.empty((T, B, 4, H), dtype)
        self.slope = np.empty((T, B, 4, H), dtype)
        self.slope_c = np.empty((T, B, H), dtype)
        self.dh = np.empty((B, H), dtype)
        self.dc = np.empty((B, H), dtype)
        self.work = np.empty((B, H), dtype)
        flat = self.gates.reshape(T, B, 4 * H)
        o, i, f, g = (self.gates[:, :, k] for k in range(4))
        self.steps = list(
            zip(self.A, self.h, self.h[1:], self.c, self.c[1:], self.tanh_c, flat, flat[:, :, : 3 * H], o, i, f, g)
        )
        self.back = list(zip(self.dA, self.slope, self.slope_c, f))[::-1]
        self.flat_dA = self.dA.reshape(T, B, 4 * H)

    def forward(self, p):
        Wh, work = p["Wh"], self.work
        for a, h_prev, h, c_prev, c, tanh_c, gates, sigmoids, o, i, f, g in self.steps:
            np.dot(h_prev, Wh, out=gates)
            gates += a
            np.negative(sigmoids, out=sigmoids)
            np.exp(sigmoids, out=sigmoids)
            sigmoids += 1
            np.reciprocal(sigmoids, out=sigmoids)
            np.tanh(g, out=g)
            np.multiply(f, c_prev, out=c)
            np.multiply(i, g, out=work)
            c += work
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)

    def backward(self, p, dH):
        WhT, dh, dc, work = p["Wh"].T, self.dh, self.dc, self.work
        o, i, f, g = (self.gates[:, :, k] for k in range(4))
        sigmoids, slope = self.gates[:, :, :3], self.slope
        np.subtract(1, sigmoids, out=slope[:, :, :3])
        slope[:, :, :3] *= sigmoids
        slope[:, :, 0] *= self.tanh_c
        slope[:, :, 1] *= g
        slope[:, :, 2] *= self.c[:-1]
        np.multiply(g, g, out=slope[:, :, 3])
        np.subtract(1, slope[:, :, 3], out=slope[:, :, 3])
        slope[:, :, 3] *= i
        np.multiply(self.tanh_c, self.tanh_c, out=self.slope_c)
        np.subtract(1, self.slope_c, out=self.slope_c)
        self.slope_c *= o
        dc.fill(0)
        after = None
        for (dA, slope, slope_c, f), dh_above, flat in zip(self.back, dH[::-1], self.flat_dA[::-1]):
            if after is None:
                dh[...] = dh_above
            else:
                np.dot(after, WhT, out=dh)
                dh += dh_above
            np.multiply(dh, slope_c, out=work)
            dc += work
            np.multiply(dh, slope[:, 0], out=dA[:, 0])
            np.multiply(dc[:, None], slope[:, 1:], out=dA[:, 1:])
            dc *= f
            after = flat
        return self.flat_dA, self.flat_dA


class Gru:
    """The columns of Wh are those of q, r and z, those of Wx r, z and n, and the gradients of all four stand as q, r, z, n."""

    def __init__(self, T, B, X, H, dtype):
        self.shapes = {"Wx": (X, 3 * H), "Wh": (H, 3 * H), "b": (3 * H,), "bq": (H,)}
        part = [slice(k * H, (k + 1) * H) for k in range(3)]
        self.names = [
            ("Wx", "Wxr", part[0]),
            ("Wx", "Wxz", part[1]),
            ("Wx", "Wxn", part[2]),
            ("Wh", "Whn", part[0]),
            ("Wh", "Whr", part[1]),
            ("Wh", "Whz", part[2]),
            ("b", "br", part[0]),
            ("b", "bz", part[1]),
            ("b", "bn", part[2]),
            ("bq", "bhn", slice(None)),
        ]
        self.A = np.empty((T, B, 3 * H), dtype)
        self.q = np.empty((T, B, 3 * H), dtype)
        self.n = np.empty((T, B, H), dtype)
        self.h = np.zeros((T + 1, B, H), dtype)
        self.d = np.empty((T, B, 4 * H), dtype)
        self.slope = np.empty((T, B, 3, H), dtype)
        self.dh = np.empty((B, H), dtype)
        self.work = np.empty((B, H), dtype)
        self.r, self.z = self.q[:, :, H : 2 * H], self.q[:, :, 2 * H :]
        self.steps = list(
            zip(
                self.h,
                self.h[1:],
                self.q,
                self.q[:, :, :H],
                self.q[:, :, H:],
                self.r,
                self.z,
                self.n,
                self.A[:, :, : 2 * H],
                self.A[:, :, 2 * H :],
            )
        )
        parts = [self.d[:, :, k * H : (k + 1) * H] for k in range(4)]
        slopes = [self.slope[:, :, k] for k in range(3)]
        self.dU = self.d[:, :, : 3 * H]
        self.back = list(zip(*parts, *slopes, self.r, self.z, self.dU))[::-1]

    def forward(self, p):
        Wh, bq = p["Wh"], p["bq"]
        for h_prev, h, u, q, gates, r, z, n, a_gates, a_n in self.steps:
            np.dot(h_prev, Wh, out=u)
            q += bq
            gates += a_gates
            np.negative(gates, out=gates)
            np.exp(gates, out=gates)
            gates += 1
            np.reciprocal(gates, out=gates)
            np.multiply(r, q, out=n)
            n += a_n
            np.tanh(n, out=n)
            np.subtract(h_prev, n, out=h)
            h *= z
            h += n

    def backward(self, p, dH):
        H, WhT, dh, work = self.h.shape[2], p["Wh"].T, self.dh, self.work
        slope_r, slope_z, slope_n = (self.slope[:, :, k] for k in range(3))
        q, r, z, n = self.q[:, :, :H], self.r, self.z, self.n
        np.subtract(1, r, out=slope_r)
        slope_r *= r
        slope_r *= q
        np.subtract(1, z, out=slope_z)
        np.multiply(n, n, out=slope_n)
        np.subtract(1, slope_n, out=slope_n)
        slope_n *= slope_z
        slope_z *= z
        slope_z *= self.h[:-1] - n
        carried = after = None
        for (dq, dr, dz, dn, sr, sz, sn, r, z, dU), dh_above in zip(self.back, dH[::-1]):
            if after is None:
                dh[...] = dh_above
            else:
                np.dot(after, WhT, out=dh)
                dh += carried
                dh += dh_above
            np.multiply(dh, sz, out=dz)
            np.multiply(dh, sn, out=dn)
            np.multiply(dn, sr, out=dr)
            np.multiply(dn, r, out=dq)
            np.multiply(dh, z, out=work)
            carried, after = work, dU
        return self.d[:, :, H:], self.dU


kinds = {"rnn": Rnn, "lstm": Lstm, "gru": Gru}


class Training:
    def __init__(self, request):
        w = self.workload = request["workload"]
        dtype = self.dtype = np.dtype(request["precision"])
        T, B, X, H, O = (w[key] for key in ("steps", "batch", "inputs", "hidden", "outputs"))
        self.every = w["at"] == "every"
        cell = self.cell = kinds[w["cell"]](T, B, X, H, dtype)
        shapes = {**cell.shapes, "Why": (H, O), "by": (O,)}
        size = sum(int(np.prod(shape)) for shape in shapes.values())
        self.all_p, self.all_g, self.memory, self.work = (np.zeros(size, dtype) for _ in range(4))
        self.p, self.g = {}, {}
        at = 0
        for name, shape in shapes.items():
            to = at + int(np.prod(shape))
            self.p[name], self.g[name] = self.all_p[at:to].reshape(shape), self.all_g[at:to].reshape(shape)
            at = to
        self.names = [(own, f"layers.0.{name}", part) for own, name, part in cell.names]
        self.names += [("Why", "output.Why", slice(None)), ("by", "output.by", slice(None))]
        for own, name, part in self.names:
            self.p[own][..., part] = request["parameters"][name].T

        # Each batch with time first.
        def batches(values):
            split = values.reshape(w["batches"], B, *values.shape[1:])
            return [np.ascontiguousarray(np.moveaxis(batch, 1, 0)) for batch in split]

        if w["input"] == "tokens":
            self.tokens = [batch.reshape(T * B) for batch in batches(request["inputs"])]
            self.x = [np.eye(X, dtype=dtype)[tokens] for tokens in self.tokens]
        else:
            self.x = [batch.reshape(T * B, X).astype(dtype) for batch in batches(request["inputs"])]
        if w["loss"] == "mse":
            self.targets = [batch.astype(dtype) for batch in request["targets"].reshape(w["batches"], B, O)]
        elif self.every:
            self.targets = [batch.reshape(T * B) for batch in batches(request["targets"])]
        else:
            self.targets = list(request["targets"].reshape(w["batches"], B))
        rows = B * T if self.every else B
        self.rows = np.arange(rows)
        self.weight = 1 / B / (T if w["reduction"] == "mean" and self.every else 1)
        self.z, self.e = np.empty((rows, O), dtype), np.empty((rows, O), dtype)
        self.dH = np.empty((T, B, H) if self.every else (B, H), dtype)
        self.next = 0

    def update(self):
        """Forward, back and one update. Gives the batch's loss before it."""
        w, p, g, cell = self.workload, self.p, self.g, self.cell
        T, B, _ = cell.A.shape
        k = self.next
        self.next = (k + 1) % len(self.x)
        x, targets = self.x[k], self.targets[k]
        A = cell.A.reshape(T * B, -1)
        if w["input"] == "tokens":
            np.take(p["Wx"], self.tokens[k], axis=0, out=A, mode="clip")
        else:
            np.dot(x, p["Wx"], out=A)
        A += p["b"]
        cell.forward(p)

        h = cell.h[1:].reshape(T * B, -1) if self.every else cell.h[-1]
        z = np.dot(h, p["Why"], out=self.z)
        z += p["by"]
        if w["loss"] == "mse":
            z -= targets
            loss = np.dot(z.ravel(), z.ravel()) * self.weight
            z *= 2 * self.weight
            dz = z
        else:
            z -= z.max(axis=1, keepdims=True)
            dz = np.exp(z, out=self.e)
            sums = dz.sum(axis=1, keepdims=True)
            loss = (np.log(sums).sum() - z[self.rows, targets].sum()) * self.weight
            dz /= sums
            dz[self.rows, targets] -= 1
            dz *= self.weight
        np.dot(h.T, dz, out=g["Why"])
        dz.sum(axis=0, out=g["by"])
        dH = np.dot(dz, p["Why"].T, out=self.dH.reshape(len(dz), -1)).reshape(self.dH.shape)

        d_input, d_state = cell.backward(p, dH)
        d_input = d_input.reshape(T * B, -1) if d_input.flags.c_contiguous else merged(d_input)
        d_state = d_state.reshape(T * B, -1) if d_state.flags.c_contiguous else merged(d_state)
        np.dot(x.T, d_input, out=g["Wx"])
        np.dot(cell.h[:-1].reshape(T * B, -1).T, d_state, out=g["Wh"])
        d_input.sum(axis=0, out=g["b"])
        if "bq" in g:
            d_state[:, : len(g["bq"])].sum(axis=0, out=g["bq"])
        self.optimize()
        return loss

    def optimize(self):
        w, g, memory, work = self.workload, self.all_g, self.memory, self.work
        if w["clipValue"] is not None:
            np.clip(g, -w["clipValue"], w["clipValue"], out=g)
        if w["optimizer"] == "adagrad":
            np.multiply(g, g, out=work)
            memory += work
            np.sqrt(memory, out=work)
            work += w["epsilon"]
            g /= work
        g *= w["learningRate"]
        self.all_p -= g

    def parameters(self):
        return {name: self.p[own][..., part].T for own, name, part in self.names}


def merged(parts):
    """[T x B x n] of wider rows as [T B x n], without a copy."""
    T, B, n = parts.shape
    return np.lib.stride_tricks.as_strided(parts, (T * B, n), parts.strides[1:])


if __name__ == "__main__":
    name, fast = blas()
    about = {"name": "NumPy", "version": np.__version__, "library": name, "counts": fast}
    np.seterr(over="ignore")
    Peer(about, Training).serve()
