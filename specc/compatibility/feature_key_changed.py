"""Rule for a feature with another key."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.feature_pairs import compared_features
from specc.compatibility.message_requests import message_request
from specc.compatibility.sides import Comparison


def feature_key_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each leaf that is parsed from another key of the messages."""
    for found in compared_features(comparison).changed:
        old, new, receivers = found.old.key, found.new.key, found.receivers
        if old == new or "constant" in (found.old.parsed, found.new.parsed):
            continue
        surfaces = receivers.judged("breaking")
        old_path, new_path = found.paths
        name = found.new.leaf.name
        reason = f"{name!r} is read from the feature {new!r}, and the messages have it as {old!r}"
        yield Change(
            rule="feature-key-changed",
            path=new_path,
            message=f"{receivers.new_name!r} reads {name!r} from the feature {new!r}, before {old!r}",
            hint=f'keep it with "features": {{"{name}": {{"key": "{old}"}}}}, or add another receiver',
            surfaces=surfaces,
            subject=found.subject,
            compared=(old, new),
            old=Side(old_path, old),
            new=Side(new_path, new),
            witness=Witness(next(iter(surfaces)), receivers.key, message_request(receivers.pair.old), None, reason),
        )
