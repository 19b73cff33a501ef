"""The ops that this process knows, and which of them are custom: neither TensorFlow's own nor listed as such."""

from __future__ import annotations

from collections.abc import Mapping

# TensorFlow has no public way to list its ops; tests/archive/test_custom_ops.py holds the list against tf.raw_ops.
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

from specc.reader.custom_ops import custom_ops
from specc.reader.saved_model import MetaGraph

_own: set[str] = set()


def registered_ops() -> frozenset[str]:
    """The ops that graphs can have in this process."""
    found = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    return frozenset(op.name for op in op_def_pb2.OpList.FromString(found).op)


def take_as_own() -> None:
    """Takes what is registered now for TensorFlow's own; called after importing it and before any other module.

    A build of TensorFlow may have ops that the shipped list lacks, as a newer one, or one for another device, does.
    """
    _own.update(registered_ops())


def find_custom_ops(graph: MetaGraph) -> Mapping[str, str]:
    """The ops of ``graph`` that TensorFlow lacks, each with its library, which is empty where it is not known."""
    return {op: library for op, library in custom_ops(graph.ops).items() if op not in _own}


def find_unregistered(graph: MetaGraph) -> Mapping[str, str]:
    """The ops of ``graph`` that this process does not know, each with its library."""
    return custom_ops(graph.ops - registered_ops())
