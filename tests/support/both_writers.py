"""Writes one model with specc's writer and with ``tf.saved_model.save``, and compares the two archives.

They are compared file by file and fact by fact, by the numbers that each gives on every way, by the gradients of their
functions, and by all of that again after TensorFlow has loaded and saved them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from archive_facts import differences, facts_of
from computing import inputs_for
from hard_cases import Case
from three_ways import Archive, three_ways, to_numpy

from specc import inspect
from specc.compiler import Program
from specc.compiler.program import compile as compile_document
from specc.compiler.write.variables import model_variables
from specc.compiler.write.writers import WRITER
from specc.language.signatures import RAW

_TOLERANCE = 1e-5
"""Of gradients: an optimizer of graphs may order a sum in two ways."""
Calls = Mapping[str, Sequence[Any]]
"""The nested arguments of a call of each endpoint."""


@dataclass(frozen=True)
class Both:
    """The archives of one program and model, written in the two ways."""

    program: Program
    own: Path
    theirs: Path
    note: str

    @property
    def paths(self) -> tuple[Path, Path]:
        return self.own, self.theirs


def write_both(export: Callable[[Path], Any], program: Program | None, directory: Path) -> Both:
    """Calls ``export`` for each writer; without a ``program`` it is that of the archive."""
    paths = []
    notes: tuple[str, ...] = ()
    for name in ("specc", "tensorflow"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(WRITER, name)
            report = export(directory / name)
        paths.append(directory / name)
        if name == "specc":
            notes = tuple(getattr(report, "notes", ()))
    program = compile_document(inspect(paths[0])) if program is None else program
    return Both(program, *paths, next((note for note in notes if "tf.saved_model.save" in note), ""))


def write_case(made: Case, directory: Path) -> Both:
    """A case in both archives."""
    return write_both(made.export, made.program, directory)


def calls_for(program: Program, seed: int = 0) -> dict[str, list[Any]]:
    """A call of every endpoint with drawn arguments."""
    return {name: inputs_for(program[name], program.document, seed) for name in program}


def disagreements(both: Both, calls: Iterable[Calls] = (), *, stateful: bool = False) -> list[str]:
    """What differs between the archives, a line for each."""
    directory = both.own.parent
    found = differences(*(facts_of(path, directory / "copy") for path in both.paths))
    calls = list(calls)
    loaded = [tf.saved_model.load(str(path)) for path in both.paths]
    found += differences(*(_revived_facts(each) for each in loaded))
    for number, call in enumerate(calls):
        found += differences(*(_answers(both.program, path, call, f"call {number}", stateful) for path in both.paths))
        gradients = [_gradients(both.program, each, call, f"call {number}") for each in loaded]
        found += differences(*_differentiable(*gradients))
    return found


def departures(made: Case, path: Path, calls: Iterable[Calls]) -> list[str]:
    """How the gradients of an archive differ from those of the functions that it was written of.

    Those of gradients are left out: TensorFlow keeps no custom gradient of a custom gradient.
    """
    found: list[str] = []
    loaded = tf.saved_model.load(str(path))
    own = [] if made.model is None else [named.variable for named in model_variables(made.model)]
    for call in calls:
        for name, function in (made.functions or {}).items():
            traced = tf.function(function, autograph=False, input_signature=made.program[name].input_signature)
            ours = _gradients_of(getattr(loaded, name), call[name], list(loaded.variables)[: len(own)], name)
            theirs = _gradients_of(traced, call[name], own, name)
            found += [each for each in differences(ours, theirs) if "second gradient" not in each.partition(":")[2]]
    return found


def _answers(program: Program, path: Path, call: Calls, place: str, stateful: bool) -> dict[str, Any]:
    archive = Archive(program, path)
    return {
        f"{place}: {endpoint} {way}: {name}": Value(array)
        for endpoint, arguments in call.items()
        if endpoint in archive.revived.signatures
        for way, answer in three_ways(archive, endpoint, arguments, stateful=stateful).items()
        for name, array in answer.items()
    }


class Value:
    """An array that is equal to another of the same dtype, shape and bits, or, with a tolerance, nearly of the same."""

    def __init__(self, array: Any, tolerance: float = 0) -> None:
        self.array, self.tolerance = np.asarray(array), tolerance

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return False
        if self.tolerance and (self.array.dtype, self.array.shape) == (other.array.dtype, other.array.shape):
            wide = [each.array.astype(np.float64) for each in (self, other)]
            return np.allclose(*wide, rtol=self.tolerance, atol=self.tolerance, equal_nan=True)
        return self._key == other._key

    __hash__ = None  # type: ignore[assignment]

    @property
    def _key(self) -> tuple[Any, ...]:
        array = self.array
        content = array.tolist() if array.dtype == object else np.ascontiguousarray(array).tobytes()
        return array.dtype, array.shape, content

    def __repr__(self) -> str:
        return f"{self.array.dtype}{list(self.array.shape)} {self.array!r}"[:200]


def _revived_facts(loaded: Any) -> dict[str, Any]:
    """What Python sees of a loaded archive."""
    facts: dict[str, Any] = {"attributes": sorted(name for name in dir(loaded) if not name.startswith("__"))}
    for name in facts["attributes"]:
        value = getattr(loaded, name)
        if isinstance(value, (list, tuple)) and all(isinstance(each, tf.Variable) for each in value):
            facts[name] = [_variable(each) for each in value]
            facts[f"{name}: values"] = [Value(to_numpy(each)) for each in value]
        elif hasattr(value, "concrete_functions"):
            facts[name] = sorted(map(_function, value.concrete_functions))
            # No public attribute has the names by which a trace takes flat tensors.
            facts[f"{name}: keywords"] = sorted(list(each._arg_keywords) for each in value.concrete_functions)
    facts["signatures"] = sorted(loaded.signatures)
    for key, function in loaded.signatures.items():
        facts[f"signature {key}"] = _function(function)
        facts[f"signature {key}: variables"] = sorted(each.name for each in function.variables)
        facts[f"signature {key}: trainable"] = sorted(each.name for each in function.trainable_variables)
    return facts


def _variable(variable: Any) -> tuple[Any, ...]:
    said = (variable.name, variable.dtype.name, str(variable.shape), variable.trainable)
    return (*said, str(variable.synchronization), str(variable.aggregation), variable.device)


def _function(function: Any) -> str:
    """The tree of a function's inputs and outputs; the names of specs are left out, of which specc's are wire names."""
    inputs = tf.nest.map_structure(_spec, function.structured_input_signature)
    outputs = tf.nest.map_structure(_spec, function.structured_outputs)
    shapes = [str(each.shape) for each in function.outputs]
    return f"{inputs} -> {outputs}, in a graph {shapes}"


def _spec(value: Any) -> Any:
    """A spec without its name; of the sizes of a sparse one, which are values, a trace may know more or fewer."""
    if isinstance(value, tf.SparseTensorSpec):
        return tf.SparseTensorSpec(None if value.shape.rank is None else [None] * value.shape.rank, value.dtype)
    return tf.TensorSpec(value.shape, value.dtype) if isinstance(value, (tf.Tensor, tf.TensorSpec)) else value


def _gradients(program: Program, loaded: Any, call: Calls, place: str) -> dict[str, Any]:
    """The gradients of each endpoint and signature, of the sum of its outputs, by its inputs and the variables."""
    facts: dict[str, Any] = {}
    for endpoint, arguments in call.items():
        if not hasattr(loaded, endpoint):
            continue
        function = getattr(loaded, endpoint)
        facts |= _gradients_of(
            lambda *args, function=function: function(*args), arguments, loaded.variables, f"{place}: {endpoint}"
        )
        flat = tf.nest.flatten(list(arguments), expand_composites=True)
        names = [component.wire_name for component in program[endpoint].input_components]
        specs = program[endpoint].input_components
        tensors = [tf.convert_to_tensor(each, spec.dtype) for each, spec in zip(flat, specs, strict=True)]
        # The plain signature may be one that takes serialized examples.
        key = endpoint if program.document.endpoints[endpoint].receiver is None else f"{RAW}:{endpoint}"
        if key in loaded.signatures:
            signature = loaded.signatures[key]
            facts |= _gradients_of(
                lambda *args, signature=signature, names=names: signature(**dict(zip(names, args, strict=True))),
                tensors, loaded.variables, f"{place}: signature {key}",
            )  # fmt: skip
    return facts


def _gradients_of(
    function: Callable[..., Any], arguments: Sequence[Any], variables: Sequence[Any], place: str
) -> dict[str, Any]:
    def watched(value: Any) -> Any:
        is_dense = isinstance(value, tf.Tensor) or np.isscalar(value) or isinstance(value, np.ndarray)
        return tf.convert_to_tensor(value) if is_dense else value

    arguments = tf.nest.map_structure(watched, list(arguments))
    sources = [each for each in tf.nest.flatten(arguments, expand_composites=True) if each.dtype.is_floating]
    sources += [each for each in variables if each.dtype.is_floating]
    if not sources:
        return {}

    def total() -> Any:
        return _weighted_sum(tf.nest.flatten(function(*arguments), expand_composites=True))

    def total_of_first() -> Any:
        return _weighted_sum([each for each in _differentiated(total, sources) if each is not None])

    facts: dict[str, Any] = {}
    for name, number in (("gradient", total), ("second gradient", total_of_first)):
        try:
            found = _differentiated(number, sources)
        except Exception as error:  # noqa: BLE001  # both archives must fail alike
            facts[f"{place}: no {name}"] = re.sub("Tensor.*", "", f"{type(error).__name__}: {error}"[:300])
        else:
            facts |= {f"{place}: {name} {at}": _gradient_value(each) for at, each in enumerate(found)}
    return facts


def _differentiable(own: dict[str, Any], theirs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The gradients without those of TensorFlow's archive at which its C++ fails: it makes no zeros of float8."""
    failed = tuple(
        name.replace(": no ", ": ") for name, value in theirs.items() if str(value).startswith("SystemError")
    )
    for facts in (own, theirs):
        yield {name: value for name, value in facts.items() if not name.replace(": no ", ": ").startswith(failed)}


def _differentiated(number: Callable[[], Any], sources: Sequence[Any]) -> list[Any]:
    try:
        return _differentiated_once(number, sources)
    except SystemError:  # TensorFlow's C++ leaves the exception of a failed gradient behind, and the next call finds it
        return _differentiated_once(number, sources)


def _differentiated_once(number: Callable[[], Any], sources: Sequence[Any]) -> list[Any]:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        total = number()
    gradients = [] if total is None else tape.gradient(total, sources)
    return [None if each is None else tf.convert_to_tensor(each) for each in gradients]


def _weighted_sum(tensors: Sequence[Any]) -> Any:
    """A number that depends on each element of the floating-point ``tensors`` in a way of its own."""
    parts = [tf.reshape(tf.cast(each, tf.float64), [-1]) for each in tensors if each.dtype.is_floating]
    return (
        tf.add_n([tf.reduce_sum(each * tf.cast(tf.range(1, tf.size(each) + 1), tf.float64) ** 0.5) for each in parts])
        if parts
        else None
    )


def _gradient_value(gradient: Any) -> Any:
    return None if gradient is None else Value(to_numpy(gradient), _TOLERANCE)
