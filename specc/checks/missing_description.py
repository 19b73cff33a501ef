"""Check for a missing description of a document or an endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding


def missing_description(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for missing descriptions, which clients read first."""
    if not context.document.description.strip():
        hint = 'describe in "description" what the model does'
        yield finding("missing-description", (), "the document has no description", hint)
    for name, endpoint in context.document.endpoints.items():
        if not endpoint.description.strip():
            message = f"the endpoint {name!r} has no description"
            hint = 'describe in "description" what it returns, and for whom'
            yield finding("missing-description", ("endpoints", name), message, hint, on_key=True)
