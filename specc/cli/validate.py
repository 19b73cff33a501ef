"""``specc validate FILE...``: prints every finding of every file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from specc.checks import run_checks
from specc.cli.findings import add_options, print_report
from specc.cli.settings import SettingsFinder
from specc.diagnostics import Diagnostic
from specc.errors import SpecError, UnreadableError
from specc.language.load import load_spec
from specc.language.validation.rules import capped
from specc.report import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec, by convention NAME.specc.json")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints all findings to standard output, and their number to standard error."""
    findings: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    settings = SettingsFinder()
    for file in options.files:
        try:
            findings += _findings_in_file(file, settings)
        except UnreadableError as error:
            unreadable.append((file, str(error)))
    return print_report(Report(findings, unreadable, len(options.files) - len(unreadable)), options)


def _findings_in_file(file: str, settings: SettingsFinder) -> Sequence[Diagnostic]:
    """The errors of one file, or the findings of the checks if there are none."""
    try:
        spec = load_spec(file)
    except SpecError as error:
        return error.diagnostics
    findings = list(capped(run_checks(spec.document, settings.settings_for(file))))
    return spec.locate(findings) if findings else ()
