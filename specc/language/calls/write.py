"""Writing flat tensors as an example: nested JSON, or the content of a file of arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint


def inputs_to_json(endpoint: Endpoint, inputs: Mapping[str, FlatTensor], left_out: Collection[str] = ()) -> list[Any]:
    """The ``inputs`` of an example: a list of the positional arguments, each nested as its tree.

    Leaves in ``left_out`` (wire names) are not written where an example may leave them out: a key of a dict, or
    trailing arguments.
    """
    raise NotImplementedError


def outputs_to_json(endpoint: Endpoint, outputs: Mapping[str, FlatTensor]) -> Any:
    """The ``outputs`` of an example, nested as the declared tree. A leaf that ``outputs`` lacks is null."""
    raise NotImplementedError


def to_npz(
    endpoint: Endpoint, inputs: Mapping[str, FlatTensor] | None = None, outputs: Mapping[str, FlatTensor] | None = None
) -> bytes:
    """The content of an ``.npz`` file of these tensors, to which ``inputs``, ``outputs`` or both of an example refer.

    The same tensors give the same bytes. Names are those that an example's file has: wire names, ``inputs/x`` and
    ``outputs/x`` where both sides have ``x``, ``x.bytes`` and ``x.lengths`` for strings.
    """
    raise NotImplementedError
