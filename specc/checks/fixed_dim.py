"""A dimension that has only one size."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding


def fixed_dim(context: CheckContext) -> Iterator[Diagnostic]:
    """A dim whose bounds are equal: a size, which the archive would state and TensorFlow check, were it written so."""
    for name, dim in context.document.dims.items():
        if dim.min == dim.max:
            message = f"the dim {name!r} is always {dim.max}, but the archive will accept any size"
            yield finding("fixed-dim", ("dims", name), message, f"write {dim.max} in the shapes", on_key=True)
