"""``specc validate FILE...``: every finding of every file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from specc.checks import find_opinions
from specc.cli.findings import add_options, print_report
from specc.cli.settings import settings_for
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnreadableError
from specc.language.holding import capped
from specc.language.load import BUILDABLE
from specc.language.reading import located, read_document
from specc.loaders.json_text import read_content
from specc.report import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec, by convention NAME.specc.json")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints all findings to standard output, and how many there were to standard error."""
    findings: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    for file in options.files:
        try:
            findings += _findings(file)
        except UnreadableError as error:
            unreadable.append((file, str(error)))
    return print_report(Report(findings, unreadable, len(options.files) - len(unreadable)), options)


def _findings(file: str) -> Sequence[Diagnostic]:
    """What is wrong with one file; where nothing is, what the checks say of it."""
    content = read_content(Path(file))
    try:
        document = read_document(content, file, BUILDABLE)
    except SpecError as error:
        return error.diagnostics
    opinions = list(capped(find_opinions(document, settings_for(file))))
    return located(content, file, opinions) if opinions else ()
