"""``specc emit KIND SPEC|ARCHIVE``: writes an artefact of a contract, or says whether a written one is stale."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from specc.artefacts import KINDS, Kind, emit, kind_called
from specc.cli import note
from specc.cli.findings import add_options, print_report
from specc.cli.settings import SettingsFinder
from specc.compatibility.named_sides import read_side
from specc.diagnostics import Diagnostic, finding
from specc.errors import UnreadableError, UsageError
from specc.language.validation.rules import capped
from specc.publishing.single_file import write_whole
from specc.report import Report
from specc.report.writer import write_file
from specc.source.file_names import model_name
from specc.source.regular_files import read_regular

_MAX_BYTES = 2**26
"""Of an existing file that an artefact is a part of. Of any other, no more is read than there would be."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    kinds = "; ".join(f"{kind.name}: {kind.summary}" for kind in KINDS.values())
    parser.add_argument("kind", metavar="KIND", help=kinds)
    parser.add_argument("source", metavar="SPEC|ARCHIVE", help="a spec, the directory of a SavedModel, or REV:path")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", metavar="FILE|DIR/", help="write this file, or one with the usual name in a directory")
    where.add_argument("--check", metavar="FILE", help="write nothing; FILE must be what would be written")
    parser.add_argument("--name", help="the name of the served model (default: the document's, or the file's)")
    parser.add_argument(
        "--endpoint", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Makes the artefact; without --out and --check it goes to standard output, and findings to standard error."""
    kind = kind_called(options.kind)
    if kind.is_binary and options.out is None and options.check is None:
        raise UsageError(f"{kind.name} is binary; say where to write it: --out FILE")
    side = read_side(options.source)
    document = side.described.document
    name = options.name if options.name is not None else document.name or model_name(options.source)
    settings = SettingsFinder().settings_for(side.place)
    made = emit(kind.name, document, name, options.endpoint, settings=settings)
    if not side.described.has_contract:
        note("note: there is no contract, so that '?' means that a dimension is not known")
    findings = side.in_text(list(capped(made.findings)))
    is_refused = not made.data or (options.strict and any(each.level == "warning" for each in findings))
    if not is_refused and options.check is not None:
        findings += _stale(Path(options.check), made.data, options, kind)
    to_output = options.out is None and options.check is None
    report = Report(findings)
    code = print_report(report, options, sys.stderr if to_output else sys.stdout)
    if is_refused:
        return code
    if options.out is not None:
        _write(Path(_target(options.out, kind, name)), made.data, kind)
    elif to_output:
        write_file(made.data)
    return code


def _target(out: str, kind: Kind, name: str) -> str:
    if out.endswith("/") or Path(out).is_dir():
        return str(Path(out, kind.usual_name(name)))
    return out


def _write(target: Path, data: bytes, kind: Kind) -> None:
    """Writes a new file, replaces one whose bytes differ, or puts the artefact into its place in one."""
    if not os.path.lexists(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    elif kind.within is not None:
        data = kind.within(_read(target, data, kind), data)
    write_whole(target, data)


def _placed(data: bytes, existing: bytes, kind: Kind) -> bytes:
    """What a file with ``existing`` is to have: the artefact, or what it has with the artefact in its place."""
    return data if kind.within is None else kind.within(existing, data)


def _stale(path: Path, data: bytes, options: argparse.Namespace, kind: Kind) -> list[Diagnostic]:
    existing = _read(path, data, kind) if os.path.lexists(path) else None
    if existing is not None and _placed(data, existing, kind) == existing:
        return []
    what = "does not exist" if existing is None else "is not what the contract gives"
    hint = f"write it again: specc emit {kind.name} {options.source} --out {path}"
    return [finding("stale-artefact", (), f"{path} {what}", hint).in_file(str(path))]


def _read(path: Path, data: bytes, kind: Kind) -> bytes:
    """An existing file: all of it where the artefact is a part of it, and else what decides whether it is the same."""
    limit = len(data) if kind.within is None else _MAX_BYTES
    try:
        content = read_regular(path, limit)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from None
    if kind.within is not None and len(content) > limit:
        raise UnreadableError(f"{path} is larger than {limit // 2**20} MiB; a section cannot be put into it")
    return content
