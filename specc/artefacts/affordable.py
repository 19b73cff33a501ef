"""Charges an artefact to its budget, before anything is rendered: its parts multiply where those of a document do not.

Each tensor is in a request and in an answer, in columns and in rows, and again for each receiver; a schema of many
dimensions is nested, and each level is written further to the right.
"""

from __future__ import annotations

from math import prod

from specc.artefacts.artefact import Request
from specc.diagnostics import finding
from specc.errors import SpecError
from specc.language.document import Endpoint
from specc.language.tensor_string import Shape
from specc.language.trees import has_default
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.source.budget import ARTEFACT_LIMITS, Budget

_HINT = "emit the endpoints one by one: --endpoint NAME"
_ANY_RANK = 25
"""The parts of a schema of any rank."""
_INDENTED = 16
"""Of so many dimensions, each is written twice as far to the right as it is long."""


def artefact_budget() -> Budget:
    """The budget of one artefact."""
    return Budget(
        lambda text: SpecError([finding("too-large", ("endpoints",), text, _HINT)]), ARTEFACT_LIMITS, "the artefact"
    )


def charge_artefact(request: Request) -> Budget:
    """The budget of an artefact, to which the tensors and names of its endpoints have been charged.

    Raises:
        SpecError: they are more than the budget has.
    """
    budget, chosen = artefact_budget(), request.chosen()
    budget.charge("endpoints", sum(1 + len(endpoint.receivers) for endpoint in chosen.values()))
    budget.charge("characters of names", sum(map(len, request.document.dims)))
    for name, endpoint in chosen.items():
        _charge_endpoint(name, endpoint, budget)
    return budget


def _charge_endpoint(name: str, endpoint: Endpoint, budget: Budget) -> None:
    ways = 1 + len(endpoint.receivers)
    budget.charge("characters of names", ways * (len(name) + len(endpoint.description)))
    budget.charge("characters of names", sum(map(len, endpoint.receivers)))
    for bound in (*input_leaves(endpoint), *output_leaves(endpoint)):
        budget.charge("parts of schemas", ways * _parts(bound))
        budget.charge("characters of names", ways * (len(bound.name) + len(bound.leaf.description)))
        if has_default(bound.leaf):  # of which an example may leave out each
            budget.charge("elements of values", len(endpoint.examples) * prod(map(int, bound.leaf.shape or ())))


def _parts(bound: BoundLeaf) -> int:
    """The parts of all schemas of a leaf."""
    return sum(_parts_of(component.shape) for component in bound.components)


def _parts_of(shape: Shape) -> int:
    if shape is None:
        return _ANY_RANK
    rank = len(shape)
    return 2 * (1 + rank + rank * rank // _INDENTED) if rank else 1  # only a scalar is never in rows
