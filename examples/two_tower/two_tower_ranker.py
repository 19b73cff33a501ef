"""A ranker of two towers: one embeds the user, one the item, and their product says how well they suit each other."""

from pathlib import Path

import keras
import tensorflow as tf
from keras import layers, ops

USERS, ITEMS, WIDTH = 1000, 500, 16
TITLES = Path(__file__).with_name("titles.txt")


class UserTower(layers.Layer):
    """The user's own vector, mixed with the mean of the items in the history; item 0 is padding."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.ids = layers.Embedding(USERS, WIDTH, name="ids")
        self.items = layers.Embedding(ITEMS, WIDTH, name="items")
        self.mix = layers.Dense(WIDTH, activation="tanh", name="mix")

    def call(self, user_id, history):
        seen = ops.expand_dims(ops.cast(history != 0, "float32"), -1)
        count = ops.maximum(ops.sum(seen, axis=1), 1.0)
        mean = ops.sum(self.items(history) * seen, axis=1) / count
        return self.mix(ops.concatenate([self.ids(user_id), mean], axis=-1))


class ItemTower(layers.Layer):
    """The item's own vector, mixed with that of its title; titles that are not in the file share one vector."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.ids = layers.Embedding(ITEMS, WIDTH, name="ids")
        self.title_words = layers.StringLookup(vocabulary=str(TITLES), name="title_words")
        self.titles = layers.Embedding(self.title_words.vocabulary_size(), WIDTH, name="titles")
        self.mix = layers.Dense(WIDTH, activation="tanh", name="mix")

    def call(self, item_id, title):
        return self.mix(ops.concatenate([self.ids(item_id), self.titles(self.title_words(title))], axis=-1))


class TwoTower(keras.Model):
    """Takes nested features and a list of two contexts; answers with a score and what it is made of."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.user_tower = UserTower(name="user_tower")
        self.item_tower = ItemTower(name="item_tower")
        self.place = layers.Dense(1, name="place")
        self.device = layers.Dense(1, name="device")
        self.dropout = layers.Dropout(0.2, seed=0)

    def call(self, features, context, training=False):
        user = self.user_tower(features["user"]["id"], features["user"]["history"])
        item = self.item_tower(features["item"]["id"], features["item"]["title"])
        taste = ops.sum(self.dropout(user, training=training) * item, axis=-1)
        place, device = context
        circumstance = ops.squeeze(self.place(place) + self.device(device), axis=-1)
        return {"score": ops.sigmoid(ops.expand_dims(taste + circumstance, -1)), "parts": [taste, circumstance]}

    def embed_user(self, user_id, history):
        return {"embedding": self.user_tower(user_id, history)}


def example_request():
    """Three pairs, as the arguments of ``score``; the last title is not in the vocabulary."""
    features = {
        "user": {
            "id": tf.constant([7, 42, 999], tf.int64),
            "history": tf.constant([[12, 80, 3, 0], [499, 0, 0, 0], [5, 5, 6, 7]], tf.int64),
        },
        "item": {
            "id": tf.constant([3, 80, 441], tf.int64),
            "title": tf.constant(["city lights", "golden hour", "a film nobody knows"]),
        },
    }
    context = [tf.reshape(tf.linspace(-1.0, 1.0, 9), [3, 3]), tf.reshape(tf.linspace(0.0, 1.0, 12), [3, 4])]
    return features, context


def build():
    """The ranker with random weights, and the optimizer that would train it."""
    model = TwoTower(name="two_tower")
    model(*example_request())
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    return model
