"""Reads the checkpoint of an archive, as it is on disk."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from specc.verification.child.tensors import digest, from_array
from specc.verification.protocol import VariableDigest

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def stored_variables(directory: str) -> tuple[VariableDigest, ...]:
    """The tensors in the checkpoint of the archive in ``directory``, by key, sorted; none without a checkpoint."""
    prefix = Path(directory, "variables", "variables")
    if not prefix.with_name(f"{prefix.name}.index").is_file():
        return ()
    reader = tf.train.load_checkpoint(str(prefix))
    found = []
    for key, dtype in sorted(reader.get_variable_to_dtype_map().items()):
        if key != _OBJECT_GRAPH:
            tensor = from_array(reader.get_tensor(key), dtype.name)
            found.append(VariableDigest(key, tensor.dtype, tensor.shape, digest(tensor)))
    return tuple(found)
