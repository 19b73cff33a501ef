"""Misuse: calls that break what an endpoint declares, every one of which an archive has to refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from math import prod
from typing import NamedTuple

from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.tensor_bytes import element_size
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.run_finding import RunFinding
from specc.verification.endpoint_calls import EndpointCalls
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Way
from specc.verification.subject import listed

_ARGUMENT_WAYS: tuple[Way, ...] = ("attribute", "signature")
"""The ways that see which tensors are sent; a Session casts what it is fed, and is fed what it is asked for."""
_MAX_CALLS = 200
_UNKNOWN = "specc_unknown"


class Misuse(NamedTuple):
    """A wrong call: ``what`` is wrong with it, at the ``path`` of a leaf, and the ways that have to refuse it."""

    what: str
    path: SpecPath
    inputs: Mapping[str, FlatTensor]
    ways: tuple[Way, ...]


def find_unenforced(
    calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]
) -> Iterator[RunFinding]:
    """The findings about wrong calls that are answered; ``planned`` is a right one, which ``answers`` show."""
    shape_ways = tuple(way for way, answer in answers.items() if answer.compares_shapes)
    for misuse in islice(_misuses(calls, planned, shape_ways), _MAX_CALLS):
        answering = [
            way
            for way in misuse.ways
            if way in answers
            and isinstance(calls.ask(way, planned, inputs=misuse.inputs, what=f" with {misuse.what}"), Answered)
        ]
        if answering:
            said = "answers" if len(answering) == 1 else "answer"
            message = f"{listed(answering)} {said} a call with {misuse.what}"
            yield calls.finding("not-enforced", misuse.path, message, answering, planned, with_example=False)


def _misuses(calls: EndpointCalls, planned: PlannedCall, shape_ways: tuple[Way, ...]) -> Iterator[Misuse]:
    inputs = planned.inputs
    for leaf in calls.axes.leaves:
        if isinstance(leaf.leaf, Tensor):
            yield from _of_tensor(leaf, inputs, shape_ways)
    # A function that specc did not write may have defaults that no graph records.
    ways = tuple(way for way in _ARGUMENT_WAYS if way != "attribute" or calls.facts.has_contract)
    for leaf in calls.axes.leaves:
        if not (isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None):
            names = {part.wire_name for part in leaf.components}
            rest = {name: tensor for name, tensor in inputs.items() if name not in names}
            yield Misuse(f"no {leaf.name!r}", leaf.path, rest, ways)
    extra = {**inputs, _UNKNOWN: FlatTensor("float32", (), bytes(4))}
    yield Misuse(f"an unknown input, {_UNKNOWN!r}", calls.subject.path, extra, _ARGUMENT_WAYS)


def _of_tensor(leaf: BoundLeaf, inputs: Mapping[str, FlatTensor], shape_ways: tuple[Way, ...]) -> Iterator[Misuse]:
    tensor = inputs[leaf.name]
    declared = leaf.leaf.shape

    def sent(changed: FlatTensor, what: str, ways: tuple[Way, ...]) -> Misuse:
        return Misuse(f"{what} for {leaf.name!r}", leaf.path, {**inputs, leaf.name: changed}, ways)

    if declared is not None:
        rank = len(declared)
        deeper = FlatTensor(tensor.dtype, (1, *tensor.shape), tensor.values)
        yield sent(deeper, f"the rank {rank + 1} instead of {rank}", shape_ways)
    for axis, dim in enumerate(declared or ()):
        if isinstance(dim, int):
            shape = (*tensor.shape[:axis], dim + 1, *tensor.shape[axis + 1 :])
            if prod(shape):
                yield sent(
                    _zeros(tensor.dtype, shape), f"the size {dim + 1} instead of {dim} on axis {axis}", shape_ways
                )
    other = "float32" if tensor.dtype != "float32" else "int32"
    yield sent(_zeros(other, tensor.shape), f"the dtype {other} instead of {tensor.dtype}", _ARGUMENT_WAYS)


def _zeros(dtype: str, shape: tuple[int, ...]) -> FlatTensor:
    values = (b"",) * prod(shape) if dtype == "string" else bytes(prod(shape) * element_size(dtype))
    return FlatTensor(dtype, shape, values)
