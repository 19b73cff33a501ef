"""The fingerprint of an archive, held against its files."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2

# TensorFlow has no public way to compute fingerprints; specc/compiler/write/seal.py uses this one too.
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

from specc.verification.protocol import Fingerprint

_PARTS = {
    "saved_model_checksum": "saved_model.pb",
    "graph_def_program_hash": "the graph",
    "signature_def_hash": "the signatures",
    "saved_object_graph_hash": "the objects",
    "checkpoint_hash": "the variables",
}


def check_fingerprint(directory: str) -> Fingerprint:
    """The parts of the archive in ``directory`` that are not those of its fingerprint.

    Another TensorFlow may count them otherwise: the archive must be written by the one that runs.
    """
    path = Path(directory, "fingerprint.pb")
    if not path.is_file():
        return Fingerprint(unknown="it has none")
    model = saved_model_pb2.SavedModel.FromString(Path(directory, "saved_model.pb").read_bytes())
    written_by = model.meta_graphs[0].meta_info_def.tensorflow_version
    if written_by != tf.__version__:
        return Fingerprint(unknown=f"it was written by TensorFlow {written_by}, and this is {tf.__version__}")
    stored = fingerprint_pb2.FingerprintDef.FromString(path.read_bytes())
    found = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(directory))
    return Fingerprint(tuple(what for part, what in _PARTS.items() if getattr(stored, part) != getattr(found, part)))
