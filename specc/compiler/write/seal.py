"""Seals a staged archive: edits ``saved_model.pb`` directly where there is no public API.

* ``serving_default`` becomes an alias of the default endpoint, in the SignatureDefs and in the object graph, where a
  second signature would be traced, saved and differentiated again.
* Methods and tags are written, and the keys of receivers' signatures, which TensorFlow cannot save as they are.
* Functions, gradients and tables, which TensorFlow counts per process, get names made from the archive's content.
* ``fingerprint.pb`` is written again for the changed file, with a UUID made from it instead of a random one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# The protos are not part of TensorFlow's public API, but there is no public way to read a SavedModel's proto.
from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2

# TensorFlow has no public way to compute fingerprints; tests/compiler/test_seal.py checks it with the public reader.
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

from specc.compiler.write.assets import require_assets
from specc.compiler.write.counted_names import name_by_content
from specc.compiler.write.debug_info import clear_debug_info, rename_in_debug_info
from specc.diagnostics import Diagnostic
from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.document import CALL, Document
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, PublishedSignature, tags_of


def temporary_key(key: str) -> str:
    """The key of a signature until it is sealed: part of op names, which have no colon and do not start with ``_``."""
    if key == CALL:  # it is the default, so no other signature has this key
        return DEFAULT_KEYS["predict"]
    return key.replace(":", ".")  # endpoints and receivers are identifiers, so no other key is the same


def seal(
    document: Document,
    published: Iterable[PublishedSignature],
    directory: Path,
    left_out: Mapping[str, Iterable[Diagnostic]],
    undescribed: Mapping[str, str],
    custom_ops: Mapping[str, str],
) -> None:
    """Completes the archive that ``tf.saved_model.save`` wrote in ``directory``, and adds its contract.

    Raises:
        SpecError: a file that the graph reads is missing in the archive.
    """
    path = directory / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    (meta_graph,) = saved_model.meta_graphs
    require_assets(meta_graph, directory)
    for signature in published:
        _complete_signature(meta_graph, signature)
    meta_graph.meta_info_def.tags[:] = tags_of(document)
    if not document.save_options.save_debug_info:
        clear_debug_info(meta_graph)
    rename_in_debug_info(directory, name_by_content(saved_model, directory))
    path.write_bytes(saved_model.SerializeToString(deterministic=True))
    contract = directory / CONTRACT_PATH
    contract.parent.mkdir(exist_ok=True)
    contract.write_text(write_contract(document, left_out, undescribed, custom_ops), encoding="utf-8")
    write_fingerprint(directory)


def _complete_signature(meta_graph: Any, signature: PublishedSignature) -> None:
    """Sets the key and method of a signature; an alias becomes another name of the same object."""
    saved_as = signature.alias_of or temporary_key(signature.key)
    definition = meta_graph.signature_def[saved_as]
    definition.method_name = METHOD_NAMES[signature.method]
    if saved_as == signature.key:
        return
    meta_graph.signature_def[signature.key].CopyFrom(definition)
    (node,) = (child for child in _signature_nodes(meta_graph) if child.local_name == saved_as)
    if signature.alias_of:
        _signature_nodes(meta_graph).add(node_id=node.node_id, local_name=signature.key)
    else:
        del meta_graph.signature_def[saved_as]
        node.local_name = signature.key


def _signature_nodes(meta_graph: Any) -> Any:
    nodes = meta_graph.object_graph_def.nodes
    (signatures,) = (child.node_id for child in nodes[0].children if child.local_name == "signatures")
    return nodes[signatures].children


def write_fingerprint(directory: Path) -> None:
    """Writes ``fingerprint.pb`` for the content of ``directory``, with a UUID made from it."""
    path = directory / "fingerprint.pb"
    if not path.exists():  # this TensorFlow is configured not to write it
        return
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(directory)))
    if "uuid" in fingerprint.DESCRIPTOR.fields_by_name:  # missing in TensorFlow 2.16
        fingerprint.uuid = ""
        digest = hashlib.sha256(fingerprint.SerializeToString(deterministic=True)).digest()
        fingerprint.uuid = str(uuid.UUID(bytes=digest[:16], version=4))
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
