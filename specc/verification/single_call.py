"""One call of one endpoint, for ``specc run``."""

from __future__ import annotations

from typing import Any

from specc.errors import SpecError, UsageError
from specc.language.calls import call as examples
from specc.language.calls.write import as_json, outputs_to_json
from specc.run_finding import RunFinding
from specc.verification.archive_session import Crashed
from specc.verification.protocol import Answered, Call, Way
from specc.verification.source import Source
from specc.verification.subject import WAYS


def answer_of(source: Source, endpoint: str, asked: examples.Call, way: Way | None) -> Any:
    """The ``outputs`` of the call ``asked``, as JSON, on ``way``, else on the first of the ways that has the endpoint.

    Raises:
        SpecError: the call is refused.
        UsageError: the archive has no such endpoint on that way.
    """
    calls = source.calls(endpoint)
    subject = calls.subject
    chosen = next((each for each in WAYS if each in calls.ways and way in (None, each)), None)
    if chosen is None:
        raise UsageError(f"the archive has no {way or 'attribute or signature'} for the endpoint {endpoint!r}")
    answer = source.session.call(
        Call(chosen, endpoint, calls.addresses[chosen], asked.inputs, tuple(sorted(asked.left_out)))
    )
    if isinstance(answer, Answered) and not answer.mismatches:
        return as_json(outputs_to_json(subject.endpoint, answer.outputs))
    if isinstance(answer, Answered):
        problem = answer.mismatches[0]
        message = f"the answer of the {chosen}: {problem.message}"
        raise SpecError([calls.finding("answer-mismatch", problem.path, message, (chosen,), None)])
    if isinstance(answer, Crashed):
        message = f"the {chosen} crashed: {answer.message}"
        raise SpecError([calls.finding("crashed", subject.path, message, (chosen,), None)])
    message = f"the {chosen} refuses the call: {answer.message}"
    raise SpecError(
        [RunFinding(rule="call-failed", path=subject.path, message=message, endpoint=endpoint, ways=(chosen,))]
    )
