"""The models that the documentation of Keras exports, as small as they can be."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def _with_fixed_weights(model):
    """The model with weights that are the same on every backend, as trained ones are: its answers are recorded."""
    random = np.random.RandomState(0)
    model.set_weights([random.uniform(-1, 1, weight.shape) for weight in model.weights])
    return model


def one_input():
    """A model of one input."""
    hidden = layers.Dense(4, activation="relu")
    return _with_fixed_weights(keras.Sequential([keras.Input([3]), hidden, layers.Dense(2)], name="one_input"))


def with_dropout():
    """A model that does not do in training what it does in inference."""
    hidden = [layers.Dense(4, activation="relu"), layers.Dropout(0.5)]
    return _with_fixed_weights(keras.Sequential([keras.Input([3]), *hidden, layers.Dense(2)], name="with_dropout"))


class TwoArguments(keras.Model):
    """A subclassed model whose call has two positional arguments."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.left = layers.Dense(2, name="left")
        self.right = layers.Dense(2, name="right")

    def call(self, x1, x2):
        return self.left(x1) - self.right(x2)


def two_arguments():
    """The model of two arguments, called once so that it has its weights."""
    model = TwoArguments(name="two_arguments")
    model(tf.zeros([1, 3]), tf.zeros([1, 4]))
    return _with_fixed_weights(model)


def _two_inputs():
    x1, x2 = keras.Input([3], name="x1"), keras.Input([4], name="x2")
    return x1, x2, layers.Subtract()([layers.Dense(2, name="left")(x1), layers.Dense(2, name="right")(x2)])


def list_of_two():
    """A Functional model that takes a list."""
    x1, x2, outputs = _two_inputs()
    return _with_fixed_weights(keras.Model(inputs=[x1, x2], outputs=outputs, name="list_of_two"))


def dict_of_two():
    """A Functional model that takes a dict."""
    x1, x2, outputs = _two_inputs()
    return _with_fixed_weights(keras.Model(inputs={"x1": x1, "x2": x2}, outputs=outputs, name="dict_of_two"))


_table = tf.lookup.StaticHashTable(
    tf.lookup.KeyValueTensorInitializer(tf.constant(["one", "two", "three"]), tf.constant([1.0, 2.0, 3.0])),
    default_value=0.0,
)


def look_up(words):
    """The number of each word, 0 for a word that is no number."""
    return _table.lookup(words)


def compiled():
    """A model with an optimizer that has made its variables."""
    model = one_input()
    model.compile(optimizer=keras.optimizers.Adam(name="adam"), loss="mse")
    model.fit(tf.ones([4, 3]), tf.zeros([4, 2]), verbose=0)
    return model


def named():
    """A model whose input and output layers have names."""
    x = keras.Input([4], name="x")
    return _with_fixed_weights(keras.Model(x, layers.Dense(5, name="out")(x), name="named"))
