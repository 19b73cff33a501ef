"""EndpointVerification: makes the planned calls of one endpoint, and keeps the findings about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from specc.run_finding import RunFinding
from specc.verification.call_judge import CallJudge
from specc.verification.call_plan import CallPlan
from specc.verification.endpoint_calls import EndpointCalls
from specc.verification.misuse import find_unenforced
from specc.verification.other_signatures import find_other_signatures
from specc.verification.planned_call import PlannedCall
from specc.verification.promise_checks import (
    find_ignored_defaults,
    find_keyword_problems,
    find_row_dependence,
    find_unsteady,
)
from specc.verification.protocol import Answered, Call, Way
from specc.verification.reference import Reference
from specc.verification.shrinking import Judge, Shrinker

_SHRUNK = frozenset(
    (
        "alias-differs", "answer-differs", "answer-mismatch", "call-failed", "input-default-ignored", "not-finite",
        "not-rowwise", "out-of-bounds", "ways-disagree",
    )
)  # fmt: skip

Probe = Callable[[EndpointCalls, PlannedCall, Mapping[Way, Answered]], Iterable[RunFinding]]
"""A check that needs further calls beside one that was answered."""

_ONCE: tuple[Probe, ...] = (find_unsteady, find_keyword_problems, find_ignored_defaults, find_unenforced)
"""The checks that are made once, beside the first call that is answered."""


@dataclass
class EndpointVerification:
    """The verification of one endpoint."""

    calls: EndpointCalls
    plan: CallPlan
    references: Sequence[Reference]
    findings: list[RunFinding] = field(default_factory=list)
    examples: int = 0
    """How many examples were called."""
    generated: int = 0
    """How many generated calls were made."""
    answered: int = 0
    """How many of both were answered by at least one way."""
    latency: tuple[float, ...] = ()
    """The durations of one call in a Session, in seconds."""

    def run(self) -> None:
        """Makes all calls; what was found before an exception stays."""
        examples = list(self.plan.examples())
        judge = CallJudge(self.calls, self.references, examples)
        timed: PlannedCall | None = None
        for planned in (*examples, *self.plan.generated()):
            if not self.calls.ways:
                break
            is_example = planned.example is not None
            self.examples += is_example
            self.generated += not is_example
            judged = judge.judge(planned)
            self._add(judged.findings, planned, lambda call: judge.judge(call).findings)
            if judged.answers:
                self.answered += 1
                if planned.is_empty:
                    continue
                for probe in self._probes(planned, is_first=timed is None):
                    self._probe(judge, probe, planned, judged.answers)
                timed = timed or planned
        if timed is not None and self.calls.subject.is_expected_pure and "session" in self.calls.ways:
            address, left_out = self.calls.addresses["session"], tuple(sorted(timed.left_out))
            call = Call("session", self.calls.subject.name, address, timed.inputs, left_out)
            self.latency = self.calls.session.time(call)

    def _probes(self, planned: PlannedCall, *, is_first: bool) -> list[Probe]:
        """The further checks beside a call that was answered."""
        probes: list[Probe] = [*(_ONCE if is_first else ()), find_row_dependence]
        if is_first or planned.example is not None or planned.case == "base":
            probes.append(find_other_signatures)
        return probes

    def _probe(self, judge: CallJudge, probe: Probe, planned: PlannedCall, answers: Mapping[Way, Answered]) -> None:
        findings = list(probe(self.calls, planned, answers))
        self._add(findings, planned, lambda call: list(probe(self.calls, call, judge.judge(call).answers)))

    def _add(self, findings: Iterable[RunFinding], planned: PlannedCall, judge: Judge) -> None:
        """Adds findings; the first of its kind about a generated call is shrunk."""
        known = {(each.rule, each.path) for each in self.findings if each.level == "error"}
        for finding in findings:
            is_new = (finding.rule, finding.path) not in known
            known.add((finding.rule, finding.path))
            shrinks = finding.rule in _SHRUNK and finding.level == "error" and self.calls.is_repeatable
            if is_new and shrinks and planned.example is None:
                self.findings.append(Shrinker(self.calls, judge, finding).shrink(planned))
            else:
                self.findings.append(finding)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The least duration that ``share`` of them do not exceed."""
    return sorted(seconds)[max(math.ceil(share * len(seconds)) - 1, 0)]
