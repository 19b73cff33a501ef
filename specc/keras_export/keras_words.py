"""Keras's error messages, which specc's errors repeat, since user code may match them.

They are the same in Keras 3.8 to 3.15; a test compares each with the installed Keras.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LAYER_NOT_BUILT = "The layer provided has not yet been built. It must be built before export."
MODEL_NOT_BUILT = "The model provided has not yet been built. It must be built before export."
MODEL_NOT_CALLED = "The model provided has never called. It must be called at least once before export."
NO_ENDPOINTS = "No endpoints have been set yet. Call add_endpoint()."
NO_SIGNATURE = """\
If the `fn` argument provided is not a `tf.function`, you must provide an `input_signature` argument \
to specify the shape and dtype of the function arguments. Example:

export_archive.add_endpoint(
    name='call',
    fn=model.call,
    input_signature=[
        keras.InputSpec(
            shape=(None, 224, 224, 3),
            dtype='float32',
        )
    ],
)"""


def no_resource(resource: Any) -> str:
    """The message for an object that cannot be tracked."""
    return (
        "Invalid resource type. Expected a Keras `Layer` or `Model` or a TensorFlow `Trackable` object. "
        f"Received object {resource} of type '{type(resource)}'. "
    )


def no_model(model: Any) -> str:
    """The message for an exported object that is not a model."""
    return f"The model must be a `keras.Model`. Received: model={model} of the type {type(model)}"


def name_taken(name: str) -> str:
    """The message for a second endpoint of the same name."""
    return f"Endpoint name '{name}' is already taken."


def never_called(function: Any) -> str:
    """The message for a tf.function without a trace and without a signature."""
    return (
        f"The provided tf.function '{function}' has never been called. To specify the expected shape and dtype of the "
        "function's arguments, you must either provide a function that has been called at least once, or alternatively "
        "pass an `input_signature` argument in `add_endpoint()`."
    )


def no_spec(value: Any) -> str:
    """The message for an entry of a signature that is not a spec."""
    supported = "Supported types are: `keras.InputSpec`, `keras.KerasTensor` and backend tensor."
    return f"Unsupported x={value} of the type ({type(value)}). {supported}"


def incomplete_spec(spec: Any) -> str:
    """The message for an InputSpec without its shape or dtype."""
    return f"The `shape` and `dtype` must be provided. Received: x={spec}"


def no_shapes(structure: Any) -> str:
    """The message for recorded shapes in a container that Keras does not support."""
    return f"Unsupported type {type(structure)} for {structure}"


def only_for_jax(backend: str) -> str:
    """The message for arguments that are only for JAX."""
    return f"'jax2tf_kwargs' and 'is_static' are only supported with the jax backend. Current backend: {backend}"


def no_collection(variables: Any) -> str:
    """The message for a collection that is not a list, tuple or set."""
    return f"Expected `variables` to be a list/tuple/set. Received instead object of type '{type(variables)}'."


def no_variables(variables: Iterable[Any]) -> str:
    """The message for a collection with items that are not variables."""
    found = f"Found instead the following types: {list({type(each) for each in variables})}"
    return f"Expected all elements in `variables` to be `tf.Variable` instances. {found}"


def no_format(format: str) -> str:
    """The message for an archive format other than SavedModel."""
    return f"Unsupported format: {format}"
