"""Finds the dimensions of the inputs that an output follows, by tracing a function with fixed sizes.

An axis of the result gets the name of an input dimension if it has that dimension's size in both of two traces. The
sizes are multiples of different primes, so that no two dimensions, or fractions of them, agree twice by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from specc.compiler.backends import runs_in_tensorflow
from specc.errors import SpecError
from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import Leaf, Tree
from specc.reader.custom_ops import listed
from specc.scaffold.dim_groups import Group, Partition, likely_partitions, name_groups, split_groups
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.trace_results import result_shapes, result_tree
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import BATCH, OpenDim, is_uniform, open_dims, with_dims, with_shape
from specc.verification.call_sizes import Sizes

_SCALES, _VIDEO_SCALES = (64, 8, 1), (8, 64, 1)
"""Sizes are multiples of one of these: large ones for strides and windows, small ones for a limited length.

A layer may be traced for each frame of a video.
"""
_RANK_OF_VIDEOS = 5
_MAX_TRACES = 64
"""The limit on the traces that look for dimensions; the axes that are not separated by then stay equal."""

Names = dict[OpenDim, str]


def completions(candidate: Candidate) -> Iterator[tuple[Endpoint, tuple[Guess, ...]]]:
    """The endpoint with its outputs and the names of its dimensions, and the guesses in them.

    The first has the most dimensions with which the function can be traced; the others merge some of them, for a
    function that compares sizes only when it runs.

    Raises:
        SpecError: the function cannot be traced, or returns values that a signature cannot return.
    """
    dims = open_dims(candidate.endpoint)
    try:
        open_tree, error = result_tree(candidate), None
    except SpecError as raised:
        if not dims or runs_in_tensorflow(candidate.function):
            raise
        open_tree, error = None, raised  # every open size of JAX is unlike the others, until equal ones have one name
    if not dims:
        assert open_tree is not None
        yield candidate.endpoint.model_copy(update={"outputs": open_tree}), ()
        return
    traced = False
    probes = _Probes(candidate, dims)
    for probed in probes.found():
        try:
            tree = open_tree or result_tree(replace(candidate, endpoint=with_dims(candidate.endpoint, probed.names)))
        except SpecError:
            continue
        traced = True
        yield _named(candidate, probed.names, with_leaves(tree, iter([*_followed(tree, probed)])), probes.guesses())
    if error and not traced:
        raise error
    if open_tree and not traced:
        message = "it is not known which dimensions of the inputs they follow: tracing with fixed sizes failed"
        batch = next(each for each in likely_partitions(dims) if sum(map(_is_batch, each)) <= 1)
        yield _named(candidate, name_groups(batch), open_tree, (Guess((*candidate.path, "outputs"), message),))


def _named(
    candidate: Candidate, names: Names, outputs: Tree, more: tuple[Guess, ...]
) -> tuple[Endpoint, tuple[Guess, ...]]:
    others = {name for dim, name in names.items() if dim.role != BATCH}
    batches = [name for name in dict.fromkeys(names.values()) if name not in others]
    guesses = []
    if len(batches) > 1:
        message = "the function does not need them to be equal; give them one name if they always are"
        guesses.append(Guess(("dims",), f"{listed(batches)}: {message}"))
    return with_dims(candidate.endpoint, names).model_copy(update={"outputs": outputs}), (*guesses, *more)


@dataclass(frozen=True)
class _Probed:
    """Names for the open axes with which the function can be traced, and the results of two such traces."""

    names: Names
    sizes: tuple[Sizes, Sizes]
    shapes: tuple[list[Shape], list[Shape]]
    trace_small: Callable[[], list[Shape] | None]

    @cached_property
    def small(self) -> list[Shape] | None:
        """The shapes of the result's leaves for the smallest sizes."""
        return self.trace_small()


class _Probes:
    """Traces of a function with fixed sizes, to find which of the axes have to be equal."""

    def __init__(self, candidate: Candidate, dims: tuple[OpenDim, ...]) -> None:
        self._candidate, self._dims = candidate, dims
        self._traced: dict[tuple[int, ...], list[Shape] | None] = {}
        self._is_cut_short = False

    def found(self) -> Iterator[_Probed]:
        """The partition with the most dimensions, then the likely ones that are coarser."""
        seen: set[Partition] = set()
        shapes = [leaf.shape or () for tree in self._candidate.endpoint.inputs for leaf in leaves(tree)]
        scales = _VIDEO_SCALES if max(map(len, shapes), default=0) >= _RANK_OF_VIDEOS else _SCALES
        for partition in likely_partitions(self._dims):
            scale = next((scale for scale in scales if self._runs_twice(partition, scale)), None)
            if scale is None:
                continue
            finest = partition if seen else split_groups(partition, partial(self._runs, scale=scale))
            for each in (finest, partition):
                if each not in seen and self._runs_twice(each, scale):
                    seen.add(each)
                    yield self._probed(each, scale)

    def guesses(self) -> tuple[Guess, ...]:
        """A guess if there are more ways to split the dimensions than were traced."""
        if not self._is_cut_short:
            return ()
        message = f"some dimensions may be separate: not all ways were tried in {_MAX_TRACES} traces"
        return (Guess((*self._candidate.path, "inputs"), message),)

    def _probed(self, partition: Partition, scale: int) -> _Probed:
        names = name_groups(partition)
        sizes = [_sizes_of(partition, scale, turn) for turn in (0, 1)]
        first, second = ({names[dim]: size for dim, size in each.items()} for each in sizes)
        shapes = [self._shapes(each) for each in sizes]
        assert shapes[0] is not None
        assert shapes[1] is not None
        small = partial(self._shapes, _sizes_of(partition, 1, 0))
        return _Probed(names, (first, second), (shapes[0], shapes[1]), small)

    def _runs(self, partition: Partition, scale: int) -> bool:
        if len(self._traced) >= _MAX_TRACES:
            self._is_cut_short = True
            return False
        return self._shapes(_sizes_of(partition, scale, 0)) is not None

    def _runs_twice(self, partition: Partition, scale: int) -> bool:
        first = self._shapes(_sizes_of(partition, scale, 0))
        second = None if first is None else self._shapes(_sizes_of(partition, scale, 1))
        return first is not None and second is not None and _ranks_of(first) == _ranks_of(second)

    def _shapes(self, sizes: dict[OpenDim, int]) -> list[Shape] | None:
        """The shapes of the result's leaves for inputs of these sizes, or None if the function rejects them."""
        key = tuple(sizes[dim] for dim in self._dims)
        if key not in self._traced:
            self._traced[key] = result_shapes(self._candidate, with_dims(self._candidate.endpoint, sizes))
        return self._traced[key]


def _ranks_of(shapes: list[Shape]) -> list[int | None]:
    return [None if shape is None else len(shape) for shape in shapes]


def _is_batch(group: Group) -> bool:
    return all(dim.role == BATCH for dim in group)


def _sizes_of(partition: Partition, scale: int, turn: int) -> dict[OpenDim, int]:
    """A size for each axis; those of the two turns are all different.

    A batch gets the largest, since it is rarely limited. Where one more group is split off, each size of the others in
    the first turn is one of those of the two turns here: what fits a limit still does.
    """
    batches = [group for group in partition if _is_batch(group)]
    others = [group for group in partition if not _is_batch(group)]
    primes = _odd_primes(2 * len(partition))
    sizes: dict[OpenDim, int] = {}
    for groups, start in ((others, 0), (batches, 2 * len(others))):
        for index, group in enumerate(sorted(groups, key=min)):
            sizes |= dict.fromkeys(group, scale * primes[start + turn * len(groups) + index])
    return sizes


def _odd_primes(number: int) -> list[int]:
    primes: list[int] = []
    candidate = 3
    while len(primes) < number:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 2
    return primes


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
