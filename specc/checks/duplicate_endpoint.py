"""Check for duplicate endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, Place, finding
from specc.language.document import CALL


def duplicate_endpoint(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for endpoints that differ only in name and description.

    An endpoint whose function is null is given in code and cannot be compared. ``__call__`` is skipped, since it is the
    revived object itself.
    """
    document = context.document
    functions = [(endpoint.function, len(endpoint.inputs)) for endpoint in document.endpoints.values()]
    if len(set(functions)) == len(functions):
        return  # no two can be the same
    written = document.to_json()["endpoints"]
    seen: dict[str, str] = {}
    for name, endpoint in document.endpoints.items():
        if endpoint.function is None or name == CALL:
            continue
        meaning = json.dumps({key: value for key, value in written[name].items() if key != "description"})
        if meaning in seen:
            message = f"{name!r} and {seen[meaning]!r} differ only in their names"
            hint = "remove one"
            if document.default in (name, seen[meaning]):
                hint += "; the default endpoint is published as 'serving_default' too"
            other = (Place(message="the other endpoint", path=("endpoints", seen[meaning]), on_key=True),)
            yield finding("duplicate-endpoint", ("endpoints", name), message, hint, on_key=True, related=other)
        seen.setdefault(meaning, name)
