"""Rule for a feature that is parsed in another way."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.feature_pairs import compared_features
from specc.compatibility.message_requests import message_request
from specc.compatibility.sides import Comparison
from specc.language.example_features import ParsedFeature


def feature_kind_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each feature of the same dtype and size that NEW does not parse from the messages of OLD.

    It moves between context and feature lists, or each message must now have all of its steps. A feature of a fixed
    length that becomes a sequence in the same part is parsed as before.
    """
    for found in compared_features(comparison).changed:
        if found.is_kept or found.is_told:
            continue
        receivers, name = found.receivers, found.new.leaf.name
        surfaces = receivers.judged("breaking")
        old, new = (f"{_parsed(each)} {receivers.old.kind}" for each in (found.old, found.new))
        request = message_request(receivers.pair.old, 2 if found.old.in_lists == found.new.in_lists else 1)
        old_path, new_path = found.paths
        yield Change(
            rule="feature-kind-changed",
            path=new_path,
            message=f"{receivers.new_name!r} parses {name!r} as {new}, before as {old}",
            hint="keep it as it is, and add another receiver",
            surfaces=surfaces,
            subject=found.subject,
            compared=(_compared(found.old), _compared(found.new)),
            old=Side(old_path, _compared(found.old)),
            new=Side(new_path, _compared(found.new)),
            witness=Witness(
                next(iter(surfaces)), receivers.key, request, None, f"the messages have {name!r} as {old}, not as {new}"
            ),
        )


def _parsed(feature: ParsedFeature) -> str:
    """How a feature is parsed, in words that the kind of the message follows."""
    is_fixed = feature.parsed == "fixed" or feature.steps is not None
    length = "fixed" if is_fixed else "any"
    return f"a feature of {length} length in the {'feature lists' if feature.in_lists else 'context'} of a"


def _compared(feature: ParsedFeature) -> dict[str, object]:
    return {"parsed": feature.parsed, "in_lists": feature.in_lists, "steps": feature.steps}
