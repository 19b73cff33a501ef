"""Refusals: which calls an archive may refuse, and which it must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from specc.run_finding import RunFinding
from specc.verification.endpoint_calls import EndpointCalls, reason, verb
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Refused, Way
from specc.verification.reference import Expected

_BOUNDS_HINT = "give every input a minimum and a maximum, or add an example of the endpoint"
EMPTY_HINT = 'if a call needs a row, write "min": 1 in the dim'


def find_unanswered_error(
    calls: EndpointCalls,
    planned: PlannedCall,
    text: str,
    answers: Mapping[Way, Answered],
    refusals: Mapping[Way, Refused],
) -> Iterator[RunFinding]:
    """The findings about an example that every way must refuse with ``text``."""
    path = (*calls.subject.path, "examples", planned.case, "error")
    if answers:
        message = f"{verb(list(answers), 'answers', 'answer')} {planned.title}, which must be refused"
        yield calls.finding("answer-differs", path, message, list(answers), planned)
    others = [way for way, refusal in refusals.items() if text not in refusal.message]
    if others:
        said = reason(refusals[others[0]].message)
        message = f"{verb(others, 'refuses', 'refuse')} {planned.title} without the text {text!r}: {said}"
        yield calls.finding("answer-differs", path, message, others, planned)


def find_refused(
    calls: EndpointCalls,
    planned: PlannedCall,
    answers: Mapping[Way, Answered],
    refusals: Mapping[Way, Refused],
    references: Sequence[Expected],
) -> Iterator[RunFinding]:
    """The finding about a call that should be answered.

    A generated one that the contract does not promise may be refused, but not if another way, or a reference, answers.
    """
    if not refusals:
        return
    ways, path = list(refusals), calls.subject.path
    refused, said = verb(ways, "refuses", "refuse"), reason(refusals[ways[0]].message)
    if planned.is_empty:
        message = f"{refused} a call without rows: {said}"
        yield calls.finding("empty-refused", path, message, ways, planned, hint=EMPTY_HINT)
        return
    answering = [expected.title for expected in references if not expected.is_declared]
    answered = verb(list(answers), "answers", "answer") if answers else f"{answering[0]} answers" if answering else ""
    if planned.promised or answered:
        message = f"{refused} {planned.title}{f', which {answered}' if answered else ''}: {said}"
        yield calls.finding("call-failed", path, message, ways, planned)
    else:
        message = f"{refused} {planned.title}, whose values the contract does not promise to be legal: {said}"
        yield calls.finding("generated-refused", path, message, ways, planned, hint=_BOUNDS_HINT)
