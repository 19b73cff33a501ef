"""Rules for signatures of the methods train and eval, which ``serving_only`` leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import addresses, refused
from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath
from specc.language.document import CALL, Endpoint

_PATH: SpecPath = ("serving_only",)


def signature_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that has no signature any longer, though it can still be called in Python."""
    for name, endpoint in _lacking(comparison.old, comparison.new):
        surfaces: dict[Surface, Judgement] = {"wire": "breaking"}
        yield Change(
            rule="signature-dropped",
            path=_PATH,
            message=f"{name!r} has no signature, which serving_only leaves out for the method {endpoint.method}",
            hint="keep the signatures here, and publish an archive for serving beside it",
            surfaces=surfaces,
            subject=(name,),
            compared=(False, True),
            old=Side(_PATH, False),
            new=Side(_PATH, True),
            witness=refused(comparison.old, name, surfaces, f"there is no signature {name!r}"),
        )


def signature_published(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that had no signature because of ``serving_only``."""
    for name, endpoint in _lacking(comparison.new, comparison.old):
        yield Change(
            rule="signature-published",
            path=("endpoints", name),
            message=f"{name!r} has a signature of the method {endpoint.method}, which serving_only left out before",
            surfaces={"wire": "safe"},
            subject=(name,),
            compared=(True, False),
            old=Side(_PATH, True),
            new=Side(_PATH, False),
        )


def _lacking(side: Described, other: Described) -> Iterator[tuple[str, Endpoint]]:
    """The endpoints of both whose signature ``other`` lacks. A method that both serve is a change of its own."""
    here, there = addresses(side), addresses(other)
    for name in sorted(side.document.endpoints.keys() & other.document.endpoints.keys()):
        one, two = side.document.endpoints[name], other.document.endpoints[name]
        is_lacking = "wire" in here.surfaces_of(name) and "wire" not in there.surfaces_of(name)
        if is_lacking and name != CALL and one.method == two.method:
            yield name, one
