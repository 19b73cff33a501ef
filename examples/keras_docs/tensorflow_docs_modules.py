"""The modules that the documentation of TensorFlow exports, as small as they can be."""

import keras
import tensorflow as tf


class Adder(tf.Module):
    """A function with a signature of its own."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def add(self, x):
        return x + x


class PolymorphicAdder(tf.Module):
    """A function that takes whatever it is given."""

    @tf.function
    def add(self, x):
        return x + x


def concrete_adder():
    """A module that keeps one trace of such a function."""
    adder = PolymorphicAdder()
    adder.add_scalars = adder.add.get_concrete_function(tf.TensorSpec([], tf.float32))
    return adder


class Joiner(keras.Model):
    """A Keras model that computes with strings."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def concat(self, x):
        return x + x


class Multiplier(tf.Module):
    """Multiplies by a variable that can be set."""

    def __init__(self):
        super().__init__()
        self.v = tf.Variable(1.5, name="v")

    @tf.function
    def __call__(self, x):
        return {"custom_output_name": x * self.v}

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def mutate(self, new_v):
        return self.v.assign(new_v)
