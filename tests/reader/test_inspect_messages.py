"""The protobuf messages that specc declares are TensorFlow's own, field by field."""

import pytest
import tensorflow as tf
from google.protobuf import descriptor_pool
from tensorflow.core.protobuf import (
    saved_model_pb2,
    tensor_bundle_pb2,  # noqa: F401  # the pool knows its messages after this
)

from specc.reader.protobuf.messages import ENUMS, MESSAGES, PACKAGE, message
from specc.reader.protobuf.tensors import _NUMBERS

pytestmark = pytest.mark.tensorflow

POOL = saved_model_pb2.DESCRIPTOR.pool


def described(field, package):
    """The properties of a field that matter for the wire format."""
    kind = field.message_type or field.enum_type
    name = kind.full_name.removeprefix("google.protobuf.").removeprefix(f"{package}.").replace(".", "_") if kind else ""
    oneof = field.containing_oneof.name if field.containing_oneof else ""
    # protobuf 4 has only the label, which protobuf 7 warns about
    repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
    return (field.number, field.name, field.type, repeated, name, oneof)


@pytest.mark.parametrize("name", MESSAGES)
def test_each_declared_field_is_tensorflows(name):
    package = "google.protobuf" if name == "Any" else "tensorflow"
    ours, theirs = message(name).DESCRIPTOR, POOL.FindMessageTypeByName(f"{package}.{name}")
    numbers = {field.number for field in ours.fields}
    expected = {described(field, "tensorflow") for field in theirs.fields if field.number in numbers}
    assert {described(field, PACKAGE) for field in ours.fields} == expected


@pytest.mark.parametrize("name", ENUMS)
def test_each_declared_enum_is_tensorflows(name):
    assert POOL.FindEnumTypeByName(f"tensorflow.{name}").values_by_number[0].number == 0


def test_every_dtype_has_tensorflows_number():
    from tensorflow.python.framework.dtypes import as_dtype

    numbers = POOL.FindEnumTypeByName("tensorflow.DataType").values_by_number
    known = {number: as_dtype(number).name for number in numbers if 0 < number < 100}
    assert known == {number: name for number, name in _NUMBERS.items() if number in known}
    # TensorFlow 2.16 lacks the newest ones
    assert len(known) == len(_NUMBERS) or tf.__version__ < "2.21"


def test_the_default_pool_knows_nothing_of_specc():
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName(f"{PACKAGE}.SavedObject")
