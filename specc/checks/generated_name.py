"""Check for names that Keras or TensorFlow generated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specc.checks.context import CheckContext, CheckedEndpoint
from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.language.trees import NamedTuple, Ragged, Sparse, Tensor, Tree
from specc.language.wire_names import placed_children

_GENERATED = re.compile(
    r"keras_tensor(_\d+)?"  # keras.Input without a name
    r"|input_layer(_\d+)?|input_\d+"  # keras.layers.InputLayer, and that of Keras 2
    r"|args_\d+(_\d+)?"  # a tf.function that takes *args
    r"|(Identity|Placeholder|PartitionedCall|StatefulPartitionedCall)(_\d+)?"  # operations of a graph
    r"|(activation|concatenate|conv2d|dense|dropout|flatten|functional|lambda|sequential|softmax)_\d+"  # layers
)


def generated_name(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for generated, numbered names: they have no meaning, and may change when the model is built again."""
    for checked in context.endpoints:
        if not _may_have_generated_name(checked):
            continue
        for word, path, on_key in _words_in_wire_names(checked):
            if _GENERATED.fullmatch(word):
                message = f"{word!r} is a generated name, and another build may number it differently"
                hint = "choose a meaningful name, in the model too if the function looks it up by name"
                yield finding("generated-name", path, message, hint, on_key=on_key)


def _may_have_generated_name(checked: CheckedEndpoint) -> bool:
    """Whether a wire name or an argument contains a generated name; most endpoints have none."""
    names = (*checked.endpoint.arguments, *(leaf.name for leaf in (*checked.inputs, *checked.outputs)))
    return any(map(_GENERATED.search, names))


def _words_in_wire_names(checked: CheckedEndpoint) -> Iterator[tuple[str, SpecPath, bool]]:
    """Every word of the document that wire names are made of, with its path, and whether it is a key there."""
    endpoint, at = checked.endpoint, checked.path
    if "arguments" in endpoint.model_fields_set:
        yield from ((name, (*at, "arguments", index), False) for index, name in enumerate(endpoint.arguments))
    for index, tree in enumerate(endpoint.inputs):
        yield from _words_in(tree, (*at, "inputs", index))
    yield from _words_in(endpoint.outputs, (*at, "outputs"))


def _words_in(tree: Tree, path: SpecPath) -> Iterator[tuple[str, SpecPath, bool]]:
    if isinstance(tree, (Tensor, Ragged, Sparse)):
        if tree.name is not None:
            yield tree.name, (*path, "name"), False
        return
    for key, child, place in placed_children(tree, path):
        if isinstance(tree, NamedTuple):
            yield str(key), (*place[:-1], 0), False
        elif isinstance(key, str):
            yield key, place, True
        yield from _words_in(child, place)
