"""Answers in TensorFlow Serving's JSON, as its util/json_tensor.cc writes them.

Text that is not UTF-8 is written as it is, which is not JSON; only an output whose name ends in ``_bytes`` is Base64.
Such bytes are surrogate escapes in the text that :func:`to_bytes` takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.tensor_bytes import nested
from specc.rest.exchanges import tensor_value
from specc.rest.signatures import RestTensor

_CLASSES, _SCORES = "classes", "scores"


def to_bytes(answer: Any) -> bytes:
    """The JSON of an answer, with the tokens NaN and Infinity."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogateescape")


def named_outputs(tensors: Sequence[RestTensor], outputs: Mapping[str, FlatTensor], *, is_rows: bool) -> dict[str, Any]:
    """The answer to a predict request, in rows or in columns. The only output is written without its name."""
    columns = {tensor.name: _value(outputs[tensor.name], is_base64=tensor.is_base64) for tensor in tensors}
    is_bare = len(columns) == 1
    if not is_rows:
        return {"outputs": next(iter(columns.values())) if is_bare else columns}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"predictions": [row[0] if is_bare else dict(zip(columns, row, strict=True)) for row in rows]}


def classify_results(outputs: Mapping[str, FlatTensor], count: int) -> list[list[list[Any]]]:
    """For each example its classes, each with its score: what the model does not return is "" or 0."""
    classes = _by_example(outputs.get(_CLASSES), count)
    scores = _by_example(outputs.get(_SCORES), count)
    results = []
    for row in range(count):
        labels, numbers = classes[row] if classes else [], scores[row] if scores else []
        most = min(len(labels), len(numbers)) if classes and scores else len(labels) + len(numbers)
        results.append([[labels[each] if classes else "", numbers[each] if scores else 0.0] for each in range(most)])
    return results


def regress_results(outputs: Mapping[str, FlatTensor], count: int) -> list[float]:
    """For each example its value."""
    (tensor,) = outputs.values()
    return [row[0] for row in _by_example(tensor, count)]


def _by_example(tensor: FlatTensor | None, count: int) -> list[list[Any]]:
    """The values of each example; none if there is no such output."""
    if tensor is None:
        return []
    values = _flat(_value(tensor), len(tensor.shape))
    size = max(len(values) // max(count, 1), 1)
    return [values[row * size : (row + 1) * size] for row in range(count)]


def _flat(value: Any, rank: int) -> list[Any]:
    values = [value]
    for _ in range(rank):
        values = [item for items in values for item in items]
    return values


def _value(tensor: FlatTensor, *, is_base64: bool = False) -> Any:
    if tensor.dtype != "string" or is_base64:
        return tensor_value(tensor, is_base64=is_base64)
    texts = (value.decode("utf-8", "surrogateescape") for value in tensor.elements())
    return nested(texts, tensor.shape)
