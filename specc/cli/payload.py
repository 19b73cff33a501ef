"""``specc payload check SPEC|ARCHIVE REQUEST...``: holds requests to TensorFlow Serving against a contract."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

from specc.cli.findings import add_options, print_report
from specc.compatibility.named_sides import NamedSide, read_side
from specc.diagnostics import Diagnostic, Place, finding
from specc.errors import SpecError, UnreadableError
from specc.language.validation.rules import capped
from specc.report import Report
from specc.rest.payload import check_request
from specc.rest.payload.findings import SPEC
from specc.rest.signatures import RestService, Verb, rest_service
from specc.source.json_text import read_content, read_json
from specc.source.limits import MAX_BYTES

_STANDARD_INPUT = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("action", choices=("check",), help="what to do with the requests")
    parser.add_argument("source", metavar="SPEC|ARCHIVE", help="a spec, the directory of a SavedModel, or REV:path")
    what = "a file with the JSON of one request, or of one a line if it ends in .jsonl; - is standard input"
    parser.add_argument("requests", nargs="+", metavar="REQUEST", help=what)
    verb = "what is called (default: what the signature of each request is for)"
    parser.add_argument("--verb", choices=get_args(Verb), help=verb)
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the findings about every request."""
    side = read_side(options.source)
    service = rest_service(side.described.document)
    findings: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    for name in options.requests:
        try:
            findings += capped(_findings_in(name, _content(name), service, options.verb))
        except UnreadableError as error:
            unreadable.append((name, str(error)))
    report = Report(_with_leaves(findings, side), unreadable, files=len(options.requests) - len(unreadable))
    return print_report(report, options)


def _content(name: str) -> bytes:
    if name == _STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    return read_content(Path(name))


def _findings_in(name: str, content: bytes, service: RestService, verb: Verb | None) -> Iterator[Diagnostic]:
    """The findings in one file, which has a request, or one in each line."""
    if not name.endswith(".jsonl"):
        yield from _findings_about(name, content, service, verb)
        return
    if len(content) > MAX_BYTES:
        yield finding("too-large", (), f"the file is larger than {MAX_BYTES // 2**20} MiB").in_file(name)
        return
    for number, line in enumerate(content.split(b"\n")):
        if line.strip():
            for each in _findings_about(name, line, service, verb):
                yield _lines_down(each, number)


def _findings_about(name: str, content: bytes, service: RestService, verb: Verb | None) -> Iterator[Diagnostic]:
    try:
        source = read_json(content, name, has_constants=True)
    except SpecError as error:
        yield from error.diagnostics
        return
    if source.defects:
        yield from source.locate(source.defects)
        return
    yield from source.locate(check_request(service, source.data, verb))


def _lines_down(found: Diagnostic, count: int) -> Diagnostic:
    """A finding about a request that begins ``count`` lines below the first one."""

    def moved(place: Place) -> Place:
        where = place.location
        if where is None or place.file == SPEC:
            return place
        return place.located(replace(where, line=where.line + count, end_line=where.end_line + count))

    related = tuple(moved(place) for place in found.related)
    return found.with_fields(location=moved(found).location, related=related)


def _with_leaves(findings: list[Diagnostic], side: NamedSide) -> list[Diagnostic]:
    """``findings`` whose related leaves have the file of the spec, and their locations in it."""
    paths = {place.path for each in findings for place in each.related if place.file == SPEC}
    wanted = [finding("payload-form", path, "") for path in paths]
    places = {each.path: each for each in side.in_text(wanted)}

    def in_spec(place: Place) -> Place:
        if place.file != SPEC:
            return place
        known = places[place.path]
        return place.with_fields(file=known.file, location=known.location)

    return [each.with_fields(related=tuple(map(in_spec, each.related))) if each.related else each for each in findings]
