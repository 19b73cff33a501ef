"""EfficientNetB0 without weights, so that nothing is downloaded, and the steps from JPEG files to the best classes."""

import keras
import tensorflow as tf

SIZE = 224


def build():
    """The classifier with random weights."""
    return keras.applications.EfficientNetB0(weights=None)


def decode_jpegs(jpegs):
    """A batch of JPEG files, each of any size, as one batch of images."""
    # decode_jpeg takes one file, and until it is resized every image has its own shape.
    image = tf.TensorSpec([SIZE, SIZE, 3], tf.float32)
    return tf.map_fn(_decode_jpeg, jpegs, fn_output_signature=image)


def _decode_jpeg(jpeg):
    return tf.image.resize(tf.io.decode_jpeg(jpeg, channels=3), [SIZE, SIZE])


def best_five(probabilities):
    """The five most probable classes of each image, the best first."""
    best = tf.math.top_k(probabilities, k=5)
    return {"classes": best.indices, "probabilities": best.values}
