"""ArchiveSession: an archive, or a model, in a child process, which is started again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple, Protocol

from specc.errors import UnavailableError
from specc.language.document import Document
from specc.verification.process import ChildEndedError
from specc.verification.protocol import (
    Answer,
    Answered,
    Call,
    CheckFingerprint,
    Fingerprint,
    ListVariables,
    Load,
    Loaded,
    LoadModel,
    Prepare,
    ProtocolError,
    Ready,
    Refused,
    Request,
    Time,
    Timed,
    Variables,
    Way,
)
from specc.verification.subject import WAYS


class ChildLike(Protocol):
    """What answers requests: :class:`specc.verification.process.Child`."""

    def ask(self, request: Request) -> Answer:
        """The answer to ``request``."""

    def close(self) -> None:
        """Ends the process."""


class Crashed(NamedTuple):
    """A request that ended the child; ``message`` says how it ended."""

    message: str


class OutOfTimeError(Exception):
    """The time was over while ``request`` ran."""

    def __init__(self, request: Request, message: str) -> None:
        super().__init__(message)
        self.request, self.message = request, message
        self.is_reported = False
        """Whether there is a finding about it."""


class ArchiveSession:
    """Sends requests to a child. ``calls`` counts those that were made."""

    def __init__(
        self, start: Callable[[], ChildLike], imports: tuple[str, ...], loads: Mapping[Way, Load | LoadModel]
    ) -> None:
        self._start, self._imports, self._loads = start, imports, loads
        self._child: ChildLike | None = None
        self._is_prepared = False
        self._loaded: dict[Way, Loaded | Refused | Crashed] = {}
        self._ready: dict[Way, bool] = {}
        self.tensorflow = ""
        self.unfenced: tuple[str, ...] = ()
        self.calls = 0
        self._begun: dict[Way, Future[Loaded | Refused | Crashed]] = {}

    def close(self) -> None:
        """Ends the child."""
        begun = list(self._begun.values())
        self._begun.clear()
        self._end_child()
        if begun:
            wait(begun)  # soon, since their child has ended
            self._end_child()

    def begin(self, way: Way) -> None:
        """Starts to load the archive for ``way`` in a process of its own; the caller goes on, and :meth:`load` waits.

        Nothing else may be asked before.
        """
        self._child = self._start()  # in this thread, so that close() finds it
        executor = ThreadPoolExecutor(1)
        self._begun[way] = executor.submit(self._load, way)
        executor.shutdown(wait=False)

    def load(self, way: Way) -> Loaded | Refused | Crashed:
        """Loads the archive for ``way``, once in the life of a child; a way that failed is not tried again.

        Raises:
            OutOfTimeError: the time is over.
            UnavailableError: TensorFlow, or a module to import, is not there.
        """
        if way in self._begun:
            return self._begun.pop(way).result()
        return self._load(way)

    def _load(self, way: Way) -> Loaded | Refused | Crashed:
        before = self._loaded.get(way)
        if before is not None and (self._ready.get(way) or not isinstance(before, Loaded)):
            return before
        answer = self._ask(self._loads[way])
        if not isinstance(answer, Loaded | Refused | Crashed):
            answer = Refused(f"the process answered {type(answer).__name__} and not Loaded")
        self._loaded[way] = answer
        self._ready[way] = isinstance(answer, Loaded)
        return answer

    def call(self, call: Call) -> Answered | Refused | Crashed:
        """The answer to ``call``; raises as :meth:`load` does."""
        loaded = self.load(call.way)
        if not isinstance(loaded, Loaded):
            return loaded
        self.calls += 1
        answer = self._ask(call)
        if isinstance(answer, Answered | Refused | Crashed):
            return answer
        return Refused(f"the process answered {type(answer).__name__} and not Answered")

    @property
    def unfenced_note(self) -> str:
        """What the fence of the child lacks on this system, as a sentence; or the empty string."""
        parts = ", ".join(self.unfenced)
        return f"this system could not keep the archive from: {parts}" if parts else ""

    def time(self, call: Call) -> tuple[float, ...]:
        """The durations of ``call``, repeated; none where it fails."""
        if not isinstance(self.load(call.way), Loaded):
            return ()
        answer = self._ask(Time(call))
        return answer.seconds if isinstance(answer, Timed) else ()

    def variables(self, way: Way, request: ListVariables) -> Variables | Refused | Crashed:
        """The variables of what is loaded for ``way``."""
        loaded = self.load(way)
        if not isinstance(loaded, Loaded):
            return loaded
        answer = self._ask(request)
        return answer if isinstance(answer, Variables | Refused | Crashed) else Refused("the process has no variables")

    def fingerprint(self, directory: str) -> Fingerprint | Refused | Crashed:
        """What of the archive in ``directory`` is not as its fingerprint says."""
        answer = self._ask(CheckFingerprint(directory))
        return answer if isinstance(answer, Fingerprint | Refused | Crashed) else Refused("the process cannot tell")

    def _ask(self, request: Request) -> Answer | Crashed:
        try:
            child = self._child = self._child or self._start()
            if not self._is_prepared:
                self._prepare(child)
                self._is_prepared = True
            return child.ask(request)
        except ProtocolError as error:
            return Refused(f"the request is {error}", "too_large")
        except ChildEndedError as ended:
            self._end_child()
            self._ready.clear()
            if ended.timed_out:
                raise OutOfTimeError(request, ended.message) from None
            return Crashed(ended.message)

    def _end_child(self) -> None:
        child, self._child, self._is_prepared = self._child, None, False
        if child is not None:
            child.close()

    def _prepare(self, child: ChildLike) -> None:
        try:
            answer = child.ask(Prepare(self._imports))
        except ChildEndedError as ended:
            if ended.timed_out:
                raise
            raise UnavailableError(f"TensorFlow cannot be used: {ended.message}") from None
        if not isinstance(answer, Ready):
            reason = answer.message if isinstance(answer, Refused) else "the process did not start"
            raise UnavailableError(reason)
        self.tensorflow, self.unfenced = answer.tensorflow, answer.unfenced


def session_of_archive(
    document: Document, directory: str, tags: tuple[str, ...], imports: tuple[str, ...], start: Callable[[], ChildLike]
) -> ArchiveSession:
    """The session of the archive of ``document`` in ``directory``, which can be loaded for each way."""
    promises = document.promises().to_json()
    return ArchiveSession(start, imports, {way: Load(way, directory, promises, tags) for way in WAYS})


def session_of_model(
    document: Document, model: str | ChildLike | None, imports: tuple[str, ...], start: Callable[[], ChildLike]
) -> ArchiveSession:
    """The session of the model called ``model``, of one in memory, or of the document's own."""
    named = model if model is None or isinstance(model, str) else None
    in_memory = None if model is None or isinstance(model, str) else model
    directory = str(document.directory or Path.cwd())
    load = LoadModel(document.promises().to_json(), directory, named, imports)
    return ArchiveSession(lambda: in_memory or start(), (), {"model": load})
