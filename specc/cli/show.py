"""``specc show SPEC|ARCHIVE``: what a contract offers and an archive holds, as a tree or as an HTML page."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from specc.change import SURFACES
from specc.cli import note
from specc.cli.findings import add_options, print_report, wants_color
from specc.cli.settings import SettingsFinder
from specc.compatibility.policy import Policy
from specc.errors import UsageError
from specc.language.load import require_endpoint
from specc.pages.subject import Against, Subject, changes_since, read_subject
from specc.pages.tree import Style, tree
from specc.publishing.single_file import write_whole
from specc.reader import Inspection
from specc.reader.custom_ops import loading_note
from specc.report import Report
from specc.report.writer import write

_BOXES = "├─└→│"
_WIDTHS = range(60, 201)


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("source", metavar="SPEC|ARCHIVE", help="a spec, the directory of a SavedModel, or REV:path")
    parser.add_argument("--html", metavar="FILE", help="write an HTML page instead, in one file")
    parser.add_argument(
        "--against",
        metavar="SPEC|ARCHIVE",
        help="show what has changed since this one: a spec, an archive, REV or REV:path",
    )
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument("--open", action="store_true", help="with --html: open the page in the browser")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the tree, or writes the page; findings about the contract of an archive follow."""
    if options.open and options.html is None:
        raise UsageError("--open needs --html FILE, the page that it opens")
    subject = read_subject(options.source)
    for name in options.endpoint:
        require_endpoint(subject.document, name)
    against = None
    if options.against is not None:
        settings = SettingsFinder().settings_for(subject.side.place if subject.side else subject.file)
        against = changes_since(options.against, subject, Policy(SURFACES, settings.levels, settings.waivers))
    if options.html is None:
        return print_subject(subject, options, against, options.endpoint)
    from specc.pages.page import page

    path = Path(options.html)
    write_whole(path, page(subject, against=against, endpoints=options.endpoint).encode("utf-8"))
    if options.open and not _open_in_browser(path):
        note(f"note: no browser could be opened; open {path} yourself")
    return _print_findings(subject, options)


def print_subject(
    subject: Subject, options: argparse.Namespace, against: Against | None = None, endpoints: tuple[str, ...] = ()
) -> int:
    """Prints the tree, notes about what is missing in an archive, and findings; returns the exit code."""
    if options.format == "text":
        style = _style()
        write(tree(subject, against=against, endpoints=endpoints, style=style), styled=style.color)
    return _print_findings(subject, options)


def _print_findings(subject: Subject, options: argparse.Namespace) -> int:
    if subject.inspection is not None:
        print_notes(subject.inspection)
    if subject.side is None and getattr(options, "against", None) is not None:
        note("note: nothing is compared, since the contract is not that of the archive")
    return print_report(Report([finding.in_file(subject.file) for finding in subject.findings]), options)


def print_notes(inspection: Inspection) -> None:
    """Prints what an archive does not record, and what a process has to import before it loads it."""
    if inspection.custom_ops:  # which a document cannot contain
        note(f"note: {loading_note(inspection.custom_ops, inspection.document.imports)}")
    for text in inspection.notes:
        note(f"note: {text}")


def _style() -> Style:
    """That of standard output: colour and lines on a terminal that has them, else plain text."""
    if not sys.stdout.isatty():
        return Style()
    width = shutil.get_terminal_size((100, 24)).columns
    return Style(min(max(width, _WIDTHS[0]), _WIDTHS[-1]), wants_color(sys.stdout), _has_boxes())


def _has_boxes() -> bool:
    try:
        _BOXES.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return os.environ.get("TERM") != "dumb"


def _open_in_browser(path: Path) -> bool:
    import webbrowser

    return webbrowser.open(path.resolve().as_uri())
