"""Checks for default values of inputs, which converters drop.

tf2onnx, LiteRT and TensorFlow.js load the archive in Python, where a signature requires every input (the defaults are
in ``SignatureDef.defaults``, which they do not read): the converted model requires the input. OpenVINO reads the
graph, in which the input is a PlaceholderWithDefault, and makes a constant of it: the converted model has no such
input. tests/consumers shows each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import has_default
from specc.rules.table import RuleId


def default_check(
    rule: RuleId, problem: str, hint: str, *, only_default: bool = False
) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for inputs with a default; ``problem`` is its message, with the input's name at ``{name}``."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.converted(only_default=only_default):
            for bound in checked.inputs:
                if has_default(bound.leaf):
                    message = problem.replace("{name}", repr(bound.name))
                    yield finding(rule, (*bound.path, "default"), message, hint)

    return find
