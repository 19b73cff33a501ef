"""Run: loads an archive on each way, and its references, and verifies one endpoint after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.signatures import has_signature
from specc.rules.table import RunningRule
from specc.run_finding import EndpointReport, RunFinding
from specc.verification.archive_facts import ArchiveFacts
from specc.verification.archive_session import (
    ArchiveSession,
    ChildLike,
    Crashed,
    OutOfTimeError,
    session_of_archive,
    session_of_model,
)
from specc.verification.call_plan import CallPlan
from specc.verification.endpoint_calls import EndpointCalls, reason
from specc.verification.endpoint_report import endpoint_report, not_proven, why_unproven
from specc.verification.endpoint_verification import EndpointVerification
from specc.verification.grouping import merge, without_consequences
from specc.verification.protocol import Call, Fingerprint, Load, Loaded, Request, Time, Way
from specc.verification.reference import Reference
from specc.verification.result import Verification
from specc.verification.subject import WIRE_WAYS, Subject, listed
from specc.verification.weights import WeightsResult, compare_weights

Start = Callable[[bool], ChildLike]
"""Starts a child process, fenced or not."""


@dataclass
class Run:
    """One run over the endpoints ``names`` of an archive, on ``ways``."""

    document: Document
    facts: ArchiveFacts
    names: Sequence[str]
    ways: Sequence[Way]
    cases: int
    seed: int
    imports: tuple[str, ...]
    static: Sequence[Diagnostic]
    start: Start
    progress: Callable[[str], None] = lambda _: None
    references: list[Reference] = field(default_factory=list)
    at_once: bool = False
    """Whether the model is made while the archive is loaded, where each has a process of its own."""
    _findings: list[RunFinding] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _weights: WeightsResult = field(default_factory=WeightsResult)

    def __post_init__(self) -> None:
        self._session = self._archive_session(self.facts.directory, self.facts.tags)
        self._available: dict[Way, frozenset[str]] = {}

    def _archive_session(self, directory: str, tags: tuple[str, ...]) -> ArchiveSession:
        return session_of_archive(self.document, directory, tags, self.imports, lambda: self.start(True))

    def add_model(self, model: str | ChildLike | None) -> None:
        """Holds the archive against the model called ``model``, one in memory, or the document's own."""
        session = session_of_model(self.document, model, self.imports, lambda: self.start(False))
        self.references.append(Reference("the model", "here", session, ("model",)))
        if self.at_once and (model is None or isinstance(model, str)):
            session.begin("model")

    def add_archive(self, directory: str, tags: tuple[str, ...]) -> None:
        """Holds the answers against those of the archive in ``directory``, way by way."""
        session = self._archive_session(str(Path(directory).absolute()), tags)
        self.references.append(Reference(directory, "elsewhere", session, tuple(self.ways)))

    def verification(self, result: Verification) -> Verification:
        """Runs everything; ``result`` with what was found.

        Raises:
            SpecError: an example is bad, or the model cannot be made.
            UnavailableError: TensorFlow is not there.
        """
        plans = {name: CallPlan(self.document, name, cases=self.cases, seed=self.seed) for name in self.names}
        started: list[EndpointVerification] = []
        try:
            self._load()
            self._check_fingerprint()
            self._check_references()
            for name in self.names:
                if name in self.facts.left_out:
                    self._notes.append(f"{name} is optional, and was left out: {self.facts.left_out[name]}")
                    continue
                verification = self._endpoint(Subject(self.document, name, tuple(self.facts.left_out)), plans[name])
                started.append(verification)
                self.progress(f"calling {name}")
                verification.run()
        except OutOfTimeError as error:
            self._findings += [] if error.is_reported else [_timed_out(error.request, error.message)]
        finally:
            self._session.close()
            for reference in self.references:
                reference.session.close()
        found = [each for one in started for each in self._of_endpoint(one)] + list(self._not_run(started))
        merged = self._without_weights(merge([*self._findings, *found]))
        findings = without_consequences(merged, self.static)
        return replace(
            result,
            findings=(*result.findings, *findings),
            endpoints=(
                *(endpoint_report(each, [*findings, *merged]) for each in started),
                *(EndpointReport(name) for name in self._unstarted(started)),
            ),
            tensorflow=self._session.tensorflow,
            notes=tuple(filter(None, (*self._notes, *self._reference_notes(), self._session.unfenced_note))),
        )

    def _load(self) -> None:
        failed: dict[tuple[RunningRule, str], list[Way]] = {}
        for way in self.ways:
            if way == "attribute" and not self.facts.has_objects:
                continue
            self.progress(f"loading the archive for the {way}")
            loaded = self._session.load(way)
            if isinstance(loaded, Loaded):
                self._available[way] = frozenset(loaded.addresses)
            else:
                rule: RunningRule = "crashed" if isinstance(loaded, Crashed) else "load-failed"
                failed.setdefault((rule, reason(loaded.message)), []).append(way)
        for (rule, why), ways in failed.items():
            what = "loading the archive crashed" if rule == "crashed" else "the archive cannot be loaded"
            message = f"{what} for {listed(ways)}: {why}"
            self._findings.append(RunFinding(rule=rule, message=message, ways=tuple(ways)))

    def _check_fingerprint(self) -> None:
        if not self._available:
            return
        answer = self._session.fingerprint(self.facts.directory)
        if not isinstance(answer, Fingerprint):
            self._notes.append(f"the fingerprint was not checked: {reason(answer.message)}")
        elif answer.stale:
            self._findings.append(
                RunFinding(
                    rule="stale-fingerprint",
                    level="error" if self.facts.has_contract else "warning",
                    message=f"the fingerprint is not that of these files: {' and '.join(answer.stale)} changed",
                    hint="build the archive again, or copy all of its files",
                )
            )

    def _check_references(self) -> None:
        """Makes the model, and compares its variables; raises SpecError if it cannot be made."""
        for reference in self.references:
            if not reference.is_model:
                continue
            self.progress("making the model")
            loaded = reference.session.load("model")
            if not isinstance(loaded, Loaded):
                raise SpecError([Diagnostic(rule="bad-model", path=("model",), message=loaded.message)])
            why = self._compare_weights(reference.session)
            if why:
                self._notes.append(f"the variables were not held against the model's: {why}")

    def _compare_weights(self, model: ArchiveSession) -> str:
        """Compares the variables with the model's; why that is not possible, or the empty string."""
        revived = next((way for way in ("attribute", "signature") if way in self._available), None)
        if not self.facts.has_contract:
            return "the archive has no contract, which says that their order is the model's"
        if not self.facts.has_objects:
            return "the archive revives without a list of them"
        if revived is None:
            return "a Session does not list them"
        self._weights = compare_weights(self._session, revived, model)
        self._findings += self._weights.findings
        return self._weights.unjudged

    def _endpoint(self, subject: Subject, plan: CallPlan) -> EndpointVerification:
        calls = EndpointCalls(subject, self._session, self.facts, [], self._available)
        for way, address in subject.addresses().items():
            if way not in self._available:
                continue
            if way == "attribute" and subject.name in self.facts.undescribed:
                why = self.facts.undescribed[subject.name]
                calls.unjudged["the attribute"] = f"its tree is not described: {why}"
            elif address in self._available[way]:
                calls.ways.append(way)
            elif not self.facts.describes_itself and not (
                way in WIRE_WAYS and not has_signature(self.document, subject.name)
            ):
                what = "attribute" if way == "attribute" else "signature"
                message = f"the archive has no {what} {address!r}"
                calls.crashes.append(calls.finding("load-failed", subject.path, message, (way,), None))
        return EndpointVerification(calls, plan, self.references)

    def _of_endpoint(self, verification: EndpointVerification) -> Iterator[RunFinding]:
        """The findings about one endpoint, with the one that says that nothing was answered."""
        calls, plan = verification.calls, verification.plan
        findings = [*verification.findings, *calls.crashes]
        known = (each for each in (*findings, *self._findings) if each.endpoint == calls.subject.name)
        if verification.answered or not self._available or any(finding.level == "error" for finding in known):
            yield from findings
        else:
            refused = [finding for finding in findings if finding.rule in ("generated-refused", "empty-refused")]
            yield from (finding for finding in findings if finding not in refused)
            yield not_proven(calls.subject.name, why_unproven(verification, refused))
        if verification.answered:
            for reference in self.references:
                why = reference.missing.get(calls.subject.name)
                if why is not None and calls.subject.name not in reference.answered:
                    message = f"{calls.subject.name!r} was not held against {reference.title}: {reason(why)}"
                    yield replace(not_proven(calls.subject.name, ""), message=message, hint="")
        for case in plan.too_large:
            calls.unjudged.setdefault(f"`{case}`", "its inputs would have more than 256 MiB")

    def _not_run(self, started: Sequence[EndpointVerification]) -> Iterator[RunFinding]:
        """Findings about the endpoints that a time-out left out."""
        for name in self._unstarted(started) if self._available else ():
            yield not_proven(name, "it was not called before the time was over", "give more time, or make fewer calls")

    def _unstarted(self, started: Sequence[EndpointVerification]) -> list[str]:
        names = {verification.calls.subject.name for verification in started}
        return [name for name in self.names if name not in names and name not in self.facts.left_out]

    def _without_weights(self, findings: list[RunFinding]) -> list[RunFinding]:
        """The findings without the differences from the model that its variables explain."""
        if not self._weights.positions:
            return findings
        return [
            finding
            for finding in findings
            if finding.rule != "answer-differs"
            or not self._weights.positions & self.facts.captures.get(finding.endpoint or "", frozenset())
        ]

    def _reference_notes(self) -> Iterator[str]:
        for reference in self.references:
            for name, cases in reference.unanswered.items():
                case, why = next(iter(cases.items()))
                shown = f"`{case}`" + (f" and {len(cases) - 1:,} more calls" if len(cases) > 1 else "")
                yield f"{shown} of {name} could not be held against {reference.title}: {reason(why)}"


def _timed_out(request: Request, message: str) -> RunFinding:
    match request:
        case Call() | Time(call=Call()):
            call = request if isinstance(request, Call) else request.call
            where = f"the {call.way} was called as {call.address!r}"
            path, ways, endpoint = ("endpoints", call.endpoint), (str(call.way),), call.endpoint
            return RunFinding(
                rule="timed-out", path=path, message=f"{message} while {where}", ways=ways, endpoint=endpoint
            )
        case Load(way=way):
            return RunFinding(rule="timed-out", message=f"{message} while the {way} was loaded", ways=(way,))
        case _:
            return RunFinding(rule="timed-out", message=f"{message} while the process was started")
