"""Addresses: under which names a side's endpoints can be called, and which endpoints of OLD and NEW stand for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from specc.change import SURFACES, Judgement, Surface, Witness
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.flat_tensors import smallest_request
from specc.compatibility.halves import Half
from specc.compatibility.message_requests import message_request
from specc.compatibility.sides import Comparison, Described
from specc.language.signatures import DEFAULT_KEYS, SERVABLE, is_published, tags_of


@dataclass(frozen=True)
class Addresses:
    """The names under which one side can be called on each surface: signature keys, or attributes.

    The names of endpoints and the default key are among them; the keys of receivers have a prefix and are not.
    """

    by_surface: Mapping[Surface, frozenset[str]]

    def surfaces_of(self, name: str) -> tuple[Surface, ...]:
        """The surfaces on which ``name`` is an address."""
        return tuple(surface for surface in SURFACES if name in self.by_surface[surface])


@lru_cache(maxsize=4)  # every rule asks for those of the two sides
def addresses(side: Described) -> Addresses:
    """The addresses of ``side``.

    That a server cannot find or load an archive is a change of its own (``tags-changed``, ``saver-dropped``).
    Everything else is judged as if it could. Of an archive without a contract, an endpoint of which only the wire is
    known may be a signature only; so is each receiver, whose key has a colon.
    """
    document = side.document
    wire = {name for name in document.endpoints if is_published(document, name)} - side.unpublished
    rest = {name for name in wire if document.endpoints[name].method in SERVABLE}
    for keys in (wire, rest):
        if document.default in keys:
            keys.add(DEFAULT_KEYS[document.mode])
    unknown = frozenset() if side.has_contract else side.undescribed
    python = {name for name in document.endpoints if side.has_python and name not in unknown and ":" not in name}
    return Addresses({"wire": frozenset(wire), "rest": frozenset(rest), "python": frozenset(python)})


def tags(side: Described) -> tuple[str, ...]:
    """The tags of a side's MetaGraph, sorted."""
    return tuple(sorted(tags_of(side.document) if side.tags is None else side.tags))


@dataclass(frozen=True)
class DefaultKey:
    """The default of both sides: the endpoint that has the default key, or None, and whether it is the same key.

    ``is_renamed`` is whether only the name of the endpoint changes: neither is an endpoint of both documents.
    """

    old: str | None
    new: str | None
    is_one_key: bool
    is_renamed: bool


@lru_cache(maxsize=2)
def default_key(comparison: Comparison) -> DefaultKey:
    """Who has the default key.

    Another mode moves the key, but it changes the tags too, which is told; only if extra tags make up for them, the
    key of OLD is gone although the archive can be found.
    """
    old, new = comparison.old, comparison.new
    before, after = _default(old), _default(new)
    is_one_key = old.document.mode == new.document.mode or tags(old) != tags(new)
    is_known = before in new.document.endpoints or after in old.document.endpoints
    return DefaultKey(before, after, is_one_key, is_one_key and None not in (before, after) and not is_known)


def _default(side: Described) -> str | None:
    name = side.document.default
    return name if name is not None and name in addresses(side).by_surface["wire"] else None


@lru_cache(maxsize=2)
def callable_pairs(comparison: Comparison) -> tuple[EndpointPair, ...]:
    """The endpoints of OLD and NEW that stand for one, with the surfaces on which both can be called.

    These are the endpoints of one name, in their order, and a default endpoint with its successor of another name.
    """
    old, new = comparison.old, comparison.new
    before, after = addresses(old), addresses(new)
    found = []
    for name in sorted(old.document.endpoints.keys() & new.document.endpoints.keys()):
        surfaces = _common(before.surfaces_of(name), after.surfaces_of(name))
        found.append(EndpointPair(Half(old, name), Half(new, name), surfaces, name))
    default = default_key(comparison)
    if default.is_renamed and default.old is not None and default.new is not None:
        surfaces = _common(before.surfaces_of(default.old), after.surfaces_of(default.new), ("wire", "rest"))
        halves = Half(old, default.old), Half(new, default.new)
        found.append(EndpointPair(*halves, surfaces, DEFAULT_KEYS[old.document.mode]))
    return tuple(pair for pair in found if pair.surfaces)


def _common(*surfaces: Iterable[Surface]) -> tuple[Surface, ...]:
    return tuple(surface for surface in SURFACES if all(surface in each for each in surfaces))


def endpoint_pairs(comparison: Comparison) -> list[EndpointPair]:
    """As :func:`callable_pairs`, with the surfaces on which the inputs and outputs of both are known."""
    found = []
    for pair in callable_pairs(comparison):
        is_known = not any(half.name in half.described.undescribed for half in (pair.old, pair.new))
        surfaces = pair.seen(*SURFACES) if is_known else pair.seen("wire", "rest")
        found.append(EndpointPair(pair.old, pair.new, surfaces, pair.name))
    return [pair for pair in found if pair.surfaces]


def refused(
    side: Described, name: str, surfaces: Mapping[Surface, Judgement], reason: str, key: str = ""
) -> Witness | None:
    """The smallest request of the endpoint ``name`` on the first surface that breaks; None if none does.

    ``key`` is the address if it is not ``name``. A plain receiver takes its messages there.
    """
    for surface in SURFACES:
        if surfaces.get(surface) == "breaking":
            return Witness(surface, key or name, _request(side, name, surface), None, reason)
    return None


@lru_cache(maxsize=16)  # a thousand aliases of one large endpoint show one request
def _request(side: Described, name: str, surface: Surface) -> Mapping[str, Mapping[str, Any]]:
    half = Half(side, name)
    takes_messages = surface != "python" and half.endpoint.receiver is not None
    return message_request(half) if takes_messages else smallest_request(half, surface)


def first_request(side: Described, surfaces: Mapping[Surface, Judgement], reason: str) -> Witness | None:
    """The smallest request of the first endpoint that has the most addresses; None if there is no endpoint."""
    known = addresses(side)
    names = sorted(side.document.endpoints, key=lambda name: (-len(known.surfaces_of(name)), name))
    return refused(side, names[0], surfaces, reason) if names else None
