"""Keras on TensorFlow: its functions are traced as they are, and its variables are TensorFlow's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from specc.compiler.backends import Callee
from specc.diagnostics import Diagnostic
from specc.language.wire_names import BoundLeaf


class TensorFlowBackend:
    """Nothing stands between a function and TensorFlow."""

    def know(self, model: Any) -> None:
        """TensorFlow sees for itself what a function uses."""

    def find_obstacles(
        self, callee: Callee, inputs: Sequence[BoundLeaf] | None, outputs: Sequence[BoundLeaf] | None, model: Any
    ) -> Iterator[Diagnostic]:
        """None: every tensor of the language is one of TensorFlow's."""
        yield from ()

    def traceable(self, callee: Callee, specs: list[Any]) -> Callable[..., Any]:
        """The function itself."""
        return callee.function

    def find_faults(self, callee: Callee, concrete: Any) -> Iterator[Diagnostic]:
        """None: TensorFlow runs what it traced."""
        yield from ()

    def key(self, callee: Callee, specs: list[Any]) -> object:
        """Nothing more."""
        return None

    def tf_variable(self, variable: Any) -> Any:
        """The variable itself."""
        return variable

    def quiet(self) -> contextlib.AbstractContextManager[None]:
        """TensorFlow writes no paths, unless an option asks for them."""
        return contextlib.nullcontext()
