"""Check for examples with many values in the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding

MAX_ELEMENTS = 1000
"""The number of elements up to which an example can be read and reviewed in the document."""


def large_example(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for examples with many elements in the document, which are better off in a file beside it."""
    for checked in context.endpoints:
        for name, example in checked.endpoint.examples.items():
            count = _elements(example.inputs) + _elements(example.outputs)
            if count > MAX_ELEMENTS:
                message = f"the example has {count:,} elements in the document"
                hint = 'write them to a file beside it: {"file": "NAME.npz"}'
                yield finding("large-example", (*checked.path, "examples", name), message, hint, on_key=True)


def _elements(value: Any) -> int:
    match value:
        case tuple():
            return sum(map(_elements, value))
        case dict():
            return sum(map(_elements, value.values()))
        case None:
            return 0
        case _:
            return 1
