"""Containers of a user's own classes in a result, which ``tf.nest`` rebuilds by calling the class with the items.

That fails for a class whose constructor takes something else, and loses what an instance has beside its items.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def is_rebuilt(result: Any) -> bool:
    """Whether ``tf.nest`` rebuilds the containers of ``result`` as they are, with all attributes of each."""
    try:
        return _is_alike(result, tf.nest.map_structure(lambda leaf: leaf, result))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # a constructor is user code
        return False


def plain_unless_rebuilt(result: Any) -> Any:
    """``result``, with plain containers if ``tf.nest`` cannot rebuild its own; namedtuples keep their fields."""
    return result if is_rebuilt(result) else _plain(result)


def _plain(result: Any) -> Any:
    match result:
        case Mapping():
            return {key: _plain(result[key]) for key in result}
        case tuple() if hasattr(result, "_make"):  # a namedtuple, whose own constructor is not called
            return result._make(map(_plain, result))
        case list() | tuple():
            return (list if isinstance(result, list) else tuple)(map(_plain, result))
        case _:
            return result


def _is_alike(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other) or not isinstance(one, (Mapping, list, tuple)) or len(one) != len(other):
        return False
    own, others = getattr(one, "__dict__", {}), getattr(other, "__dict__", {})
    if own.keys() != others.keys() or not all(_is_alike(own[key], others[key]) for key in own):
        return False
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(_is_alike(one[key], other[key]) for key in one)
    return all(map(_is_alike, one, other))
