"""Reads the requested signature of an endpoint: nested specs, argument names, and the wire names of Keras's archive.

TensorFlow derives the names from a function's parameters and from the keys and positions in its nested arguments; here
they are read from a trace, as TensorFlow does, and not derived again.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.backends import runs_in_tensorflow
from specc.compiler.trace.call_arguments import POSITIONAL_KINDS
from specc.compiler.trace.cores import parameters
from specc.compiler.trace.model_containers import with_model_containers
from specc.compiler.user_code import summarize
from specc.diagnostics import SpecPath, kind_of
from specc.keras_export import keras_words as words
from specc.keras_export.input_specs import Slot, has_plain_containers, map_structure, prune, read_signature
from specc.keras_export.keras_errors import SpecValueError, type_error, value_error
from specc.keras_export.parameter_defaults import NONE, is_mixed, slots_of_default, storable_default, stored_parameters
from specc.language.validation.legal_names import argument_names

WireName = str | tuple[str, ...]
"""A leaf's wire name; for a composite, the prefix of its components' names, or each of them."""


@dataclass(frozen=True)
class RequestedSignature:
    """A requested signature: a nested spec and a name for each positional argument, and a wire name for each leaf.

    ``function`` takes these arguments; ``is_plain`` is true if the user's function takes the same ones by position.
    ``signature`` is that of the user's function, ``parameters`` are TensorFlow's names of the parameters for the
    arguments, and ``further`` parameters have defaults that the archive stores; the last ``defaulted`` arguments are
    the tensors in these. ``traces`` are those of a tf.function that was called before: the first is the requested one,
    and the archive keeps all of them.
    """

    specs: list[Any]
    arguments: tuple[str, ...]
    parameters: tuple[str, ...]
    wire_names: tuple[WireName, ...]
    function: Callable[..., Any]
    signature: inspect.Signature
    is_plain: bool
    further: tuple[inspect.Parameter, ...]
    defaulted: int = 0
    traces: tuple[Any, ...] = ()


def request_signature(function: Callable[..., Any], input_signature: Any, path: SpecPath) -> RequestedSignature:
    """The requested signature of ``function`` with an ``input_signature``.

    Raises:
        SpecTypeError, SpecValueError: where Keras raises TypeError or ValueError.
    """
    if not callable(function):
        raise type_error("bad-function", path, f"{kind_of(function)} is not a function")
    function = function.__call__ if isinstance(function, keras.Layer) else function
    run = with_model_containers(function)
    slots = read_signature(function, input_signature, path)
    pruned = [prune(argument) for argument in slots]
    if None in pruned:
        raise value_error("bad-signature", path, f"argument {pruned.index(None)} has no tensor")
    signature = signature_of(function)
    dense = [_map_slots(argument, lambda slot: slot.dense) for argument in slots]

    def stand_in(*arguments: Any, **options: Any) -> Any:  # noqa: ARG001
        return tf.constant(0)

    by_position = [item for item in signature.parameters.values() if item.kind in POSITIONAL_KINDS][: len(slots)]
    further = stored_parameters(signature, len(slots), tensors=runs_in_tensorflow(function))
    for item in further:
        if is_mixed(item.default):
            raise _mixed_default_error(item.name, path)
    # Defaults of parameters in the signature do not change names, and TensorFlow rejects some of them.
    required = [item.replace(default=NONE) for item in by_position]
    stand_in.__signature__ = signature.replace(parameters=[*required, *further])  # type: ignore[attr-defined]
    try:
        # TensorFlow derives the names from the parameters, so a function without a body gets the same names.
        traced = tf.function(stand_in, autograph=False, input_signature=dense).get_concrete_function()
    except (TypeError, ValueError) as error:
        make = type_error if isinstance(error, TypeError) else value_error
        hint = "an input_signature is a list with one entry for each positional argument"
        raise make("bad-signature", path, f"the function takes {signature}: {summarize(error)}", hint) from error
    parameter = parameter_names(traced)
    arguments = argument_names(parameter)
    positional, by_name = traced.structured_input_signature
    values = [_slots_of(value) for value in (*positional, *by_name.values())]
    more = [index for index in range(len(slots), len(values)) if prune(values[index]) is not None]
    requested, added = [*range(len(slots)), *more], [parameter[index] for index in more]
    defaults = [storable_default(signature.parameters[name].default) for name in added]
    whole = [*slots, *map(slots_of_default, defaults)]

    def refilled(*arguments: Any) -> Any:
        """Calls ``function`` with the None and Python values of the signature and the defaults filled in."""
        given = _fill_slots(whole, arguments)
        called = signature.bind_partial(*given[: len(slots)])
        if added:
            called.arguments |= dict(zip(added, given[len(slots) :], strict=True))
            called.apply_defaults()
        return run(*called.args, **called.kwargs)

    refilled._specc_calls = function  # type: ignore[attr-defined]  # see backends.unwrap_function
    following = list(signature.parameters.values())[len(slots) : len(slots) + len(added)]
    are_next = [item.name for item in following if item.kind in POSITIONAL_KINDS] == added
    # A Functional model gets the containers that it was created with; any other function those of the signature.
    as_declared = run is not function or has_plain_containers(slots)
    is_plain = pruned == slots and as_declared and are_next and not any(map(is_mixed, defaults))
    pruned += [values[index] for index in more]
    return RequestedSignature(
        specs=[_map_slots(argument, lambda slot: slot.spec) for argument in pruned],
        arguments=tuple(arguments[index] for index in requested),
        parameters=tuple(parameter[index] for index in requested),
        wire_names=wire_names_of(traced),
        function=run if is_plain else refilled,
        signature=signature,
        is_plain=is_plain,
        further=further,
        defaulted=len(more),
    )


def request_first_trace(function: Any, path: SpecPath) -> RequestedSignature:
    """The requested signature of the first trace of a tf.function.

    Raises:
        SpecValueError: ``function`` is not a tf.function, or was never called.
    """
    if not isinstance(function, (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)):
        hint = "such as input_signature=[keras.InputSpec(shape=(None, 3), dtype='float32')]"
        message = "a function that is not a tf.function needs an input_signature"
        raise value_error("bad-signature", path, message, hint, words=words.NO_SIGNATURE)
    traces = traces_of(function)
    if not traces:
        message = "the tf.function was never called, so the shapes and dtypes of its arguments are not known"
        hint = "call it once, or give an input_signature"
        raise value_error("bad-signature", path, message, hint, words=words.never_called(function))
    concrete = traces[0]
    positional, by_name = concrete.structured_input_signature
    given = [*positional, *by_name.values()]
    slots = [_slots_of(argument) for argument in given]
    requested = [index for index, argument in enumerate(slots) if prune(argument) is not None]
    names = parameter_names(concrete)
    for index in requested:
        flat = tf.nest.flatten(slots[index])
        if any(isinstance(leaf, Slot) and issubclass(leaf.spec.value_type, tf.Variable) for leaf in flat):
            message = f"{names[index]!r} is a tf.Variable, which a signature cannot take"
            raise value_error("bad-signature", path, message, "read it inside the function, or pass its value")
        if not all(isinstance(leaf, Slot) for leaf in flat):
            raise _mixed_default_error(names[index], path)

    def run(*arguments: Any) -> Any:
        values = dict(zip(requested, _fill_slots([slots[index] for index in requested], arguments), strict=True))
        every = [values.get(index, value) for index, value in enumerate(given)]
        return concrete(*every[: len(positional)], **dict(zip(by_name, every[len(positional) :], strict=True)))

    run._specc_calls = function  # type: ignore[attr-defined]  # see backends.unwrap_function
    specs = [_map_slots(prune(slots[index]), lambda slot: slot.spec) for index in requested]
    wire_names = _composite_names(specs, wire_names_of(concrete), revived=hasattr(function, "concrete_functions"))
    signature, arguments = signature_of(function), tuple(names[index] for index in requested)
    defaults = {name: item.default for name, item in signature.parameters.items()}
    fixed = {names[index]: value for index, value in enumerate(given) if index not in requested}
    by_position = requested == list(range(len(requested))) and len(requested) <= len(positional)
    whole = all(prune(slots[index]) == slots[index] for index in requested)
    is_plain = (
        by_position and whole and all(_is_same_value(defaults.get(name, run), value) for name, value in fixed.items())
    )
    return RequestedSignature(
        specs=specs,
        arguments=arguments,
        parameters=arguments,
        wire_names=wire_names,
        function=run,
        signature=signature,
        is_plain=is_plain,
        further=stored_parameters(signature, len(requested), tensors=False),
        traces=tuple(traces),
    )


def _mixed_default_error(name: str, path: SpecPath) -> SpecValueError:
    message = f"{name!r} has Python values beside tensors, and a contract describes only tensors"
    return value_error(
        "bad-signature", path, message, "make all of them tensors, or move the Python values to another parameter"
    )


def traces_of(function: Any) -> list[Any]:
    """The traces that an archive keeps: those that TensorFlow saves, with the names that it saves.

    TensorFlow traces again if a nested argument was traced without names for its parts.
    """
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return [function]
    revived = getattr(function, "concrete_functions", None)  # on a function that was loaded from an archive
    if revived is not None:
        return list(revived)
    # There is no public list of the traces of a tf.function; Keras reads the same one.
    traces = function._list_all_concrete_functions()
    if traces and function.input_signature is not None:
        return [function.get_concrete_function()]
    signatures = [trace.structured_input_signature for trace in traces]
    again = [function.get_concrete_function(*positional, **by_name) for positional, by_name in signatures]
    return list({id(trace): trace for trace in again}.values())


def _composite_names(specs: list[Any], names: tuple[str, ...], *, revived: bool) -> tuple[WireName, ...]:
    """The wire names of each leaf of a trace, where the tensors of a composite have the same name.

    A revived function lacks the names that its signature gave to composites: they are named after the argument, as in
    specc.
    """
    flat = iter(names)
    found: list[WireName] = []
    for spec in tf.nest.flatten(specs):
        first, *others = [next(flat) for _ in tf.nest.flatten(spec, expand_composites=True)]
        found.append((first, *others) if others and not revived else first)
    return tuple(found)


def parameter_names(concrete: Any) -> list[str]:
    """The names of a trace's arguments, in the order of its structured signature: positional ones first."""
    return list(concrete.function_type.parameters)


def wire_names_of(concrete: Any) -> tuple[str, ...]:
    """TensorFlow's names of a trace's inputs: the requested ones, with numbers for duplicates."""
    inputs = concrete.graph.inputs[: len(concrete.graph.inputs) - len(concrete.captured_inputs)]
    names: list[str] = []
    for tensor_in in inputs:
        requested = tensor_in.op.get_attr("_user_specified_name").decode()
        numbered = (f"{requested}_{number}" for number in itertools.count(1))
        names.append(requested if requested not in names else next(name for name in numbered if name not in names))
    return tuple(names)


def signature_of(function: Any) -> inspect.Signature:
    """The signature of ``function``; ``*inputs`` if it cannot be determined."""
    for trace in getattr(function, "concrete_functions", ()):  # a revived function takes what its traces take
        return parameters(parameter_names(trace), {})
    python_function = getattr(function, "python_function", function)
    try:
        return inspect.signature(python_function)
    except (TypeError, ValueError):
        kind = inspect.Parameter.VAR_POSITIONAL
        return inspect.Signature([inspect.Parameter("inputs", kind)])


def _is_same_value(default: Any, value: Any) -> bool:
    return default is value or (
        type(default) is type(value) and isinstance(value, (int, float, str)) and default == value
    )


def _slots_of(value: Any) -> Any:
    """The Slots in a trace's structured signature, whose other leaves are Python values."""

    def slot(leaf: Any) -> Any:
        return Slot(leaf, getattr(leaf, "name", None)) if isinstance(leaf, tf.TypeSpec) else leaf

    return map_structure(value, slot)


def _fill_slots(structure: Any, arguments: Any) -> Any:
    """``structure`` with the tensors of nested ``arguments`` in its Slots, both in the order of ``tf.nest``."""
    given = iter(tf.nest.flatten(list(arguments)))
    leaves = [next(given) if isinstance(leaf, Slot) else leaf for leaf in tf.nest.flatten(structure)]
    return tf.nest.pack_sequence_as(structure, leaves)


def _map_slots(structure: Any, change: Callable[[Slot], Any]) -> Any:
    return map_structure(structure, lambda leaf: change(leaf) if isinstance(leaf, Slot) else leaf)
