"""Writes a SavedModel: its graph, its objects and its checkpoint, from the traces of the endpoints.

The format is documented by its protos, and stable: what is written here is what ``tf.saved_model.save`` would write of
the same contents, without tracing wrappers around signatures, and without tracing how each variable is saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

# The protos are not part of TensorFlow's public API, but there is no public way to write a SavedModel's proto.
from tensorflow.core.protobuf import saved_model_pb2

from specc.compiler.write.checkpoint import Checkpoint
from specc.compiler.write.constants import merge_constants
from specc.compiler.write.contents import RESOURCES, Contents
from specc.compiler.write.early_weights import EarlyWeights
from specc.compiler.write.functions import Signatures, add_endpoint
from specc.compiler.write.gradients import Gradients
from specc.compiler.write.library import Library
from specc.compiler.write.meta_graph import ROOT, MetaGraph, NotWritable
from specc.compiler.write.op_definitions import complete_ops
from specc.compiler.write.resource_objects import Resources
from specc.compiler.write.save_options import only_by_tensorflow, saved_variables
from specc.language.signatures import PublishedSignature

_SCHEMA_VERSION = 1


def write_saved_model(
    contents: Contents, published: Iterable[PublishedSignature], directory: Path, early: EarlyWeights | None
) -> Any:
    """Writes the checkpoint and the assets of an archive to ``directory``, and returns its SavedModel proto.

    Raises:
        NotWritable: only ``tf.saved_model.save`` can save a part of it; nothing is written.
        ValueError: a custom gradient cannot be traced.
        SpecError: an op is not allowed, a gradient calls Python, or a file is gone.
        tf.errors.OpError: the disk is full, or the directory cannot be written.
    """
    options = contents.options
    if name := only_by_tensorflow(options):
        raise NotWritable(f"the option {name} is set")
    saved_model = saved_model_pb2.SavedModel(saved_model_schema_version=_SCHEMA_VERSION)
    graph = MetaGraph(saved_model.meta_graphs.add())
    library, checkpoint = Library(graph), Checkpoint(graph, options.experimental_variable_policy)
    graph.add_user_object()
    signatures = Signatures(graph, library)
    _add_variables(contents, graph, checkpoint)
    resources = Resources(graph, library, checkpoint)
    resources.add(contents.resources, RESOURCES)
    library.add(trace for endpoint in contents.endpoints for trace in endpoint.concretes)
    functions = {each.compiled.name: add_endpoint(graph, library, each) for each in contents.endpoints}
    signatures.add(published, contents.signatures)
    signatures.attach()
    aliases = {id(function): alias for alias, function in (options.function_aliases or {}).items()}
    for endpoint in contents.endpoints if aliases else ():
        for name in functions[endpoint.compiled.name] if id(endpoint.nested) in aliases else ():
            graph.proto.meta_info_def.function_aliases[name] = aliases[id(endpoint.nested)]
    if contents.keeps_gradients:
        Gradients(graph, library).add()
    resources.add_initialization()
    if not options.experimental_skip_saver:
        checkpoint.add_saver()
    library.write()
    merge_constants(graph.proto)
    _complete(graph, options)
    checkpoint.write(directory, options.experimental_io_device, early)
    resources.assets.copy(directory)
    return saved_model


def _add_variables(contents: Contents, graph: MetaGraph, checkpoint: Checkpoint) -> None:
    """Adds the lists of variables to the root; a variable has the path of the first list that holds it."""
    lists = {
        "variables": contents.variables,
        "trainable_variables": contents.trainable_variables,
        "non_trainable_variables": contents.non_trainable_variables,
        **dict(sorted(contents.collections.items())),
    }
    for name, variables in lists.items():
        held = saved_variables(variables, contents.options)
        objects = [checkpoint.variable(variable, f"{name}/{position}") for position, variable in enumerate(held)]
        graph.add_list(ROOT, name, objects)


def _complete(graph: MetaGraph, options: Any) -> None:
    info = graph.proto.meta_info_def
    info.tensorflow_version, info.tensorflow_git_version = tf.__version__, tf.version.GIT_VERSION
    complete_ops(graph.proto, options.namespace_whitelist)
