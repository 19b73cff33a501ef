"""Purity: the same call gives the same answer, and moves no variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.diagnostics import Level
from specc.language.wire_names import BoundLeaf
from specc.run_finding import RunFinding
from specc.verification.comparison import Compared
from specc.verification.endpoint_calls import EndpointCalls, verb
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Way


def not_pure(
    calls: EndpointCalls, planned: PlannedCall, way: Way, result: Compared, bound: BoundLeaf | None
) -> Iterator[RunFinding]:
    """The finding that ``way`` answers a second call otherwise, where that is not meant."""
    if calls.subject.is_expected_pure:
        message = f"the {way} answers the same call otherwise the second time"
        yield _finding(calls, message, (way,), planned, result, bound)


def find_moves(calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]) -> Iterator[RunFinding]:
    """The finding that a call moves variables, where that is not meant."""
    ways = tuple(way for way, answer in answers.items() if answer.moved)
    if ways and calls.subject.is_expected_pure:
        names = answers[ways[0]].moved
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield _finding(calls, f"{verb(ways, 'changes', 'change')} {names[0]!r}{more}", ways, planned)


def _finding(
    calls: EndpointCalls,
    message: str,
    ways: tuple[Way, ...],
    planned: PlannedCall,
    result: Compared | None = None,
    bound: BoundLeaf | None = None,
) -> RunFinding:
    """An error where purity is declared, or nothing in the graph suggests that the endpoint is not pure."""
    declared = calls.subject.endpoint.pure is True
    level: Level = "warning" if calls.is_varying and not declared else "error"
    hint = "" if declared else 'if it is meant, write "pure": false'
    path = calls.subject.path if bound is None else bound.path
    return calls.finding("not-pure", path, message, ways, planned, level=level, hint=hint, result=result, bound=bound)
