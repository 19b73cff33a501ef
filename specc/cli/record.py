"""``specc record SPEC (ARCHIVE | --model)``: writes what a trusted source answers into the examples of a spec."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from pathlib import Path

from specc.cli import note
from specc.cli.findings import add_options, exit_code, print_report
from specc.cli.given_spec import (
    GivenSpec,
    add_call_options,
    add_model_option,
    add_names,
    add_running_options,
    read_given,
)
from specc.cli.recorded_files import write_recording
from specc.diagnostics import counted
from specc.errors import SpecError, UsageError
from specc.report import Report
from specc.verification.record import recorded
from specc.verification.recording import CASES
from specc.verification.source import Source, archive_source, model_source


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    what = "the spec, which is rewritten in canonical form; and the directory of a SavedModel that is right"
    add_names(parser, "SPEC [ARCHIVE]", what)
    add_model_option(parser, "ask a model instead of an archive: the spec's own, or one that is named as for build")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list the examples whose outputs the source does not give"
    )
    add_call_options(parser, CASES, "how many examples an endpoint without any gets")
    add_running_options(parser)
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Rewrites the spec, or lists stale examples; if there is an error, nothing is written."""
    expected = 1 if options.model else 2
    if len(options.names) != expected:
        raise UsageError("expected SPEC and ARCHIVE, or SPEC and --model")
    spec = options.names[0]
    if Path(spec).is_dir():
        raise UsageError(f"{spec} is a directory: expected the spec to write to")
    given = read_given(spec, "")
    assert given.file is not None
    try:
        with given.importing():
            recording = recorded(
                given.document,
                _source(given, options),
                options.endpoint,
                cases=options.cases,
                seed=options.seed,
                check=options.check,
                progress=note,
            )
    except SpecError as error:
        raise given.error(error, "", options.model) from error
    for text in recording.notes:
        note(f"note: {text}")
    report = Report(given.locate(recording.findings, spec))
    code = print_report(report, options) if report.findings or options.format != "text" else exit_code(report, options)
    if options.check:
        return code
    if not recording.ok:
        note("nothing was written")
        return code
    files = write_recording(recording, Path(spec), given.file.source.text.encode("utf-8"))
    outputs = sum(call.outputs is not None for call in recording.calls)
    more = f", {counted(len(files), 'file')} beside it" if files else ""
    note(f"{spec}: {counted(outputs, 'answer')} recorded{more}")
    return code


def _source(given: GivenSpec, options: argparse.Namespace) -> AbstractContextManager[Source]:
    if options.model:
        named = None if options.model is True else options.model
        if named is None and given.document.model is None:
            raise UsageError("the spec names no model; give one: --model MODULE:ATTRIBUTE")
        return model_source(
            given.document, named, timeout=options.timeout, imports=tuple(options.imports), progress=note
        )
    return archive_source(
        given.document,
        Path(options.names[1]),
        timeout=options.timeout,
        imports=given.imports(options.imports),
        trust=options.trust,
        progress=note,
    )
