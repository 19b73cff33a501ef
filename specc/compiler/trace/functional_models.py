"""Functional and Sequential Keras models: their inputs and outputs by layer name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from specc.diagnostics import Diagnostic, Place, SpecPath, finding, format_path
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.wire_names import BoundLeaf

GENERATED_INPUT_NAME = re.compile(r"(keras_tensor|input_layer)(_\d+)?|input_\d+")
"""The names that Keras generates for an Input without a name."""


def functional_model(function: Any) -> Any:
    """The Functional or Sequential model that ``function`` calls, if its ``call`` is Keras's own, else None."""
    owner = getattr(function, "__self__", None) if is_method(function, "call", "__call__") else function
    if not isinstance(owner, keras.Model) or not all(map(_is_keras_method, (owner.call, type(owner).__call__))):
        return None
    return owner if _has_symbolic_inputs(owner) else None


def functional_inputs(layer: Any) -> Any:
    """The nested KerasTensors that a Functional model takes, or None for any other layer."""
    if not isinstance(layer, keras.Model) or isinstance(layer, keras.Sequential):
        return None
    return layer.input if _has_symbolic_inputs(layer) else None


def _has_symbolic_inputs(model: Any) -> bool:
    try:
        tensors = model.inputs
    except (AttributeError, ValueError):  # a subclassed model, or a Sequential model that is not built
        return False
    return isinstance(tensors, list) and bool(tensors) and all(isinstance(each, keras.KerasTensor) for each in tensors)


def optional_inputs(layer: Any) -> tuple[str, ...]:
    """The names of the inputs that may be None."""
    found = (each for each in getattr(layer, "operations", ()) if isinstance(each, keras.layers.InputLayer))
    return tuple(each.name for each in found if getattr(each, "optional", False))


def is_method(function: Any, *names: str) -> bool:
    """Whether ``function`` is a bound method of one of these names."""
    return getattr(getattr(function, "__func__", None), "__name__", None) in names


def _is_keras_method(method: Any) -> bool:
    return str(getattr(method, "__module__", "")).startswith("keras.")


def is_generated_name(name: str, layer: Any) -> bool:
    """Whether Keras generated ``name`` from the class of ``layer``: ``dense``, ``dense_3``."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)).lower()
    return (
        re.fullmatch(rf"{re.escape(words)}(_\d+)?", name) is not None
        or GENERATED_INPUT_NAME.fullmatch(name) is not None
    )


def paired_inputs(model: Any, argument: Tree, leaves: Sequence[BoundLeaf]) -> list[tuple[Any, BoundLeaf]] | None:
    """The model's tensor for each of the ``leaves`` of its argument; None if there are fewer or more of them."""
    structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    pairs = _paired(argument, structure, leaves)
    return pairs if pairs is not None and len(pairs) == len(model.inputs) else None


def find_swapped_inputs(model: Any, inputs: tuple[Tree, ...], leaves: Sequence[BoundLeaf]) -> Iterator[Diagnostic]:
    """Each declared input that has the name of another input of ``model``."""
    symbols = list(model.inputs)
    structure = symbols[0] if isinstance(model, keras.Sequential) else model.input
    if len(inputs) == 1:
        names = _names_in_model(model, structure, [symbol.name for symbol in symbols])
        yield from _find_swapped(inputs[0], structure, names, leaves, "input")


def find_swapped_outputs(model: Any, outputs: Tree, leaves: Sequence[BoundLeaf]) -> Iterator[Diagnostic]:
    """Each declared output that has the name of another output of ``model``."""
    sequential = isinstance(model, keras.Sequential)
    structure = model.outputs[0] if sequential else model.output
    names = _names_in_model(model, structure, [model.layers[-1].name] if sequential else model.output_names)
    yield from _find_swapped(outputs, structure, names, leaves, "output")


def _names_in_model(model: Any, structure: Any, layer_names: Sequence[str]) -> dict[int, frozenset[str]]:
    """The names of each tensor of ``structure``, by id: its key, its path, and its layer's name unless generated."""
    makers = {maker.name: maker for maker in (*model.layers, *getattr(model, "operations", ()))}
    names: dict[int, frozenset[str]] = {}
    # keras.tree flattens in the order of layer_names.
    for (path, symbol), name in zip(keras.tree.flatten_with_path(structure), layer_names, strict=True):
        own = {key for key in path[-1:] if isinstance(key, str)}
        if any(isinstance(key, str) for key in path):
            own.add("_".join(map(str, path)))
        if not GENERATED_INPUT_NAME.fullmatch(name) and not (name in makers and is_generated_name(name, makers[name])):
            own.add(name)
        names[id(symbol)] = names.get(id(symbol), frozenset()) | own
    return names


def _find_swapped(
    tree: Tree, structure: Any, names: Mapping[int, frozenset[str]], leaves: Sequence[BoundLeaf], word: str
) -> Iterator[Diagnostic]:
    pairs = _paired(tree, structure, leaves)
    if pairs is None:
        return
    owned = [(names[id(symbol)], bound) for symbol, bound in pairs]
    for own, bound in owned:
        called = {bound.name, *(component.wire_name for component in bound.components)}
        others = [(other, name) for other_names, other in owned for name in sorted((other_names & called) - own)]
        if not others:
            continue
        other, name = others[0]
        message = f"the {word} is named {name!r}, but {name!r} in the model is the {word} at {format_path(other.path)}"
        own_names = f"its own name is {' or '.join(map(repr, sorted(own)))}; " if own else ""
        hint = f'{own_names}to swap them on purpose, name a function of your own in "function"'
        place = Place(message=f"the {word} that is {name!r} in the model", path=other.path)
        yield finding("name-of-another-layer", _name_path(bound), message, hint, related=(place,))


def _paired(tree: Tree, structure: Any, leaves: Sequence[BoundLeaf]) -> list[tuple[Any, BoundLeaf]] | None:
    """The model's tensor for each of ``leaves``, or None if Keras would find none."""
    symbols = list(_matching_tensors(tree, structure))
    if any(symbol is None for symbol in symbols):
        flat = keras.tree.flatten(structure)
        if len(flat) != len(leaves):
            return None
        symbols = flat  # Keras pairs other containers or keys in the order in which it flattens both
    return list(zip(symbols, leaves, strict=True))


def _name_path(bound: BoundLeaf) -> SpecPath:
    return bound.path if bound.leaf.name is None else (*bound.path, "name")


def _matching_tensors(tree: Tree, structure: Any) -> Iterator[Any]:
    """The model's tensor for each leaf of ``tree``, in TensorFlow's order; None where the model has none."""
    match tree:
        case Tensor() | Ragged() | Sparse():
            yield structure if isinstance(structure, keras.KerasTensor) else None
        case Dict():
            for key in sorted(tree.items):
                yield from _matching_tensors(tree.items[key], _item_at(structure, key))
        case List() | Tuple():
            for index, item in enumerate(tree.items):
                yield from _matching_tensors(item, _item_at(structure, index))
        case NamedTuple():
            for index, (_, item) in enumerate(tree.fields):
                yield from _matching_tensors(item, _item_at(structure, index))


def _item_at(structure: Any, key: str | int) -> Any:
    """The item of a dict or list of a model's tensors at ``key``; Keras also finds the tensors of a list by name."""
    match structure, key:
        case Mapping(), str():
            return structure.get(key)
        case list() | tuple(), int():
            return structure[key] if key < len(structure) else None
        case list() | tuple(), str():
            return next((each for each in structure if getattr(each, "name", None) == key), None)
        case _:
            return None
