"""Shapes for ``jax2tf.convert``: each open dimension is a symbol, and equal symbols are equal sizes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf

BATCH = "batch"
"""Keras's name for the first dimension of every argument."""
OPEN = re.compile(r"\bany_\d+\b")
"""The symbol of a ``?``, which also appears in messages of JAX."""
_RESERVED_WORDS = ("mod", "floordiv", "max", "min", "non_negative")
"""Reserved words of JAX's expressions over dimensions."""


def declared_symbols(leaves: Iterable[BoundLeaf]) -> tuple[str, ...] | None:
    """The shape of each dense leaf: a named dimension is a symbol, and each ``?`` is a separate one.

    None if a leaf is not a dense tensor of known rank.
    """
    shapes: list[list[Any]] = []
    for leaf in leaves:
        if not isinstance(leaf.leaf, Tensor) or leaf.leaf.shape is None:
            return None
        shapes.append([dim if isinstance(dim, int) or dim == "?" else _symbol(dim) for dim in leaf.leaf.shape])
    return tuple(_number_open_dims(shapes))


def _symbol(name: str) -> str:
    return f"{name}_" if name in _RESERVED_WORDS else name


def _number_open_dims(shapes: list[list[Any]]) -> Iterable[str]:
    taken = {dim for shape in shapes for dim in shape}
    free = (name for name in (f"any_{number}" for number in range(10**6)) if name not in taken)
    for shape in shapes:
        yield f"({', '.join(next(free) if dim == '?' else str(dim) for dim in shape)}{',' if len(shape) == 1 else ''})"


def keras_symbols(specs: Sequence[Any]) -> tuple[str, ...]:
    """The shapes of unnamed specs, as Keras reads them: every open first dimension is the batch."""
    shapes: list[list[Any]] = []
    for spec in specs:
        dims = spec.shape.as_list()
        shapes.append([dim if dim is not None else "?" if place else BATCH for place, dim in enumerate(dims)])
    return tuple(_number_open_dims(shapes))


def renumbered(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Symbols numbered in order of appearance, so that names of dimensions do not matter."""
    numbers: dict[str, str] = {}
    shapes = [[part.strip() for part in shape.strip("()").split(",")] for shape in symbols]
    return tuple(
        ",".join(
            part if part.isdecimal() or not part else numbers.setdefault(part, f"#{len(numbers)}") for part in shape
        )
        for shape in shapes
    )
