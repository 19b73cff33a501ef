"""Checks the traced result of a function against the declared outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.compiler.tensorspec import static_shape, tensor_specs
from specc.compiler.trace.opaque_results import HINT
from specc.diagnostics import Diagnostic, SpecPath, kind_of
from specc.language.tensor_string import format_tensor
from specc.language.trees import (
    Dict,
    List,
    NamedTuple,
    Ragged,
    Sparse,
    Tensor,
    Tree,
    Tuple,
)
from specc.language.wire_names import components, placed_children


def find_conflicts(declared: Tree, traced: Any, path: SpecPath) -> Iterator[Diagnostic]:
    """A finding for every place where the nested value ``traced`` does not match ``declared``."""
    match declared:
        case Tensor() | Ragged() | Sparse():
            yield from _leaf_conflicts(declared, traced, path)
        case List() | Tuple():
            # A function's ``return a, b`` is a tuple; the revived endpoint returns the declared container.
            if not isinstance(traced, (list, tuple)) or hasattr(traced, "_fields"):
                yield _type_conflict(path, f"a {declared.kind}", traced)
            elif len(traced) != len(declared.items):
                yield _type_conflict(path, f"a {declared.kind} of {len(declared.items)}", traced)
            else:
                yield from _child_conflicts(declared, dict(enumerate(traced)), path)
        case NamedTuple():
            names = tuple(name for name, _ in declared.fields)
            if not isinstance(traced, tuple) or getattr(traced, "_fields", None) != names:
                yield _type_conflict(path, f"a namedtuple of {', '.join(names)}", traced)
            else:
                yield from _child_conflicts(declared, dict(zip(names, traced, strict=True)), path)
        case Dict():
            if not isinstance(traced, Mapping):
                yield _type_conflict(path, f"a dict of {', '.join(sorted(declared.items))}", traced)
            else:
                yield from _key_conflicts(declared, traced, path)
                yield from _child_conflicts(declared, traced, path)


def _child_conflicts(declared: Tree, traced: Mapping[Any, Any], path: SpecPath) -> Iterator[Diagnostic]:
    for key, child, place in placed_children(declared, path):
        if key in traced:
            yield from find_conflicts(child, traced[key], place)


def _key_conflicts(declared: Dict, traced: Mapping[Any, Any], path: SpecPath) -> Iterator[Diagnostic]:
    for key in sorted(declared.items.keys() - traced.keys()):
        found = ", ".join(map(repr, traced)) or "nothing"
        yield _output_conflict((*path, key), f"declared, but the function returns no {key!r}; it returns {found}")
    for key in traced:
        if key not in declared.items:
            hint = 'declare it in "outputs", or drop it with "postprocess"'
            yield _output_conflict(
                path, f"the function returns {key!r} ({describe(traced[key])}), which is not declared", hint
            )


def _leaf_conflicts(declared: Tensor | Ragged | Sparse, traced: Any, path: SpecPath) -> Iterator[Diagnostic]:
    spec, found = tensor_specs(declared), spec_of(traced)
    if found is None or not _equal_but_shape(spec, found) or not spec.shape.is_compatible_with(found.shape):
        yield _type_conflict(path, describe(spec), traced)
        return
    flat = tf.nest.flatten(traced, expand_composites=True)
    for component, tensor in zip(components(declared, declared.kind), flat, strict=True):
        shape = tf.TensorShape(static_shape(component.shape))
        if component.part and not shape.is_compatible_with(tensor.shape):  # the rank of a sparse tensor may be unknown
            yield _output_conflict(path, f"declared {describe(spec)}, traced {component.part} of shape {tensor.shape}")


def _equal_but_shape(spec: Any, found: Any) -> bool:
    """Whether two specs are equal except for the shape."""
    if type(found) is not type(spec) or found.dtype != spec.dtype:
        return False
    if isinstance(spec, tf.RaggedTensorSpec):
        return bool(found.ragged_rank == spec.ragged_rank and found.row_splits_dtype == spec.row_splits_dtype)
    return True


def spec_of(value: Any) -> Any:
    """The spec of a tensor, dense or composite, or None for anything else."""
    if isinstance(value, (tf.Tensor, tf.Variable, keras.Variable)):
        return tf.TensorSpec(value.shape, tf.dtypes.as_dtype(value.dtype))
    if isinstance(value, tf.RaggedTensor):
        return tf.RaggedTensorSpec.from_value(value)
    if isinstance(value, tf.SparseTensor):
        return tf.SparseTensorSpec(value.shape, value.dtype)
    if keras.config.backend() == "jax" and keras.ops.is_tensor(value):
        return tf.TensorSpec(value.shape, tf.dtypes.as_dtype(value.dtype))
    return value if isinstance(value, tf.TypeSpec) else None


def describe(value: Any) -> str:
    """A traced value, or a spec, as it is written in a document."""
    match spec_of(value):
        case tf.TensorSpec() as spec:
            return _format_spec(spec)
        case tf.RaggedTensorSpec() as spec:
            splits = spec.row_splits_dtype.name
            return f"ragged {_format_spec(spec)} of ragged rank {spec.ragged_rank}, {splits} row splits"
        case tf.SparseTensorSpec() as spec:
            return f"sparse {_format_spec(spec)}"
        case None if value is None:
            return "None"
        case None if isinstance(value, Mapping):
            return f"a dict of {', '.join(map(str, value)) or 'nothing'}"
        case None if isinstance(value, tuple) and hasattr(value, "_fields"):
            return f"a namedtuple of {', '.join(value._fields)}"
        case None if isinstance(value, (list, tuple)):
            return f"{kind_of(value)} of {len(value)}"
        case _:
            return f"{kind_of(value)}, which is not a tensor"


def _format_spec(spec: Any) -> str:
    shape = None if spec.shape.rank is None else tuple("?" if size is None else size for size in spec.shape)
    return format_tensor(spec.dtype.name, shape)


def _type_conflict(path: SpecPath, declared: str, traced: Any) -> Diagnostic:
    hint = ""
    if isinstance(traced, (int, float, np.ndarray)):
        hint = "return tf.constant(...) of it"
    elif spec_of(traced) is None and not isinstance(traced, (Mapping, list, tuple, str, bytes, type(None))):
        hint = HINT
    return _output_conflict(path, f"declared {declared}, traced {describe(traced)}", hint)


def _output_conflict(path: SpecPath, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(rule="output-conflict", path=path, message=message, hint=hint)
