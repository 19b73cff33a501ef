"""Rules for an endpoint that becomes optional, and for one that is promised from now on."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side
from specc.compatibility.addresses import Counterparts, counterparts
from specc.compatibility.requests import refused
from specc.compatibility.sides import Comparison


def endpoint_made_optional(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that an archive may lack from now on."""
    for pair in _changed(comparison):
        if pair.new.optional:
            surfaces = pair.each("breaking")
            reason = f"an archive may be built without {pair.new_name!r}"
            yield Change(
                rule="endpoint-made-optional",
                path=(*pair.new_path, "optional"),
                message=f"the endpoint {pair.new_name!r} is optional, before required",
                hint="keep it required until no client calls it",
                surfaces=surfaces,
                subject=(pair.new_name,),
                compared=(False, True),
                old=Side((*pair.old_path, "optional"), False),
                new=Side((*pair.new_path, "optional"), True),
                witness=refused(comparison.old, pair.old_name, surfaces, reason),
            )


def endpoint_made_required(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that every archive has from now on."""
    for pair in _changed(comparison):
        if pair.old.optional:
            yield Change(
                rule="endpoint-made-required",
                path=pair.new_path,
                message=f"the endpoint {pair.new_name!r} is required, before optional",
                surfaces=pair.each("safe"),
                subject=(pair.new_name,),
                compared=(True, False),
                old=Side((*pair.old_path, "optional"), True),
                new=Side((*pair.new_path, "optional"), False),
            )


def _changed(comparison: Comparison) -> Iterator[Counterparts]:
    """The pairs of which one is optional. Without a contract it is not known what is."""
    if comparison.old.has_contract and comparison.new.has_contract:
        yield from (pair for pair in counterparts(comparison) if pair.old.optional != pair.new.optional)
