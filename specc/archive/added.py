"""One endpoint of the drop-in: a function as Keras takes it, under the wire names that Keras's archive would have."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from pydantic import ValidationError

from specc.archive.agreement import describe, spec_of
from specc.archive.binding import identity_of
from specc.archive.cores import Core, Cores, Source, parameters
from specc.archive.input_specs import Slot, prune, read_signature
from specc.archive.keras_errors import type_error, value_error
from specc.archive.tensorspec import tree_of
from specc.archive.user_code import summarize
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.legality import is_input_name
from specc.language.names import input_leaves, output_leaves
from specc.language.trees import NamedTuple, Tree, tensor
from specc.reader.functions import without_names
from specc.reader.structured import leaves, with_leaves

_TRACEABLE = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)


@dataclass(frozen=True)
class Added:
    """An endpoint that was added: its declaration, the function that it runs, and what the caller gets back."""

    endpoint: Endpoint
    function: Callable[..., Any]
    handed_back: Any


@dataclass(frozen=True)
class _Asked:
    """What is asked for: nested specs and names of the positional arguments, and Keras's wire name of each leaf.

    ``function`` takes those arguments; a wire name is None where Keras has none, as for composite tensors of a trace.
    """

    specs: list[Any]
    arguments: tuple[str, ...]
    wire_names: tuple[str | None, ...]
    function: Callable[..., Any]


def add(name: str, function: Callable[..., Any], input_signature: Any, cores: Cores) -> Added:
    """Traces ``function`` into ``cores`` and declares it.

    Raises:
        SpecTypeError, SpecValueError: where Keras raises TypeError or ValueError.
        SpecError: the function cannot be traced, or returns what no signature can give.
    """
    path: SpecPath = ("endpoints", name)
    asked = _traced_before(function, path) if input_signature is None else _asked(function, input_signature, path)
    declared = _declared(asked)
    names_in = tuple(component.wire_name for leaf in input_leaves(declared) for component in leaf.components)
    source = Source(asked.function, identity_of(asked.function), (*path, "function"))

    def names_out(result: Any) -> tuple[str, ...]:
        leaves = output_leaves(declared.model_copy(update={"outputs": _outputs(result, path)}))
        return tuple(component.wire_name for leaf in leaves for component in leaf.components)

    core = cores.trace(source, asked.specs, names_in, names_out)
    endpoint = declared.model_copy(update={"outputs": _outputs(core.result, path)})
    return Added(endpoint, asked.function, function if input_signature is None else _callable(name, core, asked))


def _declared(asked: _Asked) -> Endpoint:
    """The endpoint but for its outputs; a leaf has a name where its wire name is not the one that it has anyway."""
    trees = tuple(without_names(tree_of(argument)) for argument in asked.specs)
    bare = Endpoint(function=None, arguments=asked.arguments, inputs=trees, outputs=tensor("bool[]"))
    named = []
    for leaf, name in zip(input_leaves(bare), asked.wire_names, strict=True):
        said = name if name not in (None, leaf.name) else None
        named.append(leaf.leaf if said is None else leaf.leaf.model_copy(update={"name": said}))
    remaining = iter(named)
    return bare.model_copy(update={"inputs": tuple(with_leaves(tree, remaining) for tree in trees)})


def _outputs(result: Any, path: SpecPath) -> Tree:
    """The tree of what a function returned; Keras numbers the fields of a namedtuple."""
    specs = _map_structure(result, lambda leaf: _output_spec(leaf, path))
    try:
        tree = without_names(tree_of(specs))
    except (TypeError, ValidationError) as error:
        message = f"the function returns what no signature can give: {summarize(error)}"
        raise value_error("output-conflict", (*path, "outputs"), message) from error
    if not isinstance(tree, NamedTuple):
        return tree
    numbered = (leaf.model_copy(update={"name": f"output_{index}"}) for index, leaf in enumerate(leaves(tree)))
    return with_leaves(tree, numbered)


def _output_spec(leaf: Any, path: SpecPath) -> Any:
    spec = spec_of(leaf)
    if spec is None:
        message = f"the function returns {describe(leaf)}; a signature gives tensors, in lists, tuples and dicts"
        raise value_error(
            "output-conflict", (*path, "outputs"), message, "return tf.constant(...) of it, or leave it out"
        )
    return spec


def _callable(name: str, core: Core, asked: _Asked) -> Any:
    """The endpoint as a tf.function, for other endpoints to build on: its core is not traced again."""

    def endpoint(*arguments: Any) -> Any:
        return core.call(list(arguments))

    endpoint.__name__ = name
    endpoint.__signature__ = parameters(asked.arguments, {})  # type: ignore[attr-defined]
    return tf.function(endpoint, autograph=False, input_signature=asked.specs)


def _asked(function: Callable[..., Any], input_signature: Any, path: SpecPath) -> _Asked:
    slots = read_signature(function, input_signature, path)
    pruned = [prune(argument) for argument in slots]
    if None in pruned:
        raise value_error("bad-signature", path, f"argument {pruned.index(None)} holds no tensor")

    def refilled(*arguments: Any) -> Any:
        """``function``, with None where the signature has it."""
        given = iter(tf.nest.flatten(list(arguments)))
        return function(*(_map_slots(argument, lambda _: next(given)) for argument in slots))

    signature = signature_of(function)
    dense = [_map_slots(argument, lambda slot: slot.dense) for argument in slots]

    def stand_in(*arguments: Any, **options: Any) -> Any:  # noqa: ARG001
        return tf.constant(0)

    stand_in.__signature__ = signature  # type: ignore[attr-defined]
    try:
        # TensorFlow makes the names out of the parameters' names; a function that does nothing gets the same.
        traced = tf.function(stand_in, autograph=False, input_signature=dense).get_concrete_function()
    except (TypeError, ValueError) as error:
        make = type_error if isinstance(error, TypeError) else value_error
        hint = "an input_signature is a list with one entry for each positional argument"
        raise make("bad-signature", path, f"the function takes {signature}: {summarize(error)}", hint) from error
    names = tuple(argument_name(signature, index) for index in range(len(slots)))
    specs = [_map_slots(argument, lambda slot: slot.spec) for argument in pruned]
    return _Asked(specs, names, _wire_names(traced), function if pruned == slots else refilled)


def _traced_before(function: Callable[..., Any], path: SpecPath) -> _Asked:
    """What the first trace of a tf.function asks for."""
    if not isinstance(function, _TRACEABLE):
        hint = "such as input_signature=[keras.InputSpec(shape=(None, 3), dtype='float32')]"
        raise value_error("bad-signature", path, "a function that is no tf.function needs an input_signature", hint)
    traces = traces_of(function)
    if not traces:
        message = "the tf.function was never called, so the shapes and dtypes of its arguments are not known"
        raise value_error("bad-signature", path, message, "call it once, or give an input_signature")
    concrete = traces[0]
    positional, by_name = concrete.structured_input_signature
    given = [*positional, *by_name.values()]
    slots = [_slots_of(argument) for argument in given]
    asked = [index for index, argument in enumerate(slots) if prune(argument) is not None]
    signature = signature_of(function)
    names = [*(argument_name(signature, index) for index in range(len(positional))), *by_name]

    def run(*arguments: Any) -> Any:
        values = dict(zip(asked, arguments, strict=True))
        every = [values.get(index, value) for index, value in enumerate(given)]
        return concrete(*every[: len(positional)], **dict(zip(by_name, every[len(positional) :], strict=True)))

    pruned = [prune(slots[index]) for index in asked]
    specs = [_map_slots(argument, lambda slot: slot.spec) for argument in pruned]
    return _Asked(specs, tuple(names[index] for index in asked), _names_of_leaves(concrete, specs), run)


def _names_of_leaves(concrete: Any, specs: list[Any]) -> tuple[str | None, ...]:
    """The wire name of each dense leaf of a trace, whose composite ones are several tensors."""
    names = iter(_wire_names(concrete))
    found: list[str | None] = []
    for spec in tf.nest.flatten(specs):
        first, *others = [next(names) for _ in tf.nest.flatten(spec, expand_composites=True)]
        found.append(None if others else first)
    return tuple(found)


def traces_of(function: Any) -> list[Any]:
    """Every trace of a tf.function, in the order in which they were made."""
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return [function]
    revived = getattr(function, "concrete_functions", None)  # of a function that was loaded from an archive
    # There is no public list of the traces of a tf.function; Keras reads the same one.
    return list(revived or function._list_all_concrete_functions())


def _wire_names(concrete: Any) -> tuple[str, ...]:
    """TensorFlow's names of a trace's inputs: those that were asked for, numbered where two are the same."""
    inputs = concrete.graph.inputs[: len(concrete.graph.inputs) - len(concrete.captured_inputs)]
    names: list[str] = []
    for tensor_in in inputs:
        asked = tensor_in.op.get_attr("_user_specified_name").decode()
        numbered = (f"{asked}_{number}" for number in itertools.count(1))
        names.append(asked if asked not in names else next(name for name in numbered if name not in names))
    return tuple(names)


def signature_of(function: Any) -> inspect.Signature:
    """What ``function`` takes; anything, where Python cannot say."""
    python_function = getattr(function, "python_function", function)
    try:
        return inspect.signature(python_function)
    except (TypeError, ValueError):
        kind = inspect.Parameter.VAR_POSITIONAL
        return inspect.Signature([inspect.Parameter("inputs", kind)])


def argument_name(signature: inspect.Signature, index: int) -> str:
    """The parameter's name, as far as a revived function can have it."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in signature.parameters.values() if parameter.kind in kinds]
    if index < len(names):
        return names[index] if is_input_name(names[index]) else f"argument_{index}"
    return "inputs" if index == 0 and not names else f"inputs_{index}"


def _slots_of(value: Any) -> Any:
    """The Slots in a trace's structured signature, whose other leaves are Python values."""

    def slot(leaf: Any) -> Any:
        return Slot(leaf, getattr(leaf, "name", None)) if isinstance(leaf, tf.TypeSpec) else leaf

    return _map_structure(value, slot)


def _map_slots(structure: Any, change: Callable[[Slot], Any]) -> Any:
    return _map_structure(structure, lambda leaf: change(leaf) if isinstance(leaf, Slot) else leaf)


def _map_structure(structure: Any, change: Callable[[Any], Any]) -> Any:
    match structure:
        case Mapping():
            return {key: _map_structure(item, change) for key, item in structure.items()}
        case tuple() if hasattr(structure, "_fields"):
            return type(structure)(*(_map_structure(item, change) for item in structure))
        case list():
            return [_map_structure(item, change) for item in structure]
        case tuple():
            return tuple(_map_structure(item, change) for item in structure)
        case _:
            return change(structure)
