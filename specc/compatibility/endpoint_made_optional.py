"""Rules for an endpoint that becomes optional, and for one that is promised from now on."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side
from specc.compatibility.addresses import callable_pairs, refused
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.sides import Comparison


def endpoint_made_optional(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that an archive may lack from now on."""
    for pair in _changed(comparison):
        if pair.new.endpoint.optional:
            surfaces = pair.judged("breaking")
            reason = f"an archive may be built without {pair.name!r}"
            yield Change(
                rule="endpoint-made-optional",
                path=(*pair.new.path, "optional"),
                message=f"the endpoint {pair.name!r} is optional, before required",
                hint="keep it required until no client calls it",
                surfaces=surfaces,
                subject=(pair.name,),
                compared=(False, True),
                old=Side((*pair.old.path, "optional"), False),
                new=Side((*pair.new.path, "optional"), True),
                witness=refused(comparison.old, pair.old.name, surfaces, reason),
            )


def endpoint_made_required(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that every archive has from now on."""
    for pair in _changed(comparison):
        if pair.old.endpoint.optional:
            yield Change(
                rule="endpoint-made-required",
                path=pair.new.path,
                message=f"the endpoint {pair.name!r} is required, before optional",
                surfaces=pair.judged("safe"),
                subject=(pair.name,),
                compared=(True, False),
                old=Side((*pair.old.path, "optional"), True),
                new=Side((*pair.new.path, "optional"), False),
            )


def _changed(comparison: Comparison) -> Iterator[EndpointPair]:
    """The pairs of which one is optional. Without a contract it is not known what is."""
    if comparison.old.has_contract and comparison.new.has_contract:
        for pair in callable_pairs(comparison):
            if pair.old.endpoint.optional != pair.new.endpoint.optional:
                yield pair
