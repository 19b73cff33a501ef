"""Checks of one answer against what the endpoint declares: structure, sizes, bounds, and finite numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from specc.diagnostics import SpecPath
from specc.language.calls.findings import EnoughError, Findings, Found
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_checks import check_leaf
from specc.language.calls.sizes import NamedSizes, leaf_shape
from specc.language.trees import Ragged
from specc.language.wire_names import BoundLeaf
from specc.verification.protocol import Answered
from specc.verification.subject import Subject
from specc.verification.value_checks import AnswerProblem, find_bad_values


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
        yield from find_bad_values(subject, bound, answer.outputs, not_finite)


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
            if isinstance(bound.leaf, Ragged) and not parts[bound.components[0].wire_name].shape:
                findings.add(bound.path, "the values of a ragged tensor have no axis")
                continue
            seen = {name: Found(part.dtype, part.shape, part.values) for name, part in parts.items()}
            if check_leaf(bound, seen, bound.path, findings):
                sizes.see(bound.leaf.shape, leaf_shape(bound, parts), bound.path, bounded=True)
    except EnoughError:
        pass
    for finding in findings.all:
        yield AnswerProblem("answer-mismatch", finding.path, finding.message)
