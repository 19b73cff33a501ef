"""An archive session that loads while others do something else, and what it does when it is closed meanwhile."""

from __future__ import annotations

import threading

import pytest

from specc.errors import UnavailableError
from specc.verification.archive_session import ArchiveSession, OutOfTimeError
from specc.verification.process import ChildEndedError
from specc.verification.protocol import (
    Answer,
    Answered,
    Call,
    Load,
    Loaded,
    LoadModel,
    Prepare,
    Ready,
    Refused,
    Request,
)


class SlowChild:
    """Loads when it may, or ends when it is closed."""

    def __init__(self, prepared: Answer | None = None, *, timed_out: bool = False) -> None:
        self.asked: list[str] = []
        self.closed, self.may_load, self.is_loading = threading.Event(), threading.Event(), threading.Event()
        self._prepared, self._timed_out = prepared or Ready("here"), timed_out

    def ask(self, request: Request) -> Answer:
        self.asked.append(type(request).__name__)
        if isinstance(request, Prepare):
            return self._prepared
        if isinstance(request, LoadModel):
            self.is_loading.set()
            while not self.may_load.wait(0.01):
                if self.closed.is_set():
                    raise ChildEndedError(request, "it ended", timed_out=self._timed_out)
            return Loaded(("score",))
        if isinstance(request, Load):
            return Loaded(("score",))
        return Answered()

    def close(self) -> None:
        self.closed.set()


def session_of(*children: SlowChild) -> ArchiveSession:
    left = list(children)
    return ArchiveSession(
        lambda: left.pop(0), (), {"model": LoadModel({}, "."), "attribute": Load("attribute", ".", {})}
    )


def test_it_loads_meanwhile_and_once() -> None:
    child = SlowChild()
    session = session_of(child)
    session.begin("model")
    assert child.is_loading.wait(10)
    child.may_load.set()
    assert [session.load("model"), session.load("model")] == [Loaded(("score",))] * 2
    assert isinstance(session.call(Call("model", "score", "score", {})), Answered)
    assert child.asked == ["Prepare", "LoadModel", "Call"]
    session.close()
    assert child.closed.is_set()


def test_closing_ends_the_child_that_still_loads() -> None:
    child = SlowChild()
    session = session_of(child)
    session.begin("model")
    assert child.is_loading.wait(10)
    session.close()
    assert child.closed.is_set()
    assert child.asked == ["Prepare", "LoadModel"]


def test_what_the_fence_lacks_is_said() -> None:
    """As in a container that refuses to unshare the network."""
    sessions = [session_of(SlowChild(Ready("here", unfenced))) for unfenced in ((), ("network", "file size"))]
    for session in sessions:
        session.load("attribute")
    assert [session.unfenced_note for session in sessions] == [
        "",
        "this system could not keep the archive from: network, file size",
    ]


def test_what_goes_wrong_is_raised_where_it_is_loaded() -> None:
    session = session_of(SlowChild(Refused("there is no TensorFlow")))
    session.begin("model")
    with pytest.raises(UnavailableError, match="there is no TensorFlow"):
        session.load("model")
    late = SlowChild(timed_out=True)
    late.closed.set()
    session = session_of(late)
    session.begin("model")
    with pytest.raises(OutOfTimeError):
        session.load("model")
    session.close()
