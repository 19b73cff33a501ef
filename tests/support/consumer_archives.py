"""Archives for runtimes of others, with the calls to make of them and the answers of the model that each was built from.

The cases are every example in ``examples/`` and the small models of ``consumer_matrix``:

- ``CASES`` has their names, ``document_of(case)`` gives the document, and ``run_names(case)`` its runs. Nothing is built
  for that, so tests can be parametrized with them (``runs()`` gives every pair).
- ``build(case, directory)`` exports the archive and gives an ``Archive``: ``path``, ``document``, ``tags`` and ``runs``,
  by name. The fixture ``archives`` of ``tests/consumers/conftest.py`` builds each case once a session, when it is first
  asked for: ``archives("lookup").runs["serve"]``.
- A ``Run`` is a sequence of calls in one archive that was loaded for it alone, so that it starts from the stored state.
  Every signature has a run of its own name, which calls it once; further runs call several signatures, or one again,
  in the order of ``calls``, and each answer counts.
- A ``Call`` has the signature's key, and flat ``inputs`` and ``outputs``: NumPy arrays by wire name. Strings are arrays
  of ``object`` with ``bytes``. An input that is not in ``inputs`` is left out, and its default holds.
- The ``outputs`` are those of the model: of the small ones computed by functions that call the model and name the
  outputs by hand; of the examples computed by ``verify``'s reference, which never sees the archive.
- ``assert_answers(call, found)`` compares names, dtypes, shapes and values. A runtime that has no int64, say, passes
  ``narrowed={"int64": "int32"}``: then that dtype is expected, and the values of the wider one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from consumer_matrix import MATRIX, Asked, Small
from example_archives import SPECS, beside

import specc
from specc.compiler.load_model import load_model
from specc.language.calls.messages import to_messages
from specc.language.calls.read import read_examples
from specc.language.document import Document
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import PublishedSignature, published_signatures, tags_of
from specc.verification.child.model import ModelReference
from specc.verification.child.tensors import to_array
from specc.verification.protocol import Call as ModelCall

SEED = 0
EXAMPLES = {spec.name.removesuffix(".specc.json"): spec for spec in SPECS}
CASES = (*EXAMPLES, *MATRIX)
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}
"""A runtime may fuse and order sums otherwise than the model, which runs op by op; float32 has about 7 digits."""
COARSE = {"bfloat16": {"rtol": 1e-2, "atol": 1e-2}, "float16": {"rtol": 1e-3, "atol": 1e-3}}


@dataclass(frozen=True)
class Call:
    """One call of a signature, and the model's answer."""

    signature: str
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Run:
    """Calls in this order, in an archive in its stored state."""

    name: str
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Archive:
    """A built archive."""

    case: str
    path: Path
    document: Document
    runs: Mapping[str, Run]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its MetaGraph."""
        return tags_of(self.document)


Answer = Callable[[Archive, Run], Iterable[Mapping[str, np.ndarray]]]
"""A runtime: the answers to the calls of a run, in order. It raises RuntimeError with its own words where it fails."""


@cache
def document_of(case: str) -> Document:
    """The document of a case."""
    return specc.load(EXAMPLES[case]) if case in EXAMPLES else specc.from_json(MATRIX[case].document)


@cache
def signatures_of(case: str) -> Mapping[str, PublishedSignature]:
    """The signatures of a case, by key."""
    return {each.key: each for each in published_signatures(document_of(case))}


def run_names(case: str) -> tuple[str, ...]:
    """The names of a case's runs: the keys of its signatures, then the further ones."""
    return (*signatures_of(case), *(MATRIX[case].sequences if case in MATRIX else ()))


def runs() -> list[tuple[str, str]]:
    """Every case with every of its runs."""
    return [(case, run) for case in CASES for run in run_names(case)]


def build(case: str, directory: Path) -> Archive:
    """Exports the archive of a case into ``directory``, which must not be there."""
    make = _build_example if case in EXAMPLES else _build_small
    return Archive(case, directory, document_of(case), {run.name: run for run in make(case, directory)})


def _build_small(case: str, directory: Path) -> Iterator[Run]:
    small = MATRIX[case]
    specc.compile(document_of(case)).export(_made(small), directory)
    for name in run_names(case):
        model, calls = _made(small), list[Call]()
        for step in small.sequences.get(name, [name]):
            key, _, left_out = step.partition(" - ")
            signature = signatures_of(case)[key]
            asked = small.asked[signature.endpoint]
            tensors = {wire: _tensor(array) for wire, array in asked.inputs.items() if wire != left_out}
            outputs = {wire: np.asarray(value) for wire, value in asked.answer(model, tensors).items()}
            calls.append(Call(key, _sent(asked, signature, left_out), outputs))
        yield Run(name, tuple(calls))


def _made(small: Small) -> Any:
    keras.utils.set_random_seed(SEED)
    return small.make()


def _sent(asked: Asked, signature: PublishedSignature, left_out: str) -> Mapping[str, np.ndarray]:
    if signature.receiver is not None:
        return {RECEIVER_INPUT: asked.messages[signature.receiver]}
    return {wire: array for wire, array in asked.inputs.items() if wire != left_out}


def _tensor(array: np.ndarray) -> Any:
    return tf.constant(array, tf.string if array.dtype == object else tf.as_dtype(array.dtype))


def _build_example(case: str, directory: Path) -> Iterator[Run]:
    document, file = document_of(case), EXAMPLES[case]
    assert document.model is not None
    with beside(file):
        importlib.import_module(document.model.partition(":")[0])
        model = load_model(document.model, file.parent, seed=SEED)
        specc.compile(document).export(model, directory)
        reference = ModelReference(document, model)
        for key, signature in signatures_of(case).items():
            examples = read_examples(document, signature.endpoint).values()
            example = next(each for each in examples if each.error is None)
            endpoint = document.endpoints[signature.endpoint]
            answered = reference.call(ModelCall("model", signature.endpoint, signature.endpoint, example.inputs))
            assert answered.mismatches == ()
            inputs = example.inputs
            if signature.receiver is not None:
                messages = to_messages(endpoint, signature.receiver, example.inputs)
                assert messages is not None
                inputs = {RECEIVER_INPUT: messages}
            yield Run(key, (Call(key, _arrays(inputs), _arrays(answered.outputs)),))


def _arrays(tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: to_array(tensor) for name, tensor in tensors.items()}


def assert_answers(call: Call, found: Mapping[str, np.ndarray], *, narrowed: Mapping[str, str] | None = None) -> None:
    """The answer ``found`` is the model's: the same names, dtypes, shapes and values."""
    assert sorted(found) == sorted(call.outputs), f"outputs {sorted(found)}, not {sorted(call.outputs)}"
    for name, expected in call.outputs.items():
        array, dtype = found[name], expected.dtype.name
        wanted = (narrowed or {}).get(dtype, dtype)
        assert array.dtype.name == wanted, f"{name}: dtype {array.dtype.name}, not {wanted}"
        assert array.shape == expected.shape, f"{name}: shape {array.shape}, not {expected.shape}"
        if np.issubdtype(expected.dtype, np.inexact) or dtype in COARSE:
            wide = (lambda each: each.astype(np.float32)) if dtype in COARSE else (lambda each: each)
            np.testing.assert_allclose(wide(array), wide(expected), **COARSE.get(dtype, TOLERANCE), err_msg=name)
        else:
            np.testing.assert_array_equal(array, expected, err_msg=name)
