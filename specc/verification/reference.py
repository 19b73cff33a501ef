"""References: what else answers the calls of an archive, and is trusted: its model, or another archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.tolerance import Origin
from specc.verification.archive_session import ArchiveSession
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Call, Loaded, Way
from specc.verification.subject import Subject


@dataclass(frozen=True)
class Expected:
    """The answer that one reference gives to a call; ``title`` completes "differs from ..."."""

    title: str
    origin: Origin
    answers: Mapping[Way, Mapping[str, FlatTensor]]
    """The right outputs, by the way that is held against them."""
    open_axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_declared: bool = False
    """Whether it is an example, and not the answer of a reference."""


class Reference:
    """A model, called as such, or another archive, called on the ways that it has."""

    def __init__(self, title: str, origin: Origin, session: ArchiveSession, ways: tuple[Way, ...]) -> None:
        self.title, self.origin, self.session, self._ways = title, origin, session, ways
        self.missing: dict[str, str] = {}
        """Why it does not have an endpoint, by its name."""
        self.unanswered: dict[str, dict[str, str]] = {}
        """The cases that the archive answers and it does not, with the reasons, by endpoint."""
        self.answered: set[str] = set()
        """The endpoints of which it answered a call."""

    @property
    def is_model(self) -> bool:
        """Whether it is a model."""
        return "model" in self._ways

    def expected(
        self, subject: Subject, planned: PlannedCall, ways: tuple[Way, ...], *, asked: bool
    ) -> Expected | None:
        """What the reference answers: a model for all ``ways``, an archive for each on its own.

        ``asked`` is whether the archive answers the call, so that a missing answer is worth a note.
        """
        refusals: list[str] = []
        if self.is_model:
            outputs = self._outputs(subject, planned, "model", refusals)
            answers = {} if outputs is None else dict.fromkeys(ways, outputs)
        else:
            each = {way: self._outputs(subject, planned, way, refusals) for way in ways if way in self._ways}
            answers = {way: outputs for way, outputs in each.items() if outputs is not None}
        if answers:
            self.answered.add(subject.name)
            return Expected(self.title, self.origin, answers)
        if asked and refusals:
            cases = self.unanswered.setdefault(subject.name, {})
            cases.setdefault(planned.case, refusals[0])
            self.missing.setdefault(subject.name, refusals[0])
        return None

    def _outputs(
        self, subject: Subject, planned: PlannedCall, way: Way, refusals: list[str]
    ) -> Mapping[str, FlatTensor] | None:
        address = subject.name if way == "model" else subject.addresses().get(way)
        loaded = self.session.load(way)
        if address is None or not isinstance(loaded, Loaded) or address not in loaded.addresses:
            why = getattr(loaded, "message", "")
            self.missing.setdefault(subject.name, f"it has no {subject.name!r}" + (f": {why}" if why else ""))
            return None
        answer = self.session.call(Call(way, subject.name, address, planned.inputs, tuple(sorted(planned.left_out))))
        if isinstance(answer, Answered) and not answer.mismatches:
            return answer.outputs
        refusals.append(answer.mismatches[0].message if isinstance(answer, Answered) else answer.message)
        return None
