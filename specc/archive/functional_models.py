"""Functional and Sequential Keras models: what they take and give, by the names of their layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras

from specc.diagnostics import Diagnostic, Place, SpecPath, finding, format_path
from specc.language.names import BoundLeaf
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple

MADE_UP_INPUT = re.compile(r"(keras_tensor|input_layer)(_\d+)?|input_\d+")
"""What Keras calls an Input that nobody named."""


def functional_model(function: Any) -> Any:
    """The Functional or Sequential model that ``function`` calls, where its ``call`` is Keras's own, or None."""
    owner = getattr(function, "__self__", None) if is_method(function, "call", "__call__") else function
    if not isinstance(owner, keras.Model) or not all(map(_is_of_keras, (owner.call, type(owner).__call__))):
        return None
    try:
        tensors = owner.inputs
    except (AttributeError, ValueError):  # a Sequential model that is not built
        return None
    symbolic = isinstance(tensors, list) and all(isinstance(tensor, keras.KerasTensor) for tensor in tensors)
    return owner if symbolic and tensors else None


def functional_inputs(layer: Any) -> Any:
    """The nested KerasTensors that a Functional model takes, or None for any other layer."""
    if not isinstance(layer, keras.Model) or isinstance(layer, keras.Sequential):
        return None
    tensors = getattr(layer, "inputs", None)
    symbolic = isinstance(tensors, list) and all(isinstance(tensor, keras.KerasTensor) for tensor in tensors)
    return layer.input if symbolic and tensors else None


def optional_inputs(layer: Any) -> tuple[str, ...]:
    """The names of the inputs that may be None."""
    found = (each for each in getattr(layer, "operations", ()) if isinstance(each, keras.layers.InputLayer))
    return tuple(each.name for each in found if getattr(each, "optional", False))


def is_method(function: Any, *names: str) -> bool:
    """Whether ``function`` is a bound method of one of these names."""
    return getattr(getattr(function, "__func__", None), "__name__", None) in names


def _is_of_keras(method: Any) -> bool:
    return str(getattr(method, "__module__", "")).startswith("keras.")


def made_up_name(name: str, layer: Any) -> bool:
    """Whether Keras made ``name`` of the class of ``layer``: ``dense``, ``dense_3``."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)).lower()
    return re.fullmatch(rf"{re.escape(words)}(_\d+)?", name) is not None or MADE_UP_INPUT.fullmatch(name) is not None


def find_crossed_inputs(model: Any, inputs: tuple[Tree, ...], leaves: Iterable[BoundLeaf]) -> Iterator[Diagnostic]:
    """Each declared input that has the name of another input of ``model``."""
    symbols = list(model.inputs)
    structure = symbols[0] if isinstance(model, keras.Sequential) else model.input
    if len(inputs) == 1:
        named = {id(symbol): symbol.name for symbol in symbols}
        yield from _find_crossed(inputs[0], structure, _own_names(model, named), leaves, "input")


def find_crossed_outputs(model: Any, outputs: Tree, leaves: Iterable[BoundLeaf]) -> Iterator[Diagnostic]:
    """Each declared output that has the name of another output of ``model``."""
    sequential = isinstance(model, keras.Sequential)
    structure = model.outputs[0] if sequential else model.output
    names = [model.layers[-1].name] if sequential else model.output_names
    named = {id(symbol): name for symbol, name in zip(keras.tree.flatten(structure), names, strict=True)}
    yield from _find_crossed(outputs, structure, _own_names(model, named), leaves, "output")


def _own_names(model: Any, named: Mapping[int, str]) -> dict[int, str]:
    """The name of the layer of each tensor, by its id, but for those that Keras made up."""
    makers = {maker.name: maker for maker in (*model.layers, *getattr(model, "operations", ()))}
    return {
        symbol: name
        for symbol, name in named.items()
        if not (name in makers and made_up_name(name, makers[name])) and not MADE_UP_INPUT.fullmatch(name)
    }


def _find_crossed(
    tree: Tree, structure: Any, layer_names: Mapping[int, str], leaves: Iterable[BoundLeaf], word: str
) -> Iterator[Diagnostic]:
    pairs = [(own, bound) for own, bound in zip(_pair(tree, structure, layer_names, ""), leaves, strict=True) if own]
    for own, bound in pairs:
        crossed = [(names, other) for names, other in pairs if other is not bound and bound.name in names]
        if bound.name in own or not crossed:
            continue
        _, other = crossed[0]
        called = " or ".join(map(repr, sorted(own)))
        message = f"the {word} is called {bound.name!r}, as the model calls the {word} at {format_path(other.path)}"
        hint = f'its own name is {called}; to swap them on purpose, name a function of your own in "function"'
        place = Place(message=f"the {word} that the model calls {bound.name!r}", path=other.path)
        yield finding("name-of-another-layer", _name_path(bound), message, hint, related=(place,))


def _name_path(bound: BoundLeaf) -> SpecPath:
    return bound.path if bound.leaf.name is None else (*bound.path, "name")


def _pair(tree: Tree, structure: Any, layer_names: Mapping[int, str], key: str) -> Iterator[frozenset[str]]:
    """The own names of each leaf of ``tree``, in TensorFlow's order: none where the model has no such tensor."""
    match tree:
        case Tensor() | Ragged() | Sparse():
            layer_name = layer_names.get(id(structure), "")
            known = isinstance(structure, keras.KerasTensor)
            yield frozenset(name for name in (key, layer_name) if name) if known else frozenset()
        case Dict():
            for name in sorted(tree.items):
                child = _child(structure, name)
                yield from _pair(tree.items[name], child, layer_names, name)
        case List() | Tuple():
            for index, item in enumerate(tree.items):
                yield from _pair(item, _child(structure, index), layer_names, "")
        case NamedTuple():
            for name, item in tree.fields:
                yield from _pair(item, getattr(structure, name, None), layer_names, name)


def _child(structure: Any, key: str | int) -> Any:
    """What a dict or list of a model's tensors holds at ``key``; Keras finds the tensors of a list by name, too."""
    match structure, key:
        case Mapping(), str():
            return structure.get(key)
        case list() | tuple(), int():
            return structure[key] if key < len(structure) else None
        case list() | tuple(), str():
            return next((each for each in structure if getattr(each, "name", None) == key), None)
        case _:
            return None
