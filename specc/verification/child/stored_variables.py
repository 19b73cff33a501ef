"""Reads the checkpoint of an archive, as it is on disk."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from specc.reader.checkpoint import INDEX, OBJECT_GRAPH, PREFIX
from specc.verification.child.tensors import digest, from_array
from specc.verification.protocol import VariableDigest


def stored_variables(directory: str) -> tuple[VariableDigest, ...]:
    """The tensors in the checkpoint of the archive in ``directory``, by key, sorted; none without a checkpoint."""
    if not Path(directory, INDEX).is_file():
        return ()
    reader = tf.train.load_checkpoint(str(Path(directory, PREFIX)))
    found = []
    for key, dtype in sorted(reader.get_variable_to_dtype_map().items()):
        if key != OBJECT_GRAPH:
            tensor = from_array(reader.get_tensor(key), dtype.name)
            found.append(VariableDigest(key, tensor.dtype, tensor.shape, digest(tensor)))
    return tuple(found)
