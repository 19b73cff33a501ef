"""Promises about pairs of calls, ``pure`` and ``rowwise``: an answer that OLD ruled out together with another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from specc.change import SURFACES, Change, Judgement, Side, Surface
from specc.compatibility.addresses import callable_pairs, refused
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.sides import Comparison
from specc.rules.table import EndpointChange

Promise: TypeAlias = Literal["pure", "rowwise"]


def promise_dropped(comparison: Comparison, rule: EndpointChange, promise: Promise, reason: str) -> Iterator[Change]:
    """A change for each endpoint that makes ``promise`` in OLD only; ``reason`` is that of the witness."""
    for pair in _pairs(comparison, promise, before=True):
        surfaces: dict[Surface, Judgement] = {surface: "breaking" for surface in SURFACES if surface in pair.surfaces}
        yield Change(
            rule=rule,
            path=(*pair.new.path, promise) if getattr(pair.new.endpoint, promise) is not None else pair.new.path,
            message=f"the endpoint {pair.name!r} does not promise to be {promise} any more",
            hint=f'keep "{promise}": true, and add an endpoint without it',
            surfaces=surfaces,
            subject=(pair.name,),
            compared=(True, False),
            old=Side((*pair.old.path, promise), True),
            new=_side(pair, promise),
            witness=refused(comparison.old, pair.old.name, surfaces, reason),
        )


def promise_made(comparison: Comparison, rule: EndpointChange, promise: Promise) -> Iterator[Change]:
    """A change for each endpoint that makes ``promise`` in NEW only."""
    for pair in _pairs(comparison, promise, before=False):
        yield Change(
            rule=rule,
            path=(*pair.new.path, promise),
            message=f"the endpoint {pair.name!r} promises to be {promise}",
            surfaces={surface: "safe" for surface in SURFACES if surface in pair.surfaces},
            subject=(pair.name,),
            compared=(False, True),
            new=Side((*pair.new.path, promise), True),
        )


def _side(pair: EndpointPair, promise: Promise) -> Side | None:
    value = getattr(pair.new.endpoint, promise)
    return None if value is None else Side((*pair.new.path, promise), value)


def _pairs(comparison: Comparison, promise: Promise, *, before: bool) -> Iterator[EndpointPair]:
    """The endpoints that make ``promise`` on one side only. An archive without a contract does not record it."""
    if comparison.old.has_contract and comparison.new.has_contract:
        for pair in callable_pairs(comparison):
            old, new = (getattr(half.endpoint, promise) is True for half in (pair.old, pair.new))
            if (old, new) == (before, not before):
                yield pair
