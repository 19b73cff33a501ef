"""``specc digest ARCHIVE...``: one digest of everything in an archive."""

from __future__ import annotations

import argparse
import sys

from specc.cli import COULD_NOT_RUN, OK, complain
from specc.diagnostics import printable
from specc.errors import ArchiveError
from specc.reader.digest import archive_digest


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("archives", nargs="+", metavar="ARCHIVE", help="the directory of a SavedModel")


def run(options: argparse.Namespace) -> int:
    """Prints a line for each archive, as ``sha256sum`` does for files."""
    code = OK
    for archive in options.archives:
        try:
            sys.stdout.write(f"{archive_digest(archive)}  {printable(archive)}\n")
        except ArchiveError as error:
            code = COULD_NOT_RUN
            complain(str(error))
    return code
