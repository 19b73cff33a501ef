"""Values that are looked for in a JSON text, by their paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from specc.diagnostics import SpecPath


@dataclass
class Wanted:
    """A value that is looked for, those inside it, and where it was found: its own span, and that of its key.

    Of a container the span is that of its opening bracket. ``start`` is -1 for what is not there.
    """

    inside: dict[str | int, Wanted] = field(default_factory=dict)
    key: tuple[int, int] | None = None
    start: int = -1
    end: int = -1

    def found(self, start: int, end: int, key: tuple[int, int] | None) -> None:
        """Notes where it is."""
        self.start, self.end, self.key = start, end, key


def wanted_values(paths: Iterable[SpecPath]) -> Wanted:
    """The root of a text in which the values at ``paths`` and all that is around them are looked for."""
    root = Wanted()
    for path in paths:
        value = root
        for part in path:
            value = value.inside.setdefault(part, Wanted())
    return root
