"""``specc digest ARCHIVE...``: one digest of everything in an archive, or of what its contract promises."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from specc.cli import COULD_NOT_RUN, ERRORS_FOUND, OK, complain
from specc.diagnostics import printable
from specc.errors import ArchiveError, SpecError, UnreadableError
from specc.reader.digest import archive_digest
from specc.report.writer import write


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("archives", nargs="+", metavar="ARCHIVE", help="the directory of a SavedModel")
    parser.add_argument(
        "--contract", action="store_true", help="print the contract digest instead; ARCHIVE may then be a spec"
    )


def run(options: argparse.Namespace) -> int:
    """Prints a line for each archive, as ``sha256sum`` does for files."""
    code = OK
    for archive in options.archives:
        try:
            digest = _contract_digest(archive) if options.contract else archive_digest(archive)
            write(f"{digest}  {printable(archive)}\n")
        except (ArchiveError, UnreadableError) as error:
            code = COULD_NOT_RUN
            complain(str(error))
        except SpecError as error:
            from specc.report.text import findings_text

            code = max(code, ERRORS_FOUND)
            write(findings_text([each.in_file(each.file or archive) for each in error.diagnostics]), sys.stderr)
    return code


def _contract_digest(path: str) -> str:
    """The digest of what a spec, or an archive with a contract or without one, promises to callers."""
    from specc.language.load import digest, load
    from specc.reader import inspect

    return digest(inspect(path) if Path(path).is_dir() else load(path))
