"""Checks of one answer against what the endpoint declares: structure, sizes, bounds, and finite numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from specc.diagnostics import SpecPath
from specc.language.calls.findings import EnoughError, Findings, Found
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_checks import check_leaf, limit_of
from specc.language.calls.leaf_values import index_of
from specc.language.calls.sizes import NamedSizes, leaf_shape, shape_text
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import to_json, unpack
from specc.language.tolerance import allowance
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RunningRule
from specc.verification.protocol import Answered
from specc.verification.subject import Subject


class AnswerProblem(NamedTuple):
    """What is wrong with one answer."""

    rule: RunningRule
    path: SpecPath
    message: str
    row: int | None = None
    """The first row that has a number that is not finite."""


def find_problems(
    subject: Subject,
    inputs: Mapping[str, FlatTensor],
    answer: Answered,
    not_finite: Mapping[str, Collection[str]],
) -> Iterator[AnswerProblem]:
    """The problems of ``answer``. ``not_finite`` has the numbers that are not finite and yet expected, by wire name.

    A leaf has one problem at most, and none if its structure has one.
    """
    structure = list(_structure(subject, inputs, answer))
    yield from structure
    broken = [problem.path for problem in structure]
    for bound in sound_leaves(subject, broken):
        yield from _values(subject, bound, answer.outputs, not_finite)


def sound_leaves(subject: Subject, broken: Collection[SpecPath]) -> list[BoundLeaf]:
    """The output leaves at which, and around which, there is none of the ``broken`` places."""
    return [
        bound
        for bound in subject.outputs
        if not any(bound.path[: len(path)] == path or path[: len(bound.path)] == bound.path for path in broken)
    ]


def _structure(subject: Subject, inputs: Mapping[str, FlatTensor], answer: Answered) -> Iterator[AnswerProblem]:
    broken = list(dict.fromkeys(answer.mismatches))
    for path, message in broken:
        yield AnswerProblem("answer-mismatch", tuple(path), message)
    findings = Findings()
    sizes = NamedSizes(subject.document.dims, findings)
    try:
        for bound in subject.inputs:
            sizes.see(bound.leaf.shape, leaf_shape(bound, inputs), bound.path, bounded=False)
        for bound in sound_leaves(subject, [path for path, _ in broken]):
            missing = [part.wire_name for part in bound.components if part.wire_name not in answer.outputs]
            if missing:
                findings.add(bound.path, f"there is no {missing[0]!r}")
                continue
            parts = {part.wire_name: answer.outputs[part.wire_name] for part in bound.components}
            wrong = [part for part in bound.components if parts[part.wire_name].dtype != part.dtype]
            if wrong:
                found = parts[wrong[0].wire_name].dtype
                findings.add(
                    bound.path, f"expected the dtype {wrong[0].dtype} of {wrong[0].wire_name!r}, found {found}"
                )
                continue
            seen = {name: Found(part.dtype, part.shape, part.values) for name, part in parts.items()}
            if check_leaf(bound, seen, bound.path, findings):
                sizes.see(bound.leaf.shape, leaf_shape(bound, parts), bound.path, bounded=True)
    except EnoughError:
        pass
    for finding in findings.all:
        yield AnswerProblem("answer-mismatch", finding.path, finding.message)


def _values(
    subject: Subject, bound: BoundLeaf, outputs: Mapping[str, FlatTensor], not_finite: Mapping[str, Collection[str]]
) -> Iterator[AnswerProblem]:
    """The first number of a leaf that is not finite, or that is outside of its bounds."""
    component = next(part for part in bound.components if part.part in ("", "values"))
    tensor = outputs[component.wire_name]
    family = DTYPES[component.dtype].family
    if not isinstance(tensor.values, bytes) or family not in (Family.INTEGER, Family.FLOAT, Family.COMPLEX):
        return
    leaf = bound.leaf
    limits = (leaf.minimum, leaf.maximum) if isinstance(leaf, Tensor) else (None, None)
    values = unpack(tensor.values, component.dtype)
    if family is not Family.INTEGER:
        allowed = (*limits, *not_finite.get(component.wire_name, ()))
        strange = [position for position, value in enumerate(values) if not _is_finite(value, allowed)]
        if strange:
            index = index_of(strange[0], tensor.shape)
            message = f"{to_json(values[strange[0]], component.dtype)} at {shape_text(index)}"
            many = f", and {len(strange) - 1:,} more" if len(strange) > 1 else ""
            row = index[0] if index and not component.part else None
            yield AnswerProblem("not-finite", bound.path, message + many, row)
            return
    if limits != (None, None):
        slack = allowance(subject.endpoint.tolerance, bound.name, component.dtype, "here").rtol
        low, high = limit_of(limits[0], component.dtype, -slack), limit_of(limits[1], component.dtype, slack)
        for position, value in enumerate(values):
            if value == value and ((low is not None and value < low) or (high is not None and value > high)):  # noqa: PLR0124
                said = zip(("minimum", "maximum"), limits, strict=True)
                bounds = ", ".join(f"{word} {limit}" for word, limit in said if limit is not None)
                where = shape_text(index_of(position, tensor.shape))
                message = f"{to_json(value, component.dtype)} at {where} is outside of the bounds: {bounds}"
                yield AnswerProblem("out-of-bounds", bound.path, message)
                return


def not_finite_numbers(tensor: FlatTensor) -> set[str]:
    """The numbers of a tensor that are not finite, in the encoding of bounds."""
    if not isinstance(tensor.values, bytes) or DTYPES[tensor.dtype].family not in (Family.FLOAT, Family.COMPLEX):
        return set()
    return {str(to_json(value, tensor.dtype)) for value in tensor.elements() if not _is_finite(value, ())}


def _is_finite(value: Any, allowed: Collection[object]) -> bool:
    if isinstance(value, complex):
        return (math.isfinite(value.real) and math.isfinite(value.imag)) or bool(allowed)
    if math.isfinite(value):
        return True
    word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return word in allowed
