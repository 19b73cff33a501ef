"""``specc inspect ARCHIVE``: describes a SavedModel, from its contract or its graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from specc.cli.findings import add_options, print_report
from specc.cli.show import print_notes, print_subject
from specc.language.load import dump
from specc.pages.subject import archive_subject
from specc.reader import inspect_archive
from specc.report import Report
from specc.report.writer import write


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("archive", metavar="ARCHIVE", help="the directory of a SavedModel")
    parser.add_argument("--json", action="store_true", help="print the document itself, as a spec file")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the archive's document; notes about what is missing in it go to standard error."""
    if not options.json:
        return print_subject(archive_subject(options.archive), options)
    inspection = inspect_archive(Path(options.archive))
    write(dump(inspection.document))
    print_notes(inspection)
    report = Report([finding.in_file(options.archive) for finding in inspection.findings])
    return print_report(report, options, sys.stderr)  # the document is printed bare
