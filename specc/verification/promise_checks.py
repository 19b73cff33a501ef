"""Checks of what an endpoint promises beyond one answer: purity, rows, keywords, and defaults of inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from specc.language.calls.example_reader import default_of
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.run_finding import RunFinding
from specc.verification.answer_checks import find_problems, sound_leaves
from specc.verification.comparison import Compared
from specc.verification.endpoint_calls import EndpointCalls, reason
from specc.verification.planned_call import PlannedCall, with_rows
from specc.verification.protocol import Answered, Refused, Way
from specc.verification.purity import not_pure
from specc.verification.rows import row_count, take_rows


def find_unsteady(calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]) -> Iterator[RunFinding]:
    """The finding that a second call is answered otherwise, of the first way that does so."""
    for way, answer in answers.items():
        found = calls.repeats(way, planned, answer)
        if found is not None:
            result, bound = found
            yield from not_pure(calls, planned, way, result, bound)
            return


def find_keyword_problems(
    calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]
) -> Iterator[RunFinding]:
    """The finding that the attribute does not take its arguments by keyword, or answers otherwise then."""
    if "attribute" not in answers or not calls.is_repeatable:
        return
    answer = calls.ask("attribute", planned, by_keyword=True, what=", by keyword")
    if isinstance(answer, Refused):
        message = f"the attribute refuses its arguments by keyword: {reason(answer.message)}"
        yield calls.finding("call-failed", calls.subject.path, message, ("attribute",), planned)
    elif answer is not None:
        for bound, result in _differences(calls, answer, answers["attribute"]):
            message = "the attribute answers otherwise if it is called by keyword"
            yield calls.finding(
                "ways-disagree", bound.path, message, ("attribute",), planned, result=result, bound=bound
            )


def find_row_dependence(
    calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]
) -> Iterator[RunFinding]:
    """The finding that a row is answered otherwise in another order, or on its own, although rowwise is promised."""
    if calls.subject.endpoint.rowwise is not True or not answers or not calls.is_repeatable:
        return
    way, answer = next(iter(answers.items()))
    problems = find_problems(calls.subject, planned.inputs, answer, {})
    broken = [problem.path for problem in problems if problem.rule == "answer-mismatch"]
    sound = sound_leaves(calls.subject, broken)
    variants: tuple[tuple[str, Callable[[int], Sequence[int]]], ...] = (
        (
            "rows in another order are",
            lambda count: (*range(1, count), 0),
        ),  # reversing would hide that rows are reversed
        ("the first row, sent on its own, is", lambda _: range(1)),
    )
    for what, choose in variants:
        other = with_rows(planned, calls.axes, choose)
        count = _rows(calls, planned)
        if other is None or count is None or count < 2:
            return
        again = calls.ask(way, other, what=f", of which {what.split(',')[0]} sent")
        if isinstance(again, Refused):
            message = f"{what} refused: {reason(again.message)}"
            yield calls.finding("not-rowwise", calls.subject.path, message, (way,), planned)
            return
        if again is None:
            return
        for bound in sound:
            expected = _rows_of(bound, answer.outputs, list(choose(count)), count)
            result = Compared() if expected is None else calls.compare(bound, again.outputs, expected)
            if result.problem:
                message = f"{what} answered otherwise by the {way}"
                yield calls.finding("not-rowwise", bound.path, message, (way,), planned, result=result, bound=bound)
                return


def _rows(calls: EndpointCalls, planned: PlannedCall) -> int | None:
    counts = (
        row_count(leaf, planned.inputs)
        for leaf in calls.axes.leaves
        if calls.axes.axes[leaf.name][:1] == (calls.axes.rows,)
    )
    return next(counts, None)


def _rows_of(
    bound: BoundLeaf, outputs: Mapping[str, FlatTensor], rows: list[int], count: int
) -> dict[str, FlatTensor] | None:
    """The rows of an output, or None where it does not have ``count`` of them, which another finding says."""
    if any(part.wire_name not in outputs for part in bound.components):
        return None
    return take_rows(bound, outputs, rows) if row_count(bound, outputs) == count else None


def find_ignored_defaults(
    calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]
) -> Iterator[RunFinding]:
    """The finding that an input that is left out is not its default."""
    for leaf in calls.axes.leaves:
        if isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None and calls.is_repeatable:
            given = PlannedCall(
                planned.case,
                {**planned.inputs, leaf.name: default_of(leaf, calls.subject.path)},
                example=planned.example,
            )
            for way in ("attribute", "session"):
                if way in answers:
                    yield from _ignored_default(calls, given, way, leaf)


def _ignored_default(calls: EndpointCalls, given: PlannedCall, way: Way, leaf: BoundLeaf) -> Iterator[RunFinding]:
    left = calls.ask(way, given, left_out=(leaf.name,), what=f", without {leaf.name!r}")
    if isinstance(left, Answered) and leaf.name not in left.left_out:
        return  # this way cannot leave it out
    answer = calls.ask(way, given, what=f", with the default of {leaf.name!r}")
    if not isinstance(answer, Answered) or left is None:
        return
    if isinstance(left, Refused):
        message = f"the {way} refuses a call that leaves out {leaf.name!r}, which has a default: {reason(left.message)}"
        yield calls.finding("input-default-ignored", leaf.path, message, (way,), given)
        return
    for bound, result in _differences(calls, left, answer):
        message = f"the {way} answers a call that leaves out {leaf.name!r} otherwise than one with its default"
        yield calls.finding("input-default-ignored", leaf.path, message, (way,), given, result=result, bound=bound)
        return


def _differences(calls: EndpointCalls, found: Answered, expected: Answered) -> Iterator[tuple[BoundLeaf, Compared]]:
    for bound in calls.subject.outputs:
        result = calls.compare(bound, found.outputs, expected.outputs)
        if result.problem:
            yield bound, result
