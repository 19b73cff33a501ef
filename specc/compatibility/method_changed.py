"""Rule for a signature of another method."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import addresses, callable_pairs, refused
from specc.compatibility.sides import Comparison


def method_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint whose signature has another method: another request and, over REST, another URL.

    A method that no server serves has no address on REST, and with ``serving_only`` no signature: what had none before
    only gains one.
    """
    before, after = addresses(comparison.old), addresses(comparison.new)
    for pair in callable_pairs(comparison):
        old, new = pair.old.endpoint.method, pair.new.endpoint.method
        if old == new:
            continue
        surfaces: dict[Surface, Judgement] = {}
        for surface in ("wire", "rest"):
            if surface in before.surfaces_of(pair.old.name):
                surfaces[surface] = "breaking"
            elif surface in after.surfaces_of(pair.name):
                surfaces[surface] = "safe"
        if surfaces:
            reason = f"{pair.name!r} is called with the method {new}, not {old}"
            yield Change(
                rule="method-changed",
                path=(*pair.new.path, "method") if new != "predict" else pair.new.path,
                message=f"the method of {pair.name!r} is {new}, before {old}",
                hint=f"keep {old} here, and add an endpoint with the method {new}",
                surfaces=surfaces,
                subject=(pair.name,),
                compared=(old, new),
                old=Side((*pair.old.path, "method"), old),
                new=Side((*pair.new.path, "method"), new),
                witness=refused(comparison.old, pair.old.name, surfaces, reason),
            )
