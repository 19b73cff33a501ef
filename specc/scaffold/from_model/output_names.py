"""Names for the outputs of a Keras model: those that a person gave to the layers that return them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from specc.compiler.trace.functional_models import is_generated_name
from specc.compiler.trace.layer_types import is_tf_keras_layer
from specc.diagnostics import SpecPath
from specc.scaffold.inferred_spec import Guess

_NUMBERED = re.compile(r"(.+?)_?\d+")


def output_names(layer: Any, at: SpecPath, guesses: list[Guess]) -> Iterator[str | None]:
    """The names of the layers that return the outputs, None for those that do not tell an output from other tensors.

    Those are generated, duplicate, of a layer that is also called elsewhere in the model, or of one of a series of
    layers. Only the last two are guesses: a person chose the name, for something else.
    """
    if isinstance(layer, keras.Sequential):
        names, makers = [layer.layers[-1].name], {layer.layers[-1].name: layer.layers[-1]}
    else:
        names = list(getattr(layer, "output_names", None) or ())
        parts = getattr(layer, "layers" if is_tf_keras_layer(layer) else "operations", ())
        makers = {maker.name: maker for maker in parts}
    has_keys = isinstance(getattr(layer, "output", None), Mapping)
    calls = list(_calls_inside(layer))
    counts = Counter(id(call) for call in calls)
    others = {call.name for call in calls} - set(names)
    for name in names:
        if name not in makers or is_generated_name(name, makers[name]) or Counter(names)[name] > 1:
            yield None
            continue
        reason = (
            "is also called elsewhere in the model" if counts[id(makers[name])] > 1
            else "is one of a series of layers" if _is_in_series(name, others)
            else ""
        )  # fmt: skip
        if reason and not has_keys:
            message = f"an output has no name of its own: the layer that returns it, {name!r}, {reason}; name it"
            guesses.append(Guess((*at, "outputs"), message))
        yield None if reason else name


def _calls_inside(layer: Any) -> Iterator[Any]:
    """The layer or operation of each call in the graph of a model, and of the models in it."""
    if isinstance(layer, keras.Sequential):
        called = list(layer.layers)
    else:  # Keras has no public record of the calls
        by_depth = getattr(layer, "_nodes_by_depth", {})
        word = "layer" if is_tf_keras_layer(layer) else "operation"
        called = [getattr(node, word) for nodes in by_depth.values() for node in nodes]
    for each in called:
        yield each
        yield from _calls_inside(each)


def _is_in_series(name: str, others: set[str]) -> bool:
    """Whether other layers, which return no output, have the same name with another number."""
    numbered = _NUMBERED.fullmatch(name)
    stems = {match[1] for match in map(_NUMBERED.fullmatch, others) if match}
    return numbered is not None and numbered[1] in stems
