"""Saves traced endpoints with ``tf.saved_model.save``, under an ``ArchiveRoot``.

It saves what :mod:`specc.compiler.write.saved_model` cannot write, or all if ``SPECC_WRITER`` is ``tensorflow``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

# The protos are not part of TensorFlow's public API, but there is no public way to read a SavedModel's proto.
from tensorflow.core.protobuf import saved_model_pb2

from specc.compiler.quiet_loggers import quiet_loggers
from specc.compiler.write.contents import Contents
from specc.compiler.write.save_options import saved_variables
from specc.language.document import CALL
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, PublishedSignature


class ArchiveRoot(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """The root object of an archive: endpoints and collections as attributes, and the three lists of variables.

    ``tf.Module.variables`` and the like are properties without a setter, which these class attributes override.
    """

    variables: Any = None
    trainable_variables: Any = None
    non_trainable_variables: Any = None


def save_with_tensorflow(contents: Contents, published: Iterable[PublishedSignature], directory: Path) -> Any:
    """Saves ``contents`` in ``directory``, with each variable stored once, and returns the SavedModel proto.

    TensorFlow writes every method as ``predict``, and no alias: both are completed in the proto, not in the file.
    """
    root = ArchiveRoot()
    root.variables = saved_variables(contents.variables, contents.options)
    root.trainable_variables = saved_variables(contents.trainable_variables, contents.options)
    root.non_trainable_variables = saved_variables(contents.non_trainable_variables, contents.options)
    for name, variables in sorted(contents.collections.items()):
        setattr(root, name, saved_variables(variables, contents.options))
    root._resources = list(contents.resources)
    for endpoint in contents.endpoints:  # on the instance: TensorFlow would not save a ``__call__`` of the class
        setattr(root, endpoint.compiled.name, endpoint.nested)
    signatures = {_temporary_key(key): signature for key, signature in contents.signatures.items()}
    with quiet_loggers("absl", "tensorflow"):  # they log two lines at every save
        tf.saved_model.save(root, str(directory), signatures=signatures, options=contents.options)
    saved_model = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    (meta_graph,) = saved_model.meta_graphs
    for signature in published:
        _complete_signature(meta_graph, signature)
    return saved_model


def _temporary_key(key: str) -> str:
    """The key of a signature until it is sealed: part of op names, which have no colon and do not start with ``_``."""
    if key == CALL:  # it is the default, so no other signature has this key
        return DEFAULT_KEYS["predict"]
    return key.replace(":", ".")  # endpoints and receivers are identifiers, so no other key is the same


def _complete_signature(meta_graph: Any, signature: PublishedSignature) -> None:
    """Sets the key and method of a signature; an alias becomes another name of the same object."""
    saved_as = signature.alias_of or _temporary_key(signature.key)
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
