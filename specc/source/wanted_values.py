"""The values to locate in a JSON text, by path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from specc.diagnostics import SpecPath


@dataclass
class Wanted:
    """A value to locate, the values to locate inside it, and the spans that were found: its own, and that of its key.

    The span of a container is that of its opening bracket. ``start`` is -1 if the value was not found.
    """

    inside: dict[str | int, Wanted] = field(default_factory=dict)
    key: tuple[int, int] | None = None
    start: int = -1
    end: int = -1

    def size(self) -> int:
        """How many values there are to locate, with those inside."""
        count, waiting = 0, [self]
        while waiting:
            count += len(waiting)
            waiting = [inner for value in waiting for inner in value.inside.values()]
        return count

    def found(self, start: int, end: int, key: tuple[int, int] | None) -> None:
        """Records the spans of the value and its key."""
        self.start, self.end, self.key = start, end, key


def wanted_values(paths: Iterable[SpecPath]) -> Wanted:
    """The root value to locate, with the values at ``paths`` and all values around them."""
    root = Wanted()
    for path in paths:
        value = root
        for part in path:
            value = value.inside.setdefault(part, Wanted())
    return root
