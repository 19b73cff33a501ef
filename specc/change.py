"""A change of a contract as data: a finding with two sides, a judgement for each surface, and a witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from specc.diagnostics import Diagnostic, SpecPath

Surface: TypeAlias = Literal["wire", "rest", "python"]
"""What clients call: gRPC and Sessions, TensorFlow Serving's REST, or the revived Python object."""
SURFACES: tuple[Surface, ...] = get_args(Surface)

Judgement: TypeAlias = Literal["breaking", "warning", "safe"]
"""What a change is on one surface."""
JUDGEMENTS: tuple[Judgement, ...] = get_args(Judgement)

Verdict: TypeAlias = Mapping[Surface, Judgement]
"""The judgement on every surface: the worst of all changes, ``safe`` where there is none."""


class Side(NamedTuple):
    """What one of the two documents says: ``value``, as canonical JSON, at ``path``."""

    path: SpecPath
    value: Any


class Witness(NamedTuple):
    """A smallest request that shows that a change breaks ``surface``.

    ``address`` is the signature key (wire and rest) or the attribute (python) that is called. ``inputs`` has every
    tensor of the request, by wire name (python: by ``argument.key.0``), each as ``{"dtype", "shape"}`` and, where the
    tensor has bounds on either side, ``"value"``, one number for all elements. ``outputs`` are those of an answer that
    NEW permits and OLD rules out, in the same form; None if the request is refused or means something else.
    """

    surface: Surface
    address: str
    inputs: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Mapping[str, Any]] | None
    reason: str


class Waived(NamedTuple):
    """Why a change is allowed, and until which day (``2027-03-01``)."""

    reason: str
    until: str


@dataclass(frozen=True, kw_only=True)
class Change(Diagnostic):
    """One change.

    ``surfaces`` has the judgement for each surface on which the change can be seen, at least one. ``subject`` is what
    the change is about (endpoint or collection, then wire name or path) and ``compared`` the part of both values that
    the rule looks at, with dims as bounds and order of first use: the fingerprint is made of these. ``path`` is a place
    in NEW, or in OLD where ``in_old``.
    """

    surfaces: Mapping[Surface, Judgement]
    subject: tuple[Any, ...]
    compared: tuple[Any, Any] = (None, None)
    old: Side | None = None
    new: Side | None = None
    in_old: bool = False
    witness: Witness | None = None
    waived: Waived | None = None
    against: tuple[str, ...] = ()

    @property
    def _fingerprint_data(self) -> tuple[Any, ...]:
        return (self.rule, self.subject, self.compared)


def worst(changes: list[Change]) -> Verdict:
    """The Verdict of several changes."""
    found = {surface: {change.surfaces.get(surface, "safe") for change in changes} for surface in SURFACES}
    return {surface: next((each for each in JUDGEMENTS if each in found[surface]), "safe") for surface in SURFACES}
