"""Seals a staged archive: names what TensorFlow counts, and adds the contract and the fingerprint.

* Functions, gradients and tables, which TensorFlow counts per process, get names made from the archive's content.
* ``fingerprint.pb`` has a UUID made from the archive instead of a random one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# The protos are not part of TensorFlow's public API, but there is no public way to write a fingerprint.
from tensorflow.core.protobuf import fingerprint_pb2

# TensorFlow has no public way to compute fingerprints; tests/compiler/test_seal.py checks it with the public reader.
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

from specc.compiler.write.assets import require_assets
from specc.compiler.write.counted_names import name_by_content
from specc.compiler.write.debug_info import clear_debug_info, rename_in_debug_info
from specc.compiler.write.serialized import serialized
from specc.diagnostics import Diagnostic
from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.document import Document
from specc.language.signatures import tags_of


def seal(  # each is a separate part of an archive
    saved_model: Any,
    document: Document,
    directory: Path,
    left_out: Mapping[str, Iterable[Diagnostic]],
    undescribed: Mapping[str, str],
    custom_ops: Mapping[str, str],
) -> None:
    """Writes ``saved_model`` to ``directory``, where its checkpoint and assets already are, and adds its contract.

    Raises:
        SpecError: a file that the graph reads is missing in the archive, or the graph takes more than 2 GB.
    """
    (meta_graph,) = saved_model.meta_graphs
    require_assets(meta_graph, directory)
    meta_graph.meta_info_def.tags[:] = tags_of(document)
    if not document.save_options.save_debug_info:
        clear_debug_info(meta_graph)
    rename_in_debug_info(directory, name_by_content(saved_model, directory))
    (directory / "saved_model.pb").write_bytes(serialized(saved_model))
    contract = directory / CONTRACT_PATH
    contract.parent.mkdir(exist_ok=True)
    contract.write_text(write_contract(document, left_out, undescribed, custom_ops), encoding="utf-8")
    write_fingerprint(directory)


def write_fingerprint(directory: Path) -> None:
    """Writes ``fingerprint.pb`` for the content of ``directory``, with a UUID made from it."""
    path = directory / "fingerprint.pb"
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(directory)))
    if "uuid" in fingerprint.DESCRIPTOR.fields_by_name:  # missing in TensorFlow 2.16
        fingerprint.uuid = ""
        digest = hashlib.sha256(fingerprint.SerializeToString(deterministic=True)).digest()
        fingerprint.uuid = str(uuid.UUID(bytes=digest[:16], version=4))
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
