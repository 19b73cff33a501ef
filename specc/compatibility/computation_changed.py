"""Rule for an endpoint that computes something else: another function, or the same one called in another way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specc.change import Change, Side
from specc.compatibility.addresses import Counterparts, counterparts
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath, format_path
from specc.language.canonical import plain_json
from specc.language.trees import Dict, Tree
from specc.language.wire_names import placed_children

_FUNCTIONS = ("function", "preprocess", "postprocess")


@dataclass(frozen=True)
class _Difference:
    """What differs at one place of an endpoint: both values, what it is called, and a message."""

    old: Side
    new: Side
    what: tuple[str | int, ...]
    message: str


def computation_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each function, each argument and each order of keys in which the computation of an endpoint differs.

    Whether its answers differ nobody can tell. An archive without a contract says neither the function nor the order
    of the keys of dicts, and ``"function": null`` on one side leaves nothing to compare.
    """
    if not (comparison.old.has_contract and comparison.new.has_contract):
        return
    for pair in counterparts(comparison):
        if (pair.old.function is None) != (pair.new.function is None):
            continue
        for found in (*_functions(pair), *_kwargs(pair), *_orders(pair)):
            yield Change(
                rule="computation-changed",
                path=found.new.path,
                message=found.message,
                hint="keep it here, and add an endpoint for the other computation",
                surfaces=pair.each("warning"),
                subject=(pair.new_name, *found.what),
                compared=(found.old.value, found.new.value),
                old=found.old,
                new=found.new,
            )


def _functions(pair: Counterparts) -> Iterator[_Difference]:
    for field in _FUNCTIONS:
        old, new = getattr(pair.old, field), getattr(pair.new, field)
        if old != new:
            sides = Side((*pair.old_path, field), old), Side((*pair.new_path, field), new)
            message = f"the {field} of {pair.new_name!r} is {_shown(new)}, before {_shown(old)}"
            yield _Difference(*sides, (field,), message)


def _shown(value: str | None) -> str:
    return "none" if value is None else repr(value)


def _kwargs(pair: Counterparts) -> Iterator[_Difference]:
    sides = [
        Side((*path, "kwargs"), plain_json(endpoint.kwargs))
        for path, endpoint in ((pair.old_path, pair.old), (pair.new_path, pair.new))
    ]
    old, new = (side.value for side in sides)
    if _unordered(old) == _unordered(new):
        return
    changed = sorted(key for key in old.keys() | new.keys() if _unordered(old, key) != _unordered(new, key))
    message = f"the kwargs of {pair.new_name!r} give {_names(changed)} another value or none"
    yield _Difference(*sides, ("kwargs",), message)


def _unordered(kwargs: dict[str, Any], *keys: str) -> str:
    """The text of some or all keyword arguments, which tells 1 from 1.0, 0.0 from -0.0 and a missing one from null."""
    return json.dumps({key: kwargs[key] for key in keys or kwargs if key in kwargs}, sort_keys=True)


def _names(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(map(repr, names[:8])) + more


def _orders(pair: Counterparts) -> Iterator[_Difference]:
    """The dicts in which keys of both sides have changed places."""
    names = {name: index for index, name in enumerate(pair.old.arguments)}
    both = [
        (names[name], index)
        for index, name in enumerate(pair.new.arguments[: len(pair.new.inputs)])
        if names.get(name, len(pair.old.inputs)) < len(pair.old.inputs)
    ]
    places: list[_Place] = []
    for before, after in both:
        old = _Place(pair.old_path, ("inputs", before), pair.old.inputs[before])
