"""A SignatureDef as data: its flat input and output tensors by wire name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from specc.language.document import Method
from specc.language.signatures import METHOD_NAMES
from specc.language.tensor_string import Shape
from specc.language.tree_edits import shape_to_json
from specc.language.trees import Leaf, Sparse
from specc.language.wire_names import numbered_result_names
from specc.reader.protobuf.messages import Message
from specc.reader.protobuf.structured_value import composite, is_extension
from specc.reader.protobuf.tensors import UndescribableError, dtype_name, shape_of_proto, tensor_value
from specc.source.budget import Budget

_METHODS = {name: method for method, name in METHOD_NAMES.items()}


@dataclass(frozen=True)
class WireTensor:
    """One flat tensor of a signature."""

    dtype: str
    shape: Shape


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a signature, by wire name."""

    inputs: dict[str, WireTensor]
    outputs: dict[str, WireTensor]
    method_name: str = METHOD_NAMES["predict"]
    defaults: dict[str, Any] = field(default_factory=dict)
    whole_inputs: dict[str, Leaf] = field(default_factory=dict)
    """Composite tensors with one wire name for all components, as in TensorFlow 1 and in some damaged archives."""
    whole_outputs: dict[str, Leaf] = field(default_factory=dict)
    extension_outputs: tuple[str, ...] = ()
    """ExtensionTypes with one wire name for all their tensors, which are in ``outputs`` under numbered names."""
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def method(self) -> Method | None:
        """The method of the signature, or None if it cannot be written in a spec."""
        return _METHODS.get(self.method_name)


def read_signature(proto: Message, budget: Budget) -> Signature:
    """The Signature of a ``SignatureDef``.

    Raises:
        UndescribableError: one of its tensors cannot be written in a spec, or it has no output.
    """
    budget.charge("leaves", len(proto.inputs) + len(proto.outputs))
    if not proto.outputs:
        raise UndescribableError("no output")
    inputs, whole_inputs = _read_tensor_infos(proto.inputs, budget)
    plain, extensions = [], {}
    for entry in proto.outputs:
        if _is_extension_info(entry.value):
            extensions[entry.key] = list(entry.value.composite_tensor.components)
        else:
            plain.append(entry)
    outputs, whole_outputs = _read_tensor_infos(plain, budget)
    outputs |= _number_extension_tensors(extensions, {**outputs, **whole_outputs}, budget)
    notes = [
        f"{name!r} is one name for all the tensors of an ExtensionType, which cannot be written in a spec"
        for name in sorted(extensions)
    ]
    defaults = {}
    for entry in proto.defaults:
        try:
            value, dtype, shape = tensor_value(entry.value, budget)
        except UndescribableError as error:
            notes.append(f"the default of {entry.key!r} is left out: it is {error}")
            continue
        if inputs.get(entry.key) == WireTensor(dtype, shape):
            defaults[entry.key] = value
        else:
            notes.append(f"the default of {entry.key!r} is left out: no input has its name, dtype and shape")
    extension_names = tuple(sorted(extensions))
    return Signature(
        inputs, outputs, proto.method_name, defaults, whole_inputs, whole_outputs, extension_names, tuple(notes)
    )


def _is_extension_info(info: Message) -> bool:
    return info.WhichOneof("encoding") == "composite_tensor" and is_extension(info.composite_tensor.type_spec)


def _number_extension_tensors(
    extensions: dict[str, list[Message]], others: Iterable[str], budget: Budget
) -> dict[str, WireTensor]:
    for name, parts in extensions.items():
        budget.charge("characters of names", len(name) * len(parts))
    counts = {**{name: len(parts) for name, parts in extensions.items()}, **dict.fromkeys(others, 1)}
    names = numbered_result_names(counts)
    return {
        name: WireTensor(dtype_name(part.dtype), shape_of_proto(part.tensor_shape, budget))
        for key, parts in extensions.items()
        for name, part in zip(names[key], parts, strict=True)
    }


def _read_tensor_infos(entries: Iterable[Message], budget: Budget) -> tuple[dict[str, WireTensor], dict[str, Leaf]]:
    flat: dict[str, WireTensor] = {}
    whole: dict[str, Leaf] = {}
    # Sorted, since the entries of a map are unordered; of two with the same name the last one counts, as in protobuf.
    for name, info in sorted(((entry.key, entry.value) for entry in entries), key=lambda pair: str(pair[0])):
        if not name:
            raise UndescribableError("a tensor without a name")
        match info.WhichOneof("encoding"):
            case "composite_tensor":
                whole[name] = composite(info.composite_tensor.type_spec, budget)
            case "coo_sparse":
                whole[name] = Sparse(
                    dtype=dtype_name(info.dtype), shape=shape_to_json(shape_of_proto(info.tensor_shape, budget))
                )
            case _:
                flat[name] = WireTensor(dtype_name(info.dtype), shape_of_proto(info.tensor_shape, budget))
    return flat, whole
