"""A TensorFlow 1 Session on one MetaGraph of an archive, chosen by its tags: what an old reader, and C++, have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

# There is no public way to read a SavedModel's proto.
from tensorflow.core.protobuf import saved_model_pb2


def meta_graphs(path: Path | str) -> list[Any]:
    """The MetaGraphs of an archive, as they stand in its ``saved_model.pb``."""
    return list(saved_model_pb2.SavedModel.FromString(Path(path, "saved_model.pb").read_bytes()).meta_graphs)


def tag_sets(path: Path | str) -> list[list[str]]:
    """The tags of each MetaGraph."""
    return [list(graph.meta_info_def.tags) for graph in meta_graphs(path)]


class TaggedSession:
    """A Session in which one MetaGraph is loaded: those with these tags, or the first."""

    def __init__(self, path: Path | str, tags: Sequence[str] | None = None) -> None:
        self.session = tf.compat.v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            chosen = tag_sets(path)[0] if tags is None else list(tags)
            loaded = tf.compat.v1.saved_model.load(self.session, chosen, str(path))
        self.signatures: dict[str, Any] = dict(loaded.signature_def)

    def ask(self, key: str, **inputs: Any) -> dict[str, np.ndarray]:
        """Every output of the signature ``key``."""
        signature = self.signatures[key]
        feed = {signature.inputs[name].name: np.asarray(value) for name, value in inputs.items()}
        fetch = {name: info.name for name, info in signature.outputs.items()}
        return {name: np.asarray(value) for name, value in self.session.run(fetch, feed).items()}
