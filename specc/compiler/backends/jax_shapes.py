"""Shapes as ``jax2tf.convert`` takes them: each open dimension is a symbol, and one symbol is one size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf

BATCH = "batch"
"""What Keras calls the first dimension of every argument."""
OPEN = re.compile(r"\bany_\d+\b")
"""What a ``?`` is called, in messages of JAX too."""
_WORDS = ("mod", "floordiv", "max", "min", "non_negative")
"""Words of JAX's own expressions over dimensions."""


def declared_symbols(leaves: Iterable[BoundLeaf]) -> tuple[str, ...] | None:
    """The shape of each dense leaf: a named dimension is a symbol, and each ``?`` one of its own.

    None where a leaf is no dense tensor of known rank, so that there are no such shapes.
    """
    shapes: list[list[Any]] = []
    for leaf in leaves:
        if not isinstance(leaf.leaf, Tensor) or leaf.leaf.shape is None:
            return None
        shapes.append([dim if isinstance(dim, int) or dim == "?" else _symbol(dim) for dim in leaf.leaf.shape])
    return tuple(_numbered(shapes))


def _symbol(name: str) -> str:
    return f"{name}_" if name in _WORDS else name


def _numbered(shapes: list[list[Any]]) -> Iterable[str]:
    taken = {dim for shape in shapes for dim in shape}
    free = (name for name in (f"any_{number}" for number in range(10**6)) if name not in taken)
    for shape in shapes:
        yield f"({', '.join(next(free) if dim == '?' else str(dim) for dim in shape)}{',' if len(shape) == 1 else ''})"


def keras_symbols(specs: Sequence[Any]) -> tuple[str, ...]:
    """The shapes of what has no names, as Keras reads them: open first dimensions are all the batch."""
    shapes: list[list[Any]] = []
    for spec in specs:
        dims = spec.shape.as_list()
        shapes.append([dim if dim is not None else "?" if place else BATCH for place, dim in enumerate(dims)])
    return tuple(_numbered(shapes))


def renumbered(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Symbols numbered as they appear, so that the names of dimensions make no difference."""
    numbers: dict[str, str] = {}
    shapes = [[part.strip() for part in shape.strip("()").split(",")] for shape in symbols]
    return tuple(
        ",".join(
            part if part.isdecimal() or not part else numbers.setdefault(part, f"#{len(numbers)}") for part in shape
        )
        for shape in shapes
    )
