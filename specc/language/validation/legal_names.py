"""Makes names that are legal in a buildable document from names that are not."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Sequence
from itertools import count

from specc.language.document import CALL
from specc.language.validation.buildable import MAX_NAME, RESERVED, is_argument_name


def argument_names(parameters: Sequence[str]) -> list[str]:
    """Argument names for parameters of these names: each parameter's own name where that is legal.

    A parameter ``_x`` is called ``arg__x``, as TensorFlow calls it in an archive that is loaded.
    """
    names: list[str] = []
    taken, numbers = set(parameters), dict[str, int]()
    for index, name in enumerate(parameters):
        legal = next((each for each in (name, f"arg_{name}") if is_argument_name(each)), None)
        names.append(legal or legal_name(name, taken, f"argument_{index}", numbers))
        taken.add(names[-1])
    return names


def legal_name(text: str, taken: Container[str], otherwise: str, numbers: dict[str, int] | None = None) -> str:
    """A legal name of an input, argument or endpoint that is similar to ``text`` and not in ``taken``.

    Where many names are made in turn, ``numbers`` has for each word the number at which the search begins.
    """
    text = text[:MAX_NAME]
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).lstrip("_") if text.isascii() else ""
    if not word[:1].isalpha():
        word = f"{otherwise}_{word}".rstrip("_")
    if keyword.iskeyword(word) or word == "self":
        word += "_"
    numbers = {} if numbers is None else numbers
    for number in count(numbers.get(word, 1)):
        name = word if number == 1 else f"{word[: MAX_NAME - 8]}_{number}"
        if name not in taken:
            numbers[word] = number
            return name
    raise AssertionError  # count has no end


def legal_endpoint_name(name: str, taken: Container[str], numbers: dict[str, int] | None = None) -> str:
    """A legal endpoint name that is similar to ``name``, not in ``taken``, and free on a revived object."""
    if name == CALL and name not in taken:
        return name
    return legal_name(name, _Either(taken, RESERVED), "endpoint", numbers)


class _Either(Container[str]):
    """What one of two containers holds, without a copy of a large one."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self._both = (one, other)

    def __contains__(self, name: object) -> bool:
        return any(name in each for each in self._both)
