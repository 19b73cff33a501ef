"""A sound archive with one of everything, and edits of it that leave one defect each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import specc
from specc.language.contract import CONTRACT_PATH, read_contract, write_contract
from specc.language.document import Document


def sound_document(kernels: dict[str, str]) -> Document:
    """A document with two endpoints, whose collection ``kernels`` has this content."""
    user = {"id": "int32[batch]", "history": "int32[batch, length]", "price": "float32[batch, 3]"}
    score = {
        "inputs": [user],
        "outputs": {"click": "float32[batch]", "parts": ["float32[batch, 4]", "float32[batch, 4]"]},
    }
    look_up = {
        "function": "look_up",
        "arguments": ["words"],
        "inputs": ["string[batch]"],
        "outputs": {"ids": "int64[batch]"},
    }
    return specc.from_json(
        {
            "specc": 1,
            "dims": {"batch": {"max": 64}, "length": {}},
            "endpoints": {"score": score, "look_up": look_up},
            "default": "score",
            "variable_collections": {"kernels": {"from": "trainable_variables", "content": kernels}},
        }
    )


class Ranker(keras.Model):
    def __init__(self, vocabulary: str) -> None:
        super().__init__(name="ranker")  # else Keras numbers the models of a process
        self.embed = keras.layers.Embedding(50, 4, name="items")
        self.head = keras.layers.Dense(1, name="head")
        self.words = keras.layers.StringLookup(vocabulary=vocabulary)

    def call(self, user: Any) -> Any:
        item = self.embed(user["id"])
        past = tf.reduce_mean(self.embed(user["history"]), 1)
        click = tf.nn.sigmoid(self.head(tf.concat([item * past, user["price"]], 1)))
        return {"click": click[:, 0], "parts": [item, past]}

    def look_up(self, words: Any) -> Any:
        return {"ids": self.words(words)}


def build_sound(directory: Path) -> Document:
    """Writes ``directory / "sound"`` and returns its document."""
    vocabulary = directory / "words.txt"
    vocabulary.write_text("ant\nbee\ncat\n")
    model = Ranker(str(vocabulary))
    model({"id": tf.zeros([1], tf.int32), "history": tf.zeros([1, 1], tf.int32), "price": tf.zeros([1, 3])})
    shapes = {each.path: f"float32[{', '.join(map(str, each.shape))}]" for each in model.trainable_variables}
    document = sound_document(shapes)
    specc.compile(document).export(model, directory / "sound")
    return document


def edited(sound: Path, to: Path, edit: Callable[[Any], Any] | None = None) -> Path:
    """A copy of an archive whose MetaGraph is edited."""
    shutil.copytree(sound, to, symlinks=True)
    path = to / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    if edit is not None:
        edit(saved_model.meta_graphs[0])
    path.write_bytes(saved_model.SerializeToString(deterministic=True))
    return to


def with_contract(archive: Path, change: Callable[[Any], Any]) -> None:
    """Writes the contract of an archive again, for a changed document."""
    path = archive / CONTRACT_PATH
    data = read_contract(path.read_bytes()).document.to_json()
    change(data)
    path.write_text(write_contract(specc.from_json(json.loads(json.dumps(data)))))


def root_child(graph: Any, name: str) -> Any:
    """The object that is the attribute ``name`` of the root."""
    nodes = graph.object_graph_def.nodes
    (index,) = (child.node_id for child in nodes[0].children if child.local_name == name)
    return nodes[index]


def drop_child(node: Any, name: str) -> None:
    """Removes a child of an object."""
    kept = [child for child in node.children if child.local_name != name]
    copies = [type(child).FromString(child.SerializeToString()) for child in kept]
    del node.children[:]
    node.children.extend(copies)


def endpoint_function(graph: Any, name: str) -> Any:
    """The FunctionDef of an endpoint's attribute."""
    (concrete,) = root_child(graph, name).function.concrete_functions
    return next(each for each in graph.graph_def.library.function if each.signature.name == concrete)


def add_node(function: Any, op: str, name: str = "added", **attributes: Any) -> Any:
    """Adds a node to a FunctionDef or the main graph."""
    nodes = function.node_def if hasattr(function, "node_def") else function.node
    node = nodes.add(name=name, op=op)
    for key, text in attributes.items():
        node.attr[key].s = text
    return node
