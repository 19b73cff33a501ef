"""Check for tensors whose names TensorFlow.js's converter loses.

It finds the name of a tensor by its dtype and shape among the inputs or outputs of the signature
(``_find_signature_def_name`` in tensorflowjs/converters/tf_saved_model_conversion_v2.py of tensorflow/tfjs), and where
several fit, leaves the name of the graph's own tensor: ``x:0``, ``Identity_1:0``.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.wire_names import BoundLeaf, Component


def tfjs_same_type(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding for each tensor with the dtype and shape of an earlier one on the same side of an endpoint."""
    for checked in context.converted():
        for what, leaves in (("input", checked.inputs), ("output", checked.outputs)):
            yield from _find_same(what, leaves)


def _find_same(what: str, leaves: tuple[BoundLeaf, ...]) -> Iterator[Diagnostic]:
    first: dict[object, str] = {}
    for bound in leaves:
        for component in bound.components:
            earlier = first.setdefault(_type_of(component), component.wire_name)
            if earlier != component.wire_name:
                message = (
                    f"TensorFlow.js's converter loses the names of the {what}s {earlier!r} and "
                    f"{component.wire_name!r}, whose dtypes and shapes are equal"
                )
                hint = "use the names in the signature of its model.json; or make of both one tensor with another dim"
                yield finding("tfjs-same-type", bound.path, message, hint)


def _type_of(component: Component) -> object:
    """The dtype and the shape as a signature has them, in which named dims are unknown ones."""
    shape = component.shape
    return component.dtype, None if shape is None else tuple(dim if isinstance(dim, int) else None for dim in shape)
