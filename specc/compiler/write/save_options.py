"""Converts a document's ``save_options`` to the ``tf.saved_model.SaveOptions`` of its archive, and back.

Two fields are handled separately: ``extra_tags`` are written by the seal with the mode's own tag, on every TensorFlow
and without duplicates, and distributed variables are expanded only if the root holds the variable itself, not a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from specc.compiler.trace.endpoints import TracedEndpoint
from specc.compiler.user_code import import_object, run_user_code
from specc.compiler.write.distributed import distributed_variable_of, is_synchronized_on_read
from specc.diagnostics import Diagnostic, Place, SpecPath, finding, kind_of
from specc.errors import FindingCollector, SpecError
from specc.language.document import Document
from specc.language.save_options import SaveOptions, Sharding
from specc.language.signatures import TAGS

_OPTIONS_PATH: SpecPath = ("save_options",)
_SHARDING_PATH: SpecPath = (*_OPTIONS_PATH, "experimental_sharding_callback")
_EXPAND_POLICY = tf.saved_model.experimental.VariablePolicy.EXPAND_DISTRIBUTED_VARIABLES
_PLAIN_FIELDS = (
    "namespace_whitelist", "save_debug_info", "experimental_debug_stripper", "experimental_io_device",
    "experimental_skip_saver",
)  # fmt: skip
"""Fields with plain data, which is false, empty or None by default."""
_ONLY_BY_TENSORFLOW = (
    "save_debug_info", "experimental_image_format", "experimental_sharding_callback", "experimental_debug_stripper",
)  # fmt: skip
_MIN_SHARD_SIZE = 16
"""One element of the largest dtype, complex128. TensorFlow 2.21 loops forever if a file holds less than one."""


def tf_save_options(document: Document, endpoints: Sequence[TracedEndpoint]) -> Any:
    """The ``tf.saved_model.SaveOptions`` of an archive of ``document`` that holds ``endpoints``.

    Raises:
        SpecError: a callback cannot be loaded, or an endpoint has two aliases.
    """
    declared = document.save_options
    named = {endpoint.compiled.name: endpoint for endpoint in endpoints}
    findings = FindingCollector()
    findings.add(_alias_clashes(declared))
    sharding = None
    with findings.gather():
        sharding = _sharding_callback(declared.experimental_sharding_callback)
    findings.raise_any()
    return tf.saved_model.SaveOptions(
        namespace_whitelist=None if declared.namespace_whitelist is None else list(declared.namespace_whitelist),
        save_debug_info=declared.save_debug_info,
        function_aliases={alias: named[name].nested for alias, name in _sorted_aliases(declared) if name in named},
        experimental_debug_stripper=declared.experimental_debug_stripper,
        experimental_io_device=declared.experimental_io_device,
        experimental_variable_policy=declared.experimental_variable_policy,
        experimental_custom_gradients=declared.experimental_custom_gradients and _needs_gradients(endpoints),
        experimental_image_format=declared.experimental_image_format,
        experimental_skip_saver=declared.experimental_skip_saver,
        experimental_sharding_callback=sharding,
    )


def only_by_tensorflow(options: Any) -> str:
    """The name of an option that is set and that only ``tf.saved_model.save`` has, or an empty string.

    ``options`` are a document's, or those of TensorFlow, whose fields have the same names.
    """
    return next((name for name in _ONLY_BY_TENSORFLOW if getattr(options, name)), "")


def _needs_gradients(endpoints: Sequence[TracedEndpoint]) -> bool:
    """Whether any endpoint keeps custom gradients, which are kept or dropped for the whole archive."""
    return any(endpoint.compiled.declared.gradients for endpoint in endpoints)


def _sorted_aliases(declared: SaveOptions) -> list[tuple[str, str]]:
    return sorted(declared.function_aliases.items())


def _alias_clashes(declared: SaveOptions) -> Iterator[Diagnostic]:
    """A finding for each second alias of an endpoint: TensorFlow would silently keep only the last."""
    taken: dict[str, str] = {}
    for alias, name in _sorted_aliases(declared):
        if name in taken:
            at: SpecPath = (*_OPTIONS_PATH, "function_aliases", alias)
            message = f"the endpoint {name!r} already has the alias {taken[name]!r}, and a function has only one"
            other = (
                Place(message="the other alias", path=(*_OPTIONS_PATH, "function_aliases", taken[name]), on_key=True),
            )
            yield finding("name-clash", at, message, "keep one of them", related=other)
        taken.setdefault(name, alias)


def _sharding_callback(declared: Sharding | None) -> Any:
    """The ``tf.train.experimental.ShardingCallback`` in the document: an instance, or the result of a callable."""
    if declared is None:
        return None
    if declared.callback is None:
        if (declared.max_shard_size or 0) < _MIN_SHARD_SIZE:
            message = (
                f"a file of {declared.max_shard_size} bytes cannot hold a tensor; the minimum is {_MIN_SHARD_SIZE}"
            )
            raise SpecError([finding("bad-sharding-callback", (*_SHARDING_PATH, "max_shard_size"), message)])
        return tf.train.experimental.MaxShardSizePolicy(max_shard_size=declared.max_shard_size)
    found, target = import_object(declared.callback, _SHARDING_PATH), declared.callback
    if not isinstance(found, tf.train.experimental.ShardingCallback) and callable(found):
        found = run_user_code(found, "bad-sharding-callback", _SHARDING_PATH, f"{target}() failed")
        target = f"{target}()"
    if not isinstance(found, tf.train.experimental.ShardingCallback):
        message = f"{target} is {kind_of(found)}, which is not a tf.train.experimental.ShardingCallback"
        hint = f'name one, or a callable that returns one, or write {{"max_shard_size": {2**30}}}'
        raise SpecError([finding("bad-sharding-callback", _SHARDING_PATH, message, hint)])
    return found


def saved_variables(variables: Sequence[Any], options: Any) -> list[Any]:
    """``variables`` as the root holds them, each once.

    Of a distributed variable the root holds the variable itself if the policy expands it or its value combines all
    copies, else one copy.
    """
    expands = options.experimental_variable_policy is _EXPAND_POLICY
    whole = [distributed_variable_of(variable) for variable in variables]
    held = [
        one if expands or is_synchronized_on_read(one) else variable
        for variable, one in zip(variables, whole, strict=True)
    ]
    return list({id(variable): variable for variable in held}.values())


def read_save_options(options: Any, names: Mapping[str, Any]) -> SaveOptions:
    """The document's ``save_options`` for a ``tf.saved_model.SaveOptions``; ``names`` has each endpoint's function.

    A custom sharding callback, and an alias of a function that is not an endpoint, cannot be written in a spec.
    """
    declared = {name: getattr(options, name) for name in _PLAIN_FIELDS if getattr(options, name)}
    shard_size = getattr(options.experimental_sharding_callback, "max_shard_size", None)
    aliases = {
        alias: name
        for alias, function in (options.function_aliases or {}).items()
        for name, each in names.items()
        if function is each
    }
    tags = dict.fromkeys(getattr(options, "extra_tags", None) or ())
    return SaveOptions.model_validate(
        {
            **declared,
            "function_aliases": aliases,
            "experimental_variable_policy": options.experimental_variable_policy.value,
            "experimental_custom_gradients": options.experimental_custom_gradients,
            "experimental_sharding_callback": shard_size and {"max_shard_size": shard_size},
            "extra_tags": [tag for tag in tags if tag != TAGS["predict"]],
        }
    )
