"""The calls that a layer of tf_keras records: unlike Keras 3 it keeps the dtypes, and all arguments."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from specc.compiler.trace.functional_models import GENERATED_INPUT_NAME
from specc.keras_export.input_specs import Slot, map_structure, of_any_batch


def tf_keras_call(layer: Any, *, any_batch: bool) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments that a tf_keras layer was created for or first called with, a Slot for each tensor; or None.

    With ``any_batch`` the first dimension of each is open.
    """
    # Model.save_spec() reads the same attribute, which other layers have too.
    recorded = getattr(layer, "_saved_model_arg_spec", None)
    if recorded is None:
        return None
    args, kwargs = recorded

    def slot(spec: Any) -> Any:
        if not isinstance(spec, tf.TypeSpec):
            return spec
        name = getattr(spec, "name", None)
        is_anonymous = not name or _is_of_sequential(layer, name) or GENERATED_INPUT_NAME.fullmatch(name) is not None
        own = tf.TensorSpec(spec.shape, _cast_dtype(layer, spec)) if isinstance(spec, tf.TensorSpec) else spec
        return Slot(of_any_batch(own) if any_batch else own, None if is_anonymous else name)

    return tuple(map_structure(list(args), slot)), map_structure(dict(kwargs), slot)


def has_symbolic_inputs(layer: Any) -> bool:
    """Whether a tf_keras layer is a Functional or Sequential model, whose symbolic inputs show which sizes are open."""
    return bool(getattr(layer, "inputs", None))


def _is_of_sequential(layer: Any, name: str) -> bool:
    """Whether ``name`` is the one that a Sequential model gives to its input if it was built by a call."""
    return any(name == f"{first.name}_input" for first in getattr(layer, "layers", ())[:1])


def _cast_dtype(layer: Any, spec: Any) -> Any:
    """The dtype of an input; for float64, as NumPy has it, the one to which the layer casts it before anything else."""
    caster = layer.layers[0] if _is_of_sequential(layer, spec.name) else layer
    if spec.dtype != tf.float64 or not getattr(caster, "_autocast", False):
        return spec.dtype
    dtype = caster.compute_dtype  # under mixed precision that of its variables, which clients rather have
    return caster.variable_dtype if dtype in ("float16", "bfloat16") else dtype
