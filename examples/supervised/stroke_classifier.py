"""A small convolutional network that tells strokes apart, compiled as for ``fit``: its steps can be exported."""

import keras
import tensorflow as tf
from keras import layers

STROKES = ["horizontal", "vertical", "diagonal"]
SIZE = 8
STEPS_BEFORE_EXPORT = 4


def batches(first, count, rows=16):
    """The batches number ``first`` to ``first + count - 1`` of a data set that never ends: image, label, weight."""
    for index in range(first, first + count):
        label = tf.random.stateless_uniform([rows], [index, 0], 0, len(STROKES), tf.int64)
        where = tf.random.stateless_uniform([rows, 1, 1], [index, 1], 0, SIZE, tf.int64)
        row, column = tf.meshgrid(tf.range(SIZE, dtype=tf.int64), tf.range(SIZE, dtype=tf.int64), indexing="ij")
        strokes = tf.stack([row == where, column == where, (row + column) % SIZE == where], axis=1)
        image = tf.cast(tf.gather(strokes, label, batch_dims=1), tf.float32)[..., tf.newaxis]
        noise = tf.random.stateless_normal(image.shape, [index, 2], stddev=0.3)
        # The rarest stroke counts double.
        weight = tf.where(label == STROKES.index("diagonal"), 2.0, 1.0)
        yield image + noise, label, weight


def classify(model, image):
    """Every stroke with its score, the likeliest first, as a Classify request is answered."""
    scores, order = tf.math.top_k(model(image, training=False), k=len(STROKES))
    return {"classes": tf.gather(tf.constant(STROKES), order), "scores": scores}


def build():
    """A model that has seen its first batches."""
    model = keras.Sequential(
        [
            keras.Input([SIZE, SIZE, 1], name="image"),
            layers.Conv2D(8, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4), name="strokes"),
            layers.BatchNormalization(name="normalized"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.2, seed=7, name="dropout"),
            layers.Dense(len(STROKES), activation="softmax", name="scores"),
        ],
        name="stroke_classifier",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01, name="adam"),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy", keras.metrics.MeanIoU(len(STROKES), sparse_y_pred=False, name="overlap")],
    )
    for batch in batches(0, STEPS_BEFORE_EXPORT):
        model.train_on_batch(*batch)
    model.reset_metrics()
    return model
