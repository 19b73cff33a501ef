"""EndpointCalls: makes the calls of one endpoint on each way, and makes findings about them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, cast

from specc.diagnostics import Level, SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.write import inputs_to_json, outputs_to_json
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RULES, RunningRule
from specc.run_finding import RunFinding
from specc.verification.archive_facts import ArchiveFacts
from specc.verification.archive_session import ArchiveSession, Crashed, OutOfTimeError
from specc.verification.call_sizes import InputAxes
from specc.verification.comparison import Compared, compare_leaf, comparison_lines
from specc.verification.planned_call import PlannedCall, named_sizes
from specc.verification.protocol import Answered, Call, Refused, Way
from specc.verification.subject import Subject, listed

MAX_EXAMPLE_BYTES = 4096
"""The limit on the call in a finding."""
_MAX_EXAMPLE_ELEMENTS = 2000
_MAX_REASON = 300
_REPETITIONS = 3


@dataclass
class EndpointCalls:
    """The calls of ``subject`` on ``ways``, of which those that crashed are taken out."""

    subject: Subject
    session: ArchiveSession
    facts: ArchiveFacts
    ways: list[Way]
    available: Mapping[Way, Collection[str]]
    """What can be called on each way."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many calls were made, by way, and by other address."""
    made: dict[tuple[str, str], None] = field(default_factory=dict)
    """The way, with another signature than the endpoint's own, and the case of each call."""
    largest: dict[str, float] = field(default_factory=dict)
    """The largest difference that was found at each output."""
    is_repeatable: bool = True
    """Whether no call was seen to be answered in two ways."""
    is_varying: bool = False
    """Whether its graph was seen to have random ops, or some that may change variables or tables."""
    crashes: list[RunFinding] = field(default_factory=list)
    sent: dict[tuple[str, Way], str] = field(default_factory=dict)
    """Whether other signatures are ``ok`` or one ``FAILS``, by key and way."""
    unjudged: dict[str, str] = field(default_factory=dict)
    """What of the endpoint was not judged, with the reason."""

    def __post_init__(self) -> None:
        self.axes = InputAxes(self.subject.document, self.subject.name)
        self.addresses = self.subject.addresses()

    def ask(  # noqa: PLR0913  # each is a part of the call
        self,
        way: Way,
        planned: PlannedCall,
        address: str | None = None,
        *,
        inputs: Mapping[str, FlatTensor] | None = None,
        left_out: Iterable[str] | None = None,
        by_keyword: bool = False,
        what: str = "",
    ) -> Answered | Refused | None:
        """The answer to a call; None after a crash, which is a finding, and where the answer cannot be judged.

        ``what`` says what is particular about the call.
        """
        if way not in self.ways:
            return None
        address = self.addresses[way] if address is None else address
        sent = planned.inputs if inputs is None else inputs
        omitted = planned.left_out if left_out is None else left_out
        call = Call(way, self.subject.name, address, sent, tuple(sorted(omitted)), by_keyword)
        if address == self.addresses[way]:
            self.counts[way] += 1
            self.made[way, planned.case] = None
        else:
            self.counts[address] += 1
            self.made[f"{way} {address}", planned.case] = None
            self.sent.setdefault((address, way), "ok")
        try:
            answer = self.session.call(call)
        except OutOfTimeError as error:
            message = f"{error.message} while the {way} was called with {planned.title}{what}"
            self.crashes.append(self.finding("timed-out", self.subject.path, message, (way,), planned))
            error.is_reported = True
            raise
        match answer:
            case Crashed():
                self.ways.remove(way)
                title = f"{planned.title}{what}"
                message = f"the {way} crashed in {title}: {answer.message}"
                self.crashes.append(self.finding("crashed", self.subject.path, message, (way,), planned))
                return None
            case Refused(why="too_large"):
                self.unjudged.setdefault(planned.title, f"{reason(answer.message)}")
                return None
            case Refused(why="absent"):
                self.ways.remove(way)
                message = f"the {way} {address!r} cannot be called: {reason(answer.message)}"
                self.crashes.append(self.finding("load-failed", self.subject.path, message, (way,), planned))
                return None
            case Answered(is_varying=True):
                self.is_varying = True
        return answer

    def compare(
        self, bound: BoundLeaf, found: Mapping[str, FlatTensor], expected: Mapping[str, FlatTensor], **more: Any
    ) -> Compared:
        """A leaf of two answers from here, or as ``more`` says; notes the largest difference."""
        origin = more.pop("origin", "here")
        result = compare_leaf(bound, found, expected, self.subject.endpoint.tolerance, origin, **more)
        if result.largest:
            self.largest[bound.name] = max(result.largest, self.largest.get(bound.name, 0.0))
        return result

    def finding(  # noqa: PLR0913  # each is a part of the finding
        self,
        rule: RunningRule,
        path: SpecPath,
        message: str,
        ways: Sequence[str],
        planned: PlannedCall | None,
        *,
        level: Level | None = None,
        hint: str = "",
        result: Compared | None = None,
        bound: BoundLeaf | None = None,
        outputs: Mapping[str, FlatTensor] | None = None,
        with_example: bool = True,
    ) -> RunFinding:
        """A finding about a call. ``outputs`` are the right ones, where the call needs them to be an example."""
        details: list[str] = []
        if planned is not None and planned.example is None:
            sizes = named_sizes(self.subject.inputs, planned.inputs)
            said = ", ".join(f"{name}={size}" for name, size in sizes.items())
            details.append(f"in {planned.title}" + (f" with {said}" if said else ""))
        elif planned is not None and planned.title not in message:
            message = f"{message}, in {planned.title}"
        if result is not None and result.comparison is not None and bound is not None:
            details += comparison_lines(result.comparison, bound.leaf.dtype)
        elif result is not None and result.problem:
            message = f"{message}: it {result.problem}"
        return RunFinding(
            rule=rule,
            path=path,
            message=message,
            hint=hint,
            level=level or cast(Level, RULES[rule].level),
            endpoint=self.subject.name,
            ways=tuple(ways),
            case=None if planned is None else planned.case,
            comparison=None if result is None else result.comparison,
            example=self._example(planned, outputs) if planned is not None and with_example else None,
            details=tuple(details),
            calls=() if planned is None else tuple((way, planned.case) for way in ways),
        )

    def _example(self, planned: PlannedCall, outputs: Mapping[str, FlatTensor] | None) -> Mapping[str, Any] | None:
        """A generated call in the form of an example, if it is small."""
        tensors = (*planned.inputs.values(), *(outputs or {}).values())
        if planned.example is not None or sum(map(_written, tensors)) > _MAX_EXAMPLE_ELEMENTS:
            return None
        endpoint = self.subject.endpoint
        example: dict[str, Any] = {"inputs": inputs_to_json(endpoint, planned.inputs, planned.left_out)}
        if outputs is not None:
            example["outputs"] = outputs_to_json(endpoint, outputs)
        return example if len(json.dumps(example)) <= MAX_EXAMPLE_BYTES else None

    def repeats(self, way: Way, planned: PlannedCall, answer: Answered) -> tuple[Compared, BoundLeaf | None] | None:
        """The output that a second call answers otherwise, if there is one; the endpoint is then not repeatable.

        A graph that varies gets more chances to show it: two draws may be equal.
        """
        for _ in range(_REPETITIONS if self.is_varying else 1):
            found = self._repeat(way, planned, answer)
            if found is not None:
                return found
        return None

    def _repeat(self, way: Way, planned: PlannedCall, answer: Answered) -> tuple[Compared, BoundLeaf | None] | None:
        again = self.ask(way, planned, what=", repeated")
        if isinstance(again, Refused):
            self.is_repeatable = False
            return Compared(f"is refused: {reason(again.message)}"), None
        if again is None:
            return None
        for bound in self.subject.outputs:
            tolerance = self.subject.endpoint.tolerance
            result = compare_leaf(bound, again.outputs, answer.outputs, tolerance, "here")
            if result.problem:
                self.is_repeatable = False
                return result, bound
        return None


def _written(tensor: FlatTensor) -> int:
    """How many values or empty arrays are written for a tensor."""
    return tensor.size or prod(tensor.shape[: tensor.shape.index(0)])


def reason(message: str) -> str:
    """The first line of a refusal, shortened."""
    line = " ".join(message.strip().splitlines()[:1])
    return line if len(line) <= _MAX_REASON else f"{line[: _MAX_REASON - 3]}..."


def verb(ways: Sequence[str], singular: str, plural: str) -> str:
    """``the session refuses``, ``the signature and the session refuse``."""
    return f"{listed(ways)} {singular if len(ways) == 1 else plural}"
