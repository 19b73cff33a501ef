"""Writes an archive of another version or backend into a zip file beside this script: ``make.py NAME``.

Each name is made in an environment of its own, beside TensorFlow: ``tf_keras`` with tf_keras 2.21, ``keras_3_8`` with
Keras 3.8, ``jax`` with Keras 3.15 and JAX. ``module_tensorflow_2_16`` and ``keras_3_8_tensorflow_2_16`` are made with
TensorFlow 2.16.2 and Keras 3.8.0.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAME = sys.argv[1]
os.environ["KERAS_BACKEND"] = "jax" if NAME == "jax" else "tensorflow"


def tf_keras(path: str) -> None:
    """A functional model with state, saved as a SavedModel by Keras 2."""
    import tf_keras as keras

    keras.utils.set_random_seed(1)
    x, word = keras.Input((3,), name="x"), keras.Input((), dtype="string", name="word")
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(keras.layers.Dense(4, "swish")(x)))
    ids = keras.layers.StringLookup(vocabulary=["ant", "bee"])(word)
    joined = keras.layers.Concatenate()([hidden, keras.layers.Embedding(3, 2)(ids)])
    model = keras.Model({"x": x, "word": word}, {"y": keras.layers.Dense(1)(joined)})
    model.save(path, save_format="tf", include_optimizer=False)


def tf_keras_export(path: str) -> None:
    """The same, by ``Model.export`` of Keras 2."""
    import tf_keras as keras

    keras.utils.set_random_seed(1)
    x = keras.Input((None, 3), name="x")
    model = keras.Model(x, keras.layers.Dense(1)(keras.layers.LSTM(2)(x)))
    model.export(path)


def keras_3_8(path: str) -> None:
    """A functional model by ``Model.export`` of Keras 3.8."""
    import keras

    keras.utils.set_random_seed(1)
    x = keras.Input((None, 3), name="x")
    model = keras.Model(x, {"y": keras.layers.Dense(1)(keras.layers.GRU(2)(x))})
    model.export(path, verbose=False)


def module_tensorflow_2_16(path: str) -> None:
    """A tf.Module with a table, ragged inputs, and two functions, by ``tf.saved_model.save`` of TensorFlow 2.16."""
    import tensorflow as tf

    class Words(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="words")
            keys = tf.lookup.KeyValueTensorInitializer(["ant", "bee"], tf.constant([1, 2], tf.int64))
            self.table = tf.lookup.StaticHashTable(keys, 0)
            self.vectors = tf.Variable([[0.0, 1.0], [2.0, -3.0], [0.5, 4.0]], name="vectors")

        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.string, ragged_rank=1)])
        def mean(self, words: Any) -> Any:
            ids = tf.ragged.map_flat_values(self.table.lookup, words)
            rows = tf.ragged.map_flat_values(lambda each: tf.gather(self.vectors, each), ids)
            return {"total": tf.reduce_sum(rows, 1), "count": words.row_lengths()}

        @tf.function(input_signature=[tf.TensorSpec([None, 2], name="x"), tf.TensorSpec([], name="scale")])
        def scaled(self, x: Any, scale: Any) -> Any:
            return {"y": tf.linalg.matmul(x, self.vectors[1:]) * scale}

    module = Words()
    signatures = {"serving_default": module.scaled.get_concrete_function()}
    tf.saved_model.save(module, path, signatures=signatures)


def keras_3_8_tensorflow_2_16(path: str) -> None:
    """A model with several inputs, statistics and a vocabulary, by ``Model.export`` of Keras 3.8 on TensorFlow 2.16."""
    import keras

    keras.utils.set_random_seed(1)
    x, word = keras.Input((3,), name="x"), keras.Input((), dtype="string", name="word")
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(keras.layers.Dense(4, "swish")(x)))
    ids = keras.layers.StringLookup(vocabulary=["ant", "bee"])(word)
    joined = keras.layers.Concatenate()([hidden, keras.layers.Embedding(3, 2)(ids)])
    model = keras.Model([x, word], {"y": keras.layers.Dense(1)(joined)})
    model.export(path, verbose=False)


def jax(path: str) -> None:
    """A model on JAX, by ``Model.export``."""
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(4, "swish"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=1)]
    model = keras.Sequential([keras.Input([3]), *layers, keras.layers.Dense(2)])
    model.export(path, verbose=False)


MAKERS: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (tf_keras, tf_keras_export, keras_3_8, module_tensorflow_2_16, keras_3_8_tensorflow_2_16, jax)
}

with tempfile.TemporaryDirectory() as directory:
    made = Path(directory, NAME)
    MAKERS[NAME](str(made))
    with zipfile.ZipFile(Path(__file__).with_name(f"{NAME}.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(made.rglob("*")):
            if file.is_file() and "debug" not in file.parts:
                info = zipfile.ZipInfo(file.relative_to(made).as_posix())
                archive.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED)
