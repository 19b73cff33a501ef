"""Check for unused dims."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding


def unused_dim(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for dims that no tensor has: left over, or misspelt in a shape."""
    used = {
        dim
        for checked in context.endpoints
        for bound in (*checked.inputs, *checked.outputs)
        for dim in bound.leaf.shape or ()
    }
    for name in context.document.dims:
        if name not in used:
            message = f"no tensor has the dim {name!r}"
            yield finding("unused-dim", ("dims", name), message, "remove it, or use it in a shape", on_key=True)
