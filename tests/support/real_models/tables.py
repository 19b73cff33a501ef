"""Tables of features: lookups, ragged and sparse inputs, and dicts of many columns."""

import keras
import numpy as np
from keras import layers


def census() -> keras.Model:
    """Columns by name, numbers normalized, words looked up, and two results in a dict."""
    age = keras.Input((1,), name="age")
    hours = keras.Input((1,), name="hours_per_week")
    education = keras.Input((1,), dtype="string", name="education")
    occupation = keras.Input((1,), dtype="string", name="occupation")
    scale = layers.Normalization(mean=np.float32(40), variance=np.float32(100))
    words = layers.StringLookup(vocabulary=["bachelors", "masters"], output_mode="one_hot")
    hashed = layers.Hashing(num_bins=8, output_mode="one_hot")
    columns = layers.Concatenate()([scale(age), scale(hours), words(education), hashed(occupation)])
    hidden = layers.Dense(4, activation="relu")(columns)
    outputs = {
        "income": layers.Dense(1, activation="sigmoid")(hidden),
        "marital_status": layers.Dense(3, activation="softmax")(hidden),
    }
    inputs = {"age": age, "hours_per_week": hours, "education": education, "occupation": occupation}
    return keras.Model(inputs, outputs, name="census")


def basket() -> keras.Model:
    """A ragged list of items, and sparse counts."""
    items = keras.Input((None,), ragged=True, dtype="int64", name="items")
    counts = keras.Input((12,), sparse=True, name="counts")
    mean = layers.Lambda(lambda ids: keras.ops.cast(ids.to_tensor(shape=(None, 6)), "float32"), output_shape=(6,))
    merged = layers.Concatenate()([mean(items), layers.Dense(4)(counts)])
    return keras.Model({"items": items, "counts": counts}, layers.Dense(2, name="next_purchase")(merged), name="basket")
