"""A small regression with a training step of its own, so that the step can be an endpoint like any other."""

import math

import keras
import tensorflow as tf
from keras import layers, ops

STEPS_BEFORE_EXPORT = 5


class Tide(keras.Model):
    """The height of the tide in metres, from the hour of the day."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.wave = layers.Dense(16, activation="tanh", name="wave")
        self.height = layers.Dense(1, name="height")

    def call(self, hours):
        return self.height(self.wave(hours / 24.0))

    def learn(self, hours, metres):
        """One step of gradient descent on a batch."""
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.square(self(hours) - metres))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss, "step": self.optimizer.iterations}


def batches(first, count):
    """The batches number ``first`` to ``first + count - 1`` of a data set that never ends."""
    for index in range(first, first + count):
        hours = tf.random.stateless_uniform([32, 1], [index, 0], 0.0, 24.0)
        yield hours, 2.0 + 1.5 * tf.sin(hours * (2 * math.pi / 12.4))


def build():
    """A model that has seen its first batches."""
    model = Tide(name="tide")
    model.compile(optimizer=keras.optimizers.Adam(0.01, name="adam"))
    for hours, metres in batches(0, STEPS_BEFORE_EXPORT):
        model.learn(hours, metres)
    return model
