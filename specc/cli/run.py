"""``specc run [SPEC] ARCHIVE [ENDPOINT]``: calls one endpoint of an archive, and prints what it answers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specc.cli import OK, note
from specc.cli.findings import print_report
from specc.cli.given_spec import GivenSpec, add_running_options, read_given
from specc.diagnostics import Diagnostic, did_you_mean, finding
from specc.errors import SpecError, UsageError
from specc.language.calls.call import Call
from specc.language.calls.read import read_example
from specc.language.document import Document
from specc.language.examples import Example
from specc.language.load import require_endpoint
from specc.language.pretty_json import lay_out
from specc.language.wire_names import input_leaves
from specc.report import Report
from specc.report.writer import write
from specc.source.json_text import read_content, read_json
from specc.source.limits import MAX_BYTES
from specc.verification.single_call import answer_of
from specc.verification.source import archive_source
from specc.verification.subject import WAYS


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="[SPEC] ARCHIVE [ENDPOINT]",
        help="a spec, by default the archive's own; the directory of a SavedModel; and the endpoint to "
        "call, by default the default one",
    )
    parser.add_argument(
        "--input",
        metavar="FILE|-",
        help='the call, as an example: {"inputs": [...]}; by default standard input, unless the endpoint takes nothing',
    )
    parser.add_argument(
        "--way", choices=WAYS, help="how to call it; by default as an attribute, or as a signature if there is none"
    )
    add_running_options(parser)
    parser.set_defaults(format="text", quiet=False, strict=False, max_findings=None)


def run(options: argparse.Namespace) -> int:
    """Prints ``{"outputs": ...}``; what is wrong with the call, and a refusal, go to standard error."""
    spec, archive, endpoint = _parts(options.names)
    try:
        given = read_given(spec, archive)
        write(lay_out({"outputs": _answer(given, archive, endpoint, options)}))
    except SpecError as error:
        return print_report(Report(error.diagnostics), options, sys.stderr)
    return OK


def _parts(names: list[str]) -> tuple[str | None, str, str | None]:
    """SPEC, ARCHIVE and ENDPOINT: of two names the second is an archive if it is the directory of one."""
    match names:
        case [archive]:
            return None, archive, None
        case [first, second] if Path(first).is_dir() and not Path(second, "saved_model.pb").exists():
            return None, first, second
        case [spec, archive]:
            return spec, archive, None
        case [spec, archive, endpoint]:
            return spec, archive, endpoint
    raise UsageError("expected at most a SPEC, an ARCHIVE and an ENDPOINT")


def _answer(given: GivenSpec, archive: str, endpoint: str | None, options: argparse.Namespace) -> Any:
    name = _endpoint(given.document, endpoint)
    call = _call(given.document, name, options.input)
    source = archive_source(
        given.document,
        Path(archive),
        ways=(options.way,) if options.way else ("attribute", "signature"),
        timeout=options.timeout,
        imports=given.imports(options.imports),
        trust=options.trust,
        progress=note,
    )
    with given.importing(), source as opened:
        return answer_of(opened, name, call, options.way)


def _endpoint(document: Document, name: str | None) -> str:
    if name is None:
        if document.default is None:
            listed = ", ".join(sorted(document.endpoints))
            raise UsageError(f"there is no default endpoint; name one of {listed}")
        return document.default
    require_endpoint(document, name)
    return name


def _call(document: Document, endpoint: str, file: str | None) -> Call:
    """The call in ``file``, of which ``outputs`` are ignored."""
    if file is None and not input_leaves(document.endpoints[endpoint]):
        return Call({})
    if file in (None, "-"):
        source = read_json(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    else:
        source = read_json(read_content(Path(str(file))), str(file))
        document = document if document.directory else document.in_directory(Path(str(file)).absolute().parent)
    findings = [*source.defects, *_misplaced(source.data)]
    if findings:
        raise SpecError(source.locate(findings))
    try:
        return read_example(document, endpoint, Example(inputs=source.data["inputs"]), ())
    except SpecError as error:
        raise SpecError(source.locate(error.diagnostics)) from None


def _misplaced(data: Any) -> Iterator[Diagnostic]:
    if not isinstance(data, dict) or "inputs" not in data:
        yield finding("bad-example", (), 'the input is not a call: expected {"inputs": [...]}')
        return
    for key in data:
        if key not in Example.model_fields:
            hint = did_you_mean(key, Example.model_fields)
            yield finding("unknown-key", (key,), f"a call has no key {key!r}", hint, on_key=True)
