"""``specc validate FILE...``: every finding of every file."""

from __future__ import annotations

import argparse
import sys

from specc.cli import COULD_NOT_RUN, ERRORS_FOUND, OK, complain, note
from specc.errors import SpecError, UnreadableError
from specc.language.load import load_buildable
from specc.report.text import findings_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec, by convention NAME.specc.json")


def run(options: argparse.Namespace) -> int:
    """Prints all findings to standard output, and how many there were to standard error."""
    errors, unreadable = 0, 0
    for file in options.files:
        try:
            load_buildable(file)
        except SpecError as error:
            errors += len(error.diagnostics)
            sys.stdout.write(findings_text(error.diagnostics))
        except UnreadableError as error:
            unreadable += 1
            complain(str(error))
    sys.stdout.flush()
    files = len(options.files)
    note(f"{files} file{'' if files == 1 else 's'} checked, {errors or 'no'} error{'' if errors == 1 else 's'}")
    if unreadable:
        return COULD_NOT_RUN
    return ERRORS_FOUND if errors else OK
