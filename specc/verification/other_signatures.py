"""The other signatures of an endpoint: aliases repeat one exactly, and receivers answer as the endpoint does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.messages import to_messages
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import PublishedSignature
from specc.run_finding import RunFinding
from specc.verification.comparison import Compared, is_identical
from specc.verification.endpoint_calls import EndpointCalls, reason
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Refused, Way
from specc.verification.subject import WIRE_WAYS


def find_other_signatures(
    calls: EndpointCalls, planned: PlannedCall, answers: Mapping[Way, Answered]
) -> Iterator[RunFinding]:
    """The findings about the receivers and aliases of an endpoint, for a call that ``answers`` it directly."""
    for way in WIRE_WAYS:
        if way in answers:
            yield from _of_way(calls, planned, way, answers[way])


def _of_way(calls: EndpointCalls, planned: PlannedCall, way: Way, direct: Answered) -> Iterator[RunFinding]:
    found: dict[str, Answered | Refused] = {calls.addresses[way]: direct}
    for signature in calls.subject.signatures:
        inputs = _inputs(calls, planned, signature)
        if signature.key in found or inputs is None or signature.key not in calls.available[way]:
            continue
        left_out = () if signature.receiver is not None else None
        answer = calls.ask(
            way, planned, signature.key, inputs=inputs, left_out=left_out, what=f", sent to {signature.key!r}"
        )
        if answer is None:
            continue
        found[signature.key] = answer
        if signature.alias_of:
            findings = list(_alias(calls, planned, way, signature, answer, found.get(signature.alias_of)))
        else:
            findings = list(_receiver(calls, planned, way, signature, answer, direct))
        if findings and signature.alias_of and calls.facts.describes_itself:
            # Only dtypes and shapes made it an alias, and two functions may share them.
            why = f"only its dtypes and shapes are those of {signature.alias_of!r}, and its answers are not"
            calls.unjudged[repr(signature.key)] = why
            calls.sent[signature.key, way] = "-"
            continue
        if findings:
            calls.sent[signature.key, way] = "FAILS"
        yield from findings


def _inputs(
    calls: EndpointCalls, planned: PlannedCall, signature: PublishedSignature
) -> Mapping[str, FlatTensor] | None:
    if signature.receiver is None:
        return planned.inputs
    messages = to_messages(calls.subject.endpoint, signature.receiver, planned.inputs)
    return None if messages is None else {RECEIVER_INPUT: messages}


def _alias(
    calls: EndpointCalls,
    planned: PlannedCall,
    way: Way,
    signature: PublishedSignature,
    answer: Answered | Refused,
    repeated: Answered | Refused | None,
) -> Iterator[RunFinding]:
    """The finding that an alias is not exactly what it repeats."""
    if repeated is None or (isinstance(answer, Refused) and isinstance(repeated, Refused)):
        return
    message = f"{signature.key!r} does not answer as {signature.alias_of!r} does, on the {way}"
    if isinstance(answer, Refused) or isinstance(repeated, Refused):
        refused = answer if isinstance(answer, Refused) else repeated
        said = f": one is refused: {reason(refused.message)}" if isinstance(refused, Refused) else ""
        yield calls.finding("alias-differs", ("default",), message + said, (way,), planned)
        return
    if is_identical(answer.outputs, repeated.outputs) or not calls.is_repeatable:
        return
    exactly = _is_exact(calls, planned, way, signature, repeated)
    for bound in calls.subject.outputs:
        result = calls.compare(bound, answer.outputs, repeated.outputs)
        components = [part.wire_name for part in bound.components]
        unlike = any(answer.outputs.get(name) != repeated.outputs.get(name) for name in components)
        if result.problem or (exactly and unlike):
            result = result if result.problem else Compared("differs in its last bits")
            yield calls.finding("alias-differs", ("default",), message, (way,), planned, result=result, bound=bound)
            return


def _is_exact(
    calls: EndpointCalls, planned: PlannedCall, way: Way, signature: PublishedSignature, repeated: Answered
) -> bool:
    """Whether what the alias repeats gives the same bits twice; sums of several threads do not."""
    inputs = _inputs(calls, planned, signature)
    left_out = () if signature.receiver is not None else None
    again = calls.ask(way, planned, signature.alias_of, inputs=inputs, left_out=left_out, what=", repeated")
    return isinstance(again, Answered) and is_identical(again.outputs, repeated.outputs)


def _receiver(
    calls: EndpointCalls,
    planned: PlannedCall,
    way: Way,
    signature: PublishedSignature,
    answer: Answered | Refused,
    direct: Answered,
) -> Iterator[RunFinding]:
    path = (*calls.subject.path, "receivers", str(signature.receiver))
    if isinstance(answer, Refused):
        message = (
            f"the {way} {signature.key!r} refuses the messages of a call that is answered: {reason(answer.message)}"
        )
        yield calls.finding("call-failed", path, message, (way,), planned)
        return
    for bound in calls.subject.outputs:
        result = calls.compare(bound, answer.outputs, direct.outputs)
        if result.problem and calls.is_repeatable and calls.repeats(way, planned, direct) is None:
            message = f"the {way} {signature.key!r} answers the messages of a call otherwise than the call"
            yield calls.finding("ways-disagree", path, message, (way,), planned, result=result, bound=bound)
            return
