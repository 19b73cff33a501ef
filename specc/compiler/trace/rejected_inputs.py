"""The input that an error of tracing is about, where that is certain: a tensor that a layer refused, a missing key."""

from __future__ import annotations

import ast
import itertools
import linecache
import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.backends import unwrap_function
from specc.compiler.trace.functional_models import functional_model, paired_inputs
from specc.compiler.user_code import is_users_own, summarize
from specc.diagnostics import SpecPath
from specc.language.trees import Tree
from specc.language.wire_names import BoundLeaf

_REFUSED = re.compile(
    r"ValueError: (?:Input \d+ .*of layer \W(\S+)\W is incompatible with |Invalid input shape for input )"
)
"""Keras's messages about a tensor that a layer, which it names, or a Functional model does not take."""
_OTHER_STRUCTURE = re.compile(r"ValueError: (?:Missing data for input |The structure of `inputs` doesn't match )")
"""Keras's messages about a nested argument that a Functional model does not take."""


def find_rejected_input(
    error: BaseException, function: Any, inputs: tuple[Tree, ...], leaves: Sequence[BoundLeaf], flat: Sequence[Any]
) -> SpecPath | None:
    """The place of the input that made ``function`` raise ``error``, or None if that is not certain.

    ``flat`` are the tensors of ``leaves``, which the trace passed to the function.
    """
    places = [leaf.path for leaf in leaves for _ in leaf.components]
    if len(places) != len(flat):
        return None
    of_tensor = {id(tensor): place for tensor, place in zip(flat, places, strict=True)}
    raised = _failing_expression(error)
    if raised is not None:
        return _in_users_code(error, *raised, of_tensor)
    function = unwrap_function(function)
    if isinstance(function, tf.types.experimental.PolymorphicFunction):
        return _against_signature(getattr(function, "input_signature", None), flat, places)
    model = functional_model(function)
    if model is None or len(inputs) != 1 or len(leaves) != len(flat) or not isinstance(error, ValueError):
        return None
    pairs = paired_inputs(model, inputs[0], leaves)
    argument = leaves[0].path[: len(("endpoints", "NAME", "inputs", 0))]
    if pairs is None:  # the model takes fewer or more tensors
        return argument
    for (symbol, leaf), tensor in zip(pairs, flat, strict=True):
        if not tf.TensorShape(symbol.shape).is_compatible_with(tensor.shape):
            return leaf.path
    return argument if _OTHER_STRUCTURE.match(summarize(error)) else None


def _against_signature(signature: Any, flat: Sequence[Any], places: Sequence[SpecPath]) -> SpecPath | None:
    """The first tensor that a tf.function's ``input_signature`` refuses, if it has one."""
    specs = tf.nest.flatten(signature, expand_composites=True)
    if signature is None or len(specs) != len(flat):
        return None
    refused = (
        place for spec, tensor, place in zip(specs, flat, places, strict=True) if not spec.is_compatible_with(tensor)
    )
    return next(refused, None)


def _in_users_code(
    error: BaseException, expression: ast.expr, names: Mapping[str, Any], of_tensor: Mapping[int, SpecPath]
) -> SpecPath | None:
    """The input that the ``expression``, an item or a call, failed with; ``names`` are the local variables there."""
    match expression:
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)):
            owner = _value(value, names)
            if id(owner) in of_tensor:
                return of_tensor[id(owner)]
            missing = isinstance(error, KeyError) and isinstance(owner, dict) and key not in owner
            return _place_of_dict(owner, of_tensor) if missing else None
        case ast.Call(func=function, args=arguments) if refused := _REFUSED.match(summarize(error)):
            given = [_value(argument, names) for argument in arguments]
            found = [(tensor, of_tensor[id(tensor)]) for tensor in given if id(tensor) in of_tensor]
            layer = _value(function, names)
            if len(found) == 1 and isinstance(layer, keras.Layer) and _refuses(layer, refused[1], found[0][0]):
                return found[0][1]
    return None


def _refuses(layer: Any, name: str | None, tensor: Any) -> bool:
    """Whether the layer called ``name`` in a message is ``layer`` itself, or a model that does not take the tensor."""
    if name == layer.name:
        return True
    model = functional_model(layer)
    return (
        model is not None
        and len(model.inputs) == 1
        and not tf.TensorShape(model.inputs[0].shape).is_compatible_with(tensor.shape)
    )


def _place_of_dict(owner: Mapping[Any, Any], of_tensor: Mapping[int, SpecPath]) -> SpecPath | None:
    """The place of the dict of inputs that a function got as ``owner``, all of whose items are inputs."""
    found = {
        of_tensor[id(value)][:-1] if id(value) in of_tensor and of_tensor[id(value)][-1] == key else None
        for key, value in owner.items()
    }
    return found.pop() if len(found) == 1 else None


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of a name, an item or an attribute, read without running code; None for anything else."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=owner, attr=name):
            return getattr(_value(owner, names), "__dict__", {}).get(name)
        case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
            container = _value(owner, names)
            if isinstance(container, dict):
                return dict.get(container, key)  # a defaultdict would add the key
            if isinstance(container, (list, tuple)) and isinstance(key, int) and key < len(container):
                return container[key]
    return None


def _failing_expression(error: BaseException) -> tuple[ast.expr, Mapping[str, Any]] | None:
    """The expression of the innermost frame of the user's code that raised, and the local variables there."""
    entries: list[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    own = [each for each in entries if is_users_own(each.tb_frame.f_code.co_filename)]
    if not own:
        return None
    frame = own[-1].tb_frame
    position = next(itertools.islice(frame.f_code.co_positions(), own[-1].tb_lasti // 2, None), (None,) * 4)
    expression = _parsed(linecache.getlines(frame.f_code.co_filename, frame.f_globals), *position)
    return expression, frame.f_locals


def _parsed(lines: list[str], line: int | None, end_line: int | None, start: int | None, end: int | None) -> ast.expr:
    """The expression at a position, which counts columns in bytes; a constant where there is none."""
    if line is None or end_line is None or end_line > len(lines):
        return ast.Constant(None)
    rows = [row.encode() for row in lines[line - 1 : end_line]]
    rows[-1] = rows[-1][:end]
    rows[0] = rows[0][start:]
    try:
        return ast.parse(b"(" + b"".join(rows) + b")", mode="eval").body
    except SyntaxError:
        return ast.Constant(None)
