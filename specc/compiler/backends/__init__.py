"""What differs between Keras's backends: how a function becomes one of TensorFlow's, and what its variables are."""

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
"""What a backend lacks."""


@dataclass(frozen=True, kw_only=True)
class Callee:
    """A function that is to be traced.

    ``symbols`` has the dimensions of each flat argument as JAX's ``polymorphic_shapes`` have them, or is None where
    they follow from the arguments; ``gradients`` says whether gradients through it are wanted; ``is_tensorflow``
    whether it is written in TensorFlow, on whatever backend Keras runs.
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
        """Says whose variables the functions are likely to use."""

    def find_unsupported(
        self, callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
    ) -> Iterator[Diagnostic]:
        """Why a function cannot be traced, as far as that is known before it is.

        ``inputs`` and ``outputs`` are what it takes and gives; None where something stands between.
        """

    def as_tf_function(self, callee: Callee, specs: list[Any]) -> Callable[..., Any]:
        """What TensorFlow traces in place of the function, for arguments of these nested specs."""

    def check_trace(self, callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
        """Why a trace, the ConcreteFunction of what :meth:`as_tf_function` gave, would fail where it is served."""

    def cache_key(self, callee: Callee, specs: list[Any]) -> object:
        """What two endpoints must agree in, beside their function and arguments, to share a trace."""

    def tf_variable(self, variable: Any) -> Any:
        """The tf.Variable that an archive holds for a variable of Keras or TensorFlow: one and the same each time."""

    def without_build_paths(self) -> AbstractContextManager[None]:
        """Keeps paths of the building machine out of what is traced or saved meanwhile."""


def runs_in_tensorflow(value: Any) -> bool:
    """Whether a function runs in TensorFlow: all do on that backend; on others those that are TensorFlow's own."""
    if keras.config.backend() == "tensorflow":
        return True
    value = called_by(value)
    kinds = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction, tf.Module)
    if isinstance(value, kinds):
        return True
    owner = getattr(value, "__self__", value)
    return owner is not None and not isinstance(owner, keras.Layer) and is_trackable(owner)


def called_by(function: Any) -> Any:
    """The function that one of specc's own stands around, which notes it; any other is the function itself."""
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
        from specc.compiler.backends.jax import JaxBackend  # noqa: PLC0415  # JAX is there for its own backend alone

        return JaxBackend()
    from specc.compiler.backends.tensorflow import TensorFlowBackend  # noqa: PLC0415  # as the other one is

    return TensorFlowBackend()


def require_backend(*supported: str) -> None:
    """Raises UnavailableError where Keras runs on none of these; without any, on none that specc exports from."""
    supported, backend = supported or ("tensorflow", "jax"), keras.config.backend()
    if backend in supported:
        return
    names = {"tensorflow": "TensorFlow", "jax": "JAX"}
    said = " or ".join(names[name] for name in supported)
    missing = f": {_MISSING[backend]}" if backend in _MISSING else ""
    hint = f"set KERAS_BACKEND={' or '.join(supported)} before Keras is imported"
    raise UnavailableError(f"specc exports from Keras on {said}, not on {backend}{missing}; {hint}")
