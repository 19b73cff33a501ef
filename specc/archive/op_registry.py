"""The ops that this process knows, and which of an archive's are custom: TensorFlow itself lacks them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# TensorFlow has no public way to list its ops; tests/archive/test_custom_ops.py holds the list against tf.raw_ops.
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.reader.custom_ops import core_ops, custom_ops, describe_ops, imports_hint, libraries, library_of, listed
from specc.reader.saved_model import MetaGraph

_UNREGISTERED = re.compile(r"Op type not registered '([^']+)'")
_own: set[str] = set()


def registered_ops() -> frozenset[str]:
    """The ops that graphs can have in this process."""
    found = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    return frozenset(op.name for op in op_def_pb2.OpList.FromString(found).op)


def take_as_own() -> None:
    """Takes what is registered now for TensorFlow's own; called after importing it and before any module of a user.

    A build of TensorFlow may have ops that the shipped list lacks, as one for another device does.
    """
    _own.update(registered_ops())


def find_custom_ops(graph: MetaGraph) -> Mapping[str, str]:
    """The ops of ``graph`` that TensorFlow lacks, each with its library, which is empty where it is not known."""
    return {op: library for op, library in custom_ops(graph.ops).items() if op not in _own}


def unregistered_ops(ops: Iterable[str], path: SpecPath, who_uses: str) -> Diagnostic:
    """The finding that ``ops`` are not registered in this process, with their libraries and the fix."""
    missing = {op: library_of(op) for op in ops}
    newer = sorted(core_ops() & missing.keys())
    if newer:
        message = f"{who_uses} ops that this release of TensorFlow lacks: {listed(newer)}"
        return finding("unregistered-op", path, message, "install the release that the archive was written with")
    modules = libraries(missing)
    message = f"{who_uses} ops that are not registered: {describe_ops(missing)}"
    return finding("unregistered-op", path, message, imports_hint(modules))


def unregistered_in(error: BaseException) -> str:
    """The hint for an error of TensorFlow's that says that an op is not registered, or nothing for any other."""
    found = _UNREGISTERED.search(str(error))
    return "" if found is None else imports_hint(libraries({found[1]: library_of(found[1])}))
