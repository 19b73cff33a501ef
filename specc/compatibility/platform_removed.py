"""Rules for JAX platforms that an endpoint may no longer run on, and for those that it may run on now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from specc.change import Change, Side
from specc.compatibility.addresses import callable_pairs
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.sides import Comparison
from specc.language.jax_options import Platform


def platform_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint with platforms fewer; whether the backend is JAX at all the document does not say."""
    for pair in _known(comparison):
        lost = _may_lose(pair.old.endpoint.jax.platforms, pair.new.endpoint.jax.platforms)
        if lost:
            only = "" if pair.new.endpoint.jax.platforms else ", but only the platform of the building machine"
            yield Change(
                rule="platform-removed",
                path=(*pair.new.path, "jax", "platforms"),
                message=f"on JAX {pair.name!r} may not run on {_listed(lost)}{only}, before it did",
                hint="keep the platforms that clients run on",
                surfaces=pair.judged("warning"),
                subject=(pair.name,),
                compared=_compared(pair),
                old=Side((*pair.old.path, "jax", "platforms"), _compared(pair)[0]),
                new=Side((*pair.new.path, "jax", "platforms"), _compared(pair)[1]),
            )


def platform_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint with platforms more."""
    for pair in _known(comparison):
        gained = _may_lose(pair.new.endpoint.jax.platforms, pair.old.endpoint.jax.platforms)
        if gained:
            yield Change(
                rule="platform-added",
                path=(*pair.new.path, "jax", "platforms"),
                message=f"on JAX {pair.name!r} may run on {_listed(gained)} too",
                surfaces=pair.judged("safe"),
                subject=(pair.name,),
                compared=_compared(pair),
                old=Side((*pair.old.path, "jax", "platforms"), _compared(pair)[0]),
                new=Side((*pair.new.path, "jax", "platforms"), _compared(pair)[1]),
            )


def _known(comparison: Comparison) -> Iterator[EndpointPair]:
    """The pairs of endpoints; without a contract nothing is known of their platforms."""
    if comparison.old.has_contract and comparison.new.has_contract:
        yield from callable_pairs(comparison)


def _may_lose(old: Sequence[Platform], new: Sequence[Platform]) -> list[Platform]:
    """The platforms of ``old`` that ``new`` may lack. An empty array is one platform, and it is not known which."""
    if set(old) == set(new):
        return []
    before = set(old or get_args(Platform))
    return sorted(before - set(new))


def _listed(platforms: Sequence[Platform]) -> str:
    return " or ".join(platforms)


def _compared(pair: EndpointPair) -> tuple[list[Platform], list[Platform]]:
    return sorted(set(pair.old.endpoint.jax.platforms)), sorted(set(pair.new.endpoint.jax.platforms))
