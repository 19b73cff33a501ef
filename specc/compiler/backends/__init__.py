"""The interface to Keras's backends: how functions are converted to TensorFlow, and their variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import keras
import tensorflow as tf

from specc.compiler.trackables import is_trackable
from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import UnavailableError
from specc.language.jax_options import JaxOptions
from specc.language.wire_names import BoundLeaf

_MISSING = {
    "torch": "the torch backend's only way into a SavedModel is torch_xla, and no release of it installs beside this "
    "TensorFlow and traces with a current torch; the model's .keras file loads on either of the two",
}
"""Why a backend is not supported."""


@dataclass(frozen=True, kw_only=True)
class Callee:
    """A function to trace.

    ``symbols`` has the dimensions of each flat argument in the form of JAX's ``polymorphic_shapes``, or is None if they
    follow from the arguments; ``gradients`` is whether gradients through it are needed; ``is_tensorflow`` is whether it
    is written in TensorFlow, independent of Keras's backend.
    """

    function: Callable[..., Any]
    path: SpecPath
    is_tensorflow: bool = False
    options: JaxOptions = field(default_factory=JaxOptions)
    symbols: tuple[str, ...] | None = None
    gradients: bool = True


class Backend(Protocol):
    """A backend of Keras, for the length of one export."""

    def register_model(self, model: Any) -> None:
        """Registers the model whose variables the functions probably use."""

    def find_unsupported(
        self, callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
    ) -> Iterator[Diagnostic]:
        """The reasons, known before tracing, why a function cannot be traced.

        ``inputs`` and ``outputs`` are its leaves; None if a preprocess or postprocess function is in between.
        """

    def as_tf_function(self, callee: Callee, specs: list[Any]) -> Callable[..., Any]:
        """The function that TensorFlow traces instead, for arguments of these nested specs."""

    def check_trace(self, callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
        """The reasons why a trace, the ConcreteFunction of :meth:`as_tf_function`'s result, would fail when served."""

    def cache_key(self, callee: Callee, specs: list[Any]) -> object:
        """The part of a trace's cache key that the backend adds to its function and arguments."""

    def tf_variable(self, variable: Any) -> Any:
        """The tf.Variable that an archive holds for a variable of Keras or TensorFlow; the same object at each call."""

    def without_build_paths(self) -> AbstractContextManager[None]:
        """A context that keeps paths of the building machine out of traces and archives."""


def runs_in_tensorflow(value: Any) -> bool:
    """Whether a function runs in TensorFlow: every one on that backend, only TensorFlow's own functions on others."""
    if keras.config.backend() == "tensorflow":
        return True
    value = unwrap_function(value)
    kinds = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction, tf.Module)
    if isinstance(value, kinds):
        return True
    owner = getattr(value, "__self__", value)
    return owner is not None and not isinstance(owner, keras.Layer) and is_trackable(owner)


def unwrap_function(function: Any) -> Any:
    """The function inside specc's wrappers; any other function itself."""
    while hasattr(function, "_specc_calls"):
        function = function._specc_calls
    return function


def current_backend() -> Backend:
    """The backend that Keras runs on.

    Raises:
        UnavailableError: specc cannot export from it.
    """
    require_backend()
    if keras.config.backend() == "jax":
        from specc.compiler.backends.jax import JaxBackend  # noqa: PLC0415  # only its backend needs JAX

        return JaxBackend()
    from specc.compiler.backends.tensorflow import TensorFlowBackend  # noqa: PLC0415  # as above

    return TensorFlowBackend()


def require_backend(*supported: str) -> None:
    """Raises UnavailableError unless Keras runs on one of these; by default, on one that specc exports from."""
    supported, backend = supported or ("tensorflow", "jax"), keras.config.backend()
    if backend in supported:
        return
    names = {"tensorflow": "TensorFlow", "jax": "JAX"}
    names_of_supported = " or ".join(names[name] for name in supported)
    missing = f": {_MISSING[backend]}" if backend in _MISSING else ""
    hint = f"set KERAS_BACKEND={' or '.join(supported)} before Keras is imported"
    raise UnavailableError(f"specc exports from Keras on {names_of_supported}, not on {backend}{missing}; {hint}")
