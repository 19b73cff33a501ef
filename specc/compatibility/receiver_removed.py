"""Rules for a receiver that is gone, and for one that is new."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.message_requests import message_request
from specc.compatibility.receiver_pairs import receiver_key, receiver_path, served_pairs, successor
from specc.compatibility.sides import Comparison


def receiver_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each receiver whose key is gone. A plain one is left to ``plain-receiver-changed``."""
    for pair in served_pairs(comparison):
        old = pair.old.endpoint
        for name in sorted(old.receivers.keys() - {old.receiver}):
            if successor(pair, name) is None:
                surfaces = pair.judged("breaking", ("wire", "rest"))
                key = receiver_key(pair, old, name)
                reason = f"there is no signature {key!r}"
                yield Change(
                    rule="receiver-removed",
                    path=_holder(pair),
                    message=f"the receiver {name!r} of {pair.name!r} is gone",
                    hint="keep it until no client sends its messages",
                    surfaces=surfaces,
                    subject=(pair.name, name),
                    old=Side(receiver_path(pair.old, name), old.receivers[name].to_json()),
                    witness=Witness(next(iter(surfaces)), key, message_request(pair.old), None, reason),
                )


def receiver_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each receiver whose key is new."""
    for pair in served_pairs(comparison):
        new = pair.new.endpoint
        known = {successor(pair, name) for name in pair.old.endpoint.receivers}
        for name in sorted(new.receivers.keys() - known - {new.receiver}):
            yield Change(
                rule="receiver-added",
                path=receiver_path(pair.new, name),
                message=f"{pair.name!r} has a new receiver {name!r}",
                surfaces=pair.judged("safe", ("wire", "rest")),
                subject=(pair.name, name),
                new=Side(receiver_path(pair.new, name), new.receivers[name].to_json()),
            )


def _holder(pair: EndpointPair) -> tuple[str, ...]:
    path = ("endpoints", pair.new.name)
    return (*path, "receivers") if pair.new.endpoint.receivers else path
