"""Finds the parts of a model: its layers, and the objects that TensorFlow tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf


def is_trackable(value: Any) -> bool:
    """Whether TensorFlow can track ``value``; it cannot track a Keras layer on another backend."""
    try:
        tf.train.TrackableView(value).children(value)
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def descendants(root: Any) -> list[Any]:
    """Everything that TensorFlow tracks under ``root``, itself included; nothing if it cannot track ``root``.

    A layer of another backend is followed through its attributes instead.
    """
    try:
        return list(tf.train.TrackableView(root).descendants())
    except (AttributeError, ValueError, TypeError):  # not a trackable object
        return list(_parts_under(root)) if isinstance(root, keras.Layer) else []


def layers_of(root: Any) -> list[Any]:
    """The layers under ``root``, itself included, reached through any attribute."""
    return (
        [part for part in _parts_under(root) if isinstance(part, keras.Layer)] if isinstance(root, keras.Layer) else []
    )


def _parts_under(root: Any) -> Iterator[Any]:
    """``root``, the layers below it and the trackable objects that they hold, each once."""
    seen: set[int] = set()
    left = [root]
    while left:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, keras.Layer):
            yield part
            left += [value for name in sorted(vars(part)) for value in _leaves_of(vars(part)[name])]
        elif not isinstance(part, tf.Variable) and is_trackable(part):
            yield from descendants(part)


def _leaves_of(value: Any) -> Iterator[Any]:
    match value:
        case Mapping():
            for item in value.values():
                yield from _leaves_of(item)
        case list() | tuple() | set():
            for item in value:
                yield from _leaves_of(item)
        case str() | bytes() | int() | float() | None:
            pass
        case _:
            yield value
