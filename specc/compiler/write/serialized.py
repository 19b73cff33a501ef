"""Serializes a SavedModel proto, which may be larger than a message can be."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import EncodeError

from specc.diagnostics import Diagnostic
from specc.errors import SpecError


def serialized(saved_model: Any) -> bytes:
    """The bytes of a SavedModel proto, the same for equal ones.

    Raises:
        SpecError: they are 2 GB or more, which no protobuf message can have.
    """
    try:
        return bytes(saved_model.SerializeToString(deterministic=True))
    except EncodeError as error:
        message = "the graphs of the archive take more than 2 GB with their constants, which no SavedModel can hold"
        hint = "keep large constants in variables, which are stored in files of their own"
        raise SpecError([Diagnostic(rule="save-failed", path=("endpoints",), message=message, hint=hint)]) from error
