"""Guesses about the dimensions of a first spec, one for each, and the bounds that all of its endpoints have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from specc.language.document import Dim, Document
from specc.language.wire_names import input_leaves
from specc.reader.custom_ops import listed
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import BATCH

_ORDER = ("dims", "endpoints", "default")


def shared_bounds(bounds: Iterable[Mapping[str, Dim]]) -> dict[str, Dim]:
    """The bounds of each dimension that hold in every endpoint that has it."""
    shared: dict[str, Dim] = {}
    for each in bounds:
        for name, dim in each.items():
            other = shared.get(name, dim)
            most = min((limit for limit in (other.max, dim.max) if limit is not None), default=None)
            shared[name] = Dim(min=max(other.min, dim.min), max=most)
    return shared


def dim_guesses(document: Document, steps: Mapping[str, int]) -> Iterator[Guess]:
    """A guess for each dimension, which names all axes that have it; none for a batch that only one input has.

    ``steps`` are the numbers of which sizes have to be multiples.
    """
    places = _places(document)
    for name in sorted(places, key=lambda name: name != BATCH):
        by_endpoint = places[name].values()
        is_shared = any(len(of_endpoint) > 1 for of_endpoint in by_endpoint)
        is_batch = name == BATCH and {axis for of_endpoint in by_endpoint for axis, _ in of_endpoint} == {0}
        if is_batch and not is_shared:
            continue
        equal = "that they are always equal"
        check = equal if is_batch else f"its name, and {equal}" if is_shared else "its name"
        bounds = _bounds_text(document.dims[name], steps.get(name))
        wish = "" if is_batch or bounds else "; add bounds if there are any"
        yield Guess(("dims", name), f"{_places_text(places[name], document)}; check {check}{wish}{bounds}")


def _places(document: Document) -> dict[str, dict[str, list[tuple[int, str]]]]:
    """The axes of each dimension with the wire names of their inputs, by endpoint."""
    places: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for name, endpoint in document.endpoints.items():
        for bound in input_leaves(endpoint):
            for axis, dim in enumerate(bound.leaf.shape or ()):
                if isinstance(dim, str) and dim in document.dims:
                    places.setdefault(dim, {}).setdefault(name, []).append((axis, bound.name))
    return places


def _places_text(places: Mapping[str, list[tuple[int, str]]], document: Document) -> str:
    endpoints: dict[str, list[str]] = {}
    for endpoint, of_endpoint in places.items():
        endpoints.setdefault(axes_text(of_endpoint), []).append(repr(endpoint))
    if len(document.endpoints) == 1:
        return next(iter(endpoints))
    return "; ".join(f"{where} in {listed(names)}" for where, names in endpoints.items())


def axes_text(places: Iterable[tuple[int, str]]) -> str:
    """Axes with the wire names of their leaves, in words: ``axis 0 of 'user' and 'item', axis 1 of 'item'``."""
    by_axis: dict[int, list[str]] = {}
    for axis, wire_name in places:
        by_axis.setdefault(axis, []).append(repr(wire_name))
    return ", ".join(f"axis {axis} of {listed(names)}" for axis, names in by_axis.items())


def _bounds_text(dim: Dim, step: int | None) -> str:
    if step is not None:
        return f"; it fails with some sizes, and works with multiples of {step}, which a spec cannot say"
    least = f"{dim.min - 1} or less" if dim.min else ""
    most = f"{dim.max + 1} or more" if dim.max is not None else ""
    failing = " and with ".join(filter(None, (least, most)))
    return f"; it fails with {failing}" if failing else ""


def in_order(guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    """Each guess once, those about dimensions first."""
    unique = dict.fromkeys(guesses)
    heads = {guess: str(guess.path[0]) if guess.path else "" for guess in unique}
    return tuple(
        sorted(unique, key=lambda guess: _ORDER.index(heads[guess]) if heads[guess] in _ORDER else len(_ORDER))
    )
