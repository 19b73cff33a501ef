"""The command line: one module for each command, which parses, calls, prints and returns an exit code.

Exit codes: 0 no errors, 1 errors found, 2 wrong usage, 3 could not run.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar

COMMANDS = {
    "init": "write a first spec from a Keras model, a module or any SavedModel, and list what was guessed",
    "validate": "check spec files; needs no TensorFlow",
    "explain": "explain a rule, with examples; without a rule, list all of them",
    "diff": "say what a change of a contract breaks, on gRPC, on REST and in Python; needs no TensorFlow",
    "fmt": "rewrite spec files in canonical form; needs no TensorFlow",
    "schema": "print the JSON Schemas, or check published copies of them; needs no TensorFlow",
    "build": "build the archive that a spec describes, and verify that it matches",
    "verify": "run an archive, and check that it does what a spec says",
    "record": "write into a spec what a model or an archive answers to its examples",
    "run": "call one endpoint of an archive",
    "emit": "write what serving and client teams need of a contract, such as an OpenAPI document; needs no TensorFlow",
    "payload": "check requests to a server before they are sent; needs no TensorFlow",
    "mock": "answer TensorFlow Serving's REST API as a contract says, without a model; needs no TensorFlow",
    "show": "show a contract as a tree or as an HTML page, and what has changed in it; needs no TensorFlow",
    "inspect": "read a spec back from any SavedModel; needs no TensorFlow",
    "digest": "print one digest of an archive, or of its contract; needs no TensorFlow",
}

_WITHOUT_USER_CODE = ("validate", "diff", "emit", "payload", "mock", "fmt", "schema", "show", "inspect")
"""Commands that import no user code, which might rely on pydantic's plugins."""

QUIET = ContextVar("quiet", default=False)
"""Whether the running command prints only findings."""

OK, ERRORS_FOUND, WRONG_USAGE, COULD_NOT_RUN = range(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; never raises for bad input.

    With ``argv`` the process is the caller's, and its streams, environment and garbage collector stay as they are.
    """
    is_own_process = argv is None
    if is_own_process:
        _prepare_process()
    try:
        with _printable_streams():
            return _run(list(sys.argv[1:] if argv is None else argv), is_own_process=is_own_process)
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except OSError as error:  # standard output on a full disk, or a removed working directory
        if not isinstance(error, BrokenPipeError):  # the reader of our output has closed it, which is fine
            complain(str(error))
        if is_own_process:  # else Python would report the error again when it flushes
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_RUN


def _prepare_process() -> None:
    """Sets up a process that runs one command only.

    A closed standard stream is None in Python; output to it is discarded.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # the process ends before there is much garbage
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's C++ code then logs errors only
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


@contextmanager
def _printable_streams() -> Iterator[None]:
    """Escapes characters that the terminal's encoding lacks, instead of failing."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    errors = [stream.errors for stream in streams]
    try:
        for stream in streams:
            stream.reconfigure(errors="backslashreplace")
        yield
    finally:
        for stream, policy in zip(streams, errors, strict=True):
            with suppress(OSError, ValueError):  # flushing may fail, or the stream is closed
                stream.reconfigure(errors=policy)


def _run(arguments: list[str], *, is_own_process: bool) -> int:
    from specc.errors import SettingsError, SpeccError, SpecError, UsageError  # loaded only when needed

    chosen = next((word for word in arguments if not word.startswith("-")), None)
    parser, commands = _parser()
    if is_own_process and chosen in _WITHOUT_USER_CODE:
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # finding them takes a tenth of the time
    if chosen in COMMANDS:
        command = importlib.import_module(f"specc.cli.{chosen}")
        command.configure(commands[chosen])
    try:
        options = parser.parse_args(arguments)
    except SystemExit as error:  # argparse, after it printed help or a usage error
        return error.code if isinstance(error.code, int) else WRONG_USAGE
    options.command = chosen
    before = QUIET.set(getattr(options, "quiet", False))
    try:
        code: int = command.run(options)
        sys.stdout.flush()
    except SpecError as error:
        from specc.cli.findings import print_report
        from specc.report import Report

        return print_report(Report(error.diagnostics), options)
    except SpeccError as error:
        complain(str(error))
        return WRONG_USAGE if isinstance(error, (SettingsError, UsageError)) else COULD_NOT_RUN
    except (MemoryError, RecursionError) as error:
        what = "memory" if isinstance(error, MemoryError) else "depth"
        complain(f"{chosen} needs more {what} than this process has; give it less at once")
        return COULD_NOT_RUN
    finally:
        QUIET.reset(before)
    return code


def _parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    from specc.cli.command_parser import CommandParser, EscapingParser
    from specc.version import VERSION

    parser = EscapingParser(
        prog="specc", description="Specs for SavedModels: write them, check them, build them, read them back."
    )
    parser.add_argument("--version", action="version", version=f"specc {VERSION}")
    choices = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=CommandParser)
    return parser, {name: choices.add_parser(name, help=text, description=text) for name, text in COMMANDS.items()}


def complain(message: str) -> None:
    """Prints to standard error why the command cannot continue."""
    from specc.diagnostics import printable
    from specc.report.writer import write

    with suppress(OSError):  # standard error may be a file on a full disk
        write(f"specc: error: {printable(message)}\n", sys.stderr)


def note(message: str) -> None:
    """Prints a note to standard error, except with --quiet."""
    if QUIET.get():
        return
    from specc.diagnostics import printable
    from specc.report.writer import write

    with suppress(OSError):  # as above, and a note is not worth a failure
        write(f"{printable(message)}\n", sys.stderr)
        sys.stderr.flush()
