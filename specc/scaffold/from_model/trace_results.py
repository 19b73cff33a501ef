"""The result of a function for inputs of given shapes, from a trace and from Keras's shape inference."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from pydantic import ValidationError

from specc.compiler.backends import runs_in_tensorflow
from specc.compiler.backends.jax_shapes import declared_symbols
from specc.compiler.quiet_loggers import quiet_loggers
from specc.compiler.tensorspec import tensor_specs, tree_of
from specc.compiler.trace.call_parameters import place
from specc.compiler.trace.cores import Cores, Source
from specc.compiler.trace.model_containers import in_model_containers
from specc.compiler.trace.output_check import describe, spec_of
from specc.diagnostics import finding
from specc.errors import SpecError
from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Shape
from specc.language.tree_edits import without_names
from specc.language.trees import Tree
from specc.language.wire_names import input_leaves
from specc.scaffold.from_model.candidates import Candidate

_MAX_LEAVES = 2_000
"""The limit on the tensors that a function returns: each is traced and described many times."""


def result_tree(candidate: Candidate) -> Tree:
    """The tree of the result, traced as in a build.

    Raises:
        SpecError: the function cannot be traced, or returns values that a signature cannot return.
    """
    result = _trace_candidate(candidate, candidate.endpoint, candidate.function)
    path = (*candidate.path, "outputs")
    hint = 'write a function that returns tensors, and name it in "function"'
    flat = tf.nest.flatten(result)
    if len(flat) > _MAX_LEAVES:
        message = f"the function returns {len(flat):,} tensors; a first spec has at most {_MAX_LEAVES:,}"
        raise SpecError([finding("output-conflict", path, message, "stack them, or write the spec by hand")])
    for leaf in flat:
        if spec_of(leaf) is None:
            message = f"the function returns {describe(leaf)}; a signature returns tensors, in lists, tuples and dicts"
            raise SpecError([finding("output-conflict", path, message, hint)])
    try:
        return without_names(tree_of(tf.nest.map_structure(spec_of, result)))
    except ValidationError:
        message = "the function returns an empty container, or a dict with a key that is not a string"
    except TypeError as error:
        message = f"the function returns a value that a signature cannot return: {error}"
    raise SpecError([finding("output-conflict", path, message, hint)])


def result_shapes(candidate: Candidate, endpoint: Endpoint) -> list[Shape] | None:
    """The shapes of the result's leaves for the inputs of ``endpoint``; None if the function rejects them."""
    try:
        result = _trace_candidate(candidate, endpoint, candidate.python)
    except SpecError:
        return None
    shapes = [_shape_of(spec_of(leaf).shape) for leaf in tf.nest.flatten(result)]
    if any(shape is None or ANY in shape for shape in shapes) and isinstance(candidate.function, keras.Layer):
        inferred = _keras_shapes(candidate.function, endpoint)
        if inferred is not None and len(inferred) == len(shapes):
            return [_fill_open_dims(traced, keras_shape) for traced, keras_shape in zip(shapes, inferred, strict=True)]
    return shapes


def _trace_candidate(candidate: Candidate, endpoint: Endpoint, function: Callable[..., Any]) -> Any:
    path = (*candidate.path, "function")
    source = Source(
        function=place(candidate.function, endpoint.arguments, endpoint.kwargs).around(function),
        path=path,
        is_tensorflow=runs_in_tensorflow(candidate.function),
        symbols=declared_symbols(input_leaves(endpoint)),
        identity=candidate.name,
        kwargs=endpoint.kwargs,
        autograph=candidate.autograph,
    )
    with quiet_loggers("absl", level=logging.CRITICAL):  # JAX logs the shapes that it rejects, and then raises an error
        return Cores().trace(source, [tensor_specs(tree) for tree in endpoint.inputs], (), ()).result


def _shape_of(shape: Any) -> Shape:
    return None if shape.rank is None else tuple(ANY if size is None else size for size in shape.as_list())


def _keras_shapes(layer: keras.Layer, endpoint: Endpoint) -> list[Shape] | None:
    """The shapes that Keras infers, or None; it keeps the batch where traced ops lose it. Only for dense inputs."""
    specs = [tensor_specs(tree) for tree in endpoint.inputs]
    if not all(isinstance(spec, tf.TensorSpec) and spec.shape.rank is not None for spec in tf.nest.flatten(specs)):
        return None
    symbolic = tf.nest.map_structure(lambda spec: keras.KerasTensor(spec.shape.as_list(), spec.dtype.name), specs)
    infer = place(layer, endpoint.arguments, endpoint.kwargs).around(layer.compute_output_spec)
    try:
        result = infer(*(in_model_containers(layer, each) for each in symbolic), **endpoint.kwargs)
    except Exception:  # noqa: BLE001  # runs any layer's own code, and the result is optional
        return None
    tensors = tf.nest.flatten(result)
    if not all(isinstance(tensor, keras.KerasTensor) for tensor in tensors):
        return None
    return [tuple(ANY if size is None else size for size in tensor.shape) for tensor in tensors]


def _fill_open_dims(traced: Shape, keras_shape: Shape) -> Shape:
    """``traced``, with Keras's sizes for the dimensions that the trace leaves open."""
    if traced is None or keras_shape is None or len(traced) != len(keras_shape):
        return traced
    return tuple(other if dim == ANY else dim for dim, other in zip(traced, keras_shape, strict=True))
