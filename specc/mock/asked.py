"""Asked: what a request asks of an endpoint, in a form in which two requests that ask the same are equal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.messages import to_messages
from specc.language.document import Endpoint
from specc.language.floats import nearest
from specc.language.receivers import RECEIVER_INPUT
from specc.language.trees import Tensor
from specc.language.wire_names import input_leaves
from specc.mock.tf_examples import Features, NotAnExampleError, decode_example
from specc.reader.protobuf.wire_format import archive_budget
from specc.rest.payload.check import ReadRequest
from specc.rest.signatures import RestSignature, RestTensor
from specc.source.budget import Budget

Content = tuple[tuple[str, FlatTensor], ...] | tuple[Features | bytes, ...]
"""The tensors by wire name, or the messages: the features of a tf.Example, the bytes of any other one."""


@dataclass(frozen=True)
class Asked:
    """The content of a request, and the sizes that it has: of named dims, and the number of rows if there is one."""

    content: Content
    dims: Mapping[str, int] = field(default_factory=dict)
    rows: int | None = None
    has_messages: bool = False
    """Whether the content is messages, each of which is a row."""

    @property
    def digest(self) -> str:
        """A digest of the content."""
        return _digest(self.content)

    def row_digests(self, endpoint: Endpoint) -> list[str] | None:
        """A digest of the content of each row; None where a row is not a part of each tensor."""
        if self.rows is None:
            return None
        if self.has_messages:
            return [_digest(message) for message in self.content]
        if any(not isinstance(bound.leaf, Tensor) for bound in input_leaves(endpoint)):
            return None
        tensors = cast("tuple[tuple[str, FlatTensor], ...]", self.content)
        columns = [_rows(tensor, self.rows) for _, tensor in tensors]
        return [_digest(row) for row in zip(*columns, strict=True)]


def _digest(content: Any) -> str:
    return hashlib.sha256(repr(content).encode("utf-8", "backslashreplace")).hexdigest()


def _rows(tensor: FlatTensor, count: int) -> Sequence[Any]:
    """The values of each row; a scalar is a part of every row."""
    if not tensor.shape:
        return [tensor.values] * count
    size = len(tensor.values) // max(count, 1)
    return [tensor.values[row * size : (row + 1) * size] for row in range(count)]


def asked_by(read: ReadRequest, request: Mapping[str, Any]) -> Asked:
    """What a request without findings asks; ``read`` is what was read of it."""
    signature = read.signature
    assert signature is not None
    if signature.verb != "predict":
        context = request.get("context", {})
        messages = tuple(_features({**context, **example}, signature) for example in request["examples"])
        return _of_messages(messages, signature)
    tensors = {tensor.name: _tensor(tensor, read) for tensor in signature.inputs}
    if signature.receiver is not None:
        return _of_messages(_decoded(tensors[RECEIVER_INPUT], signature), signature)
    rows = len(request["instances"]) if "instances" in request else None
    if rows is None and len(read.tensors.rows) == 1:
        (rows,) = read.tensors.rows
    return Asked(_sorted(tensors), read.tensors.dims, rows)


def content_of(call: Call, signature: RestSignature) -> Content | None:
    """The content of a request that sends an example to a signature; None if no message holds its values."""
    tensors: Mapping[str, FlatTensor] = call.inputs
    if signature.receiver is not None:
        messages = to_messages(signature.endpoint, signature.receiver, tensors)
        return None if messages is None else _decoded(messages, signature)
    if signature.verb != "predict":
        return _decoded(tensors[RECEIVER_INPUT], signature)
    return _sorted(tensors)


def _sorted(tensors: Mapping[str, FlatTensor]) -> Content:
    return tuple(sorted(tensors.items(), key=lambda item: item[0]))


def _tensor(tensor: RestTensor, read: ReadRequest) -> FlatTensor:
    found = read.tensors.found[tensor.name]
    dtype = tensor.component.dtype
    return tensor_of(dtype, found.sizes, map(_bytes, found.values) if dtype == "string" else found.values)


def _of_messages(messages: tuple[Features | bytes, ...], signature: RestSignature) -> Asked:
    """What a request of messages asks: each is one row of every leaf."""
    count = len(messages)
    firsts = {leaf.leaf.shape[0] for leaf in input_leaves(signature.endpoint) if leaf.leaf.shape}
    return Asked(messages, {first: count for first in firsts if isinstance(first, str)}, count, has_messages=True)


def _decoded(messages: FlatTensor, signature: RestSignature) -> tuple[Features | bytes, ...]:
    receiver = None if signature.receiver is None else signature.endpoint.receivers[signature.receiver]
    is_example = receiver is None or receiver.kind == "tf_example"
    budget = archive_budget()
    return tuple(_decoded_message(message, budget) if is_example else message for message in messages.elements())


def _decoded_message(message: bytes, budget: Budget) -> Features | bytes:
    try:
        return decode_example(message, budget)
    except NotAnExampleError:
        return message


def _features(example: Mapping[str, Any], signature: RestSignature) -> Features:
    """The features of an example in a classify or regress request, without empty ones."""
    dtypes = {each.key: each.dtype for each in signature.features or ()}
    dtypes |= {key: "int64" for each in signature.features or () for key in each.splits}
    found = []
    for key, value in sorted(example.items()):
        values = value if isinstance(value, list) else [value]
        if values:
            dtype = dtypes.get(key) or _kind(values[0])
            found.append((key, dtype, tuple(_feature_value(each, dtype) for each in values)))
    return tuple(found)


def _feature_value(value: Any, dtype: str) -> Any:
    match dtype:
        case "string":
            return _bytes(value)
        case "float32":
            return nearest(value, "float32")
        case _:
            return value


def _kind(value: Any) -> str:
    return {int: "int64", float: "float32"}.get(type(value), "string")


def _bytes(value: Any) -> bytes:
    """The bytes of a text, or of Base64 with or without its padding."""
    if isinstance(value, str):
        return value.encode("utf-8")
    text: str = value["b64"].rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4))
