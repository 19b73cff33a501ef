"""Makes names that are legal in a buildable document from names that are not."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Sequence
from itertools import count

from specc.language.document import CALL
from specc.language.validation.buildable import RESERVED, is_argument_name


def argument_names(parameters: Sequence[str]) -> list[str]:
    """Argument names for parameters of these names: each parameter's own name where that is legal.

    A parameter ``_x`` is called ``arg__x``, as TensorFlow calls it in an archive that is loaded.
    """
    names: list[str] = []
    for index, name in enumerate(parameters):
        legal = next((each for each in (name, f"arg_{name}") if is_argument_name(each)), None)
        names.append(legal or legal_name(name, (*parameters, *names), f"argument_{index}"))
    return names


def legal_name(text: str, taken: Collection[str], otherwise: str) -> str:
    """A legal name of an input, argument or endpoint that is similar to ``text`` and not in ``taken``."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).lstrip("_") if text.isascii() else ""
    if not word[:1].isalpha():
        word = f"{otherwise}_{word}".rstrip("_")
    if keyword.iskeyword(word) or word == "self":
        word += "_"
    numbered = (word if number == 1 else f"{word}_{number}" for number in count(1))
    return next(name for name in numbered if name not in taken)


def legal_endpoint_name(name: str, taken: Collection[str]) -> str:
    """A legal endpoint name that is similar to ``name``, not in ``taken``, and free on a revived object."""
    if name == CALL and name not in taken:
        return name
    return legal_name(name, (*taken, *RESERVED), "endpoint")
