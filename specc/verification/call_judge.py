"""Judging of one call: what each way answers, and whether the ways and the references agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from specc.diagnostics import Level, SpecPath
from specc.language.dtypes import DTYPES, Family
from specc.language.trees import Tensor
from specc.run_finding import RunFinding
from specc.verification.agreement import OutputJudge
from specc.verification.answer_checks import find_problems, sound_leaves
from specc.verification.endpoint_calls import EndpointCalls
from specc.verification.planned_call import PlannedCall, with_rows
from specc.verification.protocol import Answered, Refused, Way
from specc.verification.purity import find_moves
from specc.verification.reference import Expected, Reference
from specc.verification.refusals import EMPTY_HINT, find_refused, find_unanswered_error
from specc.verification.subject import listed
from specc.verification.value_checks import AnswerProblem, not_finite_numbers

_NOT_FINITE_HINT = "give the inputs bounds, or add an example that expects the number"


class Judged(NamedTuple):
    """The findings about one call, and its answers by way."""

    findings: list[RunFinding]
    answers: Mapping[Way, Answered]


class CallJudge:
    """Judges the calls of one endpoint."""

    def __init__(self, calls: EndpointCalls, references: Sequence[Reference], examples: Sequence[PlannedCall]) -> None:
        self._calls, self._references = calls, references
        self._subject = calls.subject
        self._not_finite: dict[str, set[str]] = {}
        for planned in examples:
            for name, tensor in (planned.example.expected if planned.example else {}).items():
                self._not_finite.setdefault(name, set()).update(not_finite_numbers(tensor))

    def judge(self, planned: PlannedCall) -> Judged:
        """Makes the call on every way, and judges the answers."""
        answers: dict[Way, Answered] = {}
        refusals: dict[Way, Refused] = {}
        for way in tuple(self._calls.ways):
            answer = self._calls.ask(way, planned)
            if isinstance(answer, Answered):
                answers[way] = answer
            elif answer is not None:
                refusals[way] = answer
        if planned.example is not None and planned.example.error is not None:
            error = planned.example.error
            return Judged(list(find_unanswered_error(self._calls, planned, error, answers, refusals)), {})
        references = self._expected(planned, (*answers, *refusals), answered=bool(answers))
        findings = list(find_refused(self._calls, planned, answers, refusals, references))
        problems = {
            way: list(find_problems(self._subject, planned.inputs, answer, self._not_finite))
            for way, answer in answers.items()
        }
        findings += self._of_problems(planned, problems)
        findings += find_moves(self._calls, planned, answers)
        broken = [problem.path for each in problems.values() for problem in each if problem.rule == "answer-mismatch"]
        for bound in sound_leaves(self._subject, broken):
            findings += OutputJudge(self._calls, planned, bound, answers, references).judge()
        return Judged(findings, answers)

    def _expected(self, planned: PlannedCall, ways: tuple[Way, ...], *, answered: bool) -> list[Expected]:
        """What the call must give: the example's outputs first, then the answers of the references."""
        found = []
        if planned.example is not None and planned.example.expected:
            call = planned.example
            answers = dict.fromkeys(ways, call.expected)
            found.append(Expected(planned.title, "elsewhere", answers, call.open_axes, is_declared=True))
        for reference in self._references:
            expected = reference.expected(self._subject, planned, ways, asked=answered)
            found += [] if expected is None else [expected]
        return found

    def _of_problems(
        self, planned: PlannedCall, problems: Mapping[Way, Sequence[AnswerProblem]]
    ) -> Iterator[RunFinding]:
        """One finding for each problem, of all ways that have it."""
        found: dict[tuple[str, SpecPath], list[tuple[Way, AnswerProblem]]] = {}
        for way, each in problems.items():
            for problem in each:
                found.setdefault((problem.rule, problem.path), []).append((way, problem))
        for group in found.values():
            ways, (way, problem) = [way for way, _ in group], group[0]
            level: Level | None = None
            hint = ""
            if problem.rule == "not-finite":
                level = self._level_of_not_finite(planned, way, problem)
                hint = EMPTY_HINT if planned.is_empty else _NOT_FINITE_HINT
            message = f"the answer of {listed(ways)}: {problem.message}"
            yield self._calls.finding(problem.rule, problem.path, message, ways, planned, level=level, hint=hint)

    def _level_of_not_finite(self, planned: PlannedCall, way: Way, problem: AnswerProblem) -> Level:
        if self._is_finite_alone(planned, way, problem):
            return "error"
        unbounded = any(
            DTYPES[bound.leaf.dtype].family in (Family.FLOAT, Family.COMPLEX)
            and not (isinstance(bound.leaf, Tensor) and None not in (bound.leaf.minimum, bound.leaf.maximum))
            for bound in self._subject.inputs
        )
        return "warning" if unbounded or planned.is_empty else "error"

    def _is_finite_alone(self, planned: PlannedCall, way: Way, problem: AnswerProblem) -> bool:
        """Whether the row that is not finite is finite in a call of another size."""
        axes, row = self._calls.axes, problem.row
        shape = next((bound.leaf.shape for bound in self._subject.outputs if bound.path == problem.path), None)
        if row is None or not shape or shape[0] != axes.rows or not self._calls.is_repeatable:
            return False
        other = with_rows(planned, axes, lambda count: [row] if count > 1 else [row, row])
        answer = None if other is None else self._calls.ask(way, other, what=", one row of it")
        if other is None or not isinstance(answer, Answered):
            return False
        again = find_problems(self._subject, other.inputs, answer, self._not_finite)
        return all(each.path != problem.path for each in again)
