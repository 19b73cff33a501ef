"""Printing findings: the options that all commands share, and the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TextIO

from specc.cli import COULD_NOT_RUN, ERRORS_FOUND, OK, complain, note
from specc.diagnostics import counted
from specc.report import FORMATS, DiffReport, Report, render
from specc.report.writer import understands_escapes, write


def add_options(parser: argparse.ArgumentParser, *formats: str) -> None:
    """Adds the options of every command that has findings; ``formats`` are further ones of this command."""
    parser.add_argument(
        "--format", choices=(*FORMATS, *formats), default="text", help="how findings are printed (default: text)"
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="print only findings, one line each, without notes")
    parser.add_argument("--strict", action="store_true", help="count warnings as errors in the exit code")
    parser.add_argument("--max-findings", type=_max_findings, metavar="N", help="print at most N findings")


def _max_findings(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of findings: expected at least 1")
    return int(text)


def print_report(report: Report, options: argparse.Namespace, stream: TextIO | None = None) -> int:
    """Prints the findings to standard output, and a summary of a run over files to standard error.

    Returns:
        The exit code of the command.
    """
    stream = stream or sys.stdout
    shown = replace(report.limited(options.max_findings), command=options.command)
    styled = wants_color(stream)
    if options.format == "text":
        if isinstance(shown, DiffReport):
            from specc.report.diff_text import diff_text

            write(diff_text(shown, color=styled, brief=options.quiet), stream, styled=styled)
            stream.flush()
        elif shown.findings:
            from specc.report.text import findings_text

            write(findings_text(shown.findings, color=styled, brief=options.quiet), stream, styled=styled)
            stream.flush()
        for _, message in report.unreadable:
            complain(message)
    else:
        write(render(shown, options.format), stream, commands=options.format == "github")
        stream.flush()
    if report.files or report.unreadable:
        hidden = len(report.findings) - len(shown.findings)
        more = f" ({hidden} not shown)" if hidden else ""
        note(f"{counted(report.files, 'file')} checked, {_count_findings(report)}{more}")
    return exit_code(report, options)


def exit_code(report: Report, options: argparse.Namespace) -> int:
    """The exit code of a command with this result."""
    if report.unreadable:
        return COULD_NOT_RUN
    return ERRORS_FOUND if report.errors or (options.strict and report.warnings) else OK


def _count_findings(report: Report) -> str:
    warnings = f", {counted(report.warnings, 'warning')}" if report.warnings else ""
    return f"{counted(report.errors, 'error') if report.errors else 'no errors'}{warnings}"


def wants_color(stream: TextIO) -> bool:
    """Whether to use colour: on a terminal that has it, without NO_COLOR (https://no-color.org)."""
    return understands_escapes(stream) and not os.environ.get("NO_COLOR")
