"""Nested structures as StructuredValues, the proto in which an archive describes arguments and results."""

from __future__ import annotations

import inspect
from typing import Any

import tensorflow as tf

# The proto is not part of TensorFlow's public API; that of TensorFlow's own encoder is the nearest that there is.
from tensorflow.core.protobuf import struct_pb2

_encode_with_tensorflow = tf.__internal__.saved_model.encode_structure


def encode(value: Any) -> struct_pb2.StructuredValue:
    """``value`` as a StructuredValue: specs, containers of them, and plain values.

    The most frequent ones are written here, since TensorFlow tries a dozen encoders for each; the others are its own:
    named tuples, composite specs, tensors and extension types.

    Raises:
        NotEncodableError: an object that no archive can describe.
    """
    proto = struct_pb2.StructuredValue()
    _encode(value, proto)
    return proto


def _encode(value: Any, proto: struct_pb2.StructuredValue) -> None:
    kind = type(value)
    if value is None:
        proto.none_value.SetInParent()
    elif kind is str:
        proto.string_value = value
    elif kind is tf.TensorSpec:
        spec = proto.tensor_spec_value
        spec.shape.CopyFrom(value.shape.as_proto())
        spec.dtype = value.dtype.as_datatype_enum
        spec.name = value.name or ""
    elif kind is list or kind is tuple:
        held = proto.list_value if kind is list else proto.tuple_value
        held.SetInParent()
        for item in value:
            _encode(item, held.values.add())
    elif kind is dict and all(type(key) is str for key in value):
        proto.dict_value.SetInParent()
        for key, item in value.items():
            _encode(item, proto.dict_value.fields[key])
    elif kind is inspect.FullArgSpec:
        proto.named_tuple_value.name = kind.__name__
        for key, item in zip(kind._fields, value, strict=True):
            pair = proto.named_tuple_value.values.add(key=key)
            _encode(item, pair.value)
    else:
        proto.CopyFrom(_encode_with_tensorflow(value))
