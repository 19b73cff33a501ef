"""The child process that runs an archive: how it is started, asked and ended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from specc.verification.protocol import Answer, ProtocolError, Request, read_message, write_message

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from specc.verification.child.serve import main; "
    "main(fenced=sys.argv[2] == 'fenced')"
)
_GRACE = 5.0
"""How long a process that closed its pipe may take to end, in seconds."""
_KEPT, _QUOTED = 1 << 16, 300
_FATAL = re.compile(rb"^F\d{4}.*?\] (.+)$", re.MULTILINE)
"""A fatal error of TensorFlow's C++ code, with a date, a thread and a line before it."""


class ChildEndedError(Exception):
    """The child ended before it answered ``request``.

    ``timed_out`` is whether it was ended because the time was over; else it crashed. ``message`` says how, in the same
    words each time: ``the process was ended by SIGSEGV``.
    """

    def __init__(self, request: Request, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.request, self.message, self.timed_out = request, message, timed_out


class Child:
    """A child process. Use it as a context manager: it ends with the block.

    Its first request is Prepare. After ChildEndedError it answers nothing more; start another.
    """

    def __init__(self, *, deadline: float, fenced: bool = True) -> None:
        """Starts the process, which ends at ``deadline``, a time of ``time.monotonic()``.

        A process that is ``fenced`` has an empty directory and home, no terminal and no GPU, and, where the system
        allows it, no network and no way to write files. One that makes the model runs the caller's own code: it has
        only a session of its own and no terminal.
        """
        self._directory = tempfile.TemporaryDirectory(prefix="specc-verify-", ignore_cleanup_errors=True)
        self._timed_out, self._printed = False, b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(_import_path()), "fenced" if fenced else "open"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._directory.name if fenced else None,
            env=_fenced_environment(self._directory.name) if fenced else None,
            start_new_session=True,  # neither a terminal nor its interrupts
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._keep_printed, args=(self._process.stderr,), daemon=True)
        self._reader.start()
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._time_out)
        self._timer.daemon = True
        self._timer.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: Request) -> Answer:
        """The answer to ``request``.

        Raises:
            ChildEndedError: the process crashed, its time was over, or it had ended before.
            ProtocolError: the request is beyond the limits of a message.
        """
        try:
            write_message(self._requests, request)
        except (OSError, ValueError):  # it has ended, or was closed
            raise self._end(request) from None
        try:
            answer = read_message(self._answers)
        except EOFError:
            raise self._end(request) from None
        except ProtocolError as error:
            raise self._end(request, f"sent {error}") from None
        if not isinstance(answer, Answer):
            raise self._end(request, "sent a message that is not an answer")
        return answer

    def _end(self, request: Request, how: str = "") -> ChildEndedError:
        """The error of a process that does not answer ``request``; ``how`` is what it did, if it did not end."""
        if not how:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        self.close()
        if self._timed_out:
            return ChildEndedError(request, "the time was over", timed_out=True)
        how = how or ending(self._process.returncode) + self._fatal_error()
        return ChildEndedError(request, f"the process {how}", timed_out=False)

    def _fatal_error(self) -> str:
        """What TensorFlow's C++ code printed before it aborted, after a colon, or the empty string."""
        found = _FATAL.findall(self._printed)
        return f": {found[-1].decode('utf-8', 'replace').strip()[:_QUOTED]}" if found else ""

    def close(self) -> None:
        """Ends the process and all that it started."""
        self._timer.cancel()
        self._kill()
        self._process.wait()
        self._reader.join(_GRACE)
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                stream.close()
        self._directory.cleanup()

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)  # its session is a process group of its own
            else:
                self._process.kill()

    def _time_out(self) -> None:
        self._timed_out = True
        self._kill()

    def _keep_printed(self, stream: IO[bytes]) -> None:
        """Keeps the last part of what the process prints, so that it never waits for a reader."""
        with stream:
            while part := stream.read1(_KEPT):  # type: ignore[attr-defined]
                self._printed = (self._printed + part)[-_KEPT:]


def ending(code: int) -> str:
    """How a process ended, from its exit code as subprocess and multiprocessing give it."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"


def _import_path() -> list[str]:
    """The import path of this process, which does not depend on the current directory."""
    return [str(Path(part).absolute()) for part in sys.path]


def _fenced_environment(directory: str) -> dict[str, str]:
    return {
        **os.environ,
        **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), directory),
        **dict.fromkeys(("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"), "-1"),
        "KERAS_BACKEND": "tensorflow",  # an archive needs no Keras, but specc's compiler imports it
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # some of TensorFlow's messages show a set
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
