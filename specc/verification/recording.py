"""Recording: the answers of a trusted source, written into the examples of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from specc.diagnostics import Diagnostic
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.write import as_json, inputs_to_json, outputs_to_json
from specc.language.document import Document
from specc.language.load import from_json
from specc.run_finding import RunFinding
from specc.verification.call_judge import CallJudge
from specc.verification.call_plan import CallPlan
from specc.verification.call_sizes import InputAxes
from specc.verification.endpoint_calls import EndpointCalls
from specc.verification.grouping import merge, without_consequences
from specc.verification.planned_call import PlannedCall, with_rows
from specc.verification.source import Source

CASES = 2
"""How many examples an endpoint without any gets."""
_NAMES = {"one": "small", "base": "batch"}
"""The names of the examples that generated calls become, by case; other cases keep theirs."""
_ROWS = 3
_UNRELATED = ("not-pure", "generated-refused")
"""Findings that become notes, since they do not mean that an answer is wrong."""


@dataclass(frozen=True)
class RecordedCall:
    """An answer that is new in a document; ``inputs`` are those of a generated call, else None."""

    endpoint: str
    example: str
    inputs: Mapping[str, FlatTensor] | None
    outputs: Mapping[str, FlatTensor] | None


@dataclass(frozen=True)
class Recording:
    """What was recorded: the document with all values in it, and the calls that are new in it."""

    document: Document
    calls: tuple[RecordedCall, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no finding is an error; else nothing is to be written."""
        return not any(finding.level == "error" for finding in self.findings)


@dataclass
class Recorder:
    """Asks a source for the answers to the calls of a document, or checks the recorded ones."""

    document: Document
    source: Source
    cases: int = CASES
    seed: int = 0
    calls: list[RecordedCall] = field(default_factory=list)
    findings: list[RunFinding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def record(self, name: str) -> None:
        """Asks for what the examples of an endpoint lack, or for new ones if it has none."""
        started = self._calls_and_examples(name)
        if started is None:
            return
        calls, examples = started
        incomplete = [planned for planned in examples if not _is_complete(planned)]
        for planned in (*incomplete, *self._generated(name)):
            if not calls.ways:
                self.findings += [] if self.findings else [_unavailable(calls)]
                return
            self._ask(calls, planned)

    def _calls_and_examples(self, name: str) -> tuple[EndpointCalls, list[PlannedCall]] | None:
        """What can be called of an endpoint, and its examples; None, and a note, if the archive does not have it."""
        if name in self.source.facts.left_out:
            self.notes.append(f"{name} is optional, and the archive was built without it")
            return None
        plan = CallPlan(self.document, name, cases=0, seed=self.seed)
        return self.source.calls(name), list(plan.examples())

    def _generated(self, name: str) -> Iterator[PlannedCall]:
        """The calls of an endpoint without examples: those of one row and of three, then the others."""
        if self.document.endpoints[name].examples:
            return
        plan = CallPlan(self.document, name, cases=max(self.cases, 2) + 2, seed=self.seed)
        planned = [call for call in plan.generated() if not call.is_empty and call.case != "edges"]
        planned.sort(key=lambda call: call.case != "one")
        has_rows = planned[:1] != [] and planned[0].case == "one"
        for call in planned[: self.cases]:
            case = _NAMES.get(call.case, call.case) if has_rows or call.case != "base" else "small"
            chosen = self._with_few_rows(name, call) if case == "batch" else call
            yield replace(chosen, case=case, promised=False)

    def _with_few_rows(self, name: str, call: PlannedCall) -> PlannedCall:
        """The first three rows of a call, if it may have three."""
        axes = InputAxes(self.document, name)
        dim = self.document.dims.get(axes.rows or "")
        if dim is not None and dim.min > _ROWS:
            return call
        return with_rows(call, axes, lambda count: range(min(count, _ROWS))) or call

    def _ask(self, calls: EndpointCalls, planned: PlannedCall) -> None:
        name = calls.subject.name
        judged = CallJudge(calls, (), [planned]).judge(planned)
        found = [*judged.findings, *calls.crashes]
        calls.crashes.clear()
        for refused in (each for each in found if each.rule == "generated-refused"):
            self.notes.append(f"{name} gets no example `{planned.case}`: {refused.message}; write one")
        findings = [each for each in found if each.rule not in _UNRELATED]
        self.findings += findings
        if not judged.answers or any(each.level == "error" for each in findings):
            return
        way, answer = next(iter(judged.answers.items()))
        outputs: Mapping[str, FlatTensor] | None = answer.outputs
        if not calls.is_repeatable or calls.repeats(way, planned, answer) is not None:
            self.notes.append(f"{name}, {planned.title}: the answer is not recorded, since a second call gives another")
            outputs = None
        if planned.example is None or outputs is not None:
            inputs = None if planned.example is not None else planned.inputs
            self.calls.append(RecordedCall(name, planned.case, inputs, outputs))

    def check(self, name: str) -> None:
        """Finds the recorded answers that the source does not give."""
        started = self._calls_and_examples(name)
        if started is None:
            return
        calls, examples = started
        judge = CallJudge(calls, (), examples)
        found: list[RunFinding] = []
        for planned in filter(_is_complete, examples):
            if not calls.ways:
                found += [] if calls.crashes else [_unavailable(calls)]
                break
            found += [_stale(each, planned) for each in judge.judge(planned).findings if each.level == "error"]
        self.findings += [*found, *calls.crashes]

    def recording(self) -> Recording:
        """What was recorded."""
        return Recording(
            _with_calls(self.document, self.calls),
            tuple(self.calls),
            tuple(without_consequences(merge(self.findings), ())),
            tuple(self.notes),
        )


def _is_complete(planned: PlannedCall) -> bool:
    """Whether an example has its answer: outputs, or an error."""
    example = planned.example
    return example is not None and (bool(example.expected) or example.error is not None)


def _unavailable(calls: EndpointCalls) -> RunFinding:
    message = f"the source has no endpoint {calls.subject.name!r}"
    return RunFinding(rule="load-failed", path=calls.subject.path, message=message, endpoint=calls.subject.name)


def _stale(finding: RunFinding, planned: PlannedCall) -> RunFinding:
    """A difference from an example as the finding that the example is stale; any other finding itself."""
    if finding.rule not in ("answer-differs", "call-failed"):
        return finding
    path = ("endpoints", str(finding.endpoint), "examples", planned.case)
    hint = "delete its outputs and record it again, if the source is right"
    return replace(finding, rule="stale-example", path=path, hint=hint)


def _with_calls(document: Document, calls: Iterable[RecordedCall]) -> Document:
    """The document with the recorded calls in its examples."""
    data: dict[str, Any] = as_json(document.to_json())
    for call in calls:
        endpoint = document.endpoints[call.endpoint]
        examples = data["endpoints"][call.endpoint].setdefault("examples", {})
        example = examples.setdefault(call.example, {})
        if call.inputs is not None:
            example["inputs"] = as_json(inputs_to_json(endpoint, call.inputs))
        if call.outputs is not None:
            example["outputs"] = as_json(outputs_to_json(endpoint, call.outputs))
    found = from_json(data)
    return found if document.directory is None else found.in_directory(document.directory)
