"""Rule for a receiver of another kind of messages."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.message_requests import message_request
from specc.compatibility.receiver_pairs import receiver_pairs
from specc.compatibility.sides import Comparison


def receiver_kind_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each receiver that parses another kind of protocol buffers; it speaks for its features."""
    for found in receiver_pairs(comparison):
        old, new = found.old.kind, found.new.kind
        if old != new:
            surfaces = found.judged("breaking")
            old_path, new_path = found.paths
            reason = f"the messages are parsed as {new}, not as {old}"
            yield Change(
                rule="receiver-kind-changed",
                path=(*new_path, "kind"),
                message=f"the receiver {found.new_name!r} of {found.pair.name!r} takes {new}, before {old}",
                hint=f"keep it, and add another receiver for {new}",
                surfaces=surfaces,
                subject=(found.pair.name, found.old_name),
                compared=(old, new),
                old=Side((*old_path, "kind"), old),
                new=Side((*new_path, "kind"), new),
                witness=Witness(next(iter(surfaces)), found.key, message_request(found.pair.old), None, reason),
            )
