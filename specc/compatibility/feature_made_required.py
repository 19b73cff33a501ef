"""Rules for what a message that lacks a feature means: it is refused, accepted, or means another value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.change import Change, Side, Witness
from specc.compatibility.feature_pairs import FeaturePair, compared_features
from specc.compatibility.message_requests import message_request
from specc.compatibility.shown_values import shown_value
from specc.compatibility.sides import Comparison
from specc.language.dtypes import DTYPES, Family
from specc.language.example_features import ParsedFeature
from specc.language.record import to_json
from specc.language.stored_values import stored_value
from specc.language.trees import Leaf, Tensor, has_default
from specc.rules.table import RuleId


def feature_made_required(comparison: Comparison) -> Iterator[Change]:
    """A change for each feature that had a default, which is gone.

    Its direct signature breaks on the wire only; the receiver breaks over REST too, where messages lack it. A new leaf
    has a default there, and may still be a sequence of which a message must have all steps.
    """
    for found in compared_features(comparison).changed:
        if _is_fixed(found) and found.old.default is not None and found.new.default is None:
            yield _changed("feature-made-required", found)
    for receivers, new in compared_features(comparison).added:
        if new.steps and has_default(new.leaf.leaf):
            surfaces = receivers.judged("breaking")
            name, request = new.leaf.name, message_request(receivers.pair.old)
            reason = f"the messages have no {name!r}"
            yield Change(
                rule="feature-made-required",
                path=receivers.paths[1],
                message=f"{receivers.new_name!r} needs all {new.steps} steps of the new feature {name!r}",
                hint="make it no sequence, so that its default fills it",
                surfaces=surfaces,
                subject=(receivers.pair.name, receivers.old_name, name),
                compared=(None, new.steps),
                new=Side(receivers.paths[1], None),
                witness=Witness(next(iter(surfaces)), receivers.key, request, None, reason),
            )


def feature_made_optional(comparison: Comparison) -> Iterator[Change]:
    """A change for each feature that has a default from now on."""
    for found in compared_features(comparison).changed:
        if _is_fixed(found) and found.old.default is None and found.new.default is not None:
            yield _changed("feature-made-optional", found)


def feature_default_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each feature of which a message without it, or with a shorter sequence, means another value."""
    for found in compared_features(comparison).changed:
        old, new = _meaning(found.old), _meaning(found.new)
        if found.is_kept and not found.is_told and None not in (old, new) and old != new:
            yield _changed("feature-default-changed", found)


def _is_fixed(found: FeaturePair) -> bool:
    return found.old.parsed == found.new.parsed == "fixed" and not found.is_told


def _meaning(feature: ParsedFeature) -> str | None:
    """What a message without the feature means; None if it is refused.

    A sequence without steps is padded to the length of those in other messages.
    """
    leaf = feature.leaf.leaf
    if feature.parsed == "constant" and isinstance(leaf, Tensor):
        return f"default {_stored(leaf, leaf.default)}"
    if feature.parsed == "fixed":
        return None if feature.default is None else f"default {_stored(leaf, feature.default)}"
    if feature.parsed == "sequence" and feature.steps is not None:
        return None
    return f"padding {_stored(leaf, _padding(feature))}" if feature.parsed == "sequence" else "nothing"


def _padding(feature: ParsedFeature) -> Any:
    """The value of the steps that a message lacks: zero, if nothing else is said."""
    if feature.default is not None:
        return feature.default
    family = DTYPES[feature.leaf.leaf.dtype].family
    return {Family.STRING: "", Family.BOOLEAN: False, Family.FLOAT: 0.0}.get(family, 0)


def _stored(leaf: Leaf, value: Any) -> str:
    return repr(stored_value(value, leaf.dtype))


def _default(feature: ParsedFeature) -> Any:
    """The value that a message without the feature gets, as JSON; null if it has none."""
    leaf = feature.leaf.leaf
    if feature.parsed == "constant" and isinstance(leaf, Tensor):
        return to_json(leaf.default)
    return to_json(_padding(feature) if feature.parsed == "sequence" else feature.default)


def _changed(rule: RuleId, found: FeaturePair) -> Change:
    receivers, name = found.receivers, found.new.leaf.name
    old, new = _default(found.old), _default(found.new)
    old_path, new_path = found.paths
    is_broken = rule != "feature-made-optional"
    surfaces = receivers.judged("breaking" if is_broken else "safe")
    several = 2 if found.old.parsed == "sequence" else 1
    request = message_request(receivers.pair.old, several)
    message, reason = _words(rule, found, is_short=several > 1)
    hint = f'keep it with "features": {{"{name}": {{"default": ...}}}}, or add another receiver'
    return Change(
        rule=rule,
        path=new_path,
        message=f"{receivers.new_name!r}: {message}",
        hint=hint if is_broken else "",
        surfaces=surfaces,
        subject=found.subject,
        compared=(old, new),
        old=Side(old_path, old),
        new=Side(new_path, new),
        witness=Witness(next(iter(surfaces)), receivers.key, request, None, reason) if is_broken else None,
    )


def _words(rule: RuleId, found: FeaturePair, *, is_short: bool) -> tuple[str, str]:
    """The message about a change of a feature, and the reason why a message breaks."""
    name, old, new = found.new.leaf.name, shown_value(_default(found.old)), shown_value(_default(found.new))
    lacks = f"a message has no {name!r}"
    match rule:
        case "feature-made-required":
            return f"a message must have {name!r}, before its default was {old}", f"{lacks}, and is refused"
        case "feature-made-optional":
            return f"a message may lack {name!r}, whose default is {new}", ""
        case _ if is_short:
            short = f"{name!r} has fewer steps in one message than in the other"
            return f"shorter sequences of {name!r} are padded with {new}, before {old}", f"{short}, and is padded"
        case _ if found.new.parsed == "sequence":
            return f"without {name!r} a message has an empty sequence, before {old}", f"{lacks}, which meant {old}"
        case _:
            return f"without {name!r} a message has {new}, before {old}", f"{lacks}, which meant {old}"
