"""Decodes ``StructuredValue``, which stores nested arguments and results in a SavedModel, into trees."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import shorten
from specc.language.leaf_fields import MAX_RAGGED_RANK
from specc.language.tree_edits import dense, shape_to_json
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.values import scalars
from specc.reader.protobuf.messages import Message
from specc.reader.protobuf.tensors import UndescribableError, describable, dtype_name, shape_of_proto, tensor_value
from specc.source.budget import Budget

_RAGGED, _SPARSE = 3, 1
_EXTENSION = 13
_COMPOSITES = {_RAGGED: 4, _SPARSE: 2}
"""``TypeSpecClass``, and how many values its state has."""


@describable()
def tree(value: Message, budget: Budget) -> Tree:
    """The tree of a value whose leaves are TensorSpecs; a leaf's ``name`` is that of its spec.

    Raises:
        UndescribableError: a leaf or container cannot be written in a spec, such as None, a literal or an empty list.
    """
    return _tree(value, budget)


def _tree(value: Message, budget: Budget) -> Tree:
    kind = value.WhichOneof("kind")
    match kind:
        case "tensor_spec_value" | "bounded_tensor_spec_value":
            budget.charge("leaves")
            return _tensor_of_spec_proto(getattr(value, kind), budget, bounded=kind.startswith("bounded"))
        case "type_spec_value":
            budget.charge("leaves")
            return composite(value.type_spec_value, budget)
        case "list_value":
            return List(items=tuple(_tree(item, budget) for item in _require_items(value.list_value.values)))
        case "tuple_value":
            return Tuple(items=tuple(_tree(item, budget) for item in _require_items(value.tuple_value.values)))
        case "dict_value":
            items = {entry.key: _tree(entry.value, budget) for entry in _require_items(value.dict_value.fields)}
            return Dict(items=dict(sorted(items.items())))  # a map of protobuf has no order
        case "named_tuple_value":
            fields = tuple(
                (pair.key, _tree(pair.value, budget)) for pair in _require_items(value.named_tuple_value.values)
            )
            if len({name for name, _ in fields}) < len(fields):
                raise UndescribableError("a namedtuple with a duplicate field")
            return NamedTuple(typename=value.named_tuple_value.name, fields=fields)
        case "none_value" | None:
            raise UndescribableError("None")
        case _:
            raise UndescribableError(f"the Python value {literal(value)}")


def _require_items(items: Any) -> Any:
    if not items:
        raise UndescribableError("an empty container")
    return items


def _tensor_of_spec_proto(spec: Message, budget: Budget, *, bounded: bool) -> Tensor:
    bounds = {}
    if bounded:
        bounds = {
            field: _single_bound(getattr(spec, field), budget)
            for field in ("minimum", "maximum")
            if spec.HasField(field)
        }
    return dense(dtype_name(spec.dtype), shape_of_proto(spec.shape, budget), name=spec.name or None, **bounds)


def _single_bound(proto: Message, budget: Budget) -> Any:
    """The one number that bounds every element, or None if there are several."""
    value, _, _ = tensor_value(proto, budget)
    found = list(scalars(value))
    return found[0] if len(set(found)) == 1 else None


def composite(spec: Message, budget: Budget) -> Ragged | Sparse:
    """The leaf of a ``TypeSpecProto``.

    Raises:
        UndescribableError: it is neither ragged nor sparse, or not a value at all.
    """
    state = list(spec.type_state.tuple_value.values)
    if len(state) != _COMPOSITES.get(spec.type_spec_class, -1):
        raise UndescribableError(f"a {spec.type_spec_class_name or 'value of an unknown type'}")
    shape = shape_of_proto(state[0].tensor_shape_value, budget)
    dtype = dtype_name(state[1].tensor_dtype_value)
    if spec.type_spec_class == _SPARSE:
        return Sparse(dtype=dtype, shape=shape_to_json(shape))
    rank = state[2].int64_value
    if not 1 <= rank <= MAX_RAGGED_RANK or (shape is not None and len(shape) <= rank):
        raise UndescribableError(f"a ragged tensor of ragged rank {rank}")
    splits: Any = dtype_name(state[3].tensor_dtype_value)
    if splits not in ("int32", "int64"):
        raise UndescribableError(f"a ragged tensor with {splits} row splits")
    return Ragged(dtype=dtype, shape=shape_to_json(shape), ragged_rank=rank, row_splits_dtype=splits)


def is_extension(spec: Message) -> bool:
    """Whether a ``TypeSpecProto`` is that of an ExtensionType, a user-defined class."""
    return bool(spec.type_spec_class == _EXTENSION)


def literal(value: Message) -> str:
    """A Python value as text, for a message."""
    match value.WhichOneof("kind"):
        case "none_value" | None:
            return "None"
        case "tensor_value" | "numpy_value":
            return "a tensor"
        case "list_value" | "tuple_value" | "dict_value" | "named_tuple_value" | "type_spec_value":
            return "a structure"
        case kind:
            return shorten(repr(getattr(value, kind)))


def is_literal(value: Message) -> bool:
    """Whether a value has no tensor: it is then fixed in the trace, and a caller cannot pass it."""
    match value.WhichOneof("kind"):
        case "tensor_spec_value" | "bounded_tensor_spec_value" | "type_spec_value":
            return False
        case "list_value":
            return all(is_literal(item) for item in value.list_value.values)
        case "tuple_value":
            return all(is_literal(item) for item in value.tuple_value.values)
        case "dict_value":
            return all(is_literal(entry.value) for entry in value.dict_value.fields)
        case "named_tuple_value":
            return all(is_literal(pair.value) for pair in value.named_tuple_value.values)
        case _:
            return True
