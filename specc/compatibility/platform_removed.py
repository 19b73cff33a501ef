"""Rules for JAX platforms that an endpoint may no longer run on, and for those that it may run on now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from specc.change import Change, Side
from specc.compatibility.addresses import Counterparts, counterparts
from specc.compatibility.sides import Comparison
from specc.language.jax_options import Platform


def platform_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint with platforms fewer; whether the backend is JAX at all the document does not say."""
    for pair in _known(comparison):
        lost = _may_lose(pair.old.jax.platforms, pair.new.jax.platforms)
        if lost:
            only = "" if pair.new.jax.platforms else ", but only the platform of the building machine"
            yield Change(
                rule="platform-removed",
                path=(*pair.new_path, "jax", "platforms"),
                message=f"on JAX {pair.new_name!r} may not run on {_listed(lost)}{only}, before it did",
                hint="keep the platforms that clients run on",
                surfaces=pair.each("warning"),
                subject=(pair.new_name,),
                compared=_compared(pair),
                old=Side((*pair.old_path, "jax", "platforms"), _compared(pair)[0]),
                new=Side((*pair.new_path, "jax", "platforms"), _compared(pair)[1]),
            )


def platform_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint with platforms more."""
    for pair in _known(comparison):
        gained = _may_lose(pair.new.jax.platforms, pair.old.jax.platforms)
        if gained:
            yield Change(
                rule="platform-added",
                path=(*pair.new_path, "jax", "platforms"),
                message=f"on JAX {pair.new_name!r} may run on {_listed(gained)} too",
                surfaces=pair.each("safe"),
                subject=(pair.new_name,),
                compared=_compared(pair),
                old=Side((*pair.old_path, "jax", "platforms"), _compared(pair)[0]),
                new=Side((*pair.new_path, "jax", "platforms"), _compared(pair)[1]),
            )


def _known(comparison: Comparison) -> Iterator[Counterparts]:
    """The pairs of endpoints; without a contract nothing is known of their platforms."""
    if comparison.old.has_contract and comparison.new.has_contract:
        yield from counterparts(comparison)


def _may_lose(old: Sequence[Platform], new: Sequence[Platform]) -> list[Platform]:
    """The platforms of ``old`` that ``new`` may lack. An empty array is one platform, and it is not known which."""
    if set(old) == set(new):
        return []
    before = set(old or get_args(Platform))
    return sorted(before - set(new))


def _listed(platforms: Sequence[Platform]) -> str:
    return " or ".join(platforms)


def _compared(pair: Counterparts) -> tuple[list[Platform], list[Platform]]:
    return sorted(set(pair.old.jax.platforms)), sorted(set(pair.new.jax.platforms))
