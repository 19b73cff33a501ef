"""``specc fmt FILE...``: rewrites specs in canonical form."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from pathlib import Path

from specc.cli import ERRORS_FOUND, OK, note
from specc.cli.findings import add_options, print_report
from specc.diagnostics import Diagnostic, printable
from specc.errors import SpecError, TargetError, UnreadableError
from specc.language.load import dump, load_spec
from specc.publishing.single_file import replace_file
from specc.report import Report
from specc.report.writer import write


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec, which is rewritten in place")
    parser.add_argument("--check", action="store_true", help="change nothing; list the files that would change")
    parser.add_argument("--diff", action="store_true", help="change nothing; print what would change")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrites files, or lists those that would change; a file that is not a valid document is left as it is."""
    findings: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    keep, changed = options.check or options.diff, 0
    shown = options.diff and options.format == "text"  # the diff shows it
    for file in options.files:
        try:
            for finding in _format_file(file, options):
                changed += 1
                findings += [finding] if keep and not shown else []
        except SpecError as error:
            findings += error.diagnostics
        except (UnreadableError, TargetError) as error:
            unreadable.append((file, str(error)))
    code = print_report(Report(findings, unreadable, len(options.files) - len(unreadable)), options)
    note(f"{changed} {'would change' if keep else 'changed'}")
    return code or (ERRORS_FOUND if keep and changed else OK)


def _format_file(file: str, options: argparse.Namespace) -> Iterator[Diagnostic]:
    """Rewrites one file in canonical form, unless only checking; yields a finding if it was not canonical."""
    spec = load_spec(file, rules=())
    text = dump(spec.document)
    if spec.source.text == text:
        return
    if options.diff and options.format == "text":
        write("".join(_unified_diff(spec.source.text, text, file)))
    if not (options.check or options.diff):
        replace_file(Path(file), text.encode("utf-8"))
    message, hint = "the text is not in canonical form", "specc fmt rewrites it; specc fmt --diff shows the changes"
    yield Diagnostic(rule="not-canonical", file=file, message=message, hint=hint)


def _unified_diff(old: str, new: str, file: str) -> list[str]:
    """A unified diff. Lines end only at line feeds; a carriage return is shown as an escape."""
    name, before, after = printable(file), old.split("\n"), new.split("\n")
    lines = difflib.unified_diff(before, after, name, f"{name} (formatted)", lineterm="")
    return [f"{printable(line)}\n" for line in lines]
