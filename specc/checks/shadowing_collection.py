"""Check for collections with the name of a model's attribute."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.document import Selection

_KERAS_ATTRIBUTES = {
    "built", "dtype", "inputs", "layers", "losses", "loss", "metrics", "metrics_variables", "non_trainable_weights",
    "optimizer", "outputs", "trainable", "trainable_weights", "weights",
}  # fmt: skip


def shadowing_collection(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for names that every Keras model has, and that have another meaning on the revived archive."""
    for name, selections in context.document.variable_collections.items():
        plain = [selection.from_ for selection in selections if _selects_everything(selection)]
        if name in _KERAS_ATTRIBUTES and plain != [name]:
            message = f"{name!r} is an attribute of every Keras model with another meaning than this collection"
            hint = f"choose another name, such as {name + '_variables'!r}"
            if name.endswith(("weights", "variables")):
                hint = f'choose another name, or select "{name}" itself'
            yield finding("shadowing-collection", ("variable_collections", name), message, hint, on_key=True)


def _selects_everything(selection: Selection) -> bool:
    return selection.match == "**" and selection.trainable is None and selection.dtype is None
