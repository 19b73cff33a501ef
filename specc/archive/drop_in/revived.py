"""The function that an added endpoint revives as, which whoever adds it gets back as well."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from specc.archive.cores import Core
from specc.archive.drop_in.asked import Asked

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def revived_function(name: str, core: Core, asked: Asked, wire_names: list[str | None]) -> Any:
    """A tf.function around ``core``, which is not traced again; it takes what the user's function takes.

    ``wire_names`` are those of the leaves, None for composite ones: an archive that is revived and exported again keeps
    them.
    """

    def endpoint(*arguments: Any, **options: Any) -> Any:  # noqa: ARG001  # options have the values of the trace
        return core.call(list(arguments[: len(asked.specs)]))

    endpoint.__name__ = name
    endpoint.__signature__ = inspect.Signature(list(_parameters(asked)))  # type: ignore[attr-defined]
    flat = [_named(*each) for each in zip(tf.nest.flatten(asked.specs), wire_names, strict=True)]
    return tf.function(endpoint, autograph=False, input_signature=tf.nest.pack_sequence_as(asked.specs, flat))


def argument_defaults(asked: Asked) -> dict[int, Any]:
    """The defaults of trailing arguments, by position: tensors that their specs take, and Python's numbers and text."""
    defaults = [item.default for item in asked.signature.parameters.values() if item.kind in _BY_POSITION]
    found: dict[int, Any] = {}
    for index, (spec, default) in reversed(list(enumerate(zip(asked.specs, defaults, strict=False)))):
        if not _is_default(spec, default):
            break
        found[index] = default
    return found


def _is_default(spec: Any, default: Any) -> bool:
    if not isinstance(spec, tf.TensorSpec):
        return False
    is_tensor = isinstance(default, tf.Tensor) and spec.is_compatible_with(default)
    return bool(is_tensor) or (default is not None and _is_plain(default))


def _parameters(asked: Asked) -> Iterator[inspect.Parameter]:
    """The parameters that are asked for, then those with a Python value, which the trace has fixed."""
    defaults = argument_defaults(asked)
    for index, name in enumerate(asked.arguments):
        default = defaults.get(index, inspect.Parameter.empty)
        yield inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
    positional = [item.name for item in asked.signature.parameters.values() if item.kind in _BY_POSITION]
    taken = {*positional[: len(asked.specs)], *asked.arguments}
    for item in asked.signature.parameters.values():
        if item.kind in _BY_NAME and item.name not in taken and _is_plain(item.default):
            yield item.replace(annotation=inspect.Parameter.empty)


def _is_plain(value: Any) -> bool:
    """Whether a SavedModel can hold ``value`` as the default of a parameter."""
    return value is None or isinstance(value, (bool, int, float, str))


def _named(spec: Any, name: str | None) -> Any:
    return tf.TensorSpec(spec.shape, spec.dtype, name) if isinstance(spec, tf.TensorSpec) and name else spec
