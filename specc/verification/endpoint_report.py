"""The report of one endpoint, and the warning that nothing is known about it."""

from __future__ import annotations

from collections.abc import Sequence

from specc.run_finding import EndpointReport, Latency, RunFinding
from specc.verification.endpoint_verification import EndpointVerification, percentile
from specc.verification.subject import WAYS


def not_proven(endpoint: str, why: str, hint: str = "add an example to the endpoint") -> RunFinding:
    """The warning that nothing is known about what an endpoint does."""
    return RunFinding(
        rule="not-proven",
        level="warning",
        path=("endpoints", endpoint),
        message=f"no call of {endpoint!r} was answered: {why}",
        hint=hint,
        endpoint=endpoint,
    )


def why_unproven(verification: EndpointVerification, refused: Sequence[RunFinding]) -> str:
    """Why no call of an endpoint was answered; ``refused`` are the findings about its refused calls."""
    if refused:
        return refused[0].message
    if not verification.calls.counts:
        if verification.plan.too_large:
            return "its inputs would have more than 256 MiB"
        return "nothing can be called" if verification.generated or verification.examples else "no call was planned"
    return next(iter(verification.calls.unjudged.values()), "its examples have to be refused")


def _is_of_another(finding: RunFinding) -> bool:
    """Whether a finding is about an alias or a receiver, and not about what takes the endpoint's own inputs."""
    return finding.rule == "alias-differs" or "receivers" in finding.path[2:3]


def endpoint_report(verification: EndpointVerification, findings: Sequence[RunFinding]) -> EndpointReport:
    """The EndpointReport of one endpoint, with those of ``findings`` that are about it."""
    calls = verification.calls
    failing = {
        way
        for finding in findings
        for way in finding.ways
        if finding.endpoint == calls.subject.name and finding.level == "error" and not _is_of_another(finding)
    }
    states: dict[str, str] = {
        way: "FAILS" if way in failing else "ok" if calls.counts[way] and verification.answered else "-" for way in WAYS
    }
    states |= {f"{way} {key}": state for (key, way), state in calls.sent.items()}
    seconds = verification.latency
    latency = Latency(*(1000 * percentile(seconds, share) for share in (0.5, 0.9, 0.99))) if seconds else None
    notes = [f"{what} was not judged: {why}" for what, why in calls.unjudged.items()]
    for signature in calls.subject.signatures if verification.answered else ():
        is_called = signature.key in calls.counts or signature.key in calls.addresses.values()
        if not is_called and any(signature.key in keys for keys in calls.available.values()):
            notes.append(f"{signature.key!r} was not called: no planned call can be written as its messages")
    if not calls.is_repeatable:
        notes.append("its answers differ from call to call, so they were held against examples only")
    return EndpointReport(
        calls.subject.name,
        verification.examples,
        verification.generated,
        states,
        dict(calls.counts),
        latency,
        calls.largest,
        tuple(notes),
        tuple(calls.made),
    )
