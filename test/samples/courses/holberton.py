# What Holberton's cells print for the inputs of the tasks' main files, by the formulas of the tasks, with NumPy alone:
# of the first sequence the first four hidden units, and the softmax of the first and the last. The numbers stand in others.ts.
import numpy as np

softmax = lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)
sigmoid = lambda v: 1 / (1 + np.exp(-v))
draw, bias = lambda *shape: np.random.normal(size=shape), lambda: np.random.randn(1, 15)
join = lambda h, x: np.concatenate((h, x), 1)

np.random.seed(0)
Wh, Wy, bh, by, h, x = draw(25, 15), draw(15, 5), bias(), draw(1, 5), draw(8, 15), draw(8, 10)
h = np.tanh(join(h, x) @ Wh + bh)
print("rnn", h[0, :4], softmax(h @ Wy + by)[[0, 7]])

np.random.seed(2)
Wz, Wr, Wh, Wy, bz, br, bh = draw(25, 15), draw(25, 15), draw(25, 15), draw(15, 5), bias(), bias(), bias()
by, h, x = draw(1, 5), draw(8, 15), draw(8, 10)
z, r = sigmoid(join(h, x) @ Wz + bz), sigmoid(join(h, x) @ Wr + br)
h = (1 - z) * h + z * np.tanh(join(r * h, x) @ Wh + bh)
print("gru", h[0, :4], softmax(h @ Wy + by)[[0, 7]])

np.random.seed(3)
Wf, Wu, Wc, Wo, Wy = draw(25, 15), draw(25, 15), draw(25, 15), draw(25, 15), draw(15, 5)
bf, bu, bc, bo, by, h, c, x = bias(), bias(), bias(), bias(), draw(1, 5), draw(8, 15), draw(8, 15), draw(8, 10)
k = join(h, x)
c = sigmoid(k @ Wf + bf) * c + sigmoid(k @ Wu + bu) * np.tanh(k @ Wc + bc)
h = sigmoid(k @ Wo + bo) * np.tanh(c)
print("lstm", h[0, :4], c[0, :4], softmax(h @ Wy + by)[[0, 7]])

np.random.seed(1)
cells = [(draw(n + 15, 15), draw(15, o)) for n, o in ((10, 1), (15, 1), (15, 5))]
b, by, X, H = [bias() for _ in cells], draw(1, 5), draw(6, 8, 10), [np.zeros((8, 15))] * 3
for x in X:
    for l, (Wh, _) in enumerate(cells):
        H[l] = x = np.tanh(join(H[l], x) @ Wh + b[l])
print("deep", H[2][0, :4], softmax(H[2] @ cells[2][1] + by)[[0, 7]])

np.random.seed(8)
Wf, Wb, Wy, X = draw(25, 15), draw(25, 15), draw(30, 5), draw(6, 8, 10)
f, g, F, B = np.zeros((8, 15)), np.zeros((8, 15)), [], [None] * 6
for t in range(6):
    f = np.tanh(join(f, X[t]) @ Wf)
    F.append(f)
    B[5 - t] = g = np.tanh(join(g, X[5 - t]) @ Wb)
Y = softmax(join(F[0], B[0]) @ Wy)
print("both", F[0][0, :4], B[0][0, :4], Y[[0, 7]])
