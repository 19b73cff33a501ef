"""Checks for signatures that parse protocol buffers, which no converter converts.

They call ParseExampleV2 or ParseSequenceExampleV2, for which tf2onnx, LiteRT without TensorFlow's own ops, OpenVINO and
TensorFlow.js have no op: tests/consumers shows each failure. The endpoint's own inputs are a signature beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.signatures import RAW
from specc.rules.table import RuleId


def receiver_check(
    rule: RuleId, converter: str, *, only_default: bool = False
) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for receivers; a converter of only the default signature refuses only the receiver that is in it."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.converted(only_default=only_default):
            for name in checked.endpoint.receivers:
                plain = checked.endpoint.receiver == name
                if only_default and not plain:
                    continue
                key = checked.name if plain else f"{name}:{checked.name}"
                own = f"{RAW}:{checked.name}" if checked.endpoint.receiver is not None else checked.name
                message = f"{converter} has no op that parses messages, and does not convert the signature {key!r}"
                hint = (
                    'leave out "receiver", so that the default signature takes the endpoint\'s own inputs'
                    if only_default
                    else f"convert {own!r}, and let clients parse"
                )
                yield finding(rule, (*checked.path, "receivers", name), message, hint, on_key=True)

    return find
