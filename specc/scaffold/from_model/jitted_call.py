"""Calls an endpoint of a model on JAX under ``jax.jit``, as the model runs outside of an archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.compiler.program import compile as compile_document
from specc.compiler.trace.binding import bind
from specc.language.document import Document
from specc.verification.child.arguments import nest_arguments
from specc.verification.child.model import run_bound
from specc.verification.child.results import flatten_result
from specc.verification.protocol import Answered, Call


def jitted_call(document: Document, name: str, model: Any) -> Callable[[Call], Answered] | None:
    """A function that calls the endpoint ``name`` and changes no variable; None if it does not run on JAX."""
    if keras.config.backend() != "jax":
        return None
    (bound,) = bind(compile_document(document), model, {}, {})
    if bound.is_tensorflow:
        return None
    import jax  # noqa: PLC0415  # only models on JAX need it

    def run(arguments: list[Any]) -> Any:
        with keras.StatelessScope():
            return run_bound(bound, arguments)

    def call(call: Call) -> Answered:
        endpoint = document.endpoints[name]
        arguments, _ = nest_arguments(endpoint, call.inputs)
        arrays = tf.nest.map_structure(lambda tensor: jax.numpy.asarray(tensor.numpy()), arguments)
        answer = jax.jit(run)(arrays)
        tensors = tf.nest.map_structure(lambda array: tf.convert_to_tensor(np.asarray(array)), answer)
        result = flatten_result(endpoint, tensors, ("endpoints", name))
        return Answered(result.outputs, tuple(result.mismatches))

    return call
