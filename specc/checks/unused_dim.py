"""A dimension that nothing has."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, finding
from specc.language.document import Document
from specc.language.names import input_leaves, output_leaves


def unused_dim(document: Document) -> Iterator[Diagnostic]:
    """A dim that no tensor has: left over, or the one that was meant somewhere else."""
    used = {
        dim
        for endpoint in document.endpoints.values()
        for bound in (*input_leaves(endpoint), *output_leaves(endpoint))
        for dim in bound.leaf.shape or ()
    }
    for name in document.dims:
        if name not in used:
            message = f"no tensor has the dim {name!r}"
            yield finding("unused-dim", ("dims", name), message, "remove it, or use it in a shape", on_key=True)
