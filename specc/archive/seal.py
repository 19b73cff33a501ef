"""The last touches to a staged archive, made in ``saved_model.pb`` itself because no public API makes them.

* ``serving_default`` becomes an alias of the default endpoint, in the SignatureDefs and in the object graph, where a
  second signature would be traced, saved and differentiated again.
* Methods and tags are written, and the keys of receivers' signatures, which TensorFlow cannot save as they are.
* What TensorFlow counts per process gets names made from what the archive holds: functions, gradients, tables.
* ``fingerprint.pb`` is made anew for the changed file, with a UUID made from it instead of a random one.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# The protos are no part of TensorFlow's public API, but there is no public way to read a SavedModel's proto.
from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2

# TensorFlow computes fingerprints nowhere in public; tests/archive/test_seal.py holds this against its public reader.
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

from specc.archive.assets import require_assets
from specc.archive.counted_names import name_by_content
from specc.archive.debug_info import forget_debug_info, rename_in_debug_info
from specc.diagnostics import Diagnostic
from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.document import CALL, Document
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, TAGS, PublishedSignature, published_signatures


def stand_in(key: str) -> str:
    """What a signature is saved as: its key becomes a part of op names, which have no colon and begin with no ``_``."""
    if key == CALL:  # it is the default, so no other signature is called so
        return DEFAULT_KEYS["predict"]
    return key.replace(":", ".")  # endpoints and receivers are identifiers, so no other key is the same


def seal(
    document: Document,
    directory: Path,
    left_out: Mapping[str, Iterable[Diagnostic]],
    undescribed: Mapping[str, str],
    custom_ops: Mapping[str, str],
) -> None:
    """Completes the archive that ``tf.saved_model.save`` left in ``directory``, and lays its contract beside it.

    Raises:
        SpecError: a file that the graph reads is not in the archive.
    """
    path = directory / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    (meta_graph,) = saved_model.meta_graphs
    require_assets(meta_graph, directory)
    published = published_signatures(document, left_out)
    for signature in published:
        _complete(meta_graph, signature)
    meta_graph.meta_info_def.tags[:] = [TAGS[document.mode], *document.save_options.extra_tags]
    if not document.save_options.save_debug_info:
        forget_debug_info(meta_graph)
    rename_in_debug_info(directory, name_by_content(saved_model, directory))
    path.write_bytes(saved_model.SerializeToString(deterministic=True))
    contract = directory / CONTRACT_PATH
    contract.parent.mkdir(exist_ok=True)
    contract.write_text(write_contract(document, left_out, undescribed, custom_ops), encoding="utf-8")
    write_fingerprint(directory)


def _complete(meta_graph: Any, signature: PublishedSignature) -> None:
    """Gives a signature its key and method, or makes it the alias that it is: another name of the same object."""
    saved_as = signature.alias_of or stand_in(signature.key)
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
    """Makes ``fingerprint.pb`` anew for what ``directory`` holds, with a UUID made from it."""
    path = directory / "fingerprint.pb"
    if not path.exists():  # this TensorFlow was told to write none
        return
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(fingerprinting.CreateFingerprintDef(str(directory)))
    if "uuid" in fingerprint.DESCRIPTOR.fields_by_name:  # TensorFlow 2.16 has none
        fingerprint.uuid = ""
        digest = hashlib.sha256(fingerprint.SerializeToString(deterministic=True)).digest()
        fingerprint.uuid = str(uuid.UUID(bytes=digest[:16], version=4))
    path.write_bytes(fingerprint.SerializeToString(deterministic=True))
