"""Charges a document to the budget of its file, before any rule makes a name of its leaves."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import finding
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.trees import is_long_form
from specc.language.wire_names import extent_of
from specc.source.budget import DOCUMENT_LIMITS, Budget
from specc.source.json_text import measure

_HINT = "describe less in one file"
_SIDES = ("inputs", "outputs")


def document_budget() -> Budget:
    """The budget of one pass over a document: each pass counts all of it."""
    return Budget(lambda text: SpecError([finding("too-large", (), text, _HINT)]), DOCUMENT_LIMITS)


def charge_data(data: Any, values: int, budget: Budget) -> None:
    """Charges the parts of a document's JSON, which has this many ``values``, before models are made of them.

    Raises:
        SpecError: there are more than the budget has.
    """
    endpoints = data.get("endpoints") if isinstance(data, dict) else None
    if not isinstance(endpoints, dict):
        return
    budget.charge("endpoints", len(endpoints))
    budget.charge("dims", _length(data.get("dims")))
    described = [endpoint for endpoint in endpoints.values() if isinstance(endpoint, dict)]
    for endpoint in described:
        budget.charge("examples", _length(endpoint.get("examples")))
    waiting = [endpoint.get(side) for endpoint in described for side in _SIDES]
    budget.charge("values outside of trees", values - sum(measure(tree)[1] for tree in waiting))
    depth = 1
    while waiting:  # the nodes of one depth
        budget.charge("parts of paths", depth * len(waiting))
        inner: list[Any] = []
        for tree in waiting:
            if isinstance(tree, dict) and not (is_long_form(tree) and "dtype" in tree):
                inner.extend(tree.values())
            elif isinstance(tree, list):
                inner.extend(tree)
            else:
                budget.charge("leaves")
        waiting, depth = inner, depth + 1


def charge_paths(data: Any, budget: Budget) -> None:
    """Charges the paths of all values in a document's JSON, before it is validated: a defect has the path of its value.

    Raises:
        SpecError: they are more than the budget has.
    """
    waiting: list[tuple[Any, int]] = [(data, 0)]
    while waiting:
        value, characters = waiting.pop()
        budget.charge("characters of paths", characters)
        if isinstance(value, dict):
            waiting.extend((item, characters + len(str(key))) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend((item, characters) for item in value)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (dict, list)) else 0


def charge_document(document: Document, budget: Budget) -> None:
    """Charges the names of a document's leaves, and its leaves again for each receiver that parses them.

    Raises:
        SpecError: they are more than the budget has.
    """
    for name, endpoint in document.endpoints.items():
        extent = extent_of(endpoint.arguments, endpoint.inputs, endpoint.outputs)
        budget.charge("characters of names", extent.characters)
        budget.charge("leaves", extent.leaves * (1 + len(endpoint.receivers)))
        budget.charge("dimensions", extent.dimensions)
        budget.charge("characters of names", len(name) * (2 + len(endpoint.receivers)))
