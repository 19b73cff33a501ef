"""Finds the dimensions of the inputs that an output follows, by tracing a function with fixed sizes.

An axis of the result gets the name of an input dimension if it has that dimension's size in both of two traces. The
sizes are multiples of different primes, so that no two dimensions, or fractions of them, agree twice by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import keras

from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import Leaf, Tree
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.trace_results import result_shapes, result_tree
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import (
    BATCH,
    OpenDim,
    is_uniform,
    open_dims,
    separate_names,
    shared_names,
    with_dims,
    with_shape,
)

_SCALES = (64, 8, 1)
"""Sizes are multiples of one of these: large ones for strides and windows, small ones for a limited length."""

Sizes = dict[str, int]


def complete(candidate: Candidate) -> tuple[Endpoint, tuple[Guess, ...]]:
    """The endpoint with its outputs and the names of its dimensions, and the guesses in them.

    Raises:
        SpecError: the function cannot be traced, or returns values that a signature cannot return.
    """
    outputs = result_tree(candidate)
    dims = open_dims(candidate.endpoint)
    guesses: list[Guess] = []
    probed = next(_probes(candidate, dims), None) if dims else None
    if probed is not None:
        names = probed.names
        outputs = with_leaves(outputs, iter([*_followed(outputs, probed)]))
    else:
        names = separate_names(dims, one_batch=isinstance(candidate.function, keras.Layer))
        if dims:
            message = "it is not known which dimensions of the inputs they follow: tracing with fixed sizes failed"
            guesses.append(Guess((*candidate.path, "outputs"), message))
    guesses = [*(_name_guess(candidate, dim, name) for dim, name in names.items() if name != BATCH), *guesses]
    return with_dims(candidate.endpoint, names).model_copy(update={"outputs": outputs}), tuple(guesses)


def _name_guess(candidate: Candidate, dim: OpenDim, name: str) -> Guess:
    where = f"axis {dim.axis} of {dim.wire_name!r} in {candidate.name!r}"
    return Guess(("dims", name), f"{where}; check its name, and add bounds if there are any")


@dataclass(frozen=True)
class _Probed:
    """Names for the open axes with which the function can be traced, and the results of two such traces."""

    candidate: Candidate
    names: dict[OpenDim, str]
    sizes: tuple[Sizes, Sizes]
    shapes: tuple[list[Shape], list[Shape]]

    @cached_property
    def small(self) -> list[Shape] | None:
        """The shapes of the result's leaves for the smallest sizes."""
        return _traced_shapes(self.candidate, self.names, _two_sizes(self.names, 1)[0])


def _probes(candidate: Candidate, dims: tuple[OpenDim, ...]) -> Iterator[_Probed]:
    """The names and sizes that can be traced, first those where inputs share only the batch."""
    ways = (separate_names(dims), shared_names(dims), separate_names(dims, one_batch=False))
    for index, names in enumerate(ways):
        for scale in () if names in ways[:index] else _SCALES:
            sizes = _two_sizes(names, scale)
            first = _traced_shapes(candidate, names, sizes[0])
            second = None if first is None else _traced_shapes(candidate, names, sizes[1])
            if first is not None and second is not None and _ranks_of(first) == _ranks_of(second):
                yield _Probed(candidate, names, sizes, (first, second))


def _traced_shapes(candidate: Candidate, names: dict[OpenDim, str], sizes: Sizes) -> list[Shape] | None:
    fixed = with_dims(candidate.endpoint, {dim: sizes[name] for dim, name in names.items()})
    return result_shapes(candidate, fixed)


def _ranks_of(shapes: list[Shape]) -> list[int | None]:
    return [None if shape is None else len(shape) for shape in shapes]


def _two_sizes(names: dict[OpenDim, str], scale: int) -> tuple[Sizes, Sizes]:
    """Two sizes for each name, all of them different."""
    words = list(dict.fromkeys(names.values()))
    primes: list[int] = []
    number = 3
    while len(primes) < 2 * len(words):
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 2
    sizes = [scale * prime for prime in primes]
    return dict(zip(words, sizes[: len(words)], strict=True)), dict(zip(words, sizes[len(words) :], strict=True))


def _followed(outputs: Tree, probed: _Probed) -> Iterator[Leaf]:
    """The leaves of the result; each axis has its size, the name of the dimension that it follows, or is open."""
    for index, (leaf, first, second) in enumerate(zip(leaves(outputs), *probed.shapes, strict=True)):
        if first is None or second is None or len(leaf.shape or first) != len(first):
            yield leaf
            continue
        ranked = leaf if leaf.shape is not None else leaf.model_copy(update={"shape": (ANY,) * len(first)})
        dims = [_followed_dim(ranked, axis, (first[axis], second[axis]), index, probed) for axis in range(len(first))]
        yield with_shape(ranked, lambda axis, _, dims=dims: dims[axis])  # type: ignore[misc]


def _followed_dim(leaf: Leaf, axis: int, seen: tuple[Dimension, Dimension], index: int, probed: _Probed) -> Dimension:
    """One dimension of the leaf at ``index``, which had the sizes ``seen`` in the two traces."""
    assert leaf.shape is not None
    if leaf.shape[axis] != ANY or not is_uniform(leaf, axis):
        return leaf.shape[axis]
    for name, size in probed.sizes[0].items():
        if seen == (size, probed.sizes[1][name]):
            return name
    # A result that is cut to a maximum length has it for all large inputs: a fixed size must also occur for small ones.
    small = probed.small[index] if probed.small is not None else None
    is_constant = small is not None and len(small) > axis and small[axis] == seen[0] == seen[1]
    return seen[0] if is_constant else ANY
