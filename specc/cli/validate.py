"""``specc validate FILE...``: every finding of every file."""

from __future__ import annotations

import argparse

from specc.cli.findings import add_options, print_report
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnreadableError
from specc.language.load import load_buildable
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
            load_buildable(file)
        except SpecError as error:
            findings += error.diagnostics
        except UnreadableError as error:
            unreadable.append((file, str(error)))
    return print_report(Report(findings, unreadable, len(options.files)), options)
