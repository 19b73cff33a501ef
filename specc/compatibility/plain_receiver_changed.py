"""Rule for an endpoint whose plain signature takes messages from now on, or its own inputs again."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side
from specc.compatibility.addresses import refused
from specc.compatibility.receiver_pairs import is_plain_changed, served_pairs
from specc.compatibility.sides import Comparison


def plain_receiver_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint whose plain receiver is chosen, given up, or exchanged for one that it had already."""
    for pair in served_pairs(comparison):
        if is_plain_changed(pair):
            old, new = pair.old.endpoint.receiver, pair.new.endpoint.receiver
            surfaces = pair.judged("breaking", ("wire", "rest"))
            takes = f"takes {_what(new)}, and {_what(old)} before"
            yield Change(
                rule="plain-receiver-changed",
                path=(*pair.new.path, "receiver") if new else pair.new.path,
                message=f"the signature {pair.name!r} {takes}",
                hint="keep the plain signature, and let clients call the other one by its own key",
                surfaces=surfaces,
                subject=(pair.name,),
                compared=(old, new),
                old=Side((*pair.old.path, "receiver"), old),
                new=Side((*pair.new.path, "receiver"), new),
                witness=refused(comparison.old, pair.old.name, surfaces, f"{pair.name!r} {takes}", pair.name),
            )


def _what(receiver: str | None) -> str:
    return "its own inputs" if receiver is None else f"the messages of {receiver!r}"
