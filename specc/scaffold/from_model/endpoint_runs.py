"""Calls of an endpoint of a first spec with generated inputs, at two assignments of its dimensions.

A model on TensorFlow runs eagerly, and one on JAX under ``jax.jit``; an archive holds the trace of open sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import gcd, prod
from random import Random

import tensorflow as tf

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_generator import LeafGenerator
from specc.language.trees import Tensor
from specc.scaffold.from_model.fixed_sizes import FixedTraces
from specc.verification.call_sizes import MAX_ELEMENTS, Sizes
from specc.verification.child.model import ModelReference
from specc.verification.child.refusals import refusal_text
from specc.verification.protocol import Answered, Call

_TURNS = ((3, 4, 7, 5, 11, 13, 17, 19), (2, 9, 5, 7, 13, 11, 19, 17))
"""The sizes of each assignment, first the rows: small ones for a limited length, and pairwise coprime."""
_SCALES = (1, 8, 32, 64)
_IMAGE_SCALES = (8, 32, 1)
"""What the sizes, except the rows, are multiples of: the first with which the function runs. Of images, larger ones.

oneDNN's convolutions read memory that nothing wrote where an image is smaller than their window.
"""

_RANK_OF_ROWS = 3
"""Tensors with more axes are images or volumes."""


@dataclass(frozen=True)
class Run:
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


class Runner:
    """Calls of one endpoint of a model, with generated inputs of sizes with which it can be traced."""

    def __init__(
        self,
        name: str,
        traces: FixedTraces,
        reference: ModelReference,
        jitted: Callable[[Call], Answered] | None,
    ) -> None:
        self._axes, self._name, self._traces = traces.axes, name, traces
        self._reference, self._jitted = reference, jitted

    def runs(self) -> list[Run]:
        """A run for each assignment, with the first scale that all of them can have.

        Raises:
            Exception: the error of the first scale, if there is none.
        """
        if len(self._axes.free) <= 1:  # rows may have any number
            return [self._run(self._sizes(turn, 1)) for turn in _TURNS[: 1 + len(self._axes.free)]]
        first: Exception | None = None
        has_images = any(len(axes) > _RANK_OF_ROWS for axes in self._axes.axes.values())
        scales = _IMAGE_SCALES if has_images else _SCALES
        for scale in scales:
            assignments = [self._sizes(turn, scale) for turn in _TURNS]
            if first and any(self._axes.count(sizes) > MAX_ELEMENTS for sizes in assignments):
                break
            try:
                self._require_traceable(assignments)
                return [self._run(sizes) for sizes in assignments]
            except Exception as error:  # noqa: BLE001  # TensorFlow and models raise any type
                first = first or error
        assert first is not None
        raise first

    def _require_traceable(self, assignments: Iterable[Sizes]) -> None:
        """Raises ValueError if the function cannot be traced with one of the ``assignments``."""
        for sizes in assignments:
            if not self._traces.works(sizes):
                raise ValueError(f"tracing with {sizes_text(sizes)} failed")

    def _sizes(self, turn: Sequence[int], scale: int) -> Sizes:
        sizes: dict[str, int] = {}
        for free, size in zip(self._axes.free, _coprime_sizes(turn), strict=False):
            sizes[free.name] = size if free.name == self._axes.rows else size * scale
        return sizes

    def takes(self, working: Sizes, sizes: Sizes) -> bool:
        """Whether the trace answers inputs of these sizes with the values of a call that works; true if not tried."""
        if self._axes.count(sizes) > MAX_ELEMENTS:
            return True
        inputs = self._call(working).inputs
        for leaf in self._axes.leaves:
            shape = self._axes.shape(leaf, sizes)
            if isinstance(leaf.leaf, Tensor):
                inputs = {**inputs, leaf.name: _resized(inputs[leaf.name], shape)}
            elif shape != self._axes.shape(leaf, working):
                return True
        try:
            self._answer(Call("model", self._name, self._name, inputs), traced=True)
        except tf.errors.ResourceExhaustedError:
            return True
        except Exception:  # noqa: BLE001  # as in runs
            return False
        return True

    def _call(self, sizes: Sizes) -> Call:
        inputs: dict[str, FlatTensor] = {}
        for leaf in self._axes.leaves:
            shape = [sizes[axis] if isinstance(axis, str) else axis for axis in self._axes.axes[leaf.name]]
            inputs |= LeafGenerator(leaf, Random(leaf.name), "random").tensors(shape)
        return Call("model", self._name, self._name, inputs)

    def _run(self, sizes: Sizes) -> Run:
        again = partial(self._answer, self._call(sizes))
        try:
            eager = again(False)
        except Exception as error:  # noqa: BLE001  # as in runs
            return Run(sizes, again, None, again(True), f"only an archive answers: {refusal_text(error)}")
        try:
            return Run(sizes, again, eager, again(True))
        except Exception as error:  # noqa: BLE001  # as in runs
            reason = f"only the model answers, and no archive: {refusal_text(error)}"
            return Run(sizes, again, eager, None, reason)

    def _answer(self, call: Call, traced: bool) -> Answered:
        if self._jitted is not None and not traced:
            return self._jitted(call)
        with nullcontext() if traced else _eager_functions():
            return self._reference.call(call, traced=traced)


def _resized(tensor: FlatTensor, shape: tuple[int, ...]) -> FlatTensor:
    """A tensor of another shape, with the same elements again and again."""
    times = -(-prod(shape) // max(tensor.size, 1))
    width = len(tensor.values) // max(tensor.size, 1)
    return FlatTensor(tensor.dtype, shape, (tensor.values * times)[: prod(shape) * width])


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


def sizes_text(sizes: Sizes) -> str:
    """The sizes of a call, in words."""
    return ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "generated inputs"
