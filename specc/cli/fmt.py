"""``specc fmt FILE...``: specs in their canonical text."""

from __future__ import annotations

import argparse
import difflib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from specc.cli import ERRORS_FOUND, OK, note
from specc.cli.findings import add_options, print_report
from specc.diagnostics import Diagnostic, printable
from specc.errors import SpecError, TargetError, UnreadableError
from specc.language.load import dump
from specc.language.reading import read_document
from specc.loaders.json_text import read_content
from specc.report import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a spec, which is rewritten in place")
    parser.add_argument("--check", action="store_true", help="change nothing; name the files that would change")
    parser.add_argument("--diff", action="store_true", help="change nothing; print what would change")
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrites files, or says which ones would change; a file that is no document stays as it is."""
    findings: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    changed = 0
    for file in options.files:
        try:
            changed += _format(file, options)
        except SpecError as error:
            findings += error.diagnostics
        except (UnreadableError, TargetError) as error:
            unreadable.append((file, str(error)))
    keep = options.check or options.diff
    code = print_report(Report(findings, unreadable), options) if findings or unreadable else OK
    files = f"{changed} of {len(options.files)} file{'' if len(options.files) == 1 else 's'}"
    note(f"{files} would change" if keep else f"{files} changed")
    return code or (ERRORS_FOUND if changed and keep else OK)


def _format(file: str, options: argparse.Namespace) -> bool:
    """Brings one file into its canonical text, or says that it is not; gives whether it is not."""
    content = read_content(Path(file))
    text = dump(read_document(content, file, ()))
    if content == text.encode("utf-8"):
        return False
    if options.diff:
        sys.stdout.writelines(_diff(content.decode("utf-8"), text, file))
    elif options.check:
        sys.stdout.write(f"{printable(file)}\n")
    else:
        _replace(Path(file), text)
    return True


def _diff(old: str, new: str, file: str) -> Sequence[str]:
    name = printable(file)
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, f"{name} (formatted)", lineterm="")
    return [f"{printable(line)}\n" for line in lines]


def _replace(path: Path, text: str) -> None:
    """Puts ``text`` in the place of a file, whole or not at all; through a link, in the place of what it leads to."""
    target, draft = path.resolve(), None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:100]}.", delete=False) as file:
            draft = Path(file.name)
            file.write(text.encode("utf-8"))
        draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise TargetError(f"cannot write {path}: {error.strerror}") from None
