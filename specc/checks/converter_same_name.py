"""Checks for an input and an output of one name, which a converted graph does not keep apart.

The tensors of an ONNX graph are one namespace: tf2onnx renames the output, and then does not find the input ("graph
input 'x' not exist"). OpenVINO finds the input by the output's name, and returns it unchanged. tests/consumers shows
both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.rules.table import RuleId


def same_name_check(
    rule: RuleId, problem: str, *, only_default: bool = False
) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for names that are those of an input and of an output; ``problem`` is the end of its message."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.converted(only_default=only_default):
            inputs = {component.wire_name for bound in checked.inputs for component in bound.components}
            for bound in checked.outputs:
                for component in bound.components:
                    if component.wire_name in inputs:
                        message = f"{component.wire_name!r} is an input and an output: {problem}"
                        yield finding(rule, bound.path, message, 'give one of them another "name"')

    return find
