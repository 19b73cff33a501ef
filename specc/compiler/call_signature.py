"""Calls a signature of a loaded archive; a spec names it with ``"function": "specc:call_signature"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from specc.diagnostics import did_you_mean
from specc.language.wire_names import numbered_result_names


def call_signature(model: Any, inputs: Any = None, *, key: str) -> dict[str, Any]:
    """The results of a loaded archive's signature, also where it is not an attribute, as in archives of TensorFlow 1.

    Args:
        model: the object that ``tf.saved_model.load`` returned.
        inputs: the signature's input tensors by their names; the tensor itself for a signature that takes one tensor;
            None for one that takes none.
        key: the signature key, such as ``serving_default``; in a spec: ``"kwargs": {"key": "serving_default"}``.

    Returns:
        The signature's results by their names; the tensors of an ExtensionType are numbered, ``e`` and ``e_1``.

    Raises:
        ValueError: ``model`` has no such signature, or it does not take a single tensor.
    """
    signatures = getattr(model, "signatures", None)
    if not isinstance(signatures, Mapping):
        raise ValueError(f"expected an archive as tf.saved_model.load returns it, got a {type(model).__name__}")
    if key not in signatures:
        hint = did_you_mean(key, signatures) or f"it has {', '.join(sorted(signatures)) or 'none'}"
        raise ValueError(f"the archive has no signature {key!r}; {hint}")
    by_name = {} if inputs is None else inputs
    if not isinstance(by_name, Mapping):
        names = sorted(signatures[key].structured_input_signature[1])
        if len(names) != 1:
            given = f"its inputs are {', '.join(names)}" if names else "it has no inputs"
            raise ValueError(f"the signature {key!r} does not take a single tensor: {given}; pass a dict of them")
        by_name = {names[0]: by_name}
    return flat_results(signatures[key](**_flat_inputs(by_name)))


def flat_results(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results by wire name, with each ExtensionType replaced by its tensors."""
    parts = {
        name: tf.nest.flatten(value, expand_composites=True)
        if isinstance(value, tf.experimental.ExtensionType)
        else [value]
        for name, value in results.items()
    }
    names = numbered_result_names({name: len(values) for name, values in parts.items()})
    return {each: value for name, values in parts.items() for each, value in zip(names[name], values, strict=True)}


def _flat_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The input tensors by TensorFlow's flat names; TensorFlow 1 had one name for all parts of a composite tensor."""
    flat: dict[str, Any] = {}
    for name, value in inputs.items():
        match value:
            case tf.SparseTensor():
                flat |= {f"{name}_{part}": getattr(value, part) for part in ("indices", "values", "dense_shape")}
            case tf.RaggedTensor():
                parts = tf.nest.flatten(value, expand_composites=True)
                flat |= {f"{name}_component_{number}": part for number, part in enumerate(parts)}
            case _:
                flat[name] = value
    return flat
