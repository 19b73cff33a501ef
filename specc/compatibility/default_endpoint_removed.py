"""Rules for the default key: it is gone, new, or calls another endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specc.change import Change, Judgement, Side, Surface
from specc.compatibility.addresses import Addresses, addresses, default_key, refused
from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath
from specc.language.document import CALL, Document
from specc.language.signatures import DEFAULT_KEYS, all_signatures

_PATH: SpecPath = ("default",)


def default_endpoint_removed(comparison: Comparison) -> Iterator[Change]:
    """A change if the default key calls nothing any longer, though its endpoint is still there."""
    default, (key, _), (before, after) = default_key(comparison), _keys(comparison), _both(comparison)
    if default.old is None or (default.new is not None and default.is_one_key):
        return
    if not _is_said(default.old, key, comparison.new, after):
        surfaces: dict[Surface, Judgement] = dict.fromkeys(before.surfaces_of(key), "breaking")
        yield Change(
            rule="default-endpoint-removed",
            path=_place(comparison.new.document),
            message=f"there is no signature {key!r}, before that of {default.old!r}",
            hint=f'keep "default": "{default.old}", and let clients move to another name first',
            surfaces=surfaces,
            subject=(key,),
            compared=(default.old, None),
            old=Side(_PATH, default.old),
            new=Side(_PATH, default.new),
            witness=refused(comparison.old, default.old, surfaces, f"there is no signature {key!r}", key),
        )


def default_endpoint_added(comparison: Comparison) -> Iterator[Change]:
    """A change if the default key called nothing before, though its endpoint was there."""
    default, (_, key), (before, after) = default_key(comparison), _keys(comparison), _both(comparison)
    if default.new is None or (default.old is not None and default.is_one_key):
        return
    if not _is_said(default.new, key, comparison.old, before):
        yield Change(
            rule="default-endpoint-added",
            path=_place(comparison.new.document),
            message=f"there is a signature {key!r}, that of {default.new!r}",
            surfaces=dict.fromkeys(after.surfaces_of(key), "safe"),
            subject=(key,),
            compared=(None, default.new),
            old=Side(_PATH, default.old),
            new=Side(_PATH, default.new),
        )


def default_endpoint_switched(comparison: Comparison) -> Iterator[Change]:
    """A change if the default key calls another endpoint, which is not just a new name of the same one."""
    default, (key, new_key), (before, after) = default_key(comparison), _keys(comparison), _both(comparison)
    if default.old is None or default.new is None or default.old == default.new:
        return
    if default.is_one_key and not default.is_renamed and not may_be_alias(comparison):
        surfaces: dict[Surface, Judgement] = dict.fromkeys(after.surfaces_of(new_key), "safe")
        surfaces |= dict.fromkeys(before.surfaces_of(key), "breaking")
        reason = f"{key!r} calls {default.new!r}, and {default.old!r} was meant"
        yield Change(
            rule="default-endpoint-switched",
            path=_place(comparison.new.document),
            message=f"{new_key!r} calls {default.new!r}, before {default.old!r}",
            hint=f'keep "default": "{default.old}", and let clients call {default.new!r} by its name',
            surfaces=surfaces,
            subject=(key,),
            compared=(default.old, default.new),
            old=Side(_PATH, default.old),
            new=Side(_PATH, default.new),
            witness=refused(comparison.old, default.old, surfaces, reason, key),
        )


def _place(document: Document) -> SpecPath:
    """The place of the default: its key, or the only endpoint, which is the default by itself."""
    if len(document.endpoints) == 1 and document.default in document.endpoints:
        return ("endpoints", document.default)
    return _PATH if document.determines_default else ()


def may_be_alias(comparison: Comparison) -> bool:
    """Whether the default endpoint of one side may be that of the other, which a graph does not always tell.

    There the default key is an endpoint of its own if several endpoints have its tensors.
    """
    old, new = comparison.old, comparison.new
    return _repeats(old, new.document.default) or _repeats(new, old.document.default)


def _repeats(side: Described, name: str | None) -> bool:
    """Whether the default of a graph is an endpoint of its own with the same tensors as the endpoint ``name``."""
    document, key = side.document, DEFAULT_KEYS[side.document.mode]
    if side.has_contract or document.default != key or name == key or name not in document.endpoints:
        return False
    published = {each.key: replace(each, key="", endpoint="") for each in all_signatures(document)}
    return published[key] == published.get(name)


def _keys(comparison: Comparison) -> tuple[str, str]:
    old, new = comparison.old.document, comparison.new.document
    return DEFAULT_KEYS[old.mode], DEFAULT_KEYS[new.mode]


def _both(comparison: Comparison) -> tuple[Addresses, Addresses]:
    return addresses(comparison.old), addresses(comparison.new)


def _is_said(name: str, key: str, other: Described, others: Addresses) -> bool:
    """Whether the change of the default key is that of its endpoint, whose name or signature comes or goes.

    ``__call__`` has its signature only as the default: that it comes or goes is not told by the endpoint.
    """
    if name == key or name not in other.document.endpoints:
        return True
    return name != CALL and "wire" not in others.surfaces_of(name)
