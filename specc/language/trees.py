"""Nested inputs and outputs: three kinds of leaves, four kinds of containers, each a Record.

JSON mirrors the structure. A string is a tensor, an array a list, an object a dict; an object whose ``kind`` is one of
:data:`KINDS` is the long form, which has every field. No kind is a legal tensor string, so a dict with a feature
called ``kind`` stays a dict. The models are built from JSON values: ``Tensor(dtype="int8", shape=["batch"])``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
)

from specc.diagnostics import did_you_mean, shorten
from specc.language.dtypes import DTYPES
from specc.language.leaf_fields import NON_EMPTY_ARRAY, NON_EMPTY_OBJECT, DtypeValue, RaggedRank, RowSplits, ShapeValue
from specc.language.record import Form, Record, to_json
from specc.language.scalars import NonEmpty, Text, describe, problem
from specc.language.tensor_string import format_tensor, parse_tensor
from specc.language.values import Bound, Value, normalize_value

TAG = "\0"
"""The prefix of every union member's name in pydantic's error locations, so that it cannot clash with a field."""


def _none_if_empty(value: Any) -> Any:
    return value if value is not None and any(part is not None for _, part in value) else None


class Node(Record):
    """Base class of a tree's nodes."""

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON of the long form, which names the kind."""
        return {"kind": self.kind, **super().to_json(sort_keys=sort_keys)}  # type: ignore[attr-defined]  # all have one

    @model_serializer(mode="plain")
    def _serialize(self) -> Any:
        return self.to_json(sort_keys=False)


class LeafNode(Node):
    """Base class of the leaves."""

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON of the long form, with an unknown rank as "...": a shape is never null."""
        data = super().to_json(sort_keys=sort_keys)
        return {**data, "shape": "..."} if data["shape"] is None else data


class Tensor(LeafNode):
    """A dense tensor. The short form is a string."""

    kind: Literal["tensor"] = "tensor"
    dtype: DtypeValue
    """TensorFlow's name of the dtype."""
    shape: ShapeValue
    """The dimensions in order, or "..." for unknown rank."""
    name: NonEmpty | None = None
    """The tensor's wire name; made from its path by default."""
    default: Value = None
    """The value of an input that a client omits; needs fixed dimensions."""
    minimum: Bound | None = None
    """The smallest value that the contract allows."""
    maximum: Bound | None = None
    """The largest value that the contract allows."""
    description: Text = ""
    """What the tensor means, and in which unit."""

    @field_validator("default", "minimum", "maximum", mode="after")
    @classmethod
    def _normalize(cls, value: Any, info: ValidationInfo) -> Any:
        dtype = info.data.get("dtype")
        return normalize_value(value, dtype) if dtype is not None else value

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON: the short form if it holds every field that is set."""
        if self.model_fields_set <= _SHORT_FORM:  # as of nearly all
            return format_tensor(self.dtype, self.shape)
        data = super().to_json(sort_keys=sort_keys)
        return format_tensor(self.dtype, self.shape) if data.keys() == _SHORT_FORM else data


_SHORT_FORM = frozenset({"kind", "dtype", "shape"})


class RaggedNames(Record):
    """Wire names for the components of a ragged tensor."""

    values: NonEmpty | None = None
    """The wire name of the flat values."""
    row_splits: Annotated[RowSplits | None, Form.ONE_OR_MORE] = None
    """The wire name of the row splits; a list of them, outermost first, if the ragged rank is above 1."""


class Ragged(LeafNode):
    """A tf.RaggedTensor. Only uniform dimensions may be named."""

    kind: Literal["ragged"] = "ragged"
    dtype: DtypeValue
    """TensorFlow's name of the dtype of the values."""
    shape: ShapeValue
    """The dimensions in order, "?" for ragged ones, or "..." for unknown rank."""
    ragged_rank: RaggedRank = 1
    """How many dimensions, after the first, are ragged."""
    row_splits_dtype: Literal["int32", "int64"] = "int64"
    """The dtype of the row splits."""
    name: NonEmpty | None = None
    """The prefix of the components' wire names; made from the path by default."""
    names: Annotated[RaggedNames | None, AfterValidator(_none_if_empty)] = None
    """Wire names of single components."""
    description: Text = ""
    """What the tensor means, and in which unit."""


class SparseNames(Record):
    """Wire names for the components of a sparse tensor."""

    indices: NonEmpty | None = None
    """The wire name of the indices, int64[?, rank]."""
    values: NonEmpty | None = None
    """The wire name of the values."""
    dense_shape: NonEmpty | None = None
    """The wire name of the dense shape, int64[rank]."""


class Sparse(LeafNode):
    """A tf.SparseTensor."""

    kind: Literal["sparse"] = "sparse"
    dtype: DtypeValue
    """TensorFlow's name of the dtype of the values."""
    shape: ShapeValue
    """The dense shape, or "..." for unknown rank."""
    name: NonEmpty | None = None
    """The prefix of the components' wire names; made from the path by default."""
    names: Annotated[SparseNames | None, AfterValidator(_none_if_empty)] = None
    """Wire names of single components."""
    description: Text = ""
    """What the tensor means, and in which unit."""


class List(Node):
    """A Python list. The short form is an array."""

    kind: Literal["list"] = "list"
    items: Annotated[tuple[Tree, ...], *NON_EMPTY_ARRAY]
    """The elements in order."""

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON: the short form."""
        return to_json(self.items, sort_keys=sort_keys)


class Tuple(Node):
    """A Python tuple."""

    kind: Literal["tuple"] = "tuple"
    items: Annotated[tuple[Tree, ...], *NON_EMPTY_ARRAY]
    """The elements in order."""


class NamedTuple(Node):
    """A collections.namedtuple."""

    kind: Literal["namedtuple"] = "namedtuple"
    typename: NonEmpty
    """The name of the class."""
    fields: Annotated[tuple[tuple[NonEmpty, Tree], ...], *NON_EMPTY_ARRAY]
    """Pairs of a field's name and its tree, in order."""


class Dict(Node):
    """A Python dict with string keys; inputs are passed in this order. The short form is an object."""

    kind: Literal["dict"] = "dict"
    items: Annotated[dict[NonEmpty, Tree], *NON_EMPTY_OBJECT]
    """The tree of each key."""

    def to_json(self, *, sort_keys: bool = True) -> Any:
        """The canonical JSON: the short form."""
        return to_json(self.items, sort_keys=sort_keys)


Leaf: TypeAlias = Tensor | Ragged | Sparse
LEAVES = (Tensor, Ragged, Sparse)
NODES: dict[str, type[Node]] = {
    "tensor": Tensor,
    "ragged": Ragged,
    "sparse": Sparse,
    "list": List,
    "tuple": Tuple,
    "namedtuple": NamedTuple,
    "dict": Dict,
}
"""The model of each kind of node."""
KINDS = tuple(NODES)


def leaf_kind(leaf: Leaf) -> tuple[str | int, ...]:
    """The kind of a leaf; for a ragged one with its ragged rank and the dtype of its row splits."""
    return (leaf.kind, leaf.ragged_rank, leaf.row_splits_dtype) if isinstance(leaf, Ragged) else (leaf.kind,)


def has_default(leaf: Leaf) -> bool:
    """Whether some clients may leave the input out."""
    return isinstance(leaf, Tensor) and leaf.default is not None


def is_long_form(value: Any) -> bool:
    """Whether a JSON value is the long form of a node, which names its kind."""
    return isinstance(value, dict) and isinstance(value.get("kind"), str) and value["kind"] in KINDS


@lru_cache(maxsize=4096)
def tensor(text: str) -> Tensor:
    """The Tensor of a short form such as ``float32[batch, 3]``."""
    dtype, shape = parse_tensor(text)
    return Tensor.model_construct({"kind", "dtype", "shape"}, dtype=dtype, shape=shape)


def _to_long_form(value: Any) -> Any:
    """The node of a short form, or the value of a long form, which the models below validate."""
    if isinstance(value, str):
        return tensor(value)
    if isinstance(value, (list, tuple)):
        return {"kind": "list", "items": value}
    if isinstance(value, Node) or is_long_form(value):
        return value
    if isinstance(value, dict):
        kind = value.get("kind")
        dtype = value.get("dtype")
        if isinstance(dtype, str) and dtype in DTYPES and not (isinstance(kind, str) and "[" not in kind):
            hint = (
                'add "kind": "tensor", or "ragged" or "sparse"'  # a dtype is not a tensor string: no dict of features
            )
            raise problem("unknown-kind", "an object with a dtype must state its kind", hint)
        looks_like_long_form = (
            isinstance(kind, str) and "[" not in kind and {"dtype", "shape", "items", "fields"} & value.keys()
        )
        if looks_like_long_form:
            hint = did_you_mean(str(kind), KINDS) or f"the kinds are {', '.join(KINDS)}"
            raise problem("unknown-kind", f"{shorten(str(kind))!r} is not a kind of node", hint)
        return {"kind": "dict", "items": value}
    hint = "write a tensor as a string such as 'float32[batch, 3]', a list as an array, a dict as an object"
    raise problem("wrong-type", f"expected a tree, found {describe(value)}", hint)


def _kind_tag(value: Any) -> str:
    return TAG + (value["kind"] if isinstance(value, dict) else value.kind)  # type: ignore[no-any-return]


Tree: TypeAlias = Annotated[
    Annotated[Tensor, Tag(f"{TAG}tensor")]
    | Annotated[Ragged, Tag(f"{TAG}ragged")]
    | Annotated[Sparse, Tag(f"{TAG}sparse")]
    | Annotated[List, Tag(f"{TAG}list")]
    | Annotated[Tuple, Tag(f"{TAG}tuple")]
    | Annotated[NamedTuple, Tag(f"{TAG}namedtuple")]
    | Annotated[Dict, Tag(f"{TAG}dict")],
    Discriminator(_kind_tag),
    BeforeValidator(_to_long_form),
    WithJsonSchema({"$ref": "#/$defs/Tree"}),
]


def children(tree: Tree) -> tuple[tuple[str | int, Tree], ...]:
    """The parts of a container with their keys, in the order in which TensorFlow flattens them; nothing for a leaf."""
    match tree:
        case List() | Tuple():
            return tuple(enumerate(tree.items))
        case NamedTuple():
            return tree.fields
        case Dict():
            return tuple(sorted(tree.items.items()))
        case Tensor() | Ragged() | Sparse():
            return ()
