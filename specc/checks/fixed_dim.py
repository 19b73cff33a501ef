"""Check for dims with only one size."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding


def fixed_dim(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for dims with equal bounds: a size in the shapes would be stored and checked by TensorFlow."""
    for name, dim in context.document.dims.items():
        if dim.min == dim.max:
            message = f"the dim {name!r} is always {dim.max}, but the archive will accept any size"
            yield finding("fixed-dim", ("dims", name), message, f"write {dim.max} in the shapes", on_key=True)
