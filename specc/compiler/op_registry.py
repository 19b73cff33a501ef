"""The ops that are registered in this process, and the custom ops of an archive, which TensorFlow itself lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# TensorFlow has no public way to list its ops; tests/compiler/test_custom_ops.py checks the list against tf.raw_ops.
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import op_def_registry

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.reader.custom_ops import core_ops, custom_ops, describe_ops, imports_hint, libraries, library_of, listed

_UNREGISTERED = re.compile(r"Op type not registered '([^']+)'")
_built_in_ops: set[str] = set()


def registered_ops() -> frozenset[str]:
    """The names of the ops that are registered in this process."""
    found = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    return frozenset(op.name for op in op_def_pb2.OpList.FromString(found).op)


def op_definition(name: str) -> op_def_pb2.OpDef | None:
    """The definition of an op, or None if it is not registered; to list all ops takes 20 ms."""
    return op_def_registry.get(name)


def record_built_in_ops() -> None:
    """Records the ops registered now as TensorFlow's own; called after importing it and before any user module.

    A build of TensorFlow, for example for another device, may have ops that the shipped list lacks.
    """
    _built_in_ops.update(registered_ops())


def find_custom_ops(ops: Iterable[str]) -> Mapping[str, str]:
    """Those of ``ops`` that TensorFlow lacks, each with its library, or "" if that is unknown."""
    return {op: library for op, library in custom_ops(ops).items() if op not in _built_in_ops}


def unregistered_op_finding(ops: Iterable[str], path: SpecPath, who_uses: str) -> Diagnostic:
    """The finding that ``ops`` are not registered in this process, with their libraries and the fix."""
    missing = {op: library_of(op) for op in ops}
    newer = sorted(core_ops() & missing.keys())
    if newer:
        message = f"{who_uses} ops that this release of TensorFlow lacks: {listed(newer)}"
        return finding("unregistered-op", path, message, "install the release that the archive was written with")
    modules = libraries(missing)
    message = f"{who_uses} ops that are not registered: {describe_ops(missing)}"
    return finding("unregistered-op", path, message, imports_hint(modules))


def unregistered_op_hint(message: str) -> str:
    """The hint for TensorFlow's message about an unregistered op, or "" for any other message."""
    found = _UNREGISTERED.search(message)
    return "" if found is None else imports_hint(libraries({found[1]: library_of(found[1])}))
