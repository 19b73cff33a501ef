"""Keras on TensorFlow: its functions are traced as they are, and its variables are TensorFlow's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from specc.compiler.backends import Callee
from specc.diagnostics import Diagnostic
from specc.language.wire_names import BoundLeaf


class TensorFlowBackend:
    """The TensorFlow backend: functions and variables are used unchanged."""

    def register_model(self, model: Any) -> None:
        """Does nothing: TensorFlow records the variables that a function uses."""

    def find_unsupported(
        self, callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
    ) -> Iterator[Diagnostic]:
        """None: TensorFlow has every tensor of the language."""
        yield from ()

    def as_tf_function(self, callee: Callee, specs: list[Any]) -> Callable[..., Any]:
        """The function itself."""
        return callee.function

    def check_trace(self, callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
        """None: TensorFlow runs what it traced."""
        yield from ()

    def cache_key(self, callee: Callee, specs: list[Any]) -> object:
        """None: the key has no other part."""
        return None

    def tf_variable(self, variable: Any) -> Any:
        """The variable itself."""
        return variable

    def without_build_paths(self) -> contextlib.AbstractContextManager[None]:
        """A null context: TensorFlow writes no paths by default."""
        return contextlib.nullcontext()
