"""Graph networks: nodes and edges differ in number."""

from typing import Any

import keras
import tensorflow as tf


class GraphConv(keras.layers.Layer):
    """Sums the transformed features of the neighbors of each node."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(units, activation="relu")

    def call(self, nodes: Any, edges: Any) -> Any:
        messages = tf.gather(self.dense(nodes), edges[:, 0])
        return tf.math.unsorted_segment_sum(messages, edges[:, 1], tf.shape(nodes)[0])


class NodeClassifier(keras.Model):
    """The class of each node of one graph, with a weight for each edge."""

    def __init__(self) -> None:
        super().__init__(name="papers")
        self.conv, self.head = GraphConv(4), keras.layers.Dense(3)

    def call(self, nodes: Any, edges: Any) -> Any:
        return self.head(self.conv(nodes, edges))


def node_classifier() -> keras.Model:
    """A graph as a list of edges: ``nodes`` has a row for each node, ``edges`` one for each edge."""
    model = NodeClassifier()
    model(tf.ones([4, 5]), tf.constant([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]]))
    return model


def graph_classifier() -> keras.Model:
    """Batches of padded graphs with dense adjacency matrices, whose two axes are the nodes."""
    features = keras.Input((None, 5), name="features")
    adjacency = keras.Input((None, None), name="adjacency")
    hidden = keras.ops.matmul(adjacency, keras.layers.Dense(4)(features))
    pooled = keras.layers.GlobalAveragePooling1D()(keras.ops.relu(hidden))
    toxic = keras.layers.Dense(1, activation="sigmoid", name="toxic")(pooled)
    return keras.Model({"features": features, "adjacency": adjacency}, toxic, name="molecules")
