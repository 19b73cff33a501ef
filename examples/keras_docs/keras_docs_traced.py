"""A tf.function that calls a Keras model: the one sample of Keras's documentation that needs its TensorFlow backend."""

import tensorflow as tf
from keras_docs_models import one_input

_model = one_input()


@tf.function
def serving_fn(x):
    """A model with TensorFlow code around it; calling it traces it."""
    return tf.nn.softmax(_model(x))


serving_fn(tf.zeros([2, 3]))
