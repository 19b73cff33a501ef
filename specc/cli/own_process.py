"""Runs work in a separate process, so that nothing that ran before can affect it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from specc.cli import QUIET
from specc.errors import SpeccError, SpecError
from specc.verification.process import ending

T = TypeVar("T")


def run_in_own_process(work: Callable[[], T], name: str) -> T:
    """The result of ``work`` in a new process; ``name`` is its file in error messages.

    The process is forked, before TensorFlow is imported, and starts anew where the system cannot fork; ``work`` must
    be picklable for that. It does not outlive this one.

    Raises:
        SpeccError: ``work`` raised it, or the process ended without a result.
    """
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    sys.stdout.flush()
    process = context.Process(target=_report, args=(theirs, work, QUIET.get()))
    process.start()
    theirs.close()
    try:
        result, error = ours.recv()
    except EOFError:
        process.join()
        raise SpeccError(f"{name}: the build process {ending(process.exitcode)}") from None
    except KeyboardInterrupt:
        os.kill(process.pid, signal.SIGINT)  # a terminal interrupts both processes, but other senders only this one
        process.join()
        raise
    process.join()
    if error is not None:
        raise SpecError(error) if isinstance(error, tuple) else error
    return result  # type: ignore[no-any-return]


def _report(connection: Any, work: Callable[[], Any], quiet: bool) -> None:
    """Sends what ``work`` returned or raised; of SpecError the diagnostics, since pickling keeps only its text."""
    QUIET.set(quiet)
    _end_with_parent()
    _be_interrupted_once()
    result: Any = None
    error: BaseException | tuple[Any, ...] | None = None
    try:
        result = work()
        sys.stdout.flush()
    except SpecError as raised:
        error = raised.diagnostics
    except (SpeccError, OSError, KeyboardInterrupt) as raised:
        error = raised
    connection.send((result, error))
    os._exit(0)  # data still in the buffers could not be written


def _end_with_parent() -> None:
    """Ends this process when its parent does; the next build removes what it staged."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _be_interrupted_once() -> None:
    """Ignores interrupts after the first, which raises KeyboardInterrupt, so that they do not disturb the clean-up."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return

    def interrupt(*_: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
