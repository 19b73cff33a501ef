"""Names that are given once: one that is taken gets a number, as TensorFlow numbers nodes, files and arguments."""

from __future__ import annotations


class UniqueNames:
    """The names that were given, each with the number where the last search for a free one ended.

    Thousands of nodes or files may have one name, so no search starts again at 1.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, name: str) -> str:
        """``name``, with a number if it is taken; it is taken from now on."""
        unique = name
        while unique in self._numbers:
            self._numbers[name] += 1
            unique = f"{name}_{self._numbers[name]}"
        self._numbers[unique] = 0
        return unique
