"""``specc schema``: prints the published JSON Schemas, or compares them with the files of a directory."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from specc.cli import ERRORS_FOUND, OK
from specc.diagnostics import printable
from specc.errors import UnreadableError
from specc.language.json_schema.schema import document_schema
from specc.report.findings_schema import findings_schema
from specc.report.writer import write
from specc.source.regular_files import read_regular

SCHEMAS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "document": ("specc.v1.schema.json", document_schema),
    "findings": ("specc-findings.v1.schema.json", findings_schema),
}
"""For each schema, the file that it is published as, and the function that makes it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    what = "the schema of documents (the default), or of what --format json prints"
    parser.add_argument("schema", nargs="?", choices=SCHEMAS, default="document", help=what)
    parser.add_argument("--check", metavar="DIR", help="compare the schemas in DIR with the current ones")


def run(options: argparse.Namespace) -> int:
    """Prints one schema, or lists the files of a directory that are out of date."""
    if options.check is None:
        write(_schema_text(options.schema))
        return OK
    stale = [name for name in SCHEMAS if not _is_current(name, Path(options.check))]
    for name in stale:
        path = printable(str(Path(options.check, SCHEMAS[name][0])))
        write(f"{path} is out of date; write it again with: specc schema {name} > {path}\n")
    return ERRORS_FOUND if stale else OK


def _is_current(name: str, directory: Path) -> bool:
    path = directory / SCHEMAS[name][0]
    current = _schema_text(name).encode("utf-8")
    try:
        return read_regular(path, len(current)) == current
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise UnreadableError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def _schema_text(name: str) -> str:
    _, make = SCHEMAS[name]
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"
