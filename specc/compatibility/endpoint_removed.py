"""Rules for an endpoint that is gone, and for one that is new."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import SURFACES, Change, Judgement, Side, Surface
from specc.compatibility.addresses import addresses, refused
from specc.compatibility.sides import Comparison, Described
from specc.language.document import Endpoint

_WHERE: dict[Surface, str] = {"wire": "as a signature", "rest": "over REST", "python": "in Python"}


def endpoint_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint whose name calls nothing any longer; an optional one was never promised."""
    old, new = comparison.old, comparison.new
    for name, endpoint, lost, where in _only_in(old, new):
        judgement: Judgement = "warning" if endpoint.optional else "breaking"
        surfaces = dict.fromkeys(lost, judgement)
        what = "the optional endpoint" if endpoint.optional else "the endpoint"
        yield Change(
            rule="endpoint-removed",
            path=("endpoints", name) if name in new.document.endpoints else ("endpoints",),
            message=f"{what} {name!r} is gone{where}",
            hint="keep it until no client calls it, and add the new one under another name",
            surfaces=surfaces,
            subject=(name,),
            compared=([endpoint.optional, *lost], None),
            old=Side(("endpoints", name), endpoint.to_json()),
            witness=refused(old, name, surfaces, f"there is no endpoint {name!r}{where}"),
        )


def endpoint_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint whose name called nothing before."""
    old, new = comparison.old, comparison.new
    for name, endpoint, gained, where in _only_in(new, old):
        yield Change(
            rule="endpoint-added",
            path=("endpoints", name),
            message=f"the endpoint {name!r} is new{where}",
            surfaces=dict.fromkeys(gained, "safe"),
            subject=(name,),
            compared=(None, [endpoint.optional, *gained]),
            new=Side(("endpoints", name), endpoint.to_json()),
        )


def _only_in(side: Described, other: Described) -> Iterator[tuple[str, Endpoint, tuple[Surface, ...], str]]:
    """The endpoints of ``side`` that ``other`` lacks, each with the surfaces on which it does, also in words.

    An endpoint of both is lacking where the other side has no Python object, or has only a function without a
    signature; what else takes away its signature is a change of its own. A name that is not an endpoint of the other
    side may still be its default key.
    """
    here, there = addresses(side), addresses(other)
    for name, endpoint in sorted(side.document.endpoints.items()):
        offered = here.surfaces_of(name)
        lacking = tuple(surface for surface in offered if surface not in there.surfaces_of(name))
        if name in other.document.endpoints:
            served = () if name in other.unpublished else ("wire", "rest")
            told = (*served, "python") if other.has_python else served
            lacking = tuple(surface for surface in lacking if surface not in told)
        if lacking:
            yield name, endpoint, lacking, "" if lacking == offered else f" {_in_words(lacking)}"


def _in_words(surfaces: tuple[Surface, ...]) -> str:
    return " and ".join(_WHERE[surface] for surface in SURFACES if surface in surfaces)
