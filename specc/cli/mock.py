"""``specc mock SPEC|ARCHIVE``: answers TensorFlow Serving's REST API as a contract says, until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from specc.artefacts import emit
from specc.cli import OK, QUIET, note
from specc.cli.findings import add_options, print_report
from specc.cli.settings import SettingsFinder
from specc.compatibility.named_sides import read_side
from specc.mock.server import HOST, Served, open_server
from specc.report import Report
from specc.report.writer import write
from specc.source.file_names import model_name

_PORT = 8501
"""TensorFlow Serving's own."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("source", metavar="SPEC|ARCHIVE", help="a spec, the directory of a SavedModel, or REV:path")
    port = f"where to listen on {HOST}; 0 is any free one (default: {_PORT})"
    parser.add_argument("--port", type=_port, default=_PORT, metavar="N", help=port)
    seed = "of generated answers: the same seed, the same answer to the same request"
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=seed)
    parser.add_argument("--name", help="the name of the served model (default: the document's, or the file's)")
    add_options(parser)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: expected 0 to 65535")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Prints the URL once the server listens; requests are listed on standard error.

    A signal that ends it is not an error. What a server of the archive would not offer is a finding, on standard error.
    """
    side = read_side(options.source)
    document = side.described.document
    name = options.name if options.name is not None else document.name or model_name(options.source)
    settings = SettingsFinder().settings_for(side.place)
    made = emit("openapi", document, name, settings=settings)
    code = print_report(Report(side.in_text(list(made.findings))), options, sys.stderr)
    if not made.data or code != OK:
        return code
    if not side.described.has_contract:
        note("note: there is no contract, so that '?' means that a dimension is not known")
    log = _ignore if QUIET.get() else note  # a thread of the server does not have the context of this one
    with _terminable(), open_server(Served(document, name, made.data, options.seed), options.port, log) as server:
        write(f"{server.url}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    return OK


def _ignore(line: str) -> None:
    """Lists no request."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Makes SIGTERM end the process as SIGINT does. A thread other than the main one can set no handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
