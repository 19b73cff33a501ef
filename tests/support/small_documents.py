"""Documents of one or a few small endpoints, for tests that write each of them down."""

from __future__ import annotations

from typing import Any

from specc.language.document import Document
from specc.language.load import from_json, require_buildable

DIMS = {"batch": {}, "time": {"min": 1, "max": 4}, "k": {}, "m": {}, "three": {"min": 3, "max": 3}, "free": {}}


def document(endpoint: Any, **said: Any) -> Document:
    """A document of one endpoint, ``score``, or of several by name."""
    endpoints = {"score": endpoint} if "inputs" in endpoint else endpoint
    built = from_json({"specc": 1, "dims": said.pop("dims", DIMS), "endpoints": endpoints, **said})
    require_buildable(built)
    return built


def io(inputs: Any, outputs: Any, **said: Any) -> dict[str, Any]:
    """An endpoint of one argument."""
    return {"inputs": [inputs], "outputs": outputs, **said}


def tensor(text: str, **said: Any) -> dict[str, Any]:
    """The long form of a tensor."""
    dtype, shape = text.rstrip("]").split("[")
    sizes = [int(size) if size.isdigit() else size for size in shape.split(", ") if size]
    return {"kind": "tensor", "dtype": dtype, "shape": sizes, **said}


def ragged(shape: list[Any], **said: Any) -> dict[str, Any]:
    """The long form of a ragged tensor."""
    return {"kind": "ragged", "dtype": "int32", "shape": shape, **said}


def sparse(shape: list[Any], **said: Any) -> dict[str, Any]:
    """The long form of a sparse tensor."""
    return {"kind": "sparse", "dtype": "int32", "shape": shape, **said}


X, YZ = "int32[]", {"y": "int32[]", "z": "int32[]"}
ONE, TWO = tensor("int32[]", default=1), tensor("int32[]", default=2)
