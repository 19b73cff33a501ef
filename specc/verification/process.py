"""The child process that runs an archive: how it is started, asked and ended."""

from __future__ import annotations

from typing import Literal

from specc.verification.protocol import Answer, Request


class ChildEnded(Exception):
    """The child ended before it answered ``request``.

    ``timed_out`` is whether it was ended because the time was over; else it crashed. ``message`` says how, in the same
    words each time: ``the process was ended by SIGSEGV``.
    """

    def __init__(self, request: Request, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.request, self.message, self.timed_out = request, message, timed_out


class Child:
    """A child process. Use it as a context manager: it ends with the block.

    Its first request is Prepare. After ChildEnded it answers nothing more; start another.
    """

    def __init__(self, *, deadline: float, fence: Literal["archive", "none"] = "archive") -> None:
        """Starts the process, which ends at ``deadline``, a time of ``time.monotonic()``.

        ``fence`` is ``none`` for a child that makes the model: that runs the caller's own code.
        """
        raise NotImplementedError

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: Request) -> Answer:
        """The answer to ``request``.

        Raises:
            ChildEnded: the process crashed or its time was over.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Ends the process."""
        raise NotImplementedError
