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
        """Why it does not answer an endpoint, or one of its calls, by what is meant."""
        self.answered: set[str] = set()
        """The endpoints of which it answered a call."""

    @property
    def is_model(self) -> bool:
        """Whether it is a model."""
        return "model" in self._ways

    def expected(self, subject: Subject, planned: PlannedCall, ways: tuple[Way, ...]) -> Expected | None:
        """What the reference answers: a model for all ``ways``, an archive for each on its own."""
        if self.is_model:
            outputs = self._outputs(subject, planned, "model")
            answers = {} if outputs is None else dict.fromkeys(ways, outputs)
        else:
            each = {way: self._outputs(subject, planned, way) for way in ways if way in self._ways}
            answers = {way: outputs for way, outputs in each.items() if outputs is not None}
        if not answers:
            return None
        self.answered.add(subject.name)
        return Expected(self.title, self.origin, answers)

    def _outputs(self, subject: Subject, planned: PlannedCall, way: Way) -> Mapping[str, FlatTensor] | None:
        address = subject.name if way == "model" else subject.addresses().get(way)
        loaded = self.session.load(way)
        if address is None or not isinstance(loaded, Loaded) or address not in loaded.addresses:
            why = getattr(loaded, "message", "")
            self._miss(subject.name, f"it has no {subject.name!r}" + (f": {why}" if why else ""))
            return None
        answer = self.session.call(Call(way, subject.name, address, planned.inputs, tuple(sorted(planned.left_out))))
        if isinstance(answer, Answered) and not answer.mismatches:
            return answer.outputs
        why = answer.mismatches[0].message if isinstance(answer, Answered) else answer.message
        self._miss(f"{planned.title} of {subject.name}", why)
        return None

    def _miss(self, what: str, why: str) -> None:
        self.missing.setdefault(what, why)
