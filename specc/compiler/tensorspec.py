"""Converts trees to nested ``tf.TensorSpec``s, as they would be written by hand, and back."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import SpecError
from specc.language.dtypes import DTYPES
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, tensor
from specc.language.values import decode_value
from specc.language.wire_names import Component


def tensor_specs(tree: Tree) -> Any:
    """The nested TensorSpecs of ``tree``; a leaf's declared name is its TensorSpec's name, and a dim's name is None.

    Raises:
        SpecError: this TensorFlow has no such dtype.
    """
    match tree:
        case Tensor():
            return _tensor_spec(tree.dtype, tree.shape, tree.name)
        case Ragged():
            return tf.RaggedTensorSpec(
                static_shape(tree.shape), dtype_of(tree.dtype), tree.ragged_rank, dtype_of(tree.row_splits_dtype)
            )
        case Sparse():
            return tf.SparseTensorSpec(static_shape(tree.shape), dtype_of(tree.dtype))
        case List():
            return [tensor_specs(item) for item in tree.items]
        case Tuple():
            return tuple(tensor_specs(item) for item in tree.items)
        case NamedTuple():
            names = tuple(name for name, _ in tree.fields)
            return namedtuple_class(tree.typename, names)(*(tensor_specs(item) for _, item in tree.fields))
        case Dict():
            return {key: tensor_specs(item) for key, item in tree.items.items()}


@lru_cache(maxsize=4096)
def _tensor_spec(dtype: str, shape: Shape, name: str | None) -> tf.TensorSpec:
    """A cached TensorSpec: they are immutable, and a document with many leaves has few different ones."""
    return tf.TensorSpec(static_shape(shape), dtype_of(dtype), name)


@lru_cache(maxsize=1024)
def namedtuple_class(typename: str, fields: tuple[str, ...]) -> Any:
    """A cached namedtuple class, so that equal trees have equal types."""
    return collections.namedtuple(typename, fields)  # the fields are data


def static_shape(shape: Shape) -> list[int | None] | None:
    """A declared shape as TensorFlow takes it: a named dimension has any size."""
    return None if shape is None else [dim if isinstance(dim, int) else None for dim in shape]


def dtype_of(name: str, path: SpecPath = ()) -> tf.DType:
    """TensorFlow's dtype called ``name``."""
    try:
        return tf.dtypes.as_dtype(name)
    except TypeError:
        message = f"TensorFlow {tf.__version__} has no dtype {name!r}"
        raise SpecError([Diagnostic(rule="unsupported-dtype", path=path, message=message)]) from None


def component_spec(component: Component) -> tf.TensorSpec:
    """The TensorSpec of one flat tensor of a signature, named by its wire name."""
    return tf.TensorSpec(static_shape(component.shape), dtype_of(component.dtype), component.wire_name)


def default_tensor(leaf: Tensor) -> tf.Tensor:
    """The declared default of ``leaf`` as a tensor, of its dtype and shape."""
    value, dtype = decode_value(leaf.default, leaf.dtype), dtype_of(leaf.dtype)
    if dtype != tf.string and not dtype.is_quantized:  # tf.constant converts to few of the small dtypes
        value = np.array(value, dtype.as_numpy_dtype)
    return tf.constant(value, dtype, static_shape(leaf.shape))


def tree_of(specs: Any) -> Tree:
    """The tree of nested TensorSpecs: the inverse of :func:`tensor_specs`.

    A TensorSpec holds no names of dims or components, no bounds, no defaults and no descriptions.

    Raises:
        TypeError: ``specs`` contains something other than specs, lists, tuples, namedtuples and dicts with string keys.
    """
    match specs:
        case tf.TensorSpec():
            return _tensor_of_spec(specs)
        case tf.RaggedTensorSpec():
            splits = specs.row_splits_dtype.name
            return Ragged(
                dtype=specs.dtype.name,
                shape=_shape_of_spec(specs.shape),
                ragged_rank=specs.ragged_rank,
                row_splits_dtype=splits,
            )
        case tf.SparseTensorSpec():
            return Sparse(dtype=specs.dtype.name, shape=_shape_of_spec(specs.shape))
        case Mapping():
            return Dict(items={key: tree_of(item) for key, item in specs.items()})
        case tuple() if hasattr(specs, "_fields"):
            fields = [(name, tree_of(item)) for name, item in zip(specs._fields, specs, strict=True)]
            return NamedTuple(typename=type(specs).__name__, fields=fields)
        case tuple():
            return Tuple(items=[tree_of(item) for item in specs])
        case Sequence() if not isinstance(specs, (str, bytes)):
            return List(items=[tree_of(item) for item in specs])
        case _:
            raise TypeError(f"expected TensorSpecs in lists, tuples and dicts, found {specs!r}")


def _tensor_of_spec(spec: tf.TensorSpec) -> Tensor:
    if spec.dtype.name not in DTYPES:
        raise TypeError(f"a {spec.dtype.name} tensor cannot leave its process: {spec!r}")
    short = tensor(f"{spec.dtype.name}[{_format_dims(spec.shape)}]")
    return short if not spec.name else Tensor(dtype=short.dtype, shape=_shape_of_spec(spec.shape), name=spec.name)


def _format_dims(shape: tf.TensorShape) -> str:
    return "..." if shape.rank is None else ", ".join(map(str, _shape_of_spec(shape)))


def _shape_of_spec(shape: tf.TensorShape) -> Any:
    return "..." if shape.rank is None else tuple(ANY if size is None else size for size in shape.as_list())
