"""JSON Schemas of values and tensors in TensorFlow Serving's JSON, for JSON Schema 2020-12 and OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias

from specc.language.document import Document
from specc.language.dtypes import DTYPES, Family
from specc.language.example_features import ParsedFeature
from specc.language.receivers import RECEIVER_INPUT
from specc.language.tensor_string import Dimension, Shape, format_tensor
from specc.language.trees import Tensor, has_default
from specc.rest.signatures import RestTensor, sizes_of
from specc.rest.values import is_json, rest_value

Schema: TypeAlias = dict[str, Any]
Side: TypeAlias = Literal["request", "answer"]

BASE64 = "Base64"
"""The name of the schema of ``{"b64": ...}``."""
BASE64_SCHEMA: Schema = {
    "description": "Bytes as Base64.",
    "type": "object",
    "properties": {"b64": {"type": "string", "contentEncoding": "base64"}},
    "required": ["b64"],
    "additionalProperties": False,
}
_DEEPEST = 5
"""The highest rank that is described of a tensor whose rank is not declared."""
_FORMATS = {
    "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "uint8": "uint8", "uint32": "uint32",
    "uint64": "uint64", "float32": "float", "float64": "double",
}  # fmt: skip
"""The formats of the OpenAPI Format Registry."""


@dataclass(frozen=True)
class Schemas:
    """Makes the schemas of the tensors of a document; ``prefix`` is that of a reference: ``#/$defs/``."""

    document: Document
    prefix: str

    def ref(self, name: str) -> Schema:
        """The reference to a named schema."""
        return {"$ref": self.prefix + name}

    def tensor(self, tensor: RestTensor, side: Side, *, row: bool = False) -> Schema:
        """The schema of a whole tensor, or of one row of it."""
        component = tensor.component
        shape = component.shape
        if row and shape is not None:
            shape = shape[1:]
        schema: Schema = {"title": format_tensor(component.dtype, shape)}
        text = self._description(tensor, side)
        if text:
            schema["description"] = text
        schema |= self._nested(self._value(tensor, side), shape, side)
        leaf = tensor.dense
        if side == "request" and not row and leaf is not None and has_default(leaf):
            default = rest_value(leaf.default, leaf.dtype)
            if is_json(default):
                schema["default"] = default
        return schema

    def feature(self, feature: ParsedFeature) -> Schema:
        """The schema of one feature of a tf.Example: a value, where it is the only one, or an array of values."""
        leaf = feature.leaf.leaf
        value = self._scalar(feature.dtype, {})
        if isinstance(leaf, Tensor) and leaf.dtype == feature.dtype:
            value |= _bounds(leaf)
        schema: Schema = {"title": f"{feature.dtype} of {feature.leaf.name}"}
        if leaf.description:
            schema["description"] = leaf.description
        if feature.parsed != "fixed":
            return schema | {"anyOf": [value, {"type": "array", "items": value}]}
        count = prod(feature.shape)
        values = {"type": "array", "items": value, "minItems": count, "maxItems": count}
        return schema | ({"anyOf": [value, values]} if count == 1 else values)

    def split(self, key: str) -> Schema:
        """The schema of a feature that holds the row splits of a ragged one."""
        value = self._scalar("int64", {"minimum": 0})
        return {"title": f"int64 of {key}", "anyOf": [value, {"type": "array", "items": value}]}

    def _description(self, tensor: RestTensor, side: Side) -> str:
        if tensor.leaf is None:
            return "Serialized protocol buffers, one a row." if tensor.name == RECEIVER_INPUT else ""
        parts = [tensor.leaf.leaf.description]
        if tensor.component.part:
            role = tensor.component.part.replace("_", " ")
            parts.append(f"The {role} of the {tensor.leaf.leaf.kind} tensor {tensor.leaf.name}.")
        if side == "request" and has_default(tensor.leaf.leaf):
            parts.append("It has a default, which only gRPC lets a request leave out.")
        return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)

    def _value(self, tensor: RestTensor, side: Side) -> Schema:
        leaf = tensor.dense
        dtype = tensor.component.dtype
        if side == "answer" and dtype == "string":
            return self.ref(BASE64) if tensor.is_base64 else {"type": "string"}
        return self._scalar(dtype, _bounds(leaf) if leaf is not None else {})

    def _scalar(self, dtype: str, bounds: Mapping[str, Any]) -> Schema:
        kind = DTYPES[dtype]
        match kind.family:
            case Family.BOOLEAN:
                return {"type": "boolean"}
            case Family.STRING:
                return {"anyOf": [{"type": "string"}, self.ref(BASE64)]}
            case Family.INTEGER:
                low, high = kind.range
                minimum, maximum = max(low, bounds.get("minimum", low)), min(high, bounds.get("maximum", high))
                return {"type": "integer", "format": _FORMATS[dtype], "minimum": minimum, "maximum": maximum}
            case _:
                return {"type": "number", "format": _FORMATS[dtype], **bounds}

    def _nested(self, value: Schema, shape: Shape, side: Side) -> Schema:
        if shape is None:
            return {"anyOf": _any_rank(value)}
        schema = value
        for axis in reversed(range(len(shape))):
            schema = {
                "type": "array",
                "items": schema,
                **self._sizes(shape[axis], side, is_last=axis == len(shape) - 1),
            }
        return schema

    def _sizes(self, dim: Dimension, side: Side, *, is_last: bool) -> Schema:
        """The sizes of an array. JSON cannot write an empty dimension that is not the last: ``[]`` has rank 1."""
        sizes = sizes_of(dim, self.document)
        return _limits(max(sizes.min, 1) if side == "request" and not is_last else sizes.min, sizes.max)


def _limits(least: int, most: int | None) -> Schema:
    return {**({"minItems": least} if least else {}), **({} if most is None else {"maxItems": most})}


def _any_rank(value: Schema) -> list[Schema]:
    """A value, and arrays of it of each rank; of a rank beyond what is described, anything.

    It is not a recursive schema: openapi-typescript makes a circular type of one.
    """
    ranks = [value]
    for _ in range(_DEEPEST):
        ranks.append({"type": "array", "items": ranks[-1]})
    deeper: Schema = {"type": "array"}
    for _ in range(_DEEPEST):
        deeper = {"type": "array", "items": deeper}
    return [*ranks, deeper]


def _bounds(leaf: Tensor) -> Schema:
    """The declared bounds of a leaf that JSON can write."""
    bounds = {"minimum": leaf.minimum, "maximum": leaf.maximum}
    return {key: bound for key, bound in bounds.items() if isinstance(bound, (int, float)) and is_json(bound)}
