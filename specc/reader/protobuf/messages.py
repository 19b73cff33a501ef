"""The protobuf messages of a SavedModel that describe its interface, as data.

Only the fields that this package reads are declared; protobuf skips the others. They are in a *private* descriptor
pool and in a separate package, since TensorFlow's names in the default pool would make a later ``import tensorflow``
fail. There is no generated code, which older protobuf runtimes would reject. A test compares every line with
TensorFlow's own descriptors.

Map fields are declared as repeated entries, as on the wire, so that they keep the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from specc.reader.protobuf.wire_format import DamagedError, spans
from specc.source.budget import Budget

Message: TypeAlias = Any
"""A protobuf message: its fields are attributes, which are declared in :data:`MESSAGES`."""

PACKAGE = "specc.saved_model"

ENUMS = ("DataType", "TypeSpecProto.TypeSpecClass")
"""proto3 enums are open: unknown numbers are kept, so the values need no declaration here."""

MESSAGES: dict[str, tuple[str, ...]] = {
    "MetaGraphDef.MetaInfoDef": (
        "4 repeated string tags",
        "5 string tensorflow_version",
        "8 repeated MetaGraphDef.MetaInfoDef.FunctionAliasesEntry function_aliases",
    ),
    "MetaGraphDef.MetaInfoDef.FunctionAliasesEntry": ("1 string key", "2 string value"),
    "MetaGraphDef.SignatureDefEntry": ("1 string key", "2 SignatureDef value"),
    "MetaGraphDef.CollectionDefEntry": ("1 string key", "2 CollectionDef value"),
    "CollectionDef": ("1 CollectionDef.NodeList node_list kind", "5 CollectionDef.AnyList any_list kind"),
    "CollectionDef.AnyList": ("1 repeated Any value",),
    "CollectionDef.NodeList": ("1 repeated string value",),
    "AssetFileDef": ("1 TensorInfo tensor_info", "2 string filename"),
    "NodeDef": (
        "1 string name",
        "2 string op",
        "3 repeated string input",
        "4 string device",
        "5 repeated NodeDef.AttrEntry attr",
    ),
    "NodeDef.AttrEntry": ("1 string key", "2 AttrValue value"),
    "AttrValue": (
        "1 AttrValue.ListValue list value",
        "2 bytes s value",
        "8 TensorProto tensor value",
        "10 NameAttrList func value",
    ),
    "AttrValue.ListValue": ("2 repeated bytes s", "9 repeated NameAttrList func"),
    "NameAttrList": ("1 string name",),
    "OpDef": ("1 string name", "2 repeated OpDef.ArgDef input_arg"),
    "OpDef.ArgDef": ("1 string name",),
    "BundleHeaderProto": ("1 int32 num_shards",),
    "BundleEntryProto": (
        "1 DataType dtype",
        "2 TensorShapeProto shape",
        "3 int32 shard_id",
        "4 int64 offset",
        "5 int64 size",
        "6 fixed32 crc32c",
    ),
    "Any": ("1 string type_url", "2 bytes value"),
    "SignatureDef": (
        "1 repeated SignatureDef.InputsEntry inputs",
        "2 repeated SignatureDef.OutputsEntry outputs",
        "3 string method_name",
        "4 repeated SignatureDef.DefaultsEntry defaults",
    ),
    "SignatureDef.InputsEntry": ("1 string key", "2 TensorInfo value"),
    "SignatureDef.OutputsEntry": ("1 string key", "2 TensorInfo value"),
    "SignatureDef.DefaultsEntry": ("1 string key", "2 TensorProto value"),
    "TensorInfo": (
        "1 string name encoding",
        "4 TensorInfo.CooSparse coo_sparse encoding",
        "5 TensorInfo.CompositeTensor composite_tensor encoding",
        "2 DataType dtype",
        "3 TensorShapeProto tensor_shape",
    ),
    "TensorInfo.CooSparse": ("1 string values_tensor_name",),
    "TensorInfo.CompositeTensor": ("1 TypeSpecProto type_spec", "2 repeated TensorInfo components"),
    "TensorShapeProto": ("2 repeated TensorShapeProto.Dim dim", "3 bool unknown_rank"),
    "TensorShapeProto.Dim": ("1 int64 size",),
    "TensorProto": (
        "1 DataType dtype",
        "2 TensorShapeProto tensor_shape",
        "4 bytes tensor_content",
        "5 repeated float float_val",
        "6 repeated double double_val",
        "7 repeated int32 int_val",
        "8 repeated bytes string_val",
        "9 repeated float scomplex_val",
        "10 repeated int64 int64_val",
        "11 repeated bool bool_val",
        "12 repeated double dcomplex_val",
        "13 repeated int32 half_val",
        "16 repeated uint32 uint32_val",
        "17 repeated uint64 uint64_val",
        "18 bytes float8_val",
    ),
    "TrackableObjectGraph.TrackableObject.ObjectReference": ("1 int32 node_id", "2 string local_name"),
    "SavedObject": (
        "1 repeated TrackableObjectGraph.TrackableObject.ObjectReference children",
        "4 SavedUserObject user_object kind",
        "5 SavedAsset asset kind",
        "6 SavedFunction function kind",
        "7 SavedVariable variable kind",
        "8 SavedBareConcreteFunction bare_concrete_function kind",
    ),
    "SavedUserObject": ("1 string identifier",),
    "SavedAsset": ("1 int32 asset_file_def_index",),
    "SavedVariable": ("1 DataType dtype", "2 TensorShapeProto shape", "3 bool trainable", "6 string name"),
    "SavedFunction": ("1 repeated string concrete_functions", "2 FunctionSpec function_spec"),
    "SavedBareConcreteFunction": (
        "1 string concrete_function_name",
        "2 repeated string argument_keywords",
        "4 FunctionSpec function_spec",
    ),
    "FunctionSpec": ("1 StructuredValue fullargspec", "2 bool is_method", "5 StructuredValue input_signature"),
    "SavedObjectGraph.ConcreteFunctionsEntry": ("1 string key", "2 SavedConcreteFunction value"),
    "SavedConcreteFunction": (
        "2 repeated int32 bound_inputs",
        "3 StructuredValue canonicalized_input_signature",
        "4 StructuredValue output_signature",
    ),
    "StructuredValue": (
        "1 NoneValue none_value kind",
        "11 double float64_value kind",
        "12 sint64 int64_value kind",
        "13 string string_value kind",
        "14 bool bool_value kind",
        "31 TensorShapeProto tensor_shape_value kind",
        "32 DataType tensor_dtype_value kind",
        "33 TensorSpecProto tensor_spec_value kind",
        "34 TypeSpecProto type_spec_value kind",
        "35 BoundedTensorSpecProto bounded_tensor_spec_value kind",
        "51 ListValue list_value kind",
        "52 TupleValue tuple_value kind",
        "53 DictValue dict_value kind",
        "54 NamedTupleValue named_tuple_value kind",
        "55 TensorProto tensor_value kind",
        "56 TensorProto numpy_value kind",
    ),
    "NoneValue": (),
    "TensorSpecProto": ("1 string name", "2 TensorShapeProto shape", "3 DataType dtype"),
    "BoundedTensorSpecProto": (
        "1 string name",
        "2 TensorShapeProto shape",
        "3 DataType dtype",
        "4 TensorProto minimum",
        "5 TensorProto maximum",
    ),
    "TypeSpecProto": (
        "1 TypeSpecProto.TypeSpecClass type_spec_class",
        "2 StructuredValue type_state",
        "3 string type_spec_class_name",
    ),
    "ListValue": ("1 repeated StructuredValue values",),
    "TupleValue": ("1 repeated StructuredValue values",),
    "DictValue": ("1 repeated DictValue.FieldsEntry fields",),
    "DictValue.FieldsEntry": ("1 string key", "2 StructuredValue value"),
    "NamedTupleValue": ("1 string name", "2 repeated PairValue values"),
    "PairValue": ("1 string key", "2 StructuredValue value"),
}
"""Message by TensorFlow's name: ``number [repeated] type name [oneof]`` of each field."""


MAX_UNCOUNTED_BYTES = 2**20
MAX_MESSAGES = 2**19


def message(name: str) -> Message:
    """The class of the message that TensorFlow calls ``tensorflow.<name>``."""
    return _message_classes()[name]


def parse(name: str, data: bytes, budget: Budget) -> Message:
    """The message ``name`` in ``data``.

    Raises:
        DamagedError: the bytes are not such a message, or it has too many parts or is nested too deeply.
    """
    # An empty message is two bytes in a file and a hundred in memory, so messages are counted before they are built,
    # except while few bytes have been parsed.
    budget.charge("bytes of descriptions", len(data))
    if (
        budget.spent("bytes of descriptions") > MAX_UNCOUNTED_BYTES
        and _count_messages(name, data, (0, len(data)), budget) > MAX_MESSAGES
    ):
        raise DamagedError(f"a {name} has more than {MAX_MESSAGES:,} parts")
    return parse_uncounted(name, data)


def parse_uncounted(name: str, data: bytes) -> Message:
    """The message ``name`` in ``data``, which is short, and of which only one is kept at a time.

    Raises:
        DamagedError: the bytes are not such a message.
    """
    try:
        return message(name).FromString(data)
    except DecodeError:
        raise DamagedError(f"a {name} cannot be decoded, or is nested too deeply") from None


def _count_messages(name: str, data: bytes, span: tuple[int, int], budget: Budget, depth: int = 0) -> int:
    """The number of messages in a span of ``data``; counting stops at the limit."""
    if depth > _MAX_DEPTH:
        raise DamagedError(f"a {name} is nested too deeply")
    types = _message_fields(name)
    count = 1
    for number, begin, stop in spans(data, *span, budget):
        if number in types:
            count += _count_messages(types[number], data, (begin, stop), budget, depth + 1)
            if count > MAX_MESSAGES:
                break
    return count


_MAX_DEPTH = 100
"""protobuf's own limit."""


class _Field(NamedTuple):
    number: int
    repeated: bool
    type: str
    name: str
    oneof: str


def _declared_fields(message_name: str) -> Iterator[_Field]:
    for text in MESSAGES[message_name]:
        number, *words = text.split()
        repeated = words[0] == "repeated"
        kind, name, oneof = (*words[repeated:], "")[:3]
        yield _Field(int(number), repeated, kind, name, oneof)


@cache
def _message_fields(name: str) -> dict[int, str]:
    """The fields of a message that are messages, by number."""
    return {field.number: field.type for field in _declared_fields(name) if field.type in MESSAGES}


@cache
def _message_classes() -> dict[str, Message]:
    pool = DescriptorPool()
    pool.AddSerializedFile(_file_descriptor().SerializeToString())
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{_nested_name(name)}")) for name in MESSAGES}


def _file_descriptor() -> FileDescriptorProto:
    file = FileDescriptorProto(name="specc/saved_model.proto", package=PACKAGE, syntax="proto3")
    for name in ENUMS:
        enum = file.enum_type.add(name=_nested_name(name))
        enum.value.add(name=f"{_nested_name(name)}_ZERO", number=0)
    for name in MESSAGES:
        declared = file.message_type.add(name=_nested_name(name))
        oneofs: list[str] = []
        for declaration in _declared_fields(name):
            label = FieldDescriptorProto.LABEL_REPEATED if declaration.repeated else FieldDescriptorProto.LABEL_OPTIONAL
            field = declared.field.add(name=declaration.name, number=declaration.number, label=label)
            _set_type(field, declaration.type)
            if declaration.oneof:
                if declaration.oneof not in oneofs:
                    oneofs.append(declaration.oneof)
                    declared.oneof_decl.add(name=declaration.oneof)
                field.oneof_index = oneofs.index(declaration.oneof)
    return file


def _set_type(field: FieldDescriptorProto, word: str) -> None:
    if word in MESSAGES or word in ENUMS:
        field.type_name = f".{PACKAGE}.{_nested_name(word)}"
        field.type = FieldDescriptorProto.TYPE_ENUM if word in ENUMS else FieldDescriptorProto.TYPE_MESSAGE
    else:
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{word.upper()}")


def _nested_name(name: str) -> str:
    return name.replace(".", "_")
