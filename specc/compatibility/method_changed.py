"""Rule for a signature of another method."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import Counterparts, addresses, counterparts
from specc.compatibility.requests import refused
from specc.compatibility.sides import Comparison


def method_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint whose signature has another method: another request and, over REST, another URL.

    A method that no server serves has no address on REST, and with ``serving_only`` no signature: what had none before
    only gains one.
    """
    before, after = addresses(comparison, comparison.old), addresses(comparison, comparison.new)
    for pair in counterparts(comparison):
        if pair.old.method == pair.new.method:
            continue
        surfaces: dict[Surface, Judgement] = {}
        for surface in ("wire", "rest"):
            if surface in before.surfaces_of(pair.old_name):
                surfaces[surface] = "breaking"
            elif surface in after.surfaces_of(pair.new_name):
                surfaces[surface] = "safe"
        if surfaces:
            reason = f"{pair.new_name!r} is called with the method {pair.new.method}, not {pair.old.method}"
            yield Change(
                rule="method-changed",
                path=(*pair.new_path, "method") if pair.new.method != "predict" else pair.new_path,
                message=f"the method of {pair.new_name!r} is {pair.new.method}, before {pair.old.method}",
                hint=_hint(pair),
                surfaces=surfaces,
                subject=(pair.new_name,),
                compared=(pair.old.method, pair.new.method),
                old=Side((*pair.old_path, "method"), pair.old.method),
                new=Side((*pair.new_path, "method"), pair.new.method),
                witness=refused(comparison.old, pair.old_name, surfaces, reason),
            )


def _hint(pair: Counterparts) -> str:
    return f"keep {pair.old.method} here, and add an endpoint with the method {pair.new.method}"
