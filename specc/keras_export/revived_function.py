"""Makes the function that an added endpoint is revived as, which is also returned to the caller."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from specc.compiler.trace.cores import Core
from specc.keras_export.parameter_defaults import NONE, fitting_default
from specc.keras_export.requested_signature import RequestedSignature

_FLEXIBLE = inspect.Parameter.POSITIONAL_OR_KEYWORD
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def revived_function(name: str, core: Core, requested: RequestedSignature, wire_names: list[str | None]) -> Any:
    """A tf.function around ``core``, which is not traced again, with the parameters of the user's function.

    ``wire_names`` are those of the leaves, None for composite ones: an archive that is revived and exported again keeps
    them. For arguments that have only a default, TensorFlow takes the spec from the default, as it does for Keras.
    """
    parameters = list(_revived_parameters(requested))
    by_position = [item.name for item in parameters if item.kind is _FLEXIBLE]

    def endpoint(*arguments: Any, **options: Any) -> Any:
        given = dict(zip(by_position, arguments, strict=False)) | options
        leaves = tf.nest.flatten([given[argument] for argument in requested.arguments])
        return core.call([leaf for leaf in leaves if tf.is_tensor(leaf)])  # the others have the values of the trace

    endpoint.__name__ = name
    endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat = [_with_name(*each) for each in zip(tf.nest.flatten(requested.specs), wire_names, strict=True)]
    signature = tf.nest.pack_sequence_as(requested.specs, flat)[: len(requested.specs) - requested.defaulted]
    return tf.function(endpoint, autograph=False, input_signature=signature)


def argument_defaults(requested: RequestedSignature) -> dict[int, Any]:
    """The nested defaults of trailing arguments, by position, as an archive stores them, if they fit their specs."""
    parameters, further = requested.signature.parameters, {item.name: item.default for item in requested.further}
    found: dict[int, Any] = {}
    for index, (name, spec) in reversed(list(enumerate(zip(requested.parameters, requested.specs, strict=True)))):
        default = parameters[name].default if name in parameters else NONE
        is_given = index < len(requested.specs) - requested.defaulted
        held = fitting_default(default, spec) if is_given else further[name]
        if held is NONE:
            break
        found[index] = held
    return found


def _revived_parameters(requested: RequestedSignature) -> Iterator[inspect.Parameter]:
    """The parameters in the signature, then those with a default that the archive stores."""
    defaults, given = argument_defaults(requested), len(requested.specs) - requested.defaulted
    for index, name in enumerate(requested.arguments[:given]):
        yield inspect.Parameter(name, _FLEXIBLE, default=defaults.get(index, NONE))
    for item in requested.further:
        if item.kind not in _VARIADIC and item.name not in requested.arguments[:given]:
            kind = _FLEXIBLE if item.kind is inspect.Parameter.POSITIONAL_ONLY else item.kind
            yield item.replace(kind=kind)


def _with_name(spec: Any, name: str | None) -> Any:
    return tf.TensorSpec(spec.shape, spec.dtype, name) if isinstance(spec, tf.TensorSpec) and name else spec
