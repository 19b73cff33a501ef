"""Call: one example of an endpoint as flat tensors, by wire name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specc.language.calls.flat_tensor import FlatTensor


@dataclass(frozen=True)
class Call:
    """What one example sends, and what it expects."""

    inputs: Mapping[str, FlatTensor]
    """Every component of every input leaf, by wire name; an input that the example leaves out has its default here."""
    left_out: frozenset[str] = frozenset()
    """The wire names of the inputs that the example leaves out, all of which have a default."""
    expected: Mapping[str, FlatTensor] = field(default_factory=dict)
    """The components of the output leaves that the example states, by wire name; others are not compared."""
    open_axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The axes of expected components whose size is not known, by wire name: JSON does not show the sizes after a 0.

    Whatever size is found there is right; such a component has no elements, and a 0 in its shape."""
    error: str | None = None
    """The text that every refusal contains, possibly empty, if the call must be refused; else None."""
