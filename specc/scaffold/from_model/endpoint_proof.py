"""Runs an endpoint of a first spec at two assignments of its dimensions, as the model and as it is traced.

A model on TensorFlow runs eagerly, and one on JAX under ``jax.jit``; an archive holds the trace of open sizes.

A shape that is written may be false where the trace of open sizes computes another one, and numbers may differ there:
Keras's TimeDistributed over an open axis does both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import gcd
from random import Random
from typing import Any

import tensorflow as tf

from specc.diagnostics import SpecPath
from specc.errors import SpecError
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.sizes import shape_text
from specc.language.document import Document, Endpoint
from specc.language.tensor_string import ANY
from specc.language.tolerance import Tolerance
from specc.language.tree_edits import with_leaves
from specc.language.trees import Leaf, Tensor
from specc.language.wire_names import BoundLeaf, output_leaves
from specc.scaffold.from_model.jitted_call import jitted_call
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import with_shape
from specc.verification.call_sizes import MAX_ELEMENTS, InputAxes, Sizes
from specc.verification.child.model import ModelReference
from specc.verification.child.refusals import refusal_text
from specc.verification.comparison import compare_leaf
from specc.verification.leaf_generator import LeafGenerator
from specc.verification.protocol import Answered, Call

_TURNS = ((3, 4, 7, 5, 11, 13, 17, 19), (2, 9, 5, 7, 13, 11, 19, 17))
"""The sizes of each assignment, first the rows: small ones for a limited length, and pairwise coprime."""
_SCALES = (1, 8, 32)
_IMAGE_SCALES = (8, 32, 1)
"""What the sizes, except the rows, are multiples of: the first with which the function runs. Of images, larger ones.

oneDNN's convolutions read memory that nothing wrote where an image is smaller than their window.
"""

_RANK_OF_ROWS = 3
"""Tensors with more axes are images or volumes."""
_ADVICE = "a layer computes something else in a trace of open sizes, as TimeDistributed does: fix the size of that axis"


@dataclass(frozen=True)
class Proof:
    """The endpoint, with an open axis wherever a written size was false, and the guesses that follow.

    ``ran`` is false if the function rejected all generated inputs.
    """

    endpoint: Endpoint
    guesses: tuple[Guess, ...] = ()
    ran: bool = True


@dataclass(frozen=True)
class _Run:
    """The answers of one call, with the sizes of its dimensions; ``refusal`` is why one of the two is missing.

    ``again`` makes the call once more, eagerly or traced.
    """

    sizes: Sizes
    again: Callable[[bool], Answered]
    eager: Answered | None
    traced: Answered | None
    refusal: str = ""

    @property
    def answers(self) -> tuple[Answered, ...]:
        """Those that there are."""
        return tuple(answer for answer in (self.eager, self.traced) if answer is not None)


def prove(document: Document, name: str, model: Any) -> Proof:
    """The Proof of the endpoint ``name``, run with generated inputs; the state of ``model`` is put back after each."""
    endpoint, at = document.endpoints[name], ("endpoints", name)
    try:
        reference = ModelReference(document, model)
    except SpecError as error:
        return Proof(endpoint, (Guess(at, f"it cannot be built as written: {error.diagnostics[0].message}"),))
    try:
        runs = _Runner(document, name, reference, jitted_call(document, name, model)).runs()
    except Exception as error:  # noqa: BLE001  # TensorFlow and models raise any type
        return Proof(endpoint, (Guess(at, _not_run(error)),), ran=False)
    return _judge(endpoint, at, runs, compares=_is_repeatable(endpoint, reference, name))


def _not_run(error: Exception) -> str:
    return f"its shapes are those of traces only, since it rejects generated inputs: {refusal_text(error)}"


def _is_repeatable(endpoint: Endpoint, reference: ModelReference, name: str) -> bool:
    """Whether two calls from the same state give the same numbers, and so are compared."""
    return not reference.effects(name).draws and not endpoint.kwargs.get("training")


class _Runner:
    """Calls of one endpoint of a model, with generated inputs."""

    def __init__(
        self,
        document: Document,
        name: str,
        reference: ModelReference,
        jitted: Callable[[Call], Answered] | None,
    ) -> None:
        self._axes, self._name, self._reference, self._jitted = InputAxes(document, name), name, reference, jitted

    def runs(self) -> list[_Run]:
        """A run for each assignment, with the first scale that all of them can have.

        Raises:
            Exception: the error of the first scale, if there is none.
        """
        first: Exception | None = None
        has_images = any(len(axes) > _RANK_OF_ROWS for axes in self._axes.axes.values())
        scales = _IMAGE_SCALES if has_images else _SCALES
        for scale in scales if len(self._axes.free) > 1 else scales[:1]:
            assignments = [self._sizes(turn, scale) for turn in _TURNS]
            if first and any(self._axes.count(sizes) > MAX_ELEMENTS for sizes in assignments):
                break
            try:
                return [self._run(sizes) for sizes in (assignments if self._axes.free else assignments[:1])]
            except Exception as error:  # noqa: BLE001  # as above
                first = first or error
        assert first is not None
        raise first

    def _sizes(self, turn: Sequence[int], scale: int) -> Sizes:
        sizes: dict[str, int] = {}
        for free, size in zip(self._axes.free, _coprime_sizes(turn), strict=False):
            sizes[free.name] = size if free.name == self._axes.rows else size * scale
        return sizes

    def _run(self, sizes: Sizes) -> _Run:
        inputs: dict[str, FlatTensor] = {}
        for leaf in self._axes.leaves:
            shape = [sizes[axis] if isinstance(axis, str) else axis for axis in self._axes.axes[leaf.name]]
            inputs |= LeafGenerator(leaf, Random(leaf.name), "random").tensors(shape)
        again = partial(self._answer, Call("model", self._name, self._name, inputs))
        try:
            eager = again(False)
        except Exception as error:  # noqa: BLE001  # as above
            return _Run(sizes, again, None, again(True), f"only an archive answers: {refusal_text(error)}")
        try:
            return _Run(sizes, again, eager, again(True))
        except Exception as error:  # noqa: BLE001  # as above
            reason = f"only the model answers, and no archive: {refusal_text(error)}"
            return _Run(sizes, again, eager, None, reason)

    def _answer(self, call: Call, traced: bool) -> Answered:
        if self._jitted is not None and not traced:
            return self._jitted(call)
        with nullcontext() if traced else _eager_functions():
            return self._reference.call(call, traced=traced)


def _coprime_sizes(turn: Sequence[int]) -> Iterator[int]:
    """The sizes of ``turn``, then as many as are needed, all of them pairwise coprime."""
    yield from turn
    taken = list(turn)
    for size in count(max(turn) + 1):
        if all(gcd(size, other) == 1 for other in taken):
            taken.append(size)
            yield size


@contextmanager
def _eager_functions() -> Iterator[None]:
    """A context in which tf.functions run eagerly too."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _judge(endpoint: Endpoint, at: SpecPath, runs: Sequence[_Run], *, compares: bool) -> Proof:
    guesses = [Guess(at, f"with {_sizes_text(run)}, {run.refusal}") for run in runs if run.refusal][:1]
    mismatches = [each for run in runs for answer in run.answers for each in answer.mismatches]
    guesses += [Guess(each.path, each.message) for each in dict.fromkeys(mismatches)]
    corrected: list[Leaf] = []
    for bound in output_leaves(endpoint, at):
        corrected.append(_corrected(bound, runs))
        problem = next(filter(None, (_difference(bound, run, compares=compares) for run in runs)), "")
        if problem:
            guesses.append(Guess(bound.path, problem))
    outputs = with_leaves(endpoint.outputs, iter(corrected))
    return Proof(endpoint.model_copy(update={"outputs": outputs}), tuple(guesses))


def _corrected(bound: BoundLeaf, runs: Sequence[_Run]) -> Leaf:
    """A dense output with an open axis wherever it has another size than is written, or without a rank."""
    leaf = bound.leaf
    if not isinstance(leaf, Tensor) or leaf.shape is None:
        return leaf
    false_axes: set[int] = set()
    for run in runs:
        for found in (answer.outputs[bound.name].shape for answer in run.answers if bound.name in answer.outputs):
            if len(found) != len(leaf.shape):
                return leaf.model_copy(update={"shape": None})
            for axis, (dim, size) in enumerate(zip(leaf.shape, found, strict=True)):
                if dim != ANY and size != (run.sizes[dim] if isinstance(dim, str) else dim):
                    false_axes.add(axis)
    return with_shape(leaf, lambda axis, dim: ANY if axis in false_axes else dim)


def _difference(bound: BoundLeaf, run: _Run, *, compares: bool) -> str:
    """What differs between the eager and the traced answer, or an empty string."""
    if run.eager is None or run.traced is None:
        return ""
    beginning = f"with {_sizes_text(run)}, an archive gives other answers than the model"
    for name in (component.wire_name for component in bound.components):
        eager, traced = run.eager.outputs.get(name), run.traced.outputs.get(name)
        if eager is None or traced is None:
            return ""
        if eager.shape != traced.shape:
            shapes = f"the shape is {shape_text(traced.shape)} instead of {shape_text(eager.shape)}"
            return f"{beginning}: {shapes}; {_ADVICE}"
    problem = _unlike(bound, run.traced, run.eager) if compares else ""
    if not problem:
        return ""
    if _unlike(bound, run.again(False), run.eager) or _unlike(bound, run.again(True), run.traced):
        return f"with {_sizes_text(run)}, two calls differ from each other: its numbers are not compared"
    return f"{beginning}: an output {problem}; {_ADVICE}"


def _unlike(bound: BoundLeaf, found: Answered, expected: Answered) -> str:
    return compare_leaf(bound, found.outputs, expected.outputs, Tolerance(), "here").problem


def _sizes_text(run: _Run) -> str:
    return ", ".join(f"{name} = {size}" for name, size in run.sizes.items()) or "generated inputs"
