"""Endpoints that take or return an ExtensionType, as Keras exports them: only their wire tensors can be described.

The archive has the function's own trace, with the attribute and signature that TensorFlow makes. The document has one
argument, a dict of the signature's flat tensors, which is the form of ``specc:call_signature`` too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from specc.compiler.call_signature import flat_results
from specc.compiler.tensorspec import tree_of
from specc.compiler.trace.output_check import describe, spec_of
from specc.diagnostics import SpecPath
from specc.keras_export.keras_errors import value_error
from specc.keras_export.requested_signature import wire_names_of
from specc.language.document import Endpoint
from specc.language.tree_edits import without_names
from specc.language.trees import Dict, Tree


def extension_types(structure: Any) -> tuple[str, ...]:
    """The names of the ExtensionTypes in nested values or specs."""
    kinds = (leaf.value_type if isinstance(leaf, tf.TypeSpec) else type(leaf) for leaf in tf.nest.flatten(structure))
    extensions = (kind for kind in kinds if issubclass(kind, tf.experimental.ExtensionType))
    return tuple(dict.fromkeys(kind.__name__ for kind in extensions))


def flat_endpoint(
    specs: list[Any], function: Callable[..., Any], trace: Any, path: SpecPath
) -> tuple[Endpoint, Callable[..., Any]]:
    """The endpoint of a signature, and ``function``, which takes arguments of ``specs``, as a function of its tensors.

    The signature is made from ``trace``.

    Raises:
        SpecValueError: the function returns a value that a signature cannot return.
    """
    names = wire_names_of(trace)
    tensors = trace.inputs[: len(names)]
    inputs = {name: _leaf_of_tensor(tensor) for name, tensor in zip(names, tensors, strict=True)}
    outputs = {name: _leaf_of_tensor(tensor) for name, tensor in _flat_results(trace.structured_outputs, path).items()}

    def as_signature(*given: Any) -> dict[str, Any]:
        flat = [given[0][name] for name in names] if given else []
        return _flat_results(function(*tf.nest.pack_sequence_as(specs, flat, expand_composites=True)), path)

    fields: dict[str, Any] = {"inputs": (), "outputs": Dict(items=outputs)}
    if inputs:
        fields |= {"arguments": ("inputs",), "inputs": (Dict(items=inputs),)}
    return Endpoint(function=None, **fields), as_signature


def _leaf_of_tensor(tensor: Any) -> Tree:
    return without_names(tree_of(spec_of(tensor)))


def _flat_results(result: Any, path: SpecPath) -> dict[str, Any]:
    """The flat results of a signature, by the names that TensorFlow gives to the results of a function."""
    match result:
        case Mapping():
            named = dict(result)
        case tuple() if hasattr(result, "_asdict"):
            named = result._asdict()
        case list() | tuple():
            named = {f"output_{index}": item for index, item in enumerate(result)}
        case _:
            named = {"output_0": result}
    for name, value in named.items():
        is_extension = bool(extension_types([value])) and not isinstance(value, (Mapping, list, tuple))
        if not isinstance(name, str) or not name or not (is_extension or isinstance(spec_of(value), tf.TensorSpec)):
            message = f"the function returns {describe(value)} as {name!r} beside an ExtensionType"
            hint = "return dense tensors and ExtensionTypes, in one list, tuple or dict"
            raise value_error("output-conflict", (*path, "outputs"), message, hint)
    return flat_results(named)
