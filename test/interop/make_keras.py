"""Makes the small files of Keras beside this one with the real library, and what it computes for them: keras.json.

Run by hand where a new kind of file is to be tested: KERAS_BACKEND=jax python3 make_keras.py (Keras 3.15.1, JAX).
"""

import json
import pathlib

import keras
import numpy as np
from keras import layers

here = pathlib.Path(__file__).parent / "files"
keras.utils.set_random_seed(3)
T, X = 5, 3
inputs = np.sin(np.arange(1, T * X + 1, dtype="float32")).reshape(1, T, X)
expected = {"inputs": inputs[0].tolist()}

models = {
    "keras3-lstm": [layers.LSTM(4, return_sequences=True), layers.LSTM(2, return_sequences=True), layers.Dense(3, activation="softmax")],
    "keras3-both": [layers.Bidirectional(layers.GRU(3)), layers.Dense(2, activation="sigmoid")],
    "keras3-hard": [
        layers.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True),
        layers.SimpleRNN(2, activation="relu", return_sequences=True),
    ],
}
for name, stack in models.items():
    model = keras.Sequential([keras.Input((None, X)), *stack])
    # Biases that begin as zeros would hide a mistake.
    model.set_weights([w + np.random.uniform(-0.3, 0.3, w.shape).astype("float32") for w in model.get_weights()])
    model.save(here / f"{name}.keras")
    model.save(here / f"{name}.h5")
    expected[name] = np.asarray(model(inputs))[0].tolist()

(here / "keras.json").write_text(json.dumps(expected) + "\n")
