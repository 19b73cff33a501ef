"""Recommenders: two towers, a ranker with lookups, and a sequence model, with the layers of keras-rs."""

from typing import Any

import keras
import keras_rs
import tensorflow as tf

MOVIES = ["alien", "brazil", "casablanca", "dune", "emma"]


class Retrieval(keras.Model):
    """Two towers; serving returns the best candidates of a query, training a loss."""

    def __init__(self) -> None:
        super().__init__(name="movie_retrieval")
        self.query_model = keras.Sequential([keras.layers.Embedding(20, 8), keras.layers.Dense(4)], name="query_model")
        self.candidate_model = keras.Sequential(
            [keras.layers.Embedding(5, 8), keras.layers.Dense(4)], name="candidate_model"
        )
        self.retrieval = keras_rs.layers.BruteForceRetrieval(k=3, return_scores=True)
        self.candidate_model(tf.range(5))
        self.update_candidates()

    def update_candidates(self) -> None:
        self.retrieval.update_candidates(self.candidate_model(tf.range(5)))

    def call(self, inputs: Any, training: bool = False) -> Any:
        user = self.query_model(inputs)
        if training:
            return {"query_embeddings": user}
        scores, movies = self.retrieval(user)
        return {"query_embeddings": user, "scores": scores, "predictions": movies}


def retrieval() -> keras.Model:
    """As in the tutorial: subclassed, and called once on an array of ids."""
    model = Retrieval()
    model(tf.constant([1, 2]))
    return model


def dlrm() -> keras.Model:
    """Dense and categorical features that interact, as in DLRM."""
    dense = keras.Input((6,), name="int_features")
    movie = keras.Input((), dtype="string", name="movie_title")
    user = keras.Input((), dtype="int64", name="user_id")
    title = keras.layers.Embedding(7, 4)(keras.layers.StringLookup(vocabulary=MOVIES)(movie))
    buckets = keras.layers.Hashing(num_bins=16)(user)
    embedded = [keras.layers.Dense(4, activation="relu")(dense), title, keras.layers.Embedding(16, 4)(buckets)]
    crossed = keras_rs.layers.DotInteraction()(embedded)
    rating = keras.layers.Dense(1, name="rating")(keras.layers.Concatenate()([crossed, embedded[0]]))
    return keras.Model({"int_features": dense, "movie_title": movie, "user_id": user}, rating, name="dlrm")


def deep_cross() -> keras.Model:
    """A Sequential of a cross layer and a deep one, on prepared features."""
    layers = [keras_rs.layers.FeatureCross(projection_dim=2), keras.layers.Dense(4, activation="relu")]
    return keras.Sequential([keras.Input((10,), name="features"), *layers, keras.layers.Dense(1, activation="sigmoid")])


def sasrec() -> keras.Model:
    """The next item of a sequence: causal attention with the mask of its padding."""
    items = keras.Input((None,), dtype="int32", name="item_ids")
    padding = keras.Input((None,), dtype="bool", name="padding_mask")
    embedding = keras.layers.Embedding(21, 8, name="item_embedding")
    hidden = embedding(items)
    attended = keras.layers.MultiHeadAttention(2, 4)(
        hidden, hidden, query_mask=padding, value_mask=padding, use_causal_mask=True
    )
    hidden = keras.layers.LayerNormalization()(hidden + attended)
    logits = keras.layers.Dense(21, name="next_item")(hidden)
    return keras.Model({"item_ids": items, "padding_mask": padding}, logits, name="sasrec")
