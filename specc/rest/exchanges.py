"""Exchanges: the declared examples of a document as requests and answers in TensorFlow Serving's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specc.errors import SpecError
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.read import read_example
from specc.language.examples import Example
from specc.rest.signatures import RestService, RestSignature, RestTensor, Verb
from specc.rest.values import is_json, rest_value

MAX_EXAMPLE_BYTES = 4096
"""The size of the JSON of the largest example that an artefact shows."""


@dataclass(frozen=True)
class Exchange:
    """One declared example of a signature, in columns. ``answer`` is None where not all outputs are declared."""

    name: str
    description: str
    request: dict[str, Any]
    answer: dict[str, Any] | None

    def request_example(self) -> dict[str, Any]:
        """The request as an example of OpenAPI."""
        return self._example(self.request)

    def answer_example(self) -> dict[str, Any]:
        """The answer as an example of OpenAPI."""
        return self._example(self.answer)

    def _example(self, value: Any) -> dict[str, Any]:
        return {**({"summary": self.description} if self.description else {}), "value": value}


def exchanges(service: RestService, verb: Verb) -> list[Exchange]:
    """The examples that are answered, are not in files, and are small, for each signature that takes them.

    Examples whose JSON would have NaN or infinities are left out: it would not be JSON.
    """
    if verb != "predict":
        return []
    return [
        exchange
        for signature in service.of(verb)
        if signature.receiver is None
        for name, example in sorted(signature.endpoint.examples.items())
        if (exchange := _exchange(service, signature, name, example)) is not None
    ]


def _exchange(service: RestService, signature: RestSignature, name: str, example: Example) -> Exchange | None:
    if example.error is not None or _names_a_file(example.inputs) or _names_a_file(example.outputs):
        return None
    try:
        call = read_example(service.document, signature.name, example, ("endpoints", signature.name, "examples", name))
    except SpecError:  # a document made in code, whose examples nobody has checked
        return None
    if sum(tensor.size for tensor in call.inputs.values()) > MAX_EXAMPLE_BYTES:
        return None
    request = {"signature_name": signature.key, "inputs": _columns(signature.inputs, call.inputs)}
    if not is_json(request) or _size(request) > MAX_EXAMPLE_BYTES:
        return None
    answer = _answer(signature, call.expected) if not call.open_axes else None
    return Exchange(f"{signature.key.replace(':', '.')}.{name}", example.description, request, answer)


def _answer(signature: RestSignature, expected: Mapping[str, FlatTensor]) -> dict[str, Any] | None:
    if any(tensor.name not in expected for tensor in signature.outputs):
        return None
    if any(not tensor.is_base64 and not _is_text(expected[tensor.name]) for tensor in signature.outputs):
        return None  # a server writes the bytes as they are, which is not JSON
    if sum(expected[tensor.name].size for tensor in signature.outputs) > MAX_EXAMPLE_BYTES:
        return None
    columns = _columns(signature.outputs, expected, is_answer=True)
    answer = {"outputs": next(iter(columns.values())) if len(columns) == 1 else columns}
    return answer if is_json(answer) and _size(answer) <= MAX_EXAMPLE_BYTES else None


def _is_text(tensor: FlatTensor) -> bool:
    """Whether all strings are UTF-8."""
    try:
        for value in tensor.values if tensor.dtype == "string" else ():
            value.decode("utf-8")  # type: ignore[union-attr]  # those of a string tensor are bytes
    except UnicodeDecodeError:
        return False
    return True


def _columns(
    tensors: Sequence[RestTensor], values: Mapping[str, FlatTensor], *, is_answer: bool = False
) -> dict[str, Any]:
    return {
        tensor.name: tensor_value(values[tensor.name], is_base64=is_answer and tensor.is_base64) for tensor in tensors
    }


def tensor_value(tensor: FlatTensor, *, is_base64: bool = False) -> Any:
    """The elements of a tensor as REST has them, nested like its shape; ``is_base64`` strings all as Base64."""
    return rest_value(tensor.to_json(), tensor.dtype, is_base64=is_base64)


def _names_a_file(value: Any) -> bool:
    match value:
        case dict():
            return set(value) == {"file"} or any(map(_names_a_file, value.values()))
        case tuple():
            return any(map(_names_a_file, value))
        case _:
            return False


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8"))
