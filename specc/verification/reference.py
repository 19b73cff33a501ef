"""References: what else answers the calls of an archive, and is trusted: its model, or another archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.tolerance import Origin
from specc.verification.archive_session import ArchiveSession
from specc.verification.planned_call import PlannedCall
from specc.verification.protocol import Answered, Call, Loaded, Refused, Way
from specc.verification.subject import Subject


@dataclass(frozen=True)
class Expected:
    """The answer that one reference gives to a call; ``title`` completes "differs from ..."."""

    title: str
    origin: Origin
    outputs: Mapping[str, FlatTensor]
    ways: tuple[Way, ...] | None = None
    """The ways that are held against it; None for all."""
    open_axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_declared: bool = False
    """Whether it is an example, and not the answer of a reference."""

    def is_for(self, way: Way) -> bool:
        """Whether an answer of ``way`` is held against it."""
        return self.ways is None or way in self.ways


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

    def expected(self, subject: Subject, planned: PlannedCall, ways: tuple[Way, ...]) -> list[Expected]:
        """What the reference answers: one Expected from a model, one for each of ``ways`` from an archive."""
        found = []
        for way in self._ways if self.is_model else ways:
            if way not in self._ways:
                continue
            address = subject.name if way == "model" else subject.addresses().get(way)
            loaded = self.session.load(way)
            if address is None or not isinstance(loaded, Loaded) or address not in loaded.addresses:
                why = getattr(loaded, "message", "")
                self._miss(subject.name, f"it has no {subject.name!r}" + (f": {why}" if why else ""))
                continue
            answer = self.session.call(
                Call(way, subject.name, address, planned.inputs, tuple(sorted(planned.left_out)))
            )
            if isinstance(answer, Answered) and not answer.mismatches:
                self.answered.add(subject.name)
                found.append(Expected(self.title, self.origin, answer.outputs, None if way == "model" else (way,)))
            elif isinstance(answer, Refused | Answered):
                why = answer.message if isinstance(answer, Refused) else answer.mismatches[0].message
                self._miss(f"{subject.name}, {planned.title}", why)
            else:
                self._miss(f"{subject.name}, {planned.title}", answer.message)
        return found

    def _miss(self, what: str, why: str) -> None:
        self.missing.setdefault(what, why)
