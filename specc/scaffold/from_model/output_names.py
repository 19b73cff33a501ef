"""Names for the outputs of a Keras model: those that a person gave to the layers that return them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from specc.compiler.trace.functional_models import is_generated_name
from specc.compiler.trace.layer_types import is_tf_keras_layer
from specc.diagnostics import SpecPath
from specc.language.document import CALL, Endpoint
from specc.language.trees import List, Ragged, Sparse, Tensor, Tuple
from specc.language.wire_names import output_leaves
from specc.reader.custom_ops import listed
from specc.scaffold.inferred_spec import Guess

_NUMBERED = re.compile(r"(.+?)_?\d+")


@dataclass(frozen=True)
class OutputName:
    """The name of an output, or None; ``why`` is the reason not to use its layer's, ``suggestion`` another one."""

    name: str | None
    why: str = ""
    suggestion: str = ""


def output_names(layer: Any) -> Iterator[OutputName]:
    """The names of the layers that return the outputs, None for those that do not distinguish an output.

    Those are generated, duplicate, named for their kind, of a layer that is also called elsewhere in the model, or of
    one of a series of layers.
    """
    if isinstance(layer, keras.Sequential):
        names, makers = [layer.layers[-1].name], {layer.layers[-1].name: layer.layers[-1]}
    else:
        names = list(getattr(layer, "output_names", None) or ())
        parts = getattr(layer, "layers" if is_tf_keras_layer(layer) else "operations", ())
        makers = {maker.name: maker for maker in parts}
    calls = list(_calls_inside(layer))
    counts = Counter(id(call) for call in calls)
    others = {call.name for call in calls} - set(names)
    for name in names:
        maker = makers.get(name)
        if maker is None or is_generated_name(name, maker) or Counter(names)[name] > 1:
            yield OutputName(None, suggestion=_suggestion(maker))
            continue
        reason = (
            "is also called elsewhere in the model" if counts[id(maker)] > 1
            else "is one of a series of layers" if _is_in_series(name, others)
            else "is named for its kind" if is_generated_name(name.rpartition("_")[2], maker)
            else ""
        )  # fmt: skip
        why = f"the layer that returns it, {name!r}, {reason}"
        yield OutputName(None, why, _suggestion(maker)) if reason else OutputName(name)


def _suggestion(maker: Any) -> str:
    is_distribution = getattr(getattr(maker, "activation", None), "__name__", "") in ("softmax", "sigmoid")
    return "probabilities" if is_distribution else ""


def unnamed_outputs(endpoint: Endpoint, names: Sequence[OutputName], at: SpecPath) -> Iterator[Guess]:
    """A guess if the result has no name, or several of its items have none: clients then get ``output_0``."""
    bounds = output_leaves(endpoint, at)
    is_flat = isinstance(endpoint.outputs, (Tensor, Ragged, Sparse, List, Tuple))
    unnamed = [index for index, bound in enumerate(bounds) if bound.leaf.name is None]
    if not is_flat or not unnamed:
        return
    known = [names[index] for index in unnamed] if len(names) == len(bounds) else []
    reasons = list(dict.fromkeys(each.why for each in known if each.why))
    suggestion = known[0].suggestion if len(known) == 1 else ""
    if not known and len(bounds) == 1 and endpoint.function not in (None, CALL):
        suggestion = str(endpoint.function).rpartition(".")[2]
    wire_names = listed([repr(bounds[index].name) for index in unnamed])
    its, has = ("its", "has") if len(unnamed) == 1 else ("their", "have")
    because = f": {'; '.join(reasons)}" if reasons else ""
    example = f", such as {suggestion!r}" if suggestion else ""
    message = f'{wire_names} {has} no name of {its} own{because}; add a "name"{example}'
    yield Guess((*at, "outputs"), message)


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
